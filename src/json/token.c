/* token: a JSON text or number, checked byte by byte (RFC 8259); see cursor.h.  */
#include "json/cursor.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

enum
{
  NUMBER_MAX = 63 /* cJSON copies a number into 64 bytes */
};

/* Four hex digits after \u; -1 where they are not.  */
static int
hex4 (rw_cursor *z)
{
  int value = 0;
  for (int k = 0; k < 4; k++, z->i++)
    {
      const int c = rw_cursor_peek (z);
      if (c < 0 || !isxdigit (c))
        return -1;
      value = 16 * value + (isdigit (c) ? c - '0' : tolower (c) - 'a' + 10);
    }
  return value;
}

static rw_status
scan_unicode (rw_cursor *z)
{
  const size_t start = z->i - 2;
  const int c = hex4 (z);
  if (c < 0)
    return rw_cursor_expected (z, "four hexadecimal digits after \\u");
  if (c == 0)
    return rw_cursor_fail (z, start, "\\u0000 in a text: a NUL is not allowed");
  if (c >= 0xdc00 && c <= 0xdfff)
    return rw_cursor_fail (z, start, "the second half of a surrogate pair without its first");
  if (c < 0xd800 || c > 0xdbff)
    return RW_OK;
  if (rw_cursor_peek (z) != '\\' || z->i + 1 >= z->n || z->s[z->i + 1] != 'u')
    return rw_cursor_fail (z, start, "the first half of a surrogate pair without its second");
  z->i += 2;
  const int d = hex4 (z);
  if (d < 0xdc00 || d > 0xdfff)
    return rw_cursor_fail (z, start, "the first half of a surrogate pair without its second");
  return RW_OK;
}

static rw_status
scan_escape (rw_cursor *z)
{
  z->i++;
  const int c = rw_cursor_peek (z);
  if (c <= 0 || !strchr ("\"\\/bfnrtu", c))
    return rw_cursor_expected (z, "one of \" \\ / b f n r t u after a backslash");
  z->i++;
  return c == 'u' ? scan_unicode (z) : RW_OK;
}

/* One character of two to four bytes, as RFC 3629 allows them.  */
static rw_status
scan_utf8 (rw_cursor *z)
{
  static const struct
  {
    unsigned char lo, hi, n, second_lo, second_hi;
  } rows[] = {
    { 0xc2, 0xdf, 2, 0x80, 0xbf }, { 0xe0, 0xe0, 3, 0xa0, 0xbf }, { 0xe1, 0xec, 3, 0x80, 0xbf },
    { 0xed, 0xed, 3, 0x80, 0x9f }, { 0xee, 0xef, 3, 0x80, 0xbf }, { 0xf0, 0xf0, 4, 0x90, 0xbf },
    { 0xf1, 0xf3, 4, 0x80, 0xbf }, { 0xf4, 0xf4, 4, 0x80, 0x8f },
  };
  const unsigned char *s = z->s + z->i;
  for (size_t r = 0; r < sizeof rows / sizeof *rows; r++)
    if (s[0] >= rows[r].lo && s[0] <= rows[r].hi)
      {
        bool good
            = z->n - z->i >= rows[r].n && s[1] >= rows[r].second_lo && s[1] <= rows[r].second_hi;
        for (size_t k = 2; good && k < rows[r].n; k++)
          good = s[k] >= 0x80 && s[k] <= 0xbf;
        if (!good)
          break;
        z->i += rows[r].n;
        return RW_OK;
      }
  return rw_cursor_fail (z, z->i, "not UTF-8");
}

rw_status
rw_token_text (rw_cursor *z)
{
  const size_t start = z->i++;
  for (;;)
    {
      const int c = rw_cursor_peek (z);
      rw_status s = RW_OK;
      if (c < 0)
        return rw_cursor_fail (z, start, "this text has no closing quote");
      if (c == '"')
        break;
      if (c == '\\')
        s = scan_escape (z);
      else if (c < 0x20)
        s = rw_cursor_fail (z, z->i, "a control character in a text; write it with a backslash");
      else if (c < 0x80)
        z->i++;
      else
        s = scan_utf8 (z);
      if (s)
        return s;
    }
  z->i++;
  return RW_OK;
}

static bool
scan_digits (rw_cursor *z)
{
  const size_t start = z->i;
  while (z->i < z->n && isdigit (z->s[z->i]))
    z->i++;
  return z->i > start;
}

rw_status
rw_token_number (rw_cursor *z)
{
  const size_t start = z->i;
  if (rw_cursor_peek (z) == '-')
    z->i++;
  if (rw_cursor_peek (z) == '0')
    {
      z->i++;
      if (isdigit (rw_cursor_peek (z)))
        return rw_cursor_fail (z, start, "a number with a leading zero");
    }
  else if (!scan_digits (z))
    return rw_cursor_expected (z, "a digit");
  if (rw_cursor_peek (z) == '.')
    {
      z->i++;
      if (!scan_digits (z))
        return rw_cursor_expected (z, "a digit after the point");
    }
  if (rw_cursor_peek (z) == 'e' || rw_cursor_peek (z) == 'E')
    {
      z->i++;
      if (rw_cursor_peek (z) == '+' || rw_cursor_peek (z) == '-')
        z->i++;
      if (!scan_digits (z))
        return rw_cursor_expected (z, "a digit in the exponent");
    }
  if (z->i - start > NUMBER_MAX)
    return rw_cursor_fail (z, start, "a number of more than 63 characters");
  return RW_OK;
}
