/* rows_bound: ln Z of a band of queries bounded from below, and estimated, by mean scores.

   Log-sum-exp is convex (Jensen): ln sum_j e^{E x_j} <= E ln sum_j e^{x_j}, for any coordinates x_j
   that every query of the band has: one a distance 0 .. M0 - s for queries m >= M0, one for each
   of the first s keys (they stand at another distance in every row and would vanish in the means),
   and the learned sink.  Keys beyond are left out, which only lowers the bound.  The second-order
   estimate puts E x + var x / 2 in the exponent: exact for E Z of Gaussian scores, no bound.
   The sums are double: scores of one distance come from any query.  */
#include "score/rows_part.h"

/* How far and how many sinks band b has.  */
static void
extent (const rw_rows_ask *ask, size_t b, int64_t *reach, int64_t *sinks)
{
  const int64_t least = ask->least[b], window = ask->geometry->sliding_window;
  const int64_t highest = ask->query[ask->band[b + 1] - 1];
  const bool whole = window <= 0 || highest < window; /* everyone sees key 0 */
  const int64_t wanted = (int64_t) ask->n_sink;
  *sinks = !whole ? 0 : wanted < least + 1 ? wanted : least + 1;
  *reach = least - *sinks;
  if (window > 0 && *reach > window - 1)
    *reach = window - 1;
}

rw_status
rw_rows_band_new (const rw_rows_ask *ask, rw_rows_band *band, rw_error *err)
{
  int64_t most = 0, reach, sinks;
  for (size_t b = 0; b < ask->n_bands; b++)
    if (ask->band[b + 1] > ask->band[b])
      {
        extent (ask, b, &reach, &sinks);
        most = reach + 1 > most ? reach + 1 : most;
      }
  band->sum = rw_new ((size_t) most, sizeof *band->sum);
  band->square = rw_new ((size_t) most, sizeof *band->square);
  band->sink = rw_new (ask->n_sink, sizeof *band->sink);
  band->sink_square = rw_new (ask->n_sink, sizeof *band->sink_square);
  return band->sum && band->square && band->sink && band->sink_square
             ? RW_OK
             : rw_nomem (err, (size_t) most * sizeof *band->sum);
}

void
rw_rows_band_free (rw_rows_band *band)
{
  rw_free (band->sum);
  rw_free (band->square);
  rw_free (band->sink);
  rw_free (band->sink_square);
}

void
rw_rows_band_open (const rw_rows_ask *ask, size_t b, rw_rows_band *band)
{
  band->n = ask->band[b + 1] - ask->band[b];
  extent (ask, b, &band->reach, &band->sinks);
  for (int64_t k = 0; k <= band->reach; k++)
    band->sum[k] = band->square[k] = 0;
  for (int64_t k = 0; k < band->sinks; k++)
    band->sink[k] = band->sink_square[k] = 0;
}

void
rw_rows_band_add (rw_simd simd, rw_rows_band *band, int64_t m, int64_t from, size_t n,
                  const float *s)
{
  const int64_t to = from + (int64_t) n;
  const int64_t sinks = band->sinks < to ? band->sinks : to;
  const int64_t near = m - band->reach > from ? m - band->reach : from;
  if (from < sinks)
    rw_rows_spread (simd, s, (size_t) (sinks - from), band->sink + from, band->sink_square + from);
  if (near < to)
    rw_rows_spread (simd, s + (near - from), (size_t) (to - near),
                    band->sum + (band->reach - m + near), band->square + (band->reach - m + near));
}

/* Adds 2^(mean + by variance) of each coordinate; the variance is that of the band.  */
static void
add (const rw_rows_keys *keys, double n, double by, const double *sum, const double *square,
     size_t size, rw_rows_sums *sums, rw_rows_row *row)
{
  float s[RW_ROWS_STRIP], highest;
  for (size_t k = 0; k < size; k += RW_ROWS_STRIP)
    {
      const size_t most = size - k < RW_ROWS_STRIP ? size - k : RW_ROWS_STRIP;
      for (size_t j = 0; j < most; j++)
        {
          const double mean = sum[k + j] / n, variance = square[k + j] / n - mean * mean;
          s[j] = (float) (mean + by * (variance > 0 ? variance : 0));
        }
      if (!rw_rows_fold (keys->simd, s, most, 0, sums, &highest))
        {
          sums->ref = highest;
          rw_rows_fold (keys->simd, s, most, 0, sums, &highest);
        }
      rw_rows_gather (row, sums, 0, RW_ROWS_NO_BIN, 0, false);
    }
}

static double
log_sum (const rw_rows_keys *keys, const rw_rows_band *band, double by)
{
  rw_rows_sums sums = { .ref = -INFINITY };
  rw_rows_row row = { .ref = -INFINITY };
  rw_rows_result out = { 0 };
  double log_partition;
  rw_rows_keys bare = *keys;
  rw_rows_ask ask = *keys->ask;
  ask.n_bins = ask.n_at = 0;
  bare.ask = &ask;
  out.log_partition = &log_partition;
  const double n = (double) band->n;
  if (band->reach >= 0)
    add (keys, n, by, band->sum, band->square, (size_t) band->reach + 1, &sums, &row);
  add (keys, n, by, band->sink, band->sink_square, (size_t) band->sinks, &sums, &row);
  rw_rows_close (&bare, &row, 0, &out, NULL);
  return log_partition;
}

void
rw_rows_band_close (const rw_rows_keys *keys, const rw_rows_band *band, double *bound,
                    double *estimate)
{
  /* In units of ln 2: e^(mean + variance/2) is 2^(mean + variance ln 2 / 2).  */
  if (bound)
    *bound = log_sum (keys, band, 0);
  if (estimate)
    *estimate = log_sum (keys, band, M_LN2 / 2);
}
