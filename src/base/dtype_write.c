/* dtype_write: the kernels that round doubles, once, to a format; see dtype.h and half.h.

   The vector kernels round to odd as half.h does: AVX-512 by an instruction that rounds toward
   zero, AVX2 by taking back a unit where rounding went away from zero.  */
#include "base/dtype.h"
#include "base/half.h"

#if defined __x86_64__
#  include <immintrin.h>
#endif

static void
same (const double *from, size_t n, void *to)
{
  memcpy (to, from, n * sizeof *from);
}

/* Values from `i` on, one by one, to any alignment.  */
#define ONE_BY_ONE(type, one)                                                                      \
  for (; i < n; i++)                                                                               \
    {                                                                                              \
      const type h = one (from[i]);                                                                \
      memcpy ((unsigned char *) to + i * sizeof h, &h, sizeof h);                                  \
    }
#define PLAIN(name, type, one)                                                                     \
  static void name (const double *from, size_t n, void *to)                                        \
  {                                                                                                \
    size_t i = 0;                                                                                  \
    ONE_BY_ONE (type, one)                                                                         \
  }
PLAIN (bfloat16_plain, uint16_t, rw_bfloat16_write)
PLAIN (float16_plain, uint16_t, rw_float16_write)
PLAIN (float32_plain, float, (float) )

#if defined __x86_64__
#  define AVX2 __attribute__ ((target ("avx2,f16c")))
#  define AVX512 __attribute__ ((target ("avx512f,f16c")))

/* The even halves of a mask of 64-bit lanes.  */
AVX2 static __m128i
narrow (__m256d mask)
{
  const __m256 m = _mm256_castpd_ps (mask);
  return _mm_castps_si128 (
      _mm_shuffle_ps (_mm256_castps256_ps128 (m), _mm256_extractf128_ps (m, 1), 0x88));
}

AVX2 static __m128i
odd4 (const double *from)
{
  const __m256d x = _mm256_loadu_pd (from), sign = _mm256_set1_pd (-0.0);
  const __m128 near = _mm256_cvtpd_ps (x);
  const __m256d back = _mm256_cvtps_pd (near);
  const __m256d away
      = _mm256_cmp_pd (_mm256_andnot_pd (sign, back), _mm256_andnot_pd (sign, x), _CMP_GT_OQ);
  const __m128i lost = narrow (_mm256_cmp_pd (back, x, _CMP_NEQ_UQ));
  __m128i bits = _mm_add_epi32 (_mm_castps_si128 (near), narrow (away)); /* true is -1 */
  bits = _mm_or_si128 (bits, _mm_srli_epi32 (lost, 31));
  const __m128i nan = narrow (_mm256_cmp_pd (x, x, _CMP_UNORD_Q));
  return _mm_blendv_epi8 (bits, _mm_set1_epi32 ((int) RW_FLOAT_NAN), nan);
}

AVX2 static __m256i
odd8 (const double *from)
{
  return _mm256_inserti128_si256 (_mm256_castsi128_si256 (odd4 (from)), odd4 (from + 4), 1);
}

AVX2 static __m128i
bfloat16_of8 (__m256i odd)
{
  const __m256i even = _mm256_and_si256 (_mm256_srli_epi32 (odd, 16), _mm256_set1_epi32 (1));
  const __m256i sum = _mm256_add_epi32 (_mm256_add_epi32 (odd, _mm256_set1_epi32 (0x7fff)), even);
  const __m256i h = _mm256_srli_epi32 (sum, 16);
  return _mm256_castsi256_si128 (_mm256_permute4x64_epi64 (_mm256_packus_epi32 (h, h), 0x08));
}

AVX512 static __m256i
odd_of8 (const double *from, __mmask8 *lost, __mmask8 *nan)
{
  const __m512d x = _mm512_loadu_pd (from);
  const __m256 zero = _mm512_cvt_roundpd_ps (x, _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC);
  *lost = _mm512_cmp_pd_mask (_mm512_cvtps_pd (zero), x, _CMP_NEQ_UQ);
  *nan = _mm512_cmp_pd_mask (x, x, _CMP_UNORD_Q);
  return _mm256_castps_si256 (zero);
}

AVX512 static __m512i
odd16 (const double *from)
{
  __mmask8 lost[2], nan[2];
  const __m256i low = odd_of8 (from, &lost[0], &nan[0]),
                high = odd_of8 (from + 8, &lost[1], &nan[1]);
  const __m512i bits = _mm512_inserti64x4 (_mm512_castsi256_si512 (low), high, 1);
  const __mmask16 some = (__mmask16) (lost[0] | lost[1] << 8),
                  none = (__mmask16) (nan[0] | nan[1] << 8);
  return _mm512_mask_mov_epi32 (_mm512_mask_or_epi32 (bits, some, bits, _mm512_set1_epi32 (1)),
                                none, _mm512_set1_epi32 ((int) RW_FLOAT_NAN));
}

AVX512 static __m256i
bfloat16_of16 (__m512i odd)
{
  const __m512i even = _mm512_and_si512 (_mm512_srli_epi32 (odd, 16), _mm512_set1_epi32 (1));
  const __m512i sum = _mm512_add_epi32 (_mm512_add_epi32 (odd, _mm512_set1_epi32 (0x7fff)), even);
  return _mm512_cvtepi32_epi16 (_mm512_srli_epi32 (sum, 16));
}

#  define NEAREST (_MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)
/* Vectors of `width` values: `whole` rounds what lies at x.  */
#  define KERNEL(name, attribute, type, width, store, whole, one)                                  \
    attribute static void name (const double *from, size_t n, void *to)                            \
    {                                                                                              \
      size_t i = 0;                                                                                \
      for (; i + width <= n; i += width)                                                           \
        {                                                                                          \
          const double *x = from + i;                                                              \
          store ((void *) ((unsigned char *) to + i * sizeof (type)), whole);                      \
        }                                                                                          \
      ONE_BY_ONE (type, one)                                                                       \
    }
KERNEL (bfloat16_avx2, AVX2, uint16_t, 8, _mm_storeu_si128, bfloat16_of8 (odd8 (x)),
        rw_bfloat16_write)
KERNEL (float16_avx2, AVX2, uint16_t, 8, _mm_storeu_si128,
        _mm256_cvtps_ph (_mm256_castsi256_ps (odd8 (x)), NEAREST), rw_float16_write)
KERNEL (float32_avx2, AVX2, float, 4, _mm_storeu_ps, _mm256_cvtpd_ps (_mm256_loadu_pd (x)),
        (float) )
KERNEL (bfloat16_avx512, AVX512, uint16_t, 16, _mm256_storeu_si256, bfloat16_of16 (odd16 (x)),
        rw_bfloat16_write)
KERNEL (float16_avx512, AVX512, uint16_t, 16, _mm256_storeu_si256,
        _mm512_cvtps_ph (_mm512_castsi512_ps (odd16 (x)), NEAREST), rw_float16_write)
KERNEL (float32_avx512, AVX512, float, 8, _mm256_storeu_ps, _mm512_cvtpd_ps (_mm512_loadu_pd (x)),
        (float) )
#else
#  define bfloat16_avx2 bfloat16_plain
#  define float16_avx2 float16_plain
#  define float32_avx2 float32_plain
#  define bfloat16_avx512 bfloat16_plain
#  define float16_avx512 float16_plain
#  define float32_avx512 float32_plain
#endif

rw_dtype_writer *
rw_dtype_writer_of (rw_dtype type, rw_simd simd)
{
  static rw_dtype_writer *const writers[][3] = {
    [RW_FLOAT32] = { float32_plain, float32_avx2, float32_avx512 },
    [RW_BFLOAT16] = { bfloat16_plain, bfloat16_avx2, bfloat16_avx512 },
    [RW_FLOAT16] = { float16_plain, float16_avx2, float16_avx512 },
    [RW_FLOAT64] = { same, same, same },
  };
  return writers[type][simd];
}
