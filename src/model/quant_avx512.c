/* quant_avx512: the readers of blocks in vectors of sixteen floats; see quant_kernel.h.  */
#include "model/quant_part.h"

#if defined __x86_64__
#  include <immintrin.h>

#  define KERNEL __attribute__ ((target ("avx512f,avx512dq,avx2,f16c")))
#  define all _mm512_set1_ps
typedef __m512 reals;

KERNEL static inline __attribute__ ((always_inline)) __m512
widen (__m128i q)
{
  return _mm512_cvtepi32_ps (_mm512_cvtepi8_epi32 (q));
}

KERNEL static inline __attribute__ ((always_inline)) void
put (float *to, __m128i q, __m512 d)
{
  _mm512_storeu_ps (to, _mm512_mul_ps (widen (q), d));
}

KERNEL static inline __attribute__ ((always_inline)) void
put_up (float *to, __m128i q, __m512 d, __m512 m)
{
  _mm512_storeu_ps (to, _mm512_add_ps (_mm512_mul_ps (widen (q), d), m));
}

KERNEL static inline __attribute__ ((always_inline)) void
put_down (float *to, __m128i q, __m512 d, __m512 m)
{
  _mm512_storeu_ps (to, _mm512_sub_ps (_mm512_mul_ps (widen (q), d), m));
}

#  include "model/quant_kernel.h"

rw_quant_reader *const rw_quant_avx512[RW_QUANTS] = READERS;
#else
rw_quant_reader *const rw_quant_avx512[RW_QUANTS] = { NULL }; /* never chosen */
#endif
