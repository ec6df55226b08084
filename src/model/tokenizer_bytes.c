/* tokenizer_bytes: GPT-2's alphabet of bytes; see tokenizer_part.h.

   Byte-pair files write a byte as a character that can be seen: '!' to '~', U+00A1 to U+00AC and
   U+00AE to U+00FF stand for themselves, the other 68 bytes, in order, for U+0100 to U+0143: a
   space is U+0120.  Radford et al. 2019; encoder.py (bytes_to_unicode) of github.com/openai/gpt-2.
 */
#include "model/tokenizer_part.h"

int
rw_byte_of (uint32_t c)
{
  enum
  {
    CONTROLS = '!', /* bytes 0 to 32 */
    LATIN = 0xa1,
    DELETE = 0x7f, /* bytes 127 to 160 */
    HYPHEN = 0xad, /* byte 173, the soft hyphen */
    MOVED = 0x100
  };
  if (c < MOVED)
    return (c >= CONTROLS && c < DELETE) || (c >= LATIN && c != HYPHEN) ? (int) c : -1;
  c -= MOVED;
  if (c < CONTROLS)
    return (int) c;
  c -= CONTROLS;
  if (c < LATIN - DELETE)
    return (int) c + DELETE;
  return c == LATIN - DELETE ? HYPHEN : -1;
}

bool
rw_byte_text (const char *s, size_t n, rw_text *out)
{
  for (size_t i = 0, step; i < n; i += step)
    {
      uint32_t c;
      step = rw_utf8_read (s + i, n - i, &c);
      const int byte = step ? rw_byte_of (c) : -1;
      if (byte < 0)
        return false;
      rw_text_addn (out, &(char){ (char) byte }, 1);
    }
  return true;
}
