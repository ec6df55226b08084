/* bench_attention: softmax rows of chosen queries against all keys, by the pair of query and key.

   The bare work is 2 d operations a pair: the share is of that, so that rotation and packing of the
   keys, exponentials and sums are all in the time.  */
#include "config.h"

#include "cli/bench.h"
#include "score/rows.h"

#include <math.h>
#include <stdio.h>

enum
{
  QUERIES = 1020,
  BINS = 64,
  SINKS = 4
};
static const size_t keys_full = (size_t) 1 << 20, keys_quick = (size_t) 1 << 16;

typedef struct
{
  rw_geometry geometry;
  rw_qk qk;
  rw_freqs freqs;
  rw_rows_ask ask;
  rw_rows_result out;
  int64_t query[QUERIES], edge[BINS + 1];
  double value[6][QUERIES], mass_sum[BINS];
} work;

static rw_status
run (void *data, rw_error *err)
{
  work *w = data;
  rw_arena_reset (w->ask.scratch);
  return rw_rows_run (&w->ask, &w->out, err);
}

/* Numbers in [-1, 1) of a small generator (Knuth's MMIX): scores of a few units.  */
static rw_rows
fill (float *x, size_t n, size_t dim, uint64_t state)
{
  for (size_t i = 0; i < n * dim; i++)
    {
      state = state * 6364136223846793005u + 1442695040888963407u;
      x[i] = (float) ((double) (state >> 11) * 0x1p-52 - 1);
    }
  return (rw_rows){ .data = x, .type = RW_FLOAT32, .n = n, .dim = dim, .stride = (ptrdiff_t) dim };
}

static rw_status
work_new (work *w, size_t n, size_t dim, rw_error *err)
{
  float *q = w->qk.owned[0] = rw_new (n * dim, sizeof *q);
  float *k = w->qk.owned[1] = rw_new (n * dim, sizeof *k);
  if (!q || !k)
    return rw_nomem (err, n * dim * sizeof *q);
  w->geometry = (rw_geometry){ .head_dim = (int64_t) dim,
                               .rotary_dim = (int64_t) dim,
                               .rope_theta = 500000,
                               .original_length = 8192,
                               .max_length = (double) n };
  w->qk.q = fill (q, n, dim, 1);
  w->qk.k = fill (k, n, dim, 2);
  w->qk.sink = -INFINITY;
  const rw_status s = rw_freqs_size (&w->freqs, dim / 2, err);
  if (s)
    return s;
  rw_geometry_trained (&w->geometry, w->freqs.inv_freq);
  for (size_t j = 0; j < QUERIES; j++) /* the middle of each stratum */
    w->query[j] = (int64_t) ((2 * j + 1) * n / (2 * QUERIES));
  for (size_t b = 1; b <= BINS; b++)
    w->edge[b] = w->edge[b - 1] + 1
                 + (int64_t) (pow ((double) n, (double) b / BINS) - (double) w->edge[b - 1]);
  w->ask = (rw_rows_ask){ .geometry = &w->geometry,
                          .qk = &w->qk,
                          .freqs = &w->freqs,
                          .length = (double) n,
                          .n_queries = QUERIES,
                          .query = w->query,
                          .n_sink = SINKS,
                          .n_bins = BINS,
                          .edge = w->edge,
                          .scratch = rw_arena_new () };
  w->out = (rw_rows_result){ .log_partition = w->value[0],
                             .entropy = w->value[1],
                             .participation = w->value[2],
                             .max_weight = w->value[3],
                             .sink_mass = w->value[4],
                             .mean_distance = w->value[5],
                             .mass_sum = w->mass_sum };
  return w->ask.scratch ? RW_OK : rw_nomem (err, sizeof *w);
}

static rw_status
time_rows (bench *b, work *w, int threads, rw_error *err)
{
  bench_row row = { .name = "attention", .unit = "ns/pair", .limit = "FMA 32" };
  const double dim = (double) w->qk.k.dim;
  double pairs = 0;
  w->ask.threads = threads;
  const rw_status s = bench_time (b, run, w, &row.seconds, err);
  if (s)
    return s;
  for (size_t j = 0; j < QUERIES; j++)
    pairs += (double) w->query[j] + 1;
  row.rate = row.seconds / pairs * 1e9;
  row.share = 2 * dim * pairs / row.seconds / b->limits.fma32[threads > 1];
  snprintf (row.size, sizeof row.size, "%zu x %.0f, %d rows, %d thread%s", w->qk.k.n, dim, QUERIES,
            threads, threads == 1 ? "" : "s");
  b->emit (b, &row);
  return RW_OK;
}

rw_status
bench_attention (bench *b, rw_error *err)
{
  static const size_t dims[] = { 64, 128 };
  rw_status s = RW_OK;
  for (size_t k = 0; !s && k < sizeof dims / sizeof *dims; k++)
    {
      work *w = rw_new (1, sizeof *w);
      s = w ? work_new (w, b->quick ? keys_quick : keys_full, dims[k], err)
            : rw_nomem (err, sizeof *w);
      if (!s)
        s = time_rows (b, w, 1, err);
      if (!s && b->threads > 1)
        s = time_rows (b, w, b->threads, err);
      if (w)
        {
          rw_qk_free (&w->qk);
          rw_freqs_free (&w->freqs);
          rw_arena_free (w->ask.scratch);
        }
      rw_free (w);
    }
  return s;
}
