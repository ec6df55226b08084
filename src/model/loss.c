/* loss: of a row of logits; see loss.h.  */
#include "model/loss.h"
#include "model/float_exp.h"

#include <math.h>
#include <string.h>

typedef double doubles __attribute__ ((vector_size (8 * FLOAT_LANES)));

/* sum e^(l - max), and how many logits are above `at`.  */
typedef double kernel (const float *logit, size_t n, float max, float at, int32_t *above);

#define KERNEL(suffix, attribute)                                                                  \
  FLOAT_EXP (exp_##suffix, attribute)                                                              \
  attribute static double sum_##suffix (const float *logit, size_t n, float max, float at,         \
                                        int32_t *above)                                            \
  {                                                                                                \
    doubles sum = { 0 };                                                                           \
    ints count = { 0 };                                                                            \
    double all = 0;                                                                                \
    *above = 0;                                                                                    \
    for (size_t i = 0; i < n; i += FLOAT_LANES)                                                    \
      {                                                                                            \
        floats l = FLOAT_ALL (-HUGE_VALF), e;                                                      \
        if (n - i < FLOAT_LANES)                                                                   \
          memcpy (&l, logit + i, (n - i) * sizeof *logit);                                         \
        else                                                                                       \
          memcpy (&l, logit + i, sizeof l);                                                        \
        count -= l > at;                                                                           \
        e = l - max;                                                                               \
        exp_##suffix (&e);                                                                         \
        e = FLOAT_SELECT (l == -HUGE_VALF, FLOAT_ALL (0), e);                                      \
        sum += __builtin_convertvector(e, doubles);                                                \
      }                                                                                            \
    for (int j = 0; j < FLOAT_LANES; j++)                                                          \
      all += sum[j], *above += count[j];                                                           \
    return all;                                                                                    \
  }

KERNEL (plain, )
#ifdef __x86_64__
KERNEL (avx2, __attribute__ ((target ("avx2,fma"))))
KERNEL (avx512, __attribute__ ((target ("avx512f,avx512dq"))))
#else
#  define sum_avx2 sum_plain
#  define sum_avx512 sum_plain
#endif

static kernel *const kernels[] = {
  [RW_SIMD_PLAIN] = sum_plain,
  [RW_SIMD_AVX2] = sum_avx2,
  [RW_SIMD_AVX512] = sum_avx512,
};

/* -inf of none; NaNs are passed over.  */
static float
largest (const float *logit, size_t n)
{
  floats most = FLOAT_ALL (-HUGE_VALF);
  float max = -HUGE_VALF;
  size_t i = 0;
  for (; i + FLOAT_LANES <= n; i += FLOAT_LANES)
    {
      floats l;
      memcpy (&l, logit + i, sizeof l);
      most = FLOAT_SELECT (l > most, l, most);
    }
  for (; i < n; i++)
    max = logit[i] > max ? logit[i] : max;
  for (int j = 0; j < FLOAT_LANES; j++)
    max = most[j] > max ? most[j] : max;
  return max;
}

rw_loss
rw_loss_of (const float *logit, size_t n, size_t target, rw_simd simd)
{
  const float at = logit[target];
  const float left = largest (logit, target), right = largest (logit + target + 1, n - target - 1);
  const float other = left > right ? left : right, max = at > other ? at : other;
  rw_loss out = { 0 };
  const double sum = kernels[simd](logit, n, max, at, &out.rank);
  out.nll = log (sum) + (double) max - (double) at;
  out.margin = n > 1 ? (double) at - (double) other : NAN;
  if (isnan (at))
    out.rank = (int32_t) n;
  return out;
}

int32_t
rw_loss_best (const float *logit, size_t n)
{
  const float max = largest (logit, n);
  for (size_t i = 0; i < n; i++)
    if (logit[i] == max)
      return (int32_t) i;
  return -1;
}
