/* report_text: texts of strangers, made harmless; see report.h.  */
#include "config.h"

#include "cli/report.h"

/* Bytes of the UTF-8 character that begins here; 0 where it is broken: cut short, longer than it
   need be, a surrogate, or above U+10FFFF (RFC 3629).  */
static size_t
character (const unsigned char *p)
{
  static const struct
  {
    unsigned char first, last, low, high; /* lead bytes; bounds of the byte behind them */
    size_t n;
  } rows[] = {
    { 0x01, 0x7f, 0, 0, 1 },       { 0xc2, 0xdf, 0x80, 0xbf, 2 }, { 0xe0, 0xe0, 0xa0, 0xbf, 3 },
    { 0xe1, 0xec, 0x80, 0xbf, 3 }, { 0xed, 0xed, 0x80, 0x9f, 3 }, { 0xee, 0xef, 0x80, 0xbf, 3 },
    { 0xf0, 0xf0, 0x90, 0xbf, 4 }, { 0xf1, 0xf3, 0x80, 0xbf, 4 }, { 0xf4, 0xf4, 0x80, 0x8f, 4 },
  };
  for (size_t r = 0; r < sizeof rows / sizeof *rows; r++)
    {
      if (p[0] < rows[r].first || p[0] > rows[r].last)
        continue;
      if (rows[r].n > 1 && (p[1] < rows[r].low || p[1] > rows[r].high))
        return 0;
      for (size_t k = 2; k < rows[r].n; k++)
        if ((p[k] & 0xc0) != 0x80)
          return 0;
      return rows[r].n;
    }
  return 0;
}

void
report_text (rw_text *out, const char *text, bool (*escape) (rw_text *out, char c))
{
  while (*text)
    {
      const size_t n = character ((const unsigned char *) text);
      if (n == 0)
        rw_text_add (out, "\uFFFD");
      else if (n == 1 && ((unsigned char) *text < ' ' || *text == 0x7f))
        rw_text_add (out, " ");
      else if (n > 1 || !escape (out, *text))
        rw_text_addn (out, text, n);
      text += n ? n : 1;
    }
}
