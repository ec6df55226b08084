/* attend_kernel: the inner loops of attention; see attend_kernel.h.

   With 512-bit vectors a product of six rows and 64 columns does 24 fused multiply-adds on 10 loads
   a step; b comes from the second cache, a few steps ahead of its use.  */
#include "model/attend_kernel.h"
#include "base/power.h"

#include <math.h>
#include <stdint.h>
#include <string.h>
#if defined __x86_64__
#  include <immintrin.h>
#endif

enum
{
  AHEAD = 8, /* steps */
  PANEL_LINES = RW_ATTEND_PANEL / RW_ATTEND_LINE
};
#define LEAST (-64.0F)
#define SIGN 0x80000000U
#define TANH_SMALL 0.625F
#define TANH_MOST 20.0F /* tanh 20 is 1 in float */
#define TANH_1 -3.33332819422E-1F
#define TANH_2 1.33314422036E-1F
#define TANH_3 -5.37397155531E-2F
#define TANH_4 2.06390887954E-2F
#define TANH_5 -5.70498872745E-3F

#define AT(p) (*(v *) (void *) (p))
#define FROM(p) (*(const v *) (const void *) (p))

#define ROWS_1(X, w) X##w (0)
#define ROWS_3(X, w) X##w (0) X##w (1) X##w (2)
#define ROWS_6(X, w) X##w (0) X##w (1) X##w (2) X##w (3) X##w (4) X##w (5)
/* clang-format off */
#define LOAD_1 FETCH (0) const v x0 = FROM (b);
#define LOAD_2 LOAD_1 FETCH (1) const v x1 = FROM (b + W);
#define LOAD_3 LOAD_2 FETCH (2) const v x2 = FROM (b + 2 * W);
#define LOAD_4 LOAD_3 FETCH (3) const v x3 = FROM (b + 3 * W);
#define ZERO_1(r) const float *a##r = p.a[r]; v s##r##0 = { 0 };
#define ZERO_2(r) ZERO_1 (r) v s##r##1 = { 0 };
#define ZERO_3(r) ZERO_2 (r) v s##r##2 = { 0 };
#define ZERO_4(r) ZERO_3 (r) v s##r##3 = { 0 };
#define GO_ON_1(r) s##r##0 = FROM (p.c[r] + j);
#define GO_ON_2(r) GO_ON_1 (r) s##r##1 = FROM (p.c[r] + j + W);
#define GO_ON_3(r) GO_ON_2 (r) s##r##2 = FROM (p.c[r] + j + 2 * W);
#define GO_ON_4(r) GO_ON_3 (r) s##r##3 = FROM (p.c[r] + j + 3 * W);
#define STEP_1(r) MADD (s##r##0, x0, a##r[k]);
#define STEP_2(r) STEP_1 (r) MADD (s##r##1, x1, a##r[k]);
#define STEP_3(r) STEP_2 (r) MADD (s##r##2, x2, a##r[k]);
#define STEP_4(r) STEP_3 (r) MADD (s##r##3, x3, a##r[k]);
#define ADD_1(r) s##r##0 += FROM (p.c[r] + j);
#define ADD_2(r) ADD_1 (r) s##r##1 += FROM (p.c[r] + j + W);
#define ADD_3(r) ADD_2 (r) s##r##2 += FROM (p.c[r] + j + 2 * W);
#define ADD_4(r) ADD_3 (r) s##r##3 += FROM (p.c[r] + j + 3 * W);
#define SET_1(r) AT (p.c[r] + j) = s##r##0;
#define SET_2(r) SET_1 (r) AT (p.c[r] + j + W) = s##r##1;
#define SET_3(r) SET_2 (r) AT (p.c[r] + j + 2 * W) = s##r##2;
#define SET_4(r) SET_3 (r) AT (p.c[r] + j + 3 * W) = s##r##3;

/* `rows` rows of `wide` vectors of columns, from column j on.  The copy tells the compiler that
   results do not change the task.  */
#define PRODUCT(rows, wide)                                                                        \
  TARGET static void NAME (product##rows##wide) (const rw_attend_product *task, size_t j)          \
  {                                                                                                \
    const rw_attend_product p = *task;                                                             \
    const size_t b_row = p.b_row, depth = p.depth;                                                 \
    const float *b = p.b + j;                                                                      \
    ROWS_##rows (ZERO_, wide)                                                                      \
    if (p.mode == RW_ATTEND_GO_ON)                                                                 \
      {                                                                                            \
        ROWS_##rows (GO_ON_, wide)                                                                 \
      }                                                                                            \
    for (size_t k = 0; k < depth; k++, b += b_row)                                                 \
      {                                                                                            \
        LOAD_##wide                                                                                \
        ROWS_##rows (STEP_, wide)                                                                  \
      }                                                                                            \
    if (p.mode == RW_ATTEND_ADD)                                                                   \
      {                                                                                            \
        ROWS_##rows (ADD_, wide)                                                                   \
      }                                                                                            \
    ROWS_##rows (SET_, wide)                                                                       \
  }
/* clang-format on */

/* All lines: panels, and in a panel as few passes of `wide` vectors at most as can be.  */
#define PANELS(n, wide)                                                                            \
  TARGET static void NAME (rows##n) (const rw_attend_product *task)                                \
  {                                                                                                \
    static void (*const product[]) (const rw_attend_product *p, size_t j)                          \
        = { NULL, NAME (product##n##1), NAME (product##n##2), NAME (product##n##3),                \
            NAME (product##n##4) };                                                                \
    rw_attend_product p = *task;                                                                   \
    for (size_t left = task->lines; left;)                                                         \
      {                                                                                            \
        const size_t lines = left < PANEL_LINES ? left : PANEL_LINES;                              \
        const size_t vectors = lines * (RW_ATTEND_LINE / W), passes = (vectors + wide - 1) / wide; \
        for (size_t k = 0, from = 0, to; k < passes; k++, from = to)                               \
          {                                                                                        \
            to = vectors * (k + 1) / passes;                                                       \
            product[to - from](&p, from * W);                                                      \
          }                                                                                        \
        left -= lines;                                                                             \
        p.b += p.b_panel;                                                                          \
        for (size_t r = 0; r < n; r++)                                                             \
          p.c[r] += RW_ATTEND_PANEL;                                                               \
      }                                                                                            \
  }

#define NAME(x) x##_plain
#define TARGET
#define BYTES 16
#define FETCH(i)
#define MADD(a, x, q) a += (x) * (q)
#define FUSE(a, b, c) ((a) * (b) + (c))
#define GREATER(a, b) ((v) (((bits) (a) & (bits) ((a) > (b))) | ((bits) (b) & ~(bits) ((a) > (b)))))
#define ABOVE(t, least, w) ((v) ((bits) (w) & ~(bits) ((t) <= (least))))
#define WIDE_1 4
#define WIDE_3 3
#define WIDE_6 2
#include "model/attend_lanes.h"

#if defined __x86_64__
#  define NAME(x) x##_avx2
#  define TARGET __attribute__ ((target ("avx2,fma")))
#  define BYTES 32
#  define FETCH(i) /* every second half a line */                                                  \
    if (i % 2 == 0)                                                                                \
      __builtin_prefetch (b + AHEAD * b_row + (i) *W);
#  define MADD(a, x, q) a = (v) _mm256_fmadd_ps ((__m256) (x), _mm256_set1_ps (q), (__m256) (a))
#  define FUSE(a, b, c) ((v) _mm256_fmadd_ps ((__m256) (a), (__m256) (b), (__m256) (c)))
#  define GREATER(a, b) ((v) _mm256_max_ps ((__m256) (a), (__m256) (b)))
#  define ABOVE(t, least, w)                                                                       \
    ((v) _mm256_and_ps (_mm256_cmp_ps ((__m256) (t), (__m256) (least), _CMP_NLE_UQ), (__m256) (w)))
#  define WIDE_1 4
#  define WIDE_3 4
#  define WIDE_6 2
#  include "model/attend_lanes.h"

#  define NAME(x) x##_avx512
#  define TARGET __attribute__ ((target ("avx512f,avx512dq")))
#  define BYTES 64
#  define FETCH(i) __builtin_prefetch (b + AHEAD * b_row + (i) *W);
#  define MADD(a, x, q) a = (v) _mm512_fmadd_ps ((__m512) (x), _mm512_set1_ps (q), (__m512) (a))
#  define FUSE(a, b, c) ((v) _mm512_fmadd_ps ((__m512) (a), (__m512) (b), (__m512) (c)))
#  define GREATER(a, b) ((v) _mm512_max_ps ((__m512) (a), (__m512) (b)))
#  define ABOVE(t, least, w)                                                                       \
    ((v) _mm512_maskz_mov_ps (_mm512_cmp_ps_mask ((__m512) (t), (__m512) (least), _CMP_NLE_UQ),    \
                              (__m512) (w)))
#  define WIDE_1 4
#  define WIDE_3 4
#  define WIDE_6 4
#  include "model/attend_lanes.h"
#endif

const rw_attend_kernels *const rw_attend_kernels_of[] = {
  [RW_SIMD_PLAIN] = &kernels_plain,
#if defined __x86_64__
  [RW_SIMD_AVX2] = &kernels_avx2,
  [RW_SIMD_AVX512] = &kernels_avx512,
#else
  [RW_SIMD_AVX2] = &kernels_plain,
  [RW_SIMD_AVX512] = &kernels_plain,
#endif
};
