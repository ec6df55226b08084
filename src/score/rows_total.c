/* rows_total: a query's sums in double, and what follows from them.

   Everything is relative to 2^ref, the row's reference; a piece with a higher one raises it.  With
   T = sum 2^(s - ref) + 2^(sink - ref), in units of ln 2: log_partition = ref + log2 T, and
   entropy = sum p (log_partition - s) with p = 2^(s - ref) / T.  */
#include "score/rows_part.h"

static double
total (const float *x)
{
  double sum = 0;
  for (size_t i = 0; i < RW_ROWS_LANES; i++)
    sum += (double) x[i];
  return sum;
}

/* The same sums, relative to a reference higher by d.  */
static void
raise (rw_rows_row *row, size_t n_bins, double d)
{
  const double by = exp2 (-d);
  row->pt = by * (row->pt - d * row->p);
  row->p *= by;
  row->pp *= by * by;
  row->pd *= by;
  row->sink *= by;
  for (size_t b = 0; b < n_bins; b++)
    row->bin[b] *= by;
  row->ref += d;
}

void
rw_rows_gather (rw_rows_row *row, rw_rows_sums *sums, size_t n_bins, int64_t bin, int64_t distance,
                bool sink)
{
  const double ref = (double) sums->ref, p = total (sums->p);
  if (p == 0)
    return;
  if (row->ref == -INFINITY)
    row->ref = ref;
  if (ref > row->ref)
    raise (row, n_bins, ref - row->ref);
  const double d = ref - row->ref, by = exp2 (d);
  row->p += by * p;
  row->pt += by * (total (sums->pt) + d * p);
  row->pp += by * by * total (sums->pp);
  row->pd += by * ((double) distance * p - total (sums->px));
  if (bin != RW_ROWS_NO_BIN)
    row->bin[bin] += by * p;
  if (sink)
    row->sink += by * p;
  *sums = (rw_rows_sums){ .ref = sums->ref, .base = sums->base };
}

int64_t
rw_rows_first (const rw_rows_ask *ask, int64_t m)
{
  const int64_t window = ask->geometry->sliding_window;
  return window > 0 && m >= window ? m - window + 1 : 0;
}

static void
put (double *to, size_t k, double value)
{
  if (to)
    to[k] = value;
}

/* Weights at single distances times the visible keys, from their scores.  */
static void
close_at (const rw_rows_ask *ask, const rw_rows_row *row, double log_partition, double *sum)
{
  const int64_t visible = row->m - rw_rows_first (ask, row->m) + 1;
  for (size_t j = 0; j < ask->n_at && ask->at[j] < visible; j++)
    if (ask->at[j] >= 0)
      sum[j] += exp2 ((double) row->at[j] - log_partition) * (double) visible;
}

void
rw_rows_close (const rw_rows_keys *keys, const rw_rows_row *row, size_t k, rw_rows_result *out,
               double *sum)
{
  const rw_rows_ask *ask = keys->ask;
  const double learned = ask->qk->sink * M_LOG2E;
  const double top = learned > row->ref ? learned : row->ref; /* -INFINITY where there is none */
  const double by = exp2 (row->ref - top), all = by * row->p + exp2 (learned - top);
  const double log_partition = top + log2 (all), weight = by / all;
  put (out->log_partition, k, M_LN2 * log_partition);
  put (out->entropy, k, M_LN2 * weight * ((log_partition - row->ref) * row->p - row->pt));
  put (out->participation, k, 1 / (weight * weight * row->pp));
  put (out->max_weight, k, weight * exp2 (row->max - row->ref));
  put (out->sink_mass, k, weight * row->sink);
  put (out->mean_distance, k, row->pd / row->p);
  for (size_t b = 0; b < ask->n_bins; b++)
    {
      put (out->mass, k * ask->n_bins + b, weight * row->bin[b]);
      sum[b] += weight * row->bin[b];
    }
  close_at (ask, row, log_partition, sum + ask->n_bins);
}
