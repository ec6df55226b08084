/* usage_kernel: the inner loops of pair usage: powers of two, norms, and weighted sums of keys.

   add: six queries' weights against four channels of a strip, 24 sums in registers (two channels
   where there are fewer), folded into double once a strip: 24 fused multiply-adds on 10 loads.
   weigh: 2^t with t = n + f, n the nearest integer, and 2^f by the polynomial of rows_kernel.c
   (1e-7 relative).  */
#include "score/usage_part.h"

#include <math.h>
#if defined __x86_64__
#  include <immintrin.h>
#endif

enum
{
  EXPONENT = 23, /* bits below a float's exponent */
  BLOCK = RW_ROWS_BLOCK,
  STRIP = RW_ROWS_STRIP,
  GROUP = RW_ROWS_GROUP
};
static const float LEAST = -120.0F;
static const float NEAREST = 0x1.8p23F; /* x + NEAREST holds the nearest integer in its last bits */
static const float C1 = 0x1.62e432p-1F, C2 = 0x1.ebfbd6p-3F, C3 = 0x1.c6ae5cp-5F,
                   C4 = 0x1.3b322ap-7F, C5 = 0x1.5f75a6p-10F, C6 = 0x1.3e7d38p-13F;
static const int32_t places[RW_ROWS_LANES]
    = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };

#define VECTOR(bytes)                                                                              \
  typedef float v __attribute__ ((vector_size (bytes), aligned (4), may_alias));                   \
  enum                                                                                             \
  {                                                                                                \
    W = bytes / sizeof (float)                                                                     \
  };
#define AT(p) (*(v *) (void *) (p))
#define FROM(p) (*(const v *) (const void *) (p))

#define WEIGH(name, attribute, bytes)                                                              \
  attribute static float name (const float *s, size_t n, size_t a, size_t b, float ref, float *p)  \
  {                                                                                                \
    VECTOR (bytes)                                                                                 \
    typedef int32_t bits __attribute__ ((vector_size (bytes), aligned (4), may_alias));            \
    typedef uint32_t word __attribute__ ((vector_size (bytes), aligned (4), may_alias));           \
    bits place = *(const bits *) (const void *) places;                                            \
    v sum = { 0 };                                                                                 \
    float total = 0, lane[W];                                                                      \
    for (size_t j = 0; j < n; j += W, place += W)                                                  \
      {                                                                                            \
        const v x = FROM (s + j) - ref, least = (v){ 0 } + LEAST;                                  \
        const bits high = x > least, in = (place >= (int32_t) a) & (place < (int32_t) b);          \
        const v t = (v) (((bits) x & high) | ((bits) least & ~high)), u = t + NEAREST;             \
        const v f = t - (u - NEAREST);                                                             \
        v w = (v){ 0 } + C6;                                                                       \
        w = FUSE (w, f, (v){ 0 } + C5);                                                            \
        w = FUSE (w, f, (v){ 0 } + C4);                                                            \
        w = FUSE (w, f, (v){ 0 } + C3);                                                            \
        w = FUSE (w, f, (v){ 0 } + C2);                                                            \
        w = FUSE (w, f, (v){ 0 } + C1);                                                            \
        w = FUSE (w, f, (v){ 0 } + 1);                                                             \
        /* unsigned: a key that is not seen may be far above ref, and its sum wraps */             \
        w = (v) (((word) w + ((word) u << EXPONENT)) & (word) in);                                 \
        AT (p + j) = w;                                                                            \
        sum += w;                                                                                  \
      }                                                                                            \
    AT (lane) = sum;                                                                               \
    for (size_t i = 0; i < W; i++)                                                                 \
      total += lane[i];                                                                            \
    return total;                                                                                  \
  }

#define NORM(name, attribute, bytes)                                                               \
  attribute static void name (const float *x, const float *y, size_t n, float *out)                \
  {                                                                                                \
    VECTOR (bytes)                                                                                 \
    for (size_t j = 0; j < n; j += W)                                                              \
      {                                                                                            \
        const v a = FROM (x + j), b = FROM (y + j);                                                \
        AT (out + j) = ROOT (FUSE (a, a, b * b));                                                  \
      }                                                                                            \
  }

/* One channel's sums of six queries: folded to a number, added in double.  */
#define EACH_ROW(X) X (0) X (1) X (2) X (3) X (4) X (5)
#define START1(r) v a##r##0 = { 0 };
#define START2(r) v a##r##0 = { 0 }, a##r##1 = { 0 };
#define START4(r) v a##r##0 = { 0 }, a##r##1 = { 0 }, a##r##2 = { 0 }, a##r##3 = { 0 };
#define LOAD1 const v x0 = FROM (x + j);
#define LOAD2 const v x0 = FROM (x + j), x1 = FROM (x + j + BLOCK);
#define LOAD4                                                                                      \
  const v x0 = FROM (x + j), x1 = FROM (x + j + BLOCK), x2 = FROM (x + j + 2 * BLOCK),             \
          x3 = FROM (x + j + 3 * BLOCK);
#define STEP1(r) a##r##0 = FUSE (FROM (p + r * STRIP + j), x0, a##r##0);
#define STEP2(r)                                                                                   \
  {                                                                                                \
    const v w = FROM (p + r * STRIP + j);                                                          \
    a##r##0 = FUSE (w, x0, a##r##0), a##r##1 = FUSE (w, x1, a##r##1);                              \
  }
#define STEP4(r)                                                                                   \
  {                                                                                                \
    const v w = FROM (p + r * STRIP + j);                                                          \
    a##r##0 = FUSE (w, x0, a##r##0), a##r##1 = FUSE (w, x1, a##r##1);                              \
    a##r##2 = FUSE (w, x2, a##r##2), a##r##3 = FUSE (w, x3, a##r##3);                              \
  }
#define STOP1(r) sum[r] += (double) TOTAL (a##r##0);
#define STOP2(r) sum[r] += (double) TOTAL (a##r##0), sum[GROUP + r] += (double) TOTAL (a##r##1);
#define STOP4(r)                                                                                   \
  sum[r] += (double) TOTAL (a##r##0), sum[GROUP + r] += (double) TOTAL (a##r##1),                  \
      sum[2 * GROUP + r] += (double) TOTAL (a##r##2),                                              \
      sum[3 * GROUP + r] += (double) TOTAL (a##r##3);

#define ADD(name, attribute, bytes, columns)                                                       \
  attribute static void name (const float *p, const float *x, size_t stride, size_t blocks,        \
                              double *sum)                                                         \
  {                                                                                                \
    VECTOR (bytes)                                                                                 \
    EACH_ROW (START##columns)                                                                      \
    for (size_t b = 0; b < blocks; b++, x += stride, p += BLOCK)                                   \
      for (size_t j = 0; j < BLOCK; j += W)                                                        \
        {                                                                                          \
          LOAD##columns EACH_ROW (STEP##columns)                                                   \
        }                                                                                          \
    EACH_ROW (STOP##columns)                                                                       \
  }

#define PLAIN
typedef float four __attribute__ ((vector_size (16), aligned (4), may_alias));
static inline float
total_four (four a)
{
  return (a[0] + a[2]) + (a[1] + a[3]);
}

#define FUSE(a, b, c) ((a) * (b) + (c))
#define ROOT(a) ((v){ sqrtf ((a)[0]), sqrtf ((a)[1]), sqrtf ((a)[2]), sqrtf ((a)[3]) })
#define TOTAL(a) total_four (a)
WEIGH (weigh_plain, PLAIN, 16)
NORM (norm_plain, PLAIN, 16)
ADD (rest_plain, PLAIN, 16, 1)
ADD (add_plain, PLAIN, 16, 2)
#undef FUSE
#undef ROOT
#undef TOTAL

#if defined __x86_64__
#  define AVX2 __attribute__ ((target ("avx2,fma")))
AVX2 static inline float
total_eight (__m256 a)
{
  return total_four ((four) _mm_add_ps (_mm256_castps256_ps128 (a), _mm256_extractf128_ps (a, 1)));
}

#  define FUSE(a, b, c) ((v) _mm256_fmadd_ps ((__m256) (a), (__m256) (b), (__m256) (c)))
#  define ROOT(a) ((v) _mm256_sqrt_ps ((__m256) (a)))
#  define TOTAL(a) total_eight ((__m256) (a))
WEIGH (weigh_avx2, AVX2, 32)
NORM (norm_avx2, AVX2, 32)
ADD (rest_avx2, AVX2, 32, 1)
ADD (add_avx2, AVX2, 32, 2)
#  undef FUSE
#  undef ROOT
#  undef TOTAL
#  define AVX512 __attribute__ ((target ("avx512f,avx512dq")))
#  define FUSE(a, b, c) ((v) _mm512_fmadd_ps ((__m512) (a), (__m512) (b), (__m512) (c)))
#  define ROOT(a) ((v) _mm512_sqrt_ps ((__m512) (a)))
#  define TOTAL(a) _mm512_reduce_add_ps ((__m512) (a))
WEIGH (weigh_avx512, AVX512, 64)
NORM (norm_avx512, AVX512, 64)
ADD (rest_avx512, AVX512, 64, 1)
ADD (add_avx512, AVX512, 64, 4)
#endif

typedef void add (const float *p, const float *x, size_t stride, size_t blocks, double *sum);

static const struct
{
  float (*weigh) (const float *s, size_t n, size_t a, size_t b, float ref, float *p);
  void (*norm) (const float *x, const float *y, size_t n, float *out);
  add *one, *some;
  size_t columns; /* channels of `some` */
} kernels[] = {
  [RW_SIMD_PLAIN] = { weigh_plain, norm_plain, rest_plain, add_plain, 2 },
#if defined __x86_64__
  [RW_SIMD_AVX2] = { weigh_avx2, norm_avx2, rest_avx2, add_avx2, 2 },
  [RW_SIMD_AVX512] = { weigh_avx512, norm_avx512, rest_avx512, add_avx512, 4 },
#endif
};

float
rw_usage_weigh (rw_simd simd, const float *s, size_t n, size_t a, size_t b, float ref, float *p)
{
  return kernels[simd].weigh (s, n, a, b, ref, p);
}

void
rw_usage_norm (rw_simd simd, const float *x, const float *y, size_t n, float *out)
{
  kernels[simd].norm (x, y, n, out);
}

void
rw_usage_add (rw_simd simd, const float *p, const float *x, size_t stride, size_t blocks,
              size_t channels, double *sum)
{
  const size_t columns = kernels[simd].columns;
  size_t c = 0;
  for (; c + columns <= channels; c += columns)
    kernels[simd].some (p, x + c * BLOCK, stride, blocks, sum + c * GROUP);
  for (; c < channels; c++)
    kernels[simd].one (p, x + c * BLOCK, stride, blocks, sum + c * GROUP);
}
