/* dtype_read: the kernels that widen values to float32; see dtype.h.

   Values are read at any alignment.  F16C and plain C agree on every bit, NaNs included.  */
#include "base/dtype.h"
#include "base/half.h"

#if defined __x86_64__
#  include <immintrin.h>
#endif

/* Values from `i` on, one by one.  */
#define ONE_BY_ONE(type, one)                                                                      \
  for (; i < n; i++)                                                                               \
    {                                                                                              \
      type h;                                                                                      \
      memcpy (&h, (const unsigned char *) from + i * sizeof h, sizeof h);                          \
      to[i] = one;                                                                                 \
    }
#define PLAIN(name, type, one)                                                                     \
  static void name (const void *from, size_t n, float *to)                                         \
  {                                                                                                \
    size_t i = 0;                                                                                  \
    ONE_BY_ONE (type, one)                                                                         \
  }
PLAIN (bfloat16_plain, uint16_t, rw_bfloat16_read (h))
PLAIN (float16_plain, uint16_t, rw_float16_read (h))
PLAIN (float64_plain, double, (float) h)

static void
same (const void *from, size_t n, float *to)
{
  memcpy (to, from, n * sizeof *to);
}

#if defined __x86_64__
#  define AVX2 __attribute__ ((target ("avx2,f16c")))
#  define AVX512 __attribute__ ((target ("avx512f,f16c")))
/* Vectors of `width` values: `whole` is the expression that widens what lies at x.  */
#  define KERNEL(name, attribute, type, width, store, whole, one)                                  \
    attribute static void name (const void *from, size_t n, float *to)                             \
    {                                                                                              \
      size_t i = 0;                                                                                \
      for (; i + width <= n; i += width)                                                           \
        {                                                                                          \
          const void *x = (const unsigned char *) from + i * sizeof (type);                        \
          store (to + i, whole);                                                                   \
        }                                                                                          \
      ONE_BY_ONE (type, one)                                                                       \
    }
KERNEL (bfloat16_avx2, AVX2, uint16_t, 8, _mm256_storeu_ps,
        _mm256_castsi256_ps (_mm256_slli_epi32 (_mm256_cvtepu16_epi32 (_mm_loadu_si128 (x)), 16)),
        rw_bfloat16_read (h))
KERNEL (float16_avx2, AVX2, uint16_t, 8, _mm256_storeu_ps, _mm256_cvtph_ps (_mm_loadu_si128 (x)),
        rw_float16_read (h))
KERNEL (float64_avx2, AVX2, double, 4, _mm_storeu_ps, _mm256_cvtpd_ps (_mm256_loadu_pd (x)),
        (float) h)
KERNEL (bfloat16_avx512, AVX512, uint16_t, 16, _mm512_storeu_ps,
        _mm512_castsi512_ps (_mm512_slli_epi32 (_mm512_cvtepu16_epi32 (_mm256_loadu_si256 (x)),
                                                16)),
        rw_bfloat16_read (h))
KERNEL (float16_avx512, AVX512, uint16_t, 16, _mm512_storeu_ps,
        _mm512_cvtph_ps (_mm256_loadu_si256 (x)), rw_float16_read (h))
KERNEL (float64_avx512, AVX512, double, 8, _mm256_storeu_ps, _mm512_cvtpd_ps (_mm512_loadu_pd (x)),
        (float) h)
#else
#  define bfloat16_avx2 bfloat16_plain
#  define float16_avx2 float16_plain
#  define float64_avx2 float64_plain
#  define bfloat16_avx512 bfloat16_plain
#  define float16_avx512 float16_plain
#  define float64_avx512 float64_plain
#endif

rw_dtype_reader *
rw_dtype_reader_of (rw_dtype type, rw_simd simd)
{
  static rw_dtype_reader *const readers[][3] = {
    [RW_FLOAT32] = { same, same, same },
    [RW_BFLOAT16] = { bfloat16_plain, bfloat16_avx2, bfloat16_avx512 },
    [RW_FLOAT16] = { float16_plain, float16_avx2, float16_avx512 },
    [RW_FLOAT64] = { float64_plain, float64_avx2, float64_avx512 },
  };
  return readers[type][simd];
}
