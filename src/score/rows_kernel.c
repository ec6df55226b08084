/* rows_kernel: the inner loops of softmax rows: dot products, and powers of two and their sums.

   dot: six queries against 64 keys side by side, all sums in registers: with 512-bit vectors 6 x 4
   of them, 24 fused multiply-adds on 10 loads a channel.
   fold: p = 2^t, t = s - ref, as base/power.h has it.  t is held above -60: p <= 2^-60 of a sum
   that is at least 1 is beyond float, and no square is subnormal.  */
#include "base/power.h"
#include "score/rows_part.h"

#include <math.h>
#include <string.h>
#if defined __x86_64__
#  include <immintrin.h>
#endif

enum
{
  AHEAD = 8, /* channels: keys come from the second cache */
  LINE = 16  /* floats of a cache line */
};
static const float LEAST = -60.0F;
static const float SLACK = 43.25F; /* 30 log2 e */
static const float PAD = -1e30F;   /* a score that counts as LEAST */
static const float places[RW_ROWS_LANES] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };

#define EACH_ROW(X) X (0) X (1) X (2) X (3) X (4) X (5)
#define VECTOR(bytes)                                                                              \
  typedef float v __attribute__ ((vector_size (bytes), aligned (4), may_alias));                   \
  enum                                                                                             \
  {                                                                                                \
    W = bytes / sizeof (float)                                                                     \
  };
#define AT(p) (*(v *) (void *) (p))
#define FROM(p) (*(const v *) (const void *) (p))

/* ---- dot ---- */

#define START4(r) v a##r##0 = { 0 }, a##r##1 = { 0 }, a##r##2 = { 0 }, a##r##3 = { 0 };
#define STEP4(r)                                                                                   \
  MADD (a##r##0, x0, q[r]);                                                                        \
  MADD (a##r##1, x1, q[r]);                                                                        \
  MADD (a##r##2, x2, q[r]);                                                                        \
  MADD (a##r##3, x3, q[r]);
#define STORE4(r)                                                                                  \
  AT (s + r * RW_ROWS_STRIP + j) = a##r##0, AT (s + r * RW_ROWS_STRIP + j + W) = a##r##1,          \
                              AT (s + r * RW_ROWS_STRIP + j + 2 * W) = a##r##2,                    \
                              AT (s + r * RW_ROWS_STRIP + j + 3 * W) = a##r##3;
#define LOAD4                                                                                      \
  const v x0 = FROM (x), x1 = FROM (x + W), x2 = FROM (x + 2 * W), x3 = FROM (x + 3 * W);

#define START2(r) v a##r##0 = { 0 }, a##r##1 = { 0 };
#define STEP2(r)                                                                                   \
  MADD (a##r##0, x0, q[r]);                                                                        \
  MADD (a##r##1, x1, q[r]);
#define STORE2(r)                                                                                  \
  AT (s + r * RW_ROWS_STRIP + j) = a##r##0, AT (s + r * RW_ROWS_STRIP + j + W) = a##r##1;
#define LOAD2 const v x0 = FROM (x), x1 = FROM (x + W);

/* `columns` vectors of keys at once.  */
#define DOT(name, attribute, bytes, columns)                                                       \
  attribute static void name (const float *query, const float *k, const float *far, size_t dim,    \
                              float *s)                                                            \
  {                                                                                                \
    VECTOR (bytes)                                                                                 \
    const size_t line = far ? LINE : 0;                                                            \
    const float *next = far ? far : query;                                                         \
    for (size_t j = 0; j < RW_ROWS_BLOCK; j += columns * W)                                        \
      {                                                                                            \
        const float *q = query, *x = k + j;                                                        \
        EACH_ROW (START##columns)                                                                  \
        for (size_t c = 0; c < dim; c++, q += RW_ROWS_ROW, x += RW_ROWS_BLOCK)                     \
          {                                                                                        \
            FETCH (x + AHEAD * RW_ROWS_BLOCK);                                                     \
            FETCH_FAR (next);                                                                      \
            next += line;                                                                          \
            LOAD##columns EACH_ROW (STEP##columns)                                                 \
          }                                                                                        \
        EACH_ROW (STORE##columns)                                                                  \
      }                                                                                            \
  }

/* ---- fold ---- */

/* GREATER takes its second operand where one is NaN, so that a NaN comes through.  */
#define TAKE(score)                                                                                \
  {                                                                                                \
    const v t = GREATER ((v){ 0 } + LEAST, (score) -ref);                                          \
    RW_POWER (w, t)                                                                                \
    p += w;                                                                                        \
    pt = FUSE (w, t, pt);                                                                          \
    pp = FUSE (w, w, pp);                                                                          \
    px = FUSE (w, place, px);                                                                      \
    top = GREATER (top, score);                                                                    \
  }
#define FOLD(name, attribute, bytes)                                                               \
  attribute static float name (const float *s, size_t n, float x, rw_rows_sums *to)                \
  {                                                                                                \
    VECTOR (bytes)                                                                                 \
    typedef uint32_t bits __attribute__ ((vector_size (bytes), aligned (4), may_alias));           \
    const float ref = to->ref;                                                                     \
    v p = AT (to->p), pt = AT (to->pt), pp = AT (to->pp), px = AT (to->px);                        \
    v place = FROM (places) + x, top = (v){ 0 } + PAD;                                             \
    size_t j = 0;                                                                                  \
    for (; j + W <= n; j += W)                                                                     \
      {                                                                                            \
        TAKE (FROM (s + j))                                                                        \
        place += W;                                                                                \
      }                                                                                            \
    if (j < n)                                                                                     \
      {                                                                                            \
        v last = (v){ 0 } + PAD;                                                                   \
        for (size_t i = 0; j + i < n; i++)                                                         \
          last[i] = s[j + i];                                                                      \
        TAKE (last)                                                                                \
      }                                                                                            \
    const float most = TOP (top);                                                                  \
    if (most <= ref + SLACK)                                                                       \
      AT (to->p) = p, AT (to->pt) = pt, AT (to->pp) = pp, AT (to->px) = px;                        \
    return most;                                                                                   \
  }

/* ---- spread: into double, the same operations whatever the width ---- */

#define SPREAD(name, attribute, bytes)                                                             \
  attribute static void name (const float *s, size_t n, double *sum, double *square)               \
  {                                                                                                \
    typedef float half __attribute__ ((vector_size (bytes / 2), aligned (4), may_alias));          \
    typedef double v __attribute__ ((vector_size (bytes), aligned (8), may_alias));                \
    enum                                                                                           \
    {                                                                                              \
      W = bytes / sizeof (double)                                                                  \
    };                                                                                             \
    size_t j = 0;                                                                                  \
    for (; j + W <= n; j += W)                                                                     \
      {                                                                                            \
        const v x = __builtin_convertvector(*(const half *) (const void *) (s + j), v);            \
        AT (sum + j) += x;                                                                         \
        AT (square + j) += x * x;                                                                  \
      }                                                                                            \
    for (; j < n; j++)                                                                             \
      {                                                                                            \
        sum[j] += (double) s[j];                                                                   \
        square[j] += (double) s[j] * (double) s[j];                                                \
      }                                                                                            \
  }

#define PLAIN
#define MADD(a, x, q) a += (x) * (q)
#define FUSE(a, b, c) ((a) * (b) + (c))
#define FETCH(p) (void) (p)
#define FETCH_FAR(p) (void) (p)
#define TOP(a) top_plain (a)
#define GREATER(a, b) ((v) (((bits_of) (a) & ((a) > (b))) | ((bits_of) (b) & ~((a) > (b)))))
typedef int32_t bits_of __attribute__ ((vector_size (16), aligned (4), may_alias));
typedef float floats_of __attribute__ ((vector_size (16), aligned (4), may_alias));

static float
top_plain (floats_of a)
{
  const float x = a[0] > a[1] ? a[0] : a[1], y = a[2] > a[3] ? a[2] : a[3];
  return x > y ? x : y;
}

DOT (dot_plain, PLAIN, 16, 2)
FOLD (fold_plain, PLAIN, 16)
SPREAD (spread_plain, PLAIN, 16)
#undef MADD
#undef FUSE
#undef GREATER
#undef FETCH
#undef FETCH_FAR
#undef TOP

#if defined __x86_64__
static inline float
top_avx (__m128 a)
{
  a = _mm_max_ps (a, _mm_movehl_ps (a, a));
  return _mm_cvtss_f32 (_mm_max_ss (a, _mm_shuffle_ps (a, a, 1)));
}

#  define FETCH_FAR(p) __builtin_prefetch (p, 0, 2)
#  define FETCH(p) __builtin_prefetch (p)
#  define TOP(a)                                                                                   \
    top_avx (_mm_max_ps (_mm256_castps256_ps128 ((__m256) (a)),                                    \
                         _mm256_extractf128_ps ((__m256) (a), 1)))
#  define AVX2 __attribute__ ((target ("avx2,fma")))
#  define MADD(a, x, q) a = (v) _mm256_fmadd_ps ((__m256) (x), _mm256_set1_ps (q), (__m256) (a))
#  define FUSE(a, b, c) ((v) _mm256_fmadd_ps ((__m256) (a), (__m256) (b), (__m256) (c)))
#  define GREATER(a, b) ((v) _mm256_max_ps ((__m256) (a), (__m256) (b)))
DOT (dot_avx2, AVX2, 32, 2)
FOLD (fold_avx2, AVX2, 32)
SPREAD (spread_avx2, AVX2, 32)
#  undef MADD
#  undef FUSE
#  undef GREATER
#  undef FETCH
#  undef TOP
#  define FETCH(p)                                                                                 \
    __builtin_prefetch (p), __builtin_prefetch ((p) + W), __builtin_prefetch ((p) + 2 * W),        \
        __builtin_prefetch ((p) + 3 * W)
#  define TOP(a) _mm512_reduce_max_ps ((__m512) (a))
#  define AVX512 __attribute__ ((target ("avx512f,avx512dq")))
#  define MADD(a, x, q) a = (v) _mm512_fmadd_ps ((__m512) (x), _mm512_set1_ps (q), (__m512) (a))
#  define FUSE(a, b, c) ((v) _mm512_fmadd_ps ((__m512) (a), (__m512) (b), (__m512) (c)))
#  define GREATER(a, b) ((v) _mm512_max_ps ((__m512) (a), (__m512) (b)))
DOT (dot_avx512, AVX512, 64, 4)
FOLD (fold_avx512, AVX512, 64)
SPREAD (spread_avx512, AVX512, 64)
#endif

static const struct
{
  void (*dot) (const float *query, const float *k, const float *far, size_t dim, float *s);
  float (*fold) (const float *s, size_t n, float x, rw_rows_sums *to);
  void (*spread) (const float *s, size_t n, double *sum, double *square);
} kernels[] = {
  [RW_SIMD_PLAIN] = { dot_plain, fold_plain, spread_plain },
#if defined __x86_64__
  [RW_SIMD_AVX2] = { dot_avx2, fold_avx2, spread_avx2 },
  [RW_SIMD_AVX512] = { dot_avx512, fold_avx512, spread_avx512 },
#endif
};

void
rw_rows_dot (rw_simd simd, const float *q, const float *k, const float *far, size_t dim, float *s)
{
  kernels[simd].dot (q, k, far, dim, s);
}

bool
rw_rows_fold (rw_simd simd, const float *s, size_t n, float x, rw_rows_sums *sums, float *most)
{
  *most = kernels[simd].fold (s, n, x, sums);
  return *most <= sums->ref + SLACK;
}

void
rw_rows_spread (rw_simd simd, const float *s, size_t n, double *sum, double *square)
{
  kernels[simd].spread (s, n, sum, square);
}
