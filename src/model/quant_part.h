/* quant_part: the readers of blocks, by instruction set.  Private to src/model.

   The layouts are those of ggml (ggml-common.h) and gguf-py (quants.py); all integers in a block
   are bytes, all scales float16, little-endian.  Bytes of a block:

     Q4_0  d[2] q[16]                       (q - 8) d         nibbles: values 0..15 low, 16..31 high
     Q4_1  d[2] m[2] q[16]                  q d + m
     Q5_0  d[2] h[4] q[16]                  (q - 16) d        bit i of h: the fifth of value i
     Q5_1  d[2] m[2] h[4] q[16]             q d + m
     Q8_0  d[2] q[32]                       q d
     Q4_K  d[2] m[2] s[12] q[128]           q (d s_j) - m t_j  32 values a j; s, t: six bits each
     Q5_K  d[2] m[2] s[12] h[32] q[128]     the same, bit j of h_i: the fifth of value 32 j + i
     Q6_K  q[128] h[64] s[16] d[2]          (q - 32) (d s_j)   16 values a j

   A product and a sum are two roundings, as in numpy.  */
#ifndef RW_MODEL_QUANT_PART_H
#define RW_MODEL_QUANT_PART_H

#include "model/quant.h"

enum
{
  RW_Q4_0_BYTES = 18,
  RW_Q4_1_BYTES = 20,
  RW_Q5_0_BYTES = 22,
  RW_Q5_1_BYTES = 24,
  RW_Q8_0_BYTES = 34,
  RW_Q4_K_BYTES = 144,
  RW_Q5_K_BYTES = 176,
  RW_Q6_K_BYTES = 210,
  RW_QUANT_SMALL = 32, /* values a block */
  RW_QUANT_LARGE = 256
};

/* One for each of the types from RW_QUANT_Q4_0 on, in their order.  */
extern rw_quant_reader *const rw_quant_plain[RW_QUANTS];
extern rw_quant_reader *const rw_quant_avx2[RW_QUANTS];
extern rw_quant_reader *const rw_quant_avx512[RW_QUANTS];

/* The eight scales and minima of Q4_K and Q5_K: six bits each in twelve bytes.  */
static inline void
rw_quant_scales (const unsigned char *p, unsigned char scale[8], unsigned char least[8])
{
  for (int j = 0; j < 4; j++)
    {
      scale[j] = p[j] & 63;
      least[j] = p[j + 4] & 63;
      scale[j + 4] = (unsigned char) ((p[j + 8] & 15) | (p[j] >> 6 << 4));
      least[j + 4] = (unsigned char) (p[j + 8] >> 4 | (p[j + 4] >> 6 << 4));
    }
}

#endif
