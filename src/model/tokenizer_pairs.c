/* tokenizer_pairs: where a text may be cut because no token spans the place; see tokenizer_part.h.

   SentencePiece joins over a whole text.  Whatever it joins is a token in the end, so between two
   characters that no token has side by side nothing is ever joined, and the two sides may be done
   one after the other: mostly words with the space in front of them.  */
#include "base/mem.h"
#include "model/tokenizer_part.h"

enum
{
  BITS_MIN = 1 << 12,
  BITS_MAX = 1 << 26,     /* 8 MB */
  BITS_A_PAIR = 16,       /* one in 16 that is not there seems to be */
  NO_CHARACTER = 0x110000 /* beyond Unicode: bytes that are not UTF-8 */
};

static size_t
character (const char *s, size_t n, uint32_t *c)
{
  const size_t step = rw_utf8_read (s, n, c);
  if (step)
    return step;
  *c = NO_CHARACTER + (unsigned char) *s;
  return 1;
}

static size_t
bit_of (const rw_pairs_seen *p, uint32_t a, uint32_t b)
{
  const uint64_t x = ((uint64_t) a << 32 | b) * UINT64_C (0x9e3779b97f4a7c15);
  return (size_t) (x ^ x >> 29) * UINT64_C (0xbf58476d1ce4e5b9) >> 32 & (p->bits - 1);
}

rw_status
rw_pairs_seen_make (const rw_vocabulary *v, rw_pairs_seen *out, rw_error *err)
{
  size_t bytes = 0;
  for (size_t i = 0; i < v->n; i++)
    bytes += v->token[i].plain ? v->token[i].n : 0;
  for (out->bits = BITS_MIN; out->bits < BITS_MAX && out->bits < BITS_A_PAIR * bytes;)
    out->bits *= 2;
  if (!(out->bit = rw_new (out->bits / 64, sizeof *out->bit)))
    return rw_nomem (err, out->bits / 8);
  for (size_t i = 0; i < v->n; i++)
    {
      const rw_token *t = &v->token[i];
      uint32_t a = 0, b;
      for (size_t at = 0; t->plain && at < t->n; a = b)
        {
          const bool first = !at;
          at += character (t->s + at, t->n - at, &b);
          const size_t bit = bit_of (out, a, b);
          if (!first)
            out->bit[bit / 64] |= UINT64_C (1) << bit % 64;
        }
    }
  return RW_OK;
}

size_t
rw_pairs_piece (const rw_pairs_seen *p, const char *s, size_t n)
{
  uint32_t a, b;
  size_t i = n ? character (s, n, &a) : 0;
  while (i < n)
    {
      const size_t step = character (s + i, n - i, &b), bit = bit_of (p, a, b);
      if (!(p->bit[bit / 64] >> bit % 64 & 1))
        break;
      i += step;
      a = b;
    }
  return i;
}
