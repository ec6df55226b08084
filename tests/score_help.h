/* score_help: queries and keys for the tests of src/score, in any number format, layout and
   stride; and the naive mean and variance, two passes in double.  */
#ifndef RW_TESTS_SCORE_HELP_H
#define RW_TESTS_SCORE_HELP_H

#include "base/rng.h"
#include "rope/qk.h"
#include "tap.h"

typedef struct
{
  size_t n, dim;
  rw_dtype type;
  size_t gap;    /* values between rows beyond dim */
  double offset; /* added to every value of q and k: a large mean of their products */
  double memory; /* of tokens: x_m = memory x_{m-1} + noise */
  uint64_t seed;
} qk_ask;

__attribute__ ((unused)) static rw_rows
rows_make (const qk_ask *a, uint32_t purpose, void **owned)
{
  const size_t stride = a->dim + a->gap;
  rw_stream stream = rw_stream_new (a->seed, 2385, purpose);
  double *state = rw_new (stride, sizeof *state), *x = rw_new (stride, sizeof *x);
  unsigned char *data = rw_new (a->n * stride, rw_dtype_size (a->type));
  for (size_t m = 0; m < a->n; m++)
    {
      for (size_t c = 0; c < stride; c++)
        {
          state[c] = a->memory * state[c]
                     + sqrt (1 - a->memory * a->memory) * rw_stream_normal (&stream);
          x[c] = c < a->dim ? 1.3 * state[c] + a->offset : NAN; /* the gap must not be read */
        }
      rw_dtype_write (a->type, x, stride, data + m * stride * rw_dtype_size (a->type));
    }
  rw_free (state);
  rw_free (x);
  *owned = data;
  return (rw_rows){
    .data = data, .type = a->type, .n = a->n, .dim = a->dim, .stride = (ptrdiff_t) stride
  };
}

/* Keys follow the queries a little, so that scores have a mean.  */
__attribute__ ((unused)) static rw_qk
qk_make (const qk_ask *a)
{
  rw_qk qk = { .sink = -INFINITY };
  qk.q = rows_make (a, 1, &qk.owned[0]);
  qk.k = rows_make (a, 2, &qk.owned[1]);
  return qk;
}

typedef struct
{
  double n, mean, variance, min, max;
} statistics;

/* Of n values; NaN where there are none.  */
__attribute__ ((unused)) static statistics
statistics_of (const double *x, size_t n)
{
  statistics s = { .n = (double) n, .min = INFINITY, .max = -INFINITY };
  for (size_t i = 0; i < n; i++)
    {
      s.mean += x[i] / (double) n;
      s.min = fmin (s.min, x[i]);
      s.max = fmax (s.max, x[i]);
    }
  for (size_t i = 0; i < n; i++)
    s.variance += (x[i] - s.mean) * (x[i] - s.mean) / (double) n;
  return n ? s : (statistics){ 0, NAN, NAN, NAN, NAN };
}

#endif
