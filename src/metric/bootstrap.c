/* bootstrap: percentile intervals from resampled blocks; see bootstrap.h.

   B blocks are drawn from B with replacement; the mean of a draw is sum of sums over sum of
   weights, so that blocks of unequal size count by their size (a ratio estimate; Efron and
   Tibshirani 1993, chapter 8).  Quantiles interpolate between neighbouring order statistics
   (Hyndman and Fan's type 7).  */
#include "metric/bootstrap.h"

#include "base/rng.h"

#include <math.h>
#include <stdlib.h>

enum
{
  PURPOSE = 11 /* of the stream; sources begin at 16 */
};
static const double TAIL = 0.025; /* of each side: 95 % */

rw_status
rw_block_sums_new (size_t n, rw_arena *scratch, rw_block_sums *out, rw_error *err)
{
  *out = (rw_block_sums){ .n = n,
                          .sum = rw_arena_take (scratch, n, sizeof (double)),
                          .weight = rw_arena_take (scratch, n, sizeof (double)) };
  return out->sum && out->weight ? RW_OK : rw_nomem (err, 2 * n * sizeof (double));
}

void
rw_block_sums_add (rw_block_sums *b, size_t block, double value)
{
  b->sum[block] += value;
  b->weight[block] += 1;
}

double
rw_block_mean (const rw_block_sums *b)
{
  double sum = 0, weight = 0;
  for (size_t i = 0; i < b->n; i++)
    {
      sum += b->sum[i];
      weight += b->weight[i];
    }
  return weight > 0 ? sum / weight : NAN;
}

static int
by_value (const void *a, const void *b)
{
  const double x = *(const double *) a, y = *(const double *) b;
  return (x > y) - (x < y);
}

static double
quantile (const double *sorted, size_t n, double p)
{
  const double at = p * (double) (n - 1);
  const size_t i = (size_t) at;
  return i + 1 < n ? sorted[i] + (at - (double) i) * (sorted[i + 1] - sorted[i]) : sorted[n - 1];
}

/* Blocks that hold something; the others would only thin the draws.  */
static size_t
held (const rw_block_sums *b, size_t *block)
{
  size_t n = 0;
  for (size_t i = 0; i < b->n; i++)
    if (b->weight[i] > 0)
      block[n++] = i;
  return n;
}

rw_status
rw_block_interval (const rw_block_sums *b, uint64_t seed, rw_arena *scratch, double *low,
                   double *high, rw_error *err)
{
  rw_stream stream = rw_stream_new (seed, 0, PURPOSE);
  size_t *block = rw_arena_take (scratch, b->n, sizeof *block);
  double *mean = rw_arena_take (scratch, RW_RESAMPLES, sizeof *mean);
  *low = *high = NAN;
  if (!block || !mean)
    return rw_nomem (err, RW_RESAMPLES * sizeof *mean);
  const size_t n = held (b, block);
  if (n < 2 || isnan (rw_block_mean (b)))
    return RW_OK;
  for (size_t r = 0; r < RW_RESAMPLES; r++)
    {
      double sum = 0, weight = 0;
      for (size_t i = 0; i < n; i++)
        {
          const size_t k = block[(size_t) (rw_stream_uniform (&stream) * (double) n)];
          sum += b->sum[k];
          weight += b->weight[k];
        }
      mean[r] = sum / weight;
    }
  qsort (mean, RW_RESAMPLES, sizeof *mean, by_value);
  *low = quantile (mean, RW_RESAMPLES, TAIL);
  *high = quantile (mean, RW_RESAMPLES, 1 - TAIL);
  return RW_OK;
}
