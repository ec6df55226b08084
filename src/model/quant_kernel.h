/* quant_kernel: blocks as float32, sixteen values at a time.  Included by quant_avx2.c and
   quant_avx512.c, which define, for their vectors of floats `reals`,

     KERNEL                            the target attribute
     all (x)                           x in every lane
     put (to, q, d)                    16 signed bytes q times d
     put_up (to, q, d, m)              ... times d, plus m
     put_down (to, q, d, m)            ... times d, minus m

   with the operations of quant_part.h in the same order as quant_plain.c, so that every bit is the
   same.  Bytes are handled in vectors of sixteen, which both have.  */
#include "model/quant_part.h"

#include <immintrin.h>
#include <string.h>

#define INLINE KERNEL static inline __attribute__ ((always_inline))

INLINE float
scale_at (const unsigned char *p)
{
  uint16_t h;
  memcpy (&h, p, sizeof h);
  return _cvtsh_ss (h);
}

INLINE __m128i
load (const unsigned char *p)
{
  return _mm_loadu_si128 ((const __m128i *) p);
}

INLINE __m128i
low (__m128i q)
{
  return _mm_and_si128 (q, _mm_set1_epi8 (15));
}

INLINE __m128i
high (__m128i q)
{
  return low (_mm_srli_epi16 (q, 4));
}

/* 16 where bit i of the two bytes is set.  */
INLINE __m128i
fifth (const unsigned char *p)
{
  uint16_t bits;
  memcpy (&bits, p, sizeof bits);
  const __m128i two = _mm_set1_epi16 ((short) bits);
  const __m128i byte = _mm_setr_epi8 (0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1);
  const __m128i bit = _mm_set1_epi64x ((long long) 0x8040201008040201ULL);
  const __m128i set = _mm_cmpeq_epi8 (_mm_and_si128 (_mm_shuffle_epi8 (two, byte), bit), bit);
  return _mm_and_si128 (set, _mm_set1_epi8 (16));
}

#define BLOCKS(name, bytes, values, ...)                                                           \
  KERNEL static void name (const void *from, size_t n, float *to)                                  \
  {                                                                                                \
    const unsigned char *x = from;                                                                 \
    for (size_t b = 0; b < n / values; b++, x += bytes, to += values)                              \
      {                                                                                            \
        __VA_ARGS__                                                                                \
      }                                                                                            \
  }

BLOCKS (q4_0, RW_Q4_0_BYTES, RW_QUANT_SMALL, {
  const __m128i q = load (x + 2), eight = _mm_set1_epi8 (8);
  const reals d = all (scale_at (x));
  put (to, _mm_sub_epi8 (low (q), eight), d);
  put (to + 16, _mm_sub_epi8 (high (q), eight), d);
})

BLOCKS (q4_1, RW_Q4_1_BYTES, RW_QUANT_SMALL, {
  const __m128i q = load (x + 4);
  const reals d = all (scale_at (x)), m = all (scale_at (x + 2));
  put_up (to, low (q), d, m);
  put_up (to + 16, high (q), d, m);
})

BLOCKS (q5_0, RW_Q5_0_BYTES, RW_QUANT_SMALL, {
  const __m128i q = load (x + 6), sixteen = _mm_set1_epi8 (16);
  const reals d = all (scale_at (x));
  put (to, _mm_sub_epi8 (_mm_or_si128 (low (q), fifth (x + 2)), sixteen), d);
  put (to + 16, _mm_sub_epi8 (_mm_or_si128 (high (q), fifth (x + 4)), sixteen), d);
})

BLOCKS (q5_1, RW_Q5_1_BYTES, RW_QUANT_SMALL, {
  const __m128i q = load (x + 8);
  const reals d = all (scale_at (x)), m = all (scale_at (x + 2));
  put_up (to, _mm_or_si128 (low (q), fifth (x + 4)), d, m);
  put_up (to + 16, _mm_or_si128 (high (q), fifth (x + 6)), d, m);
})

BLOCKS (q8_0, RW_Q8_0_BYTES, RW_QUANT_SMALL, {
  const reals d = all (scale_at (x));
  put (to, load (x + 2), d);
  put (to + 16, load (x + 18), d);
})

BLOCKS (q4_k, RW_Q4_K_BYTES, RW_QUANT_LARGE, {
  unsigned char scale[8], least[8];
  const float d = scale_at (x), m = scale_at (x + 2);
  rw_quant_scales (x + 4, scale, least);
  for (int j = 0; j < 8; j += 2)
    {
      const __m128i q[2] = { load (x + 16 + j * 16), load (x + 32 + j * 16) };
      const reals d0 = all (d * (float) scale[j]), d1 = all (d * (float) scale[j + 1]);
      const reals m0 = all (m * (float) least[j]), m1 = all (m * (float) least[j + 1]);
      for (int i = 0; i < 2; i++)
        {
          put_down (to + j * 32 + i * 16, low (q[i]), d0, m0);
          put_down (to + j * 32 + 32 + i * 16, high (q[i]), d1, m1);
        }
    }
})

/* Bit j of each byte as 16.  */
INLINE __m128i
fifth_of (__m128i bits, int j)
{
  const __m128i bit = _mm_set1_epi8 ((char) (1 << j));
  return _mm_and_si128 (_mm_cmpeq_epi8 (_mm_and_si128 (bits, bit), bit), _mm_set1_epi8 (16));
}

BLOCKS (q5_k, RW_Q5_K_BYTES, RW_QUANT_LARGE, {
  unsigned char scale[8], least[8];
  const float d = scale_at (x), m = scale_at (x + 2);
  const __m128i bits[2] = { load (x + 16), load (x + 32) };
  rw_quant_scales (x + 4, scale, least);
  for (int j = 0; j < 8; j += 2)
    {
      const __m128i q[2] = { load (x + 48 + j * 16), load (x + 64 + j * 16) };
      const reals d0 = all (d * (float) scale[j]), d1 = all (d * (float) scale[j + 1]);
      const reals m0 = all (m * (float) least[j]), m1 = all (m * (float) least[j + 1]);
      for (int i = 0; i < 2; i++)
        {
          float *at = to + j * 32 + i * 16;
          put_down (at, _mm_or_si128 (low (q[i]), fifth_of (bits[i], j)), d0, m0);
          put_down (at + 32, _mm_or_si128 (high (q[i]), fifth_of (bits[i], j + 1)), d1, m1);
        }
    }
})

/* Sixteen of Q6_K: nibbles, and bits 2 t and 2 t + 1 of the high bytes above them.  */
INLINE __m128i
six (__m128i nibbles, __m128i bits, int t)
{
  const __m128i two
      = _mm_and_si128 (_mm_srl_epi16 (bits, _mm_cvtsi32_si128 (2 * t)), _mm_set1_epi8 (3));
  return _mm_sub_epi8 (_mm_or_si128 (nibbles, _mm_slli_epi16 (two, 4)), _mm_set1_epi8 (32));
}

BLOCKS (q6_k, RW_Q6_K_BYTES, RW_QUANT_LARGE, {
  const float d = scale_at (x + 208);
  for (int h = 0; h < 2; h++)
    for (int i = 0; i < 2; i++)
      {
        const __m128i a = load (x + h * 64 + i * 16), c = load (x + h * 64 + 32 + i * 16);
        const __m128i bits = load (x + 128 + h * 32 + i * 16);
        const signed char *s = (const signed char *) x + 192 + h * 8 + i;
        float *at = to + h * 128 + i * 16;
        put (at, six (low (a), bits, 0), all (d * (float) s[0]));
        put (at + 32, six (low (c), bits, 1), all (d * (float) s[2]));
        put (at + 64, six (high (a), bits, 2), all (d * (float) s[4]));
        put (at + 96, six (high (c), bits, 3), all (d * (float) s[6]));
      }
})

#define READERS                                                                                    \
  {                                                                                                \
    [RW_QUANT_Q4_0] = q4_0, [RW_QUANT_Q4_1] = q4_1, [RW_QUANT_Q5_0] = q5_0,                        \
    [RW_QUANT_Q5_1] = q5_1, [RW_QUANT_Q8_0] = q8_0, [RW_QUANT_Q4_K] = q4_k,                        \
    [RW_QUANT_Q5_K] = q5_k, [RW_QUANT_Q6_K] = q6_k                                                 \
  }
