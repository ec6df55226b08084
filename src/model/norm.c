/* norm: normalised rows; see norm.h.
   RMS: Zhang, Sennrich (arXiv 1910.07467), Eq. 4.  Layer: Ba et al. (arXiv 1607.06450), Eq. 4.

   Squares of float32 are exact in double, and eight sums run side by side whatever the width of
   the vectors: no bit of a sum depends on it.  */
#include "model/norm.h"
#include "base/threads.h"

#include <math.h>
#include <string.h>

enum
{
  LANES = 8
};

/* The mean of (x - shift)^2, or of x where `power` is 1.  */
typedef double mean_kernel (const float *x, size_t n, double shift, int power);
/* y = (x - shift) scale w + b */
typedef void turn_kernel (const rw_norm_ask *ask, const float *x, float shift, float scale,
                          float *y);

typedef double doubles __attribute__ ((vector_size (8 * LANES)));
typedef float floats __attribute__ ((vector_size (4 * LANES)));

#define KERNELS(name, attribute)                                                                   \
  attribute static double mean_##name (const float *x, size_t n, double shift, int power)          \
  {                                                                                                \
    doubles sum = { 0 };                                                                           \
    double rest = 0;                                                                               \
    size_t i = 0;                                                                                  \
    for (; i + LANES <= n; i += LANES)                                                             \
      {                                                                                            \
        floats f;                                                                                  \
        memcpy (&f, x + i, sizeof f);                                                              \
        const doubles d = __builtin_convertvector(f, doubles) - shift;                             \
        sum += power == 1 ? d : d * d;                                                             \
      }                                                                                            \
    for (; i < n; i++)                                                                             \
      rest += power == 1 ? x[i] - shift : (x[i] - shift) * (x[i] - shift);                         \
    for (int l = 0; l < LANES; l++)                                                                \
      rest += sum[l];                                                                              \
    return rest / (double) n;                                                                      \
  }                                                                                                \
  attribute static void turn_##name (const rw_norm_ask *ask, const float *x, float shift,          \
                                     float scale, float *y)                                        \
  {                                                                                                \
    const float *w = ask->w, *b = ask->b;                                                          \
    size_t i = 0;                                                                                  \
    for (; i + LANES <= ask->n; i += LANES)                                                        \
      {                                                                                            \
        floats f, g, h = { 0 };                                                                    \
        memcpy (&f, x + i, sizeof f);                                                              \
        memcpy (&g, w + i, sizeof g);                                                              \
        if (b)                                                                                     \
          memcpy (&h, b + i, sizeof h);                                                            \
        f = (f - shift) * scale * g + h;                                                           \
        memcpy (y + i, &f, sizeof f);                                                              \
      }                                                                                            \
    for (; i < ask->n; i++)                                                                        \
      y[i] = (x[i] - shift) * scale * w[i] + (b ? b[i] : 0);                                       \
  }

KERNELS (plain, )
#ifdef __x86_64__
KERNELS (avx2, __attribute__ ((target ("avx2,fma"))))
KERNELS (avx512, __attribute__ ((target ("avx512f,avx512dq"))))
#else
#  define mean_avx2 mean_plain
#  define turn_avx2 turn_plain
#  define mean_avx512 mean_plain
#  define turn_avx512 turn_plain
#endif

static const struct
{
  mean_kernel *mean;
  turn_kernel *turn;
} kernels[] = {
  [RW_SIMD_PLAIN] = { mean_plain, turn_plain },
  [RW_SIMD_AVX2] = { mean_avx2, turn_avx2 },
  [RW_SIMD_AVX512] = { mean_avx512, turn_avx512 },
};

static void
norm_row (const rw_norm_ask *ask, const float *x, float *y)
{
  mean_kernel *mean = kernels[ask->simd].mean;
  const double shift = ask->kind == RW_NORM_LAYER ? mean (x, ask->n, 0, 1) : 0;
  const double square = mean (x, ask->n, shift, 2);
  kernels[ask->simd].turn (ask, x, (float) shift, (float) (1 / sqrt (square + ask->eps)), y);
}

void
rw_norm_run (const rw_norm_ask *ask, size_t rows, const float *x, size_t xs, const size_t *from,
             float *y, size_t ys)
{
  /* Two sums in double and a product: near a value a nanosecond.  */
  const int threads = rw_threads_for (1e-9 * (double) (rows * ask->n), ask->threads);
  (void) threads; /* of no use without OpenMP */
#pragma omp parallel for num_threads(threads) if (threads > 1) schedule(static)
  for (size_t r = 0; r < rows; r++)
    norm_row (ask, x + (from ? from[r] : r) * xs, y + r * ys);
}
