/* bench_attention: softmax rows of chosen queries against all keys, by the pair of query and key,
   and the contributions of rotary pairs to their scores.

   The bare work is 2 d operations a pair, and 5 d with the weighted sums of channels and norms: the
   share is of that, so that rotation and packing of the keys, exponentials, sums, and for the
   contributions a first pass for the partition functions are all in the time.  */
#include "config.h"

#include "cli/bench.h"
#include "score/rows.h"
#include "score/usage.h"

#include <math.h>
#include <stdio.h>

enum
{
  QUERIES = 1020,
  USERS = 255, /* queries of pair usage: every fourth */
  BINS = 64,
  SINKS = 4,
  MOST_PAIRS = 64
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
  int64_t user[USERS];
  double sum[4][MOST_PAIRS], count[2];
} work;

static rw_status
run_rows (void *data, rw_error *err)
{
  work *w = data;
  rw_arena_reset (w->ask.scratch);
  return rw_rows_run (&w->ask, &w->out, err);
}

static rw_status
run_usage (void *data, rw_error *err)
{
  work *w = data;
  const rw_usage_ask ask = { .geometry = &w->geometry,
                             .qk = &w->qk,
                             .freqs = &w->freqs,
                             .length = w->ask.length,
                             .n_queries = USERS,
                             .query = w->user,
                             .segments = 1,
                             .threads = w->ask.threads,
                             .scratch = w->ask.scratch };
  rw_usage_result out = { .contribution = w->sum[0],
                          .ceiling = w->sum[1],
                          .count = &w->count[0],
                          .contribution_rest = w->sum[2],
                          .ceiling_rest = w->sum[3],
                          .count_rest = &w->count[1] };
  rw_arena_reset (w->ask.scratch);
  return rw_usage_run (&ask, &out, err);
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
  for (size_t j = 0; j < USERS; j++)
    w->user[j] = (int64_t) ((2 * j + 1) * n / (2 * USERS));
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

/* What is timed: n queries by `run`, whose bare work is `terms` operations a pair and channel.  */
typedef struct
{
  const char *name;
  rw_status (*run) (void *data, rw_error *err);
  const int64_t *query;
  size_t n;
  double terms;
} task;

static rw_status
time_task (bench *b, work *w, int threads, const task *t, rw_error *err)
{
  bench_row row = { .name = t->name, .unit = "ns/pair", .limit = "FMA 32" };
  const double dim = (double) w->qk.k.dim;
  double pairs = 0;
  w->ask.threads = threads;
  const rw_status s = bench_time (b, t->run, w, &row.seconds, err);
  if (s)
    return s;
  for (size_t j = 0; j < t->n; j++)
    pairs += (double) t->query[j] + 1;
  row.rate = row.seconds / pairs * 1e9;
  row.share = t->terms * dim * pairs / row.seconds / b->limits.fma32[threads > 1];
  snprintf (row.size, sizeof row.size, "%zu x %.0f, %zu rows, %d thread%s", w->qk.k.n, dim, t->n,
            threads, threads == 1 ? "" : "s");
  b->emit (b, &row);
  return RW_OK;
}

static rw_status
time_both (bench *b, work *w, int threads, rw_error *err)
{
  const task rows = { "attention", run_rows, w->query, QUERIES, 2 };
  const task usage = { "pair usage", run_usage, w->user, USERS, 5 };
  const rw_status s = time_task (b, w, threads, &rows, err);
  return s ? s : time_task (b, w, threads, &usage, err);
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
        s = time_both (b, w, 1, err);
      if (!s && b->threads > 1)
        s = time_both (b, w, b->threads, err);
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
