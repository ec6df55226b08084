/* quant_plain: blocks as float32, one value after the other; see quant_part.h.  */
#include "base/half.h"
#include "model/quant_part.h"

static float
scale_at (const unsigned char *p)
{
  uint16_t h;
  memcpy (&h, p, sizeof h);
  return rw_float16_read (h);
}

/* The five-bit types keep the fifth bits of all values in 32.  */
static unsigned
fifth_bit (const unsigned char *p, int i)
{
  uint32_t bits;
  memcpy (&bits, p, sizeof bits);
  return (bits >> i & 1) << 4;
}

static unsigned
nibble (const unsigned char *q, int i)
{
  return i < 16 ? q[i] & 15 : q[i - 16] >> 4;
}

/* A block at a time: x is its first byte, `value` that of value i of RW_QUANT_SMALL.  */
#define SMALL(name, bytes, d_of, value)                                                            \
  static void name (const void *from, size_t n, float *to)                                         \
  {                                                                                                \
    const unsigned char *x = from;                                                                 \
    for (size_t b = 0; b < n / RW_QUANT_SMALL; b++, x += bytes, to += RW_QUANT_SMALL)              \
      {                                                                                            \
        d_of;                                                                                      \
        for (int i = 0; i < RW_QUANT_SMALL; i++)                                                   \
          to[i] = value;                                                                           \
      }                                                                                            \
  }
#define SCALE const float d = scale_at (x)
#define SCALE_LEAST const float d = scale_at (x), m = scale_at (x + 2)
SMALL (q4_0, RW_Q4_0_BYTES, SCALE, d *(float) ((int) nibble (x + 2, i) - 8))
SMALL (q4_1, RW_Q4_1_BYTES, SCALE_LEAST, d *(float) nibble (x + 4, i) + m)
SMALL (q5_0, RW_Q5_0_BYTES, SCALE,
       d *(float) ((int) (nibble (x + 6, i) | fifth_bit (x + 2, i)) - 16))
SMALL (q5_1, RW_Q5_1_BYTES, SCALE_LEAST, d *(float) (nibble (x + 8, i) | fifth_bit (x + 4, i)) + m)
SMALL (q8_0, RW_Q8_0_BYTES, SCALE, (float) (signed char) x[2 + i] * d)

/* Q4_K and Q5_K; `high` is NULL where there are no fifth bits.  */
static void
one_of_k (const unsigned char *x, const unsigned char *high, const unsigned char *q, float *to)
{
  unsigned char scale[8], least[8];
  const float d = scale_at (x), m = scale_at (x + 2);
  rw_quant_scales (x + 4, scale, least);
  for (int j = 0; j < 8; j++)
    {
      const float dj = d * (float) scale[j], mj = m * (float) least[j];
      for (int i = 0; i < 32; i++)
        {
          const unsigned low = q[j / 2 * 32 + i] >> (j % 2 * 4) & 15;
          const unsigned fifth = high ? (high[i] >> j & 1u) << 4 : 0;
          to[j * 32 + i] = dj * (float) (low | fifth) - mj;
        }
    }
}

static void
q4_k (const void *from, size_t n, float *to)
{
  const unsigned char *x = from;
  for (size_t b = 0; b < n / RW_QUANT_LARGE; b++, x += RW_Q4_K_BYTES, to += RW_QUANT_LARGE)
    one_of_k (x, NULL, x + 16, to);
}

static void
q5_k (const void *from, size_t n, float *to)
{
  const unsigned char *x = from;
  for (size_t b = 0; b < n / RW_QUANT_LARGE; b++, x += RW_Q5_K_BYTES, to += RW_QUANT_LARGE)
    one_of_k (x, x + 16, x + 48, to);
}

/* Groups of 32: half h of the block, t of four in it.  */
static void
one_q6_k (const unsigned char *x, float *to)
{
  const unsigned char *high = x + 128, *scale = x + 192;
  const float d = scale_at (x + 208);
  for (int j = 0; j < 8; j++)
    {
      const int h = j / 4, t = j % 4;
      for (int i = 0; i < 32; i++)
        {
          const unsigned low = x[h * 64 + t % 2 * 32 + i] >> (t / 2 * 4) & 15;
          const unsigned two = (high[h * 32 + i] >> (2 * t) & 3u) << 4;
          const float dj = d * (float) (signed char) scale[j * 2 + i / 16];
          to[j * 32 + i] = dj * (float) ((int) (low | two) - 32);
        }
    }
}

static void
q6_k (const void *from, size_t n, float *to)
{
  const unsigned char *x = from;
  for (size_t b = 0; b < n / RW_QUANT_LARGE; b++, x += RW_Q6_K_BYTES, to += RW_QUANT_LARGE)
    one_q6_k (x, to);
}

rw_quant_reader *const rw_quant_plain[RW_QUANTS] = {
  [RW_QUANT_Q4_0] = q4_0, [RW_QUANT_Q4_1] = q4_1, [RW_QUANT_Q5_0] = q5_0, [RW_QUANT_Q5_1] = q5_1,
  [RW_QUANT_Q8_0] = q8_0, [RW_QUANT_Q4_K] = q4_k, [RW_QUANT_Q5_K] = q5_k, [RW_QUANT_Q6_K] = q6_k,
};
