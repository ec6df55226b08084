/* activation: by vectors of 16 floats; see activation.h.
   SiLU: Elfwing et al. (arXiv 1702.03118), Eq. 9.  GELU: Hendrycks, Gimpel (arXiv 1606.08415),
   section 2.  erf: 1 ulp by two polynomials, after N. Juffa's erff (2-clause BSD, NVIDIA developer
   forum, "erff" of 2014): below 0.921875 odd in x, above 1 - e^p(|x|).  */
#include "model/activation.h"
#include "base/threads.h"
#include "model/float_exp.h"

#include <math.h>
#include <string.h>

#define ROOT_HALF 0.70710678118654752440f
#define TANH_SCALE 1.59576912160573071f /* 2 sqrt (2 / pi) */
#define TANH_CUBE 0.044715f

typedef void kernel (size_t n, float *x, const float *up);

/* Horner.  */
#define STEP(p, t, c) p = (p) * (t) + (c)

#define FUNCTIONS(suffix, attribute)                                                               \
  FLOAT_EXP (exp_##suffix, attribute)                                                              \
  attribute static inline void silu_##suffix (floats *x)                                           \
  {                                                                                                \
    floats e = -*x;                                                                                \
    exp_##suffix (&e);                                                                             \
    *x = *x / (1.0f + e);                                                                          \
  }                                                                                                \
  attribute static inline void gelu_tanh_##suffix (floats *x)                                      \
  {                                                                                                \
    floats e = -TANH_SCALE * (*x + TANH_CUBE * *x * *x * *x);                                      \
    exp_##suffix (&e);                                                                             \
    *x = *x / (1.0f + e);                                                                          \
  }                                                                                                \
  attribute static inline void gelu_##suffix (floats *x)                                           \
  {                                                                                                \
    const floats a = *x * ROOT_HALF, t = FLOAT_SELECT (a < 0, -a, a), s = a * a;                   \
    floats tail = -1.72853470e-5f * t + 3.83197126e-4f; /* 1 - erf (t), t large */                 \
    floats erf = -5.96761703e-4f * s + 4.99119423e-3f;  /* t small */                              \
    const floats u = -3.88396438e-3f * t + 2.42546219e-2f;                                         \
    STEP (tail, s, u);                                                                             \
    STEP (tail, t, -1.06777877e-1f);                                                               \
    STEP (tail, t, -6.34846687e-1f);                                                               \
    STEP (tail, t, -1.28717512e-1f);                                                               \
    tail = tail * t - t;                                                                           \
    exp_##suffix (&tail);                                                                          \
    STEP (erf, s, -2.67681349e-2f);                                                                \
    STEP (erf, s, 1.12819925e-1f);                                                                 \
    STEP (erf, s, -3.76125336e-1f);                                                                \
    STEP (erf, s, 1.28379166e-1f);                                                                 \
    erf = 1.0f + (erf * a + a);                                                                    \
    tail = FLOAT_SELECT (a < 0, tail, 2.0f - tail);                                                \
    *x *= 0.5f * FLOAT_SELECT (t < 0.921875f, erf, tail);                                          \
  }

#define KERNEL(name, suffix, attribute)                                                            \
  attribute static void row_##name##_##suffix (size_t n, float *x, const float *up)                \
  {                                                                                                \
    for (size_t i = 0; i < n; i += FLOAT_LANES)                                                    \
      {                                                                                            \
        const size_t bytes = (n - i < FLOAT_LANES ? n - i : FLOAT_LANES) * sizeof *x;              \
        floats f = { 0 }, g = { 0 };                                                               \
        if (bytes == sizeof f)                                                                     \
          memcpy (&f, x + i, sizeof f);                                                            \
        else                                                                                       \
          memcpy (&f, x + i, bytes);                                                               \
        name##_##suffix (&f);                                                                      \
        if (up && bytes == sizeof g)                                                               \
          memcpy (&g, up + i, sizeof g), f *= g;                                                   \
        else if (up)                                                                               \
          memcpy (&g, up + i, bytes), f *= g;                                                      \
        if (bytes == sizeof f)                                                                     \
          memcpy (x + i, &f, sizeof f);                                                            \
        else                                                                                       \
          memcpy (x + i, &f, bytes);                                                               \
      }                                                                                            \
  }

#define KERNELS(suffix, attribute)                                                                 \
  FUNCTIONS (suffix, attribute)                                                                    \
  KERNEL (silu, suffix, attribute)                                                                 \
  KERNEL (gelu, suffix, attribute)                                                                 \
  KERNEL (gelu_tanh, suffix, attribute)

KERNELS (plain, )
#ifdef __x86_64__
KERNELS (avx2, __attribute__ ((target ("avx2,fma"))))
KERNELS (avx512, __attribute__ ((target ("avx512f,avx512dq"))))
#  define ROW(name)                                                                                \
    {                                                                                              \
      row_##name##_plain, row_##name##_avx2, row_##name##_avx512                                   \
    }
#else
#  define ROW(name)                                                                                \
    {                                                                                              \
      row_##name##_plain, row_##name##_plain, row_##name##_plain                                   \
    }
#endif

/* By rw_simd.  */
static kernel *const kernels[][3] = {
  [RW_ACT_SILU] = ROW (silu),
  [RW_ACT_GELU] = ROW (gelu),
  [RW_ACT_GELU_TANH] = ROW (gelu_tanh),
};

void
rw_activation_run (rw_act act, rw_simd simd, size_t rows, size_t n, float *x, size_t stride,
                   const float *up, int threads)
{
  kernel *const run = kernels[act][simd];
  threads = rw_threads_for (1e-9 * (double) (rows * n), threads); /* near a value a nanosecond */
#pragma omp parallel for num_threads(threads) if (threads > 1) schedule(static)
  for (size_t r = 0; r < rows; r++)
    run (n, x + r * stride, up ? up + r * stride : NULL);
}
