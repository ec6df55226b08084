/* quadratic: the two products of a packed symmetric matrix; see quadratic.h.

   The form needs the rows of each square times w only, doubled off the diagonal; its limit is
   reading S.  The product also needs them lengthwise: sums of 8 rows side by side in registers.  */
#include "score/quadratic.h"
#include "score/gram.h"

#include <string.h>
#if defined __x86_64__
#  include <immintrin.h>
#endif

enum
{
  P = RW_GRAM_PANEL,
  LANES = 8
};

typedef double form (size_t panels, const float *s, const double *w);
typedef void apply (size_t panels, const float *s, const double *w, double *y);

#define ROW(i) __builtin_convertvector(*(const narrow *) (s + (i)), wide)
#define EACH_OF_8(X) X (0) X (1) X (2) X (3) X (4) X (5) X (6) X (7)
#define NOTHING(k) wide r##k = { 0 };
/* Row k of eight rows from i: lengthwise into r##k, across into the columns' sums.  */
#define ADD(k)                                                                                     \
  {                                                                                                \
    const wide s0 = ROW ((i + k) * P), s1 = ROW ((i + k) * P + LANES);                             \
    c0 += x[i + k] * s0;                                                                           \
    c1 += x[i + k] * s1;                                                                           \
    r##k += s0 * w0;                                                                               \
    r##k += s1 * w1;                                                                               \
  }
#define KEEP(k)                                                                                    \
  for (int l = 0; l < LANES; l++)                                                                  \
    z[i + k] += r##k[l];

#define KERNELS(name, attribute)                                                                   \
  attribute static double form_##name (size_t panels, const float *s, const double *w)             \
  {                                                                                                \
    typedef float narrow __attribute__ ((vector_size (4 * LANES), may_alias));                     \
    typedef double wide __attribute__ ((vector_size (8 * LANES), may_alias));                      \
    wide sum = { 0 };                                                                              \
    for (size_t a = 0; a < panels; a++)                                                            \
      for (size_t b = a; b < panels; b++, s += P * P)                                              \
        {                                                                                          \
          const double *x = w + a * P;                                                             \
          const wide *y = (const wide *) (w + b * P);                                              \
          wide c0 = { 0 }, c1 = c0, d0 = c0, d1 = c0;                                              \
          for (size_t i = 0; i < P; i += 2)                                                        \
            {                                                                                      \
              c0 += x[i] * ROW (i * P);                                                            \
              c1 += x[i] * ROW (i * P + LANES);                                                    \
              d0 += x[i + 1] * ROW ((i + 1) * P);                                                  \
              d1 += x[i + 1] * ROW ((i + 1) * P + LANES);                                          \
            }                                                                                      \
          const wide t = (c0 + d0) * y[0] + (c1 + d1) * y[1];                                      \
          sum += (b > a ? 2.0 : 1.0) * t;                                                          \
        }                                                                                          \
    return ((sum[0] + sum[4]) + (sum[1] + sum[5])) + ((sum[2] + sum[6]) + (sum[3] + sum[7]));      \
  }                                                                                                \
                                                                                                   \
  attribute static void apply_##name (size_t panels, const float *s, const double *w, double *y)   \
  {                                                                                                \
    typedef float narrow __attribute__ ((vector_size (4 * LANES), may_alias));                     \
    typedef double wide __attribute__ ((vector_size (8 * LANES), may_alias));                      \
    for (size_t a = 0; a < panels; s += (panels - a++) * P * P)                                    \
      {                                                                                            \
        const double *x = w + a * P;                                                               \
        double *z = y + a * P;                                                                     \
        for (size_t i = 0; i < P; i++) /* the diagonal square: across only */                      \
          {                                                                                        \
            ((wide *) z)[0] += x[i] * ROW (i * P);                                                 \
            ((wide *) z)[1] += x[i] * ROW (i * P + LANES);                                         \
          }                                                                                        \
        for (size_t i = 0; i < P; i += LANES)                                                      \
          {                                                                                        \
            const float *const first = s;                                                          \
            EACH_OF_8 (NOTHING)                                                                    \
            s += P * P;                                                                            \
            for (size_t b = a + 1; b < panels; b++, s += P * P)                                    \
              {                                                                                    \
                const wide w0 = *(const wide *) (w + b * P);                                       \
                const wide w1 = *(const wide *) (w + b * P + LANES);                               \
                wide c0 = { 0 }, c1 = { 0 };                                                       \
                EACH_OF_8 (ADD)                                                                    \
                ((wide *) (y + b * P))[0] += c0;                                                   \
                ((wide *) (y + b * P))[1] += c1;                                                   \
              }                                                                                    \
            EACH_OF_8 (KEEP)                                                                       \
            s = first;                                                                             \
          }                                                                                        \
      }                                                                                            \
  }

#define WIDEN CONVERT
KERNELS (plain, )
#if defined __x86_64__
KERNELS (avx2, __attribute__ ((target ("avx2"))))
/* What gcc 12 makes of CONVERT here takes four instructions.  */
#  undef WIDEN
#  define WIDEN(p) (wide) _mm512_cvtps_pd (_mm256_load_ps (p))
KERNELS (avx512, __attribute__ ((target ("avx512f"))))
static form *const forms[] = { form_plain, form_avx2, form_avx512 };
static apply *const applies[] = { apply_plain, apply_avx2, apply_avx512 };
#else
static form *const forms[] = { form_plain, form_plain, form_plain };
static apply *const applies[] = { apply_plain, apply_plain, apply_plain };
#endif

double
rw_quadratic_form (rw_simd simd, size_t panels, const float *s, const double *w)
{
  return forms[simd](panels, s, w);
}

void
rw_quadratic_apply (rw_simd simd, size_t panels, const float *s, const double *w, double *y)
{
  memset (y, 0, panels * P * sizeof *y);
  applies[simd](panels, s, w, y);
}
