/* bench_moments: statistics of scores over all pairs of positions: the covariance of the pairwise
   products a distance, mean and variance of a further table, and scores one by one.  */
#include "config.h"

#include "cli/bench.h"
#include "score/direct.h"
#include "score/moments.h"

#include <math.h>
#include <stdio.h>

enum
{
  DIM = 128, /* at most */
  DISTANCES = 512,
  PANEL_PAIRS = 8, /* pairs a panel of the kernel; a square of two is 256 products and sums */
  SQUARE_FLOP = 512
};

static const rw_geometry shape = { .head_dim = DIM,
                                   .rotary_dim = DIM,
                                   .rope_theta = 10000,
                                   .original_length = 4096,
                                   .max_length = 4096 };

typedef struct
{
  rw_qk qk;
  rw_freqs freqs;
  rw_arena *scratch;
  rw_moments_ask ask;
  rw_moments *set;
  rw_moments_table table;
  rw_moments_result result;
  rw_direct_ask direct;
  rw_direct_result least;
  int64_t distance[DISTANCES];
  double out[4][DISTANCES], *gradient; /* (2, DISTANCES, DIM / 2) */
} scores;

/* Uniform numbers of -1/2 .. 1/2 (Knuth's MMIX), a row's from its number.  */
static void
fill (float *x, size_t n, uint64_t seed)
{
#pragma omp parallel for
  for (size_t m = 0; m < n; m++)
    {
      uint64_t state = (m + seed) * 0x9e3779b97f4a7c15u;
      for (size_t c = 0; c < DIM; c++)
        {
          state = state * 6364136223846793005u + 1442695040888963407u;
          x[m * DIM + c] = (float) (state >> 40) * 0x1p-24F - 0.5F;
        }
    }
}

/* The first n tokens and `dim` channels of what there is.  */
static rw_qk
part (const scores *s, size_t n, size_t dim)
{
  const rw_rows rows = { .type = RW_FLOAT32, .n = n, .dim = dim, .stride = DIM };
  rw_qk qk = { .q = rows, .k = rows, .sink = -INFINITY };
  qk.q.data = s->qk.owned[0];
  qk.k.data = s->qk.owned[1];
  return qk;
}

static rw_status
open (scores *s, size_t n, int threads, rw_error *err)
{
  s->scratch = rw_arena_new ();
  float *q = s->qk.owned[0] = rw_new (n, DIM * sizeof *q);
  float *k = s->qk.owned[1] = rw_new (n, DIM * sizeof *k);
  s->gradient = rw_new (DISTANCES, DIM * sizeof *s->gradient);
  if (!s->scratch || !q || !k || !s->gradient)
    return rw_nomem (err, 2 * n * DIM * sizeof (float));
  const rw_status status = rw_freqs_size (&s->freqs, DIM / 2, err);
  if (status)
    return status;
  rw_geometry_trained (&shape, s->freqs.inv_freq);
  fill (q, n, 1);
  fill (k, n, n + 1);
  s->table = (rw_moments_table){ .inv_freq = s->freqs.inv_freq,
                                 .amplitude = 1,
                                 .rest = 1,
                                 .threads = threads,
                                 .scratch = s->scratch };
  return RW_OK;
}

static void
close (scores *s)
{
  rw_moments_free (s->set);
  rw_qk_free (&s->qk);
  rw_freqs_free (&s->freqs);
  rw_free (s->gradient);
  rw_arena_free (s->scratch);
}

/* `distances` of them, spread over n tokens.  */
static void
spread (scores *s, size_t n, size_t distances)
{
  for (size_t d = 0; d < distances; d++)
    s->distance[d] = (int64_t) (d * n / (8 * distances));
}

static rw_status
run_covariance (void *data, rw_error *err)
{
  scores *s = data;
  rw_moments_free (s->set);
  s->set = NULL;
  return rw_moments_new (&s->ask, &s->set, err);
}

static rw_status
time_covariance (bench *b, scores *s, size_t n, size_t dim, rw_error *err)
{
  bench_row row = { .name = "moments", .unit = "GFLOP/s", .limit = "FMA 32" };
  const rw_qk qk = part (s, n, dim);
  const size_t distances = 2 * (size_t) b->threads;
  const double panels = (double) dim / 2 / PANEL_PAIRS;
  s->ask = (rw_moments_ask){ .qk = &qk,
                             .pairs = dim / 2,
                             .n_distances = distances,
                             .distance = s->distance,
                             .every = 1,
                             .segments = 20,
                             .threads = b->threads };
  spread (s, n, distances);
  double pairs = 0, seconds;
  for (size_t d = 0; d < distances; d++)
    pairs += (double) n - (double) s->distance[d];
  const rw_status status = bench_time (b, run_covariance, s, &seconds, err);
  if (status)
    return status;
  const double flop = pairs * panels * (panels + 1) / 2 * SQUARE_FLOP;
  row.seconds = seconds / (double) distances;
  row.rate = flop / seconds * 1e-9;
  row.share = flop / seconds / b->limits.fma32[b->threads > 1];
  snprintf (row.size, sizeof row.size, "%zu x %zu a distance", n, dim);
  b->emit (b, &row);
  return RW_OK;
}

static rw_status
run_score (void *data, rw_error *err)
{
  scores *s = data;
  rw_arena_reset (s->scratch);
  return rw_moments_score (s->set, &s->table, &s->result, err);
}

static rw_status
time_score (bench *b, scores *s, size_t n, size_t dim, rw_error *err)
{
  const rw_qk qk = part (s, n, dim);
  s->ask = (rw_moments_ask){ .qk = &qk,
                             .pairs = dim / 2,
                             .n_distances = DISTANCES,
                             .distance = s->distance,
                             .every = 16,
                             .segments = 20,
                             .threads = b->threads };
  spread (s, n, DISTANCES);
  rw_status status = run_covariance (s, err);
  const double panels = (double) dim / 2 / PANEL_PAIRS;
  const double bytes = panels * (panels + 1) / 2 * (SQUARE_FLOP / 2) * sizeof (float) * DISTANCES;
  for (int gradient = 0; !status && gradient < 2; gradient++)
    {
      bench_row row = { .name = gradient ? "moments gradient" : "moments score",
                        .unit = "GB/s",
                        .limit = "read" };
      s->result = (rw_moments_result){ .mean = s->out[0], .variance = s->out[1] };
      s->result.mean_by_freq = gradient ? s->gradient : NULL;
      s->result.variance_by_freq = gradient ? s->gradient + DISTANCES * DIM / 2 : NULL;
      status = bench_time (b, run_score, s, &row.seconds, err);
      row.rate = bytes / row.seconds * 1e-9;
      row.share = bytes / row.seconds / b->limits.read[b->threads > 1];
      snprintf (row.size, sizeof row.size, "%d distances, d = %zu", DISTANCES, dim);
      if (!status)
        b->emit (b, &row);
    }
  return status;
}

static rw_status
run_direct (void *data, rw_error *err)
{
  scores *s = data;
  rw_arena_reset (s->scratch);
  return rw_direct_run (&s->direct, &s->least, err);
}

/* All distances as one bin, or some of them one by one.  */
static rw_status
time_direct (bench *b, scores *s, size_t n, size_t bins, rw_error *err)
{
  bench_row row = { .name = bins == 1 ? "direct all" : "direct distances",
                    .unit = "GFLOP/s",
                    .limit = "FMA 32" };
  const rw_qk qk = part (s, n, DIM);
  const int64_t last = (int64_t) n - 1;
  s->direct = (rw_direct_ask){ .geometry = &shape,
                               .qk = &qk,
                               .freqs = &s->freqs,
                               .length = (double) n,
                               .n_bins = bins,
                               .first = s->distance,
                               .last = bins == 1 ? &last : s->distance,
                               .every = 1,
                               .threads = b->threads,
                               .scratch = s->scratch };
  s->least = (rw_direct_result){ s->out[0], s->out[1], s->out[2], s->out[3] };
  spread (s, n, bins);
  const rw_status status = bench_time (b, run_direct, s, &row.seconds, err);
  if (status)
    return status;
  double pairs = bins == 1 ? (double) n * ((double) n + 1) / 2 : 0;
  for (size_t d = 0; d < bins && bins > 1; d++)
    pairs += (double) n - (double) s->distance[d];
  row.rate = 2 * pairs * DIM / row.seconds * 1e-9;
  row.share = row.rate * 1e9 / b->limits.fma32[b->threads > 1];
  if (bins == 1)
    snprintf (row.size, sizeof row.size, "%zu tokens, d = %d", n, DIM);
  else
    snprintf (row.size, sizeof row.size, "%zu tokens, %zu distances", n, bins);
  b->emit (b, &row);
  return RW_OK;
}

rw_status
bench_moments (bench *b, rw_error *err)
{
  const size_t n = b->quick ? 4096 : (size_t) 1 << 20;
  scores s = { 0 };
  rw_status status = open (&s, n, b->threads, err);
  for (size_t dim = DIM; !status && dim >= DIM / 2; dim /= 2)
    {
      status = time_covariance (b, &s, n, dim, err);
      if (!status)
        status = time_score (b, &s, n / 16, dim, err);
    }
  close (&s);
  return status;
}

rw_status
bench_direct (bench *b, rw_error *err)
{
  const size_t n = b->quick ? 1024 : (size_t) 1 << 18;
  scores s = { 0 };
  rw_status status = open (&s, n, b->threads, err);
  if (!status)
    status = time_direct (b, &s, n / 16, 1, err);
  if (!status)
    status = time_direct (b, &s, n, DISTANCES / 8, err);
  close (&s);
  return status;
}
