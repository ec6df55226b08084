/* tokenizer_utf8: the characters of texts that may be anything; see tokenizer_part.h.

   The Unicode Standard, table 3-7: well-formed UTF-8 byte sequences.  */
#include "model/tokenizer_part.h"

#include <string.h>

size_t
rw_utf8_read (const char *s, size_t n, uint32_t *c)
{
  const unsigned char *p = (const unsigned char *) s;
  if (!n)
    return 0;
  const unsigned first = p[0];
  const size_t bytes = first < 0x80   ? 1
                       : first < 0xc2 ? 0
                       : first < 0xe0 ? 2
                       : first < 0xf0 ? 3
                       : first < 0xf5 ? 4
                                      : 0;
  if (!bytes || bytes > n)
    return 0;
  /* The second byte is narrower after four of the first: no overlong forms, surrogates, or
     characters beyond U+10FFFF.  */
  const unsigned low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
  const unsigned high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
  if (bytes > 1 && (p[1] < low || p[1] > high))
    return 0;
  uint32_t x = bytes == 1 ? first : first & (0xffu >> (bytes + 1));
  for (size_t i = 1; i < bytes; i++)
    {
      if ((p[i] & 0xc0) != 0x80)
        return 0;
      x = x << 6 | (p[i] & 0x3f);
    }
  if (c)
    *c = x;
  return bytes;
}

size_t
rw_utf8_run (const char *s, size_t n)
{
  size_t i = 0;
  while (i < n)
    {
      uint64_t eight;
      if (n - i >= sizeof eight)
        {
          memcpy (&eight, s + i, sizeof eight);
          if (!(eight & UINT64_C (0x8080808080808080))) /* ASCII */
            {
              i += sizeof eight;
              continue;
            }
        }
      const size_t step = rw_utf8_read (s + i, n - i, NULL);
      if (!step)
        break;
      i += step;
    }
  return i;
}
