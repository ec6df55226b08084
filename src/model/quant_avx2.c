/* quant_avx2: the readers of blocks in vectors of eight floats; see quant_kernel.h.  */
#include "model/quant_part.h"

#if defined __x86_64__
#  include <immintrin.h>

#  define KERNEL __attribute__ ((target ("avx2,f16c")))
#  define all _mm256_set1_ps
typedef __m256 reals;

/* The first or the last eight of sixteen bytes.  */
KERNEL static inline __attribute__ ((always_inline)) __m256
first (__m128i q)
{
  return _mm256_cvtepi32_ps (_mm256_cvtepi8_epi32 (q));
}

KERNEL static inline __attribute__ ((always_inline)) __m256
last (__m128i q)
{
  return first (_mm_unpackhi_epi64 (q, q));
}

KERNEL static inline __attribute__ ((always_inline)) void
put (float *to, __m128i q, __m256 d)
{
  _mm256_storeu_ps (to, _mm256_mul_ps (first (q), d));
  _mm256_storeu_ps (to + 8, _mm256_mul_ps (last (q), d));
}

KERNEL static inline __attribute__ ((always_inline)) void
put_up (float *to, __m128i q, __m256 d, __m256 m)
{
  _mm256_storeu_ps (to, _mm256_add_ps (_mm256_mul_ps (first (q), d), m));
  _mm256_storeu_ps (to + 8, _mm256_add_ps (_mm256_mul_ps (last (q), d), m));
}

KERNEL static inline __attribute__ ((always_inline)) void
put_down (float *to, __m128i q, __m256 d, __m256 m)
{
  _mm256_storeu_ps (to, _mm256_sub_ps (_mm256_mul_ps (first (q), d), m));
  _mm256_storeu_ps (to + 8, _mm256_sub_ps (_mm256_mul_ps (last (q), d), m));
}

#  include "model/quant_kernel.h"

rw_quant_reader *const rw_quant_avx2[RW_QUANTS] = READERS;
#else
rw_quant_reader *const rw_quant_avx2[RW_QUANTS] = { NULL }; /* never chosen */
#endif
