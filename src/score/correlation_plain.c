/* correlation_plain: the naive reference of correlation.  */
#include "score/correlation.h"

static double
value (const rw_rows *rows, size_t token, size_t channel)
{
  const ptrdiff_t at = (ptrdiff_t) token * rows->stride + (ptrdiff_t) channel;
  const unsigned char *data = rows->data;
  double x;
  rw_dtype_read_double (rows->type, data + at * (ptrdiff_t) rw_dtype_size (rows->type), 1, 1, &x);
  return x;
}

void
rw_correlation_plain (const rw_correlation_ask *ask, int64_t delta, double *re, double *im,
                      double *rest)
{
  const rw_rows *q = &ask->qk->q, *k = &ask->qk->k;
  const size_t pairs = ask->pairs, d = (size_t) delta;
  const bool half = ask->layout == RW_HALF;
  for (size_t i = 0; i < pairs; i++)
    {
      const size_t x = half ? i : 2 * i, y = half ? i + pairs : 2 * i + 1;
      re[i] = im[i] = 0;
      for (size_t m = d; m < q->n; m++)
        {
          const double scale = ask->scale ? ask->scale[m] : 1;
          const double a = value (q, m, x) * scale, b = value (q, m, y) * scale;
          const double u = value (k, m - d, x), v = value (k, m - d, y);
          re[i] += a * u + b * v;
          im[i] += b * u - a * v;
        }
    }
  *rest = 0;
  for (size_t c = 2 * pairs; c < q->dim; c++)
    for (size_t m = d; m < q->n; m++)
      *rest += (ask->scale ? ask->scale[m] : 1) * value (q, m, c) * value (k, m - d, c);
}
