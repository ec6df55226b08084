/* bench_profile: mean scores of all distances: the sums that schedules share, and what each further
   schedule costs.  */
#include "config.h"

#include "cli/bench.h"
#include "score/correlation.h"

#include <math.h>
#include <stdio.h>

enum
{
  DIM = 128, /* at most */
  DISTANCES = 512,
  SINKS = 4
};

typedef struct
{
  size_t n, dim;
  rw_qk qk;
  rw_arena *scratch;
  rw_correlation_ask ask;
  rw_correlation *set;
  rw_correlation_table table;
  int64_t distance[DISTANCES];
  double inv_freq[DIM / 2], *mean, *without; /* (n,) */
} profile;

/* Uniform numbers of -1/2 .. 1/2 (Knuth's MMIX), a row's from its number.  */
static void
fill (float *x, size_t n, size_t dim, uint64_t seed)
{
#pragma omp parallel for
  for (size_t m = 0; m < n; m++)
    {
      uint64_t state = (m + seed) * 0x9e3779b97f4a7c15u;
      for (size_t c = 0; c < dim; c++)
        {
          state = state * 6364136223846793005u + 1442695040888963407u;
          x[m * dim + c] = (float) (state >> 40) * 0x1p-24F - 0.5F;
        }
    }
}

static rw_status
open (profile *p, int threads, rw_error *err)
{
  const rw_rows rows
      = { .type = RW_FLOAT32, .n = p->n, .dim = p->dim, .stride = (ptrdiff_t) p->dim };
  float *q = p->qk.owned[0] = rw_new (p->n, p->dim * sizeof *q);
  float *k = p->qk.owned[1] = rw_new (p->n, p->dim * sizeof *k);
  p->mean = rw_new (p->n, sizeof *p->mean);
  p->without = rw_new (p->n, sizeof *p->without);
  p->scratch = rw_arena_new ();
  if (!q || !k || !p->mean || !p->without || !p->scratch)
    return rw_nomem (err, 2 * p->n * p->dim * sizeof (float));
  fill (q, p->n, p->dim, 1);
  fill (k, p->n, p->dim, p->n + 1);
  p->qk.q = p->qk.k = rows;
  p->qk.q.data = q;
  p->qk.k.data = k;
  for (size_t i = 0; i < p->dim / 2; i++)
    p->inv_freq[i] = pow (1e4, -2 * (double) i / (double) p->dim);
  for (size_t d = 0; d < DISTANCES; d++)
    p->distance[d] = (int64_t) (d * (p->n / DISTANCES));
  p->ask = (rw_correlation_ask){
    .qk = &p->qk, .pairs = p->dim / 2, .keep = RW_FLOAT32, .threads = threads
  };
  p->table = (rw_correlation_table){
    .inv_freq = p->inv_freq, .amplitude = 1, .rest = 1, .threads = threads, .scratch = p->scratch
  };
  return RW_OK;
}

static void
close (profile *p)
{
  rw_correlation_free (p->set);
  rw_qk_free (&p->qk);
  rw_free (p->mean);
  rw_free (p->without);
  rw_arena_free (p->scratch);
}

static rw_status
run_sums (void *data, rw_error *err)
{
  profile *p = data;
  rw_correlation_free (p->set);
  p->set = NULL;
  return rw_correlation_new (&p->ask, &p->set, err);
}

static rw_status
run_mean (void *data, rw_error *err)
{
  profile *p = data;
  rw_arena_reset (p->scratch);
  return rw_correlation_mean (p->set, &p->table, p->mean, p->ask.n_sink ? p->without : NULL, err);
}

/* Counted as three transforms of twice the length a pair, the usual way to these sums.  */
static rw_status
time_sums (bench *b, profile *p, rw_error *err)
{
  bench_row row = { .name = "profile sums", .unit = "GFLOP/s", .limit = "FMA 64" };
  const rw_status s = bench_time (b, run_sums, p, &row.seconds, err);
  if (s)
    return s;
  const double twice = 2 * (double) p->n;
  const double flop = 3 * 5 * twice * log2 (twice) * (double) p->dim / 2;
  row.rate = flop / row.seconds * 1e-9;
  row.share = flop / row.seconds / b->limits.fma64[b->threads > 1];
  snprintf (row.size, sizeof row.size, "%zu x %zu, all", p->n, p->dim);
  b->emit (b, &row);
  return RW_OK;
}

/* One further schedule; the bytes are what it reads.  */
static rw_status
time_mean (bench *b, profile *p, const char *what, double *seconds, rw_error *err)
{
  bench_row row = { .name = "profile mean", .unit = "GB/s", .limit = "read" };
  const rw_status s = bench_time (b, run_mean, p, seconds, err);
  if (s)
    return s;
  const double entries = (double) rw_correlation_size (p->set) * (p->ask.n_sink ? 2 : 1);
  const double bytes = entries * (double) p->dim * sizeof (float);
  row.seconds = *seconds;
  row.rate = bytes / *seconds * 1e-9;
  row.share = bytes / *seconds / b->limits.read[b->threads > 1];
  snprintf (row.size, sizeof row.size, "%zu x %zu, %s", p->n, p->dim, what);
  b->emit (b, &row);
  return RW_OK;
}

/* Every pair of positions at the full rate of float32, computed, beside the schedule measured.  */
static void
tell_naive (bench *b, const profile *p, double seconds)
{
  const double flop = (double) p->n * (double) p->n * (double) p->dim; /* n^2 / 2 pairs, 2 each */
  bench_row row = { .name = "profile by force", .unit = "schedules", .share = NAN };
  row.seconds = flop / b->limits.fma32[b->threads > 1];
  row.rate = row.seconds / seconds;
  snprintf (row.size, sizeof row.size, "%zu x %zu, computed", p->n, p->dim);
  b->emit (b, &row);
}

static rw_status
time_head (bench *b, size_t n, size_t dim, rw_error *err)
{
  profile p = { .n = n, .dim = dim };
  double all = 0, other;
  rw_status s = open (&p, b->threads, err);
  if (!s)
    s = time_sums (b, &p, err);
  if (!s)
    s = time_mean (b, &p, "all", &all, err);
  p.ask.n_sink = SINKS;
  if (!s)
    s = run_sums (&p, err);
  if (!s)
    s = time_mean (b, &p, "all, without sinks too", &other, err);
  p.ask.n_sink = 0;
  p.ask.n_distances = DISTANCES;
  p.ask.distance = p.distance;
  if (!s)
    s = run_sums (&p, err);
  if (!s)
    s = time_mean (b, &p, "512 distances", &other, err);
  if (!s)
    tell_naive (b, &p, all);
  close (&p);
  return s;
}

rw_status
bench_profile (bench *b, rw_error *err)
{
  const size_t n = b->quick ? 2048 : (size_t) 1 << 20;
  const rw_status s = time_head (b, n, DIM, err);
  return s || b->quick ? s : time_head (b, n, DIM / 2, err);
}
