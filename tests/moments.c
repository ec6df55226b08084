/* moments: mean, variance, errors and gradients from the covariance of Z, against scores made one
   by one in double.  */
#include "score/moments.h"
#include "score/gram.h"
#include "score/quadratic.h"
#include "score/sample.h"
#include "score_help.h"

enum
{
  SEGMENTS = 20,
  TABLES = 3,
  MOST_PAIRS = 64
};

/* Far from the sampling error, and from what float32 sums leave: measured 3e-7.  */
static const double variance_tolerance = 1e-5, mean_tolerance = 1e-6;

static const int64_t distances[] = { 0, 1, 2, 5, 33, 257, 699, 2385, 4998, 5001, 5002, 9999 };
#define N_DISTANCES (sizeof distances / sizeof *distances)

/* Plain, interpolated, and one of no law at all; amplitude and rest differ.  */
static void
table_make (size_t which, size_t pairs, double *g, double *amplitude, double *rest)
{
  for (size_t i = 0; i < pairs; i++)
    {
      const double f = pow (10000, -(double) i / (double) pairs);
      g[i] = which == 0 ? f : which == 1 ? f / 4 : f * (1 + 0.3 * sin (3.7 * (double) i));
    }
  *amplitude = which == 2 ? 0.11 : 0.0884;
  *rest = 0.0884;
}

/* The scores at a distance that turns by `turn`, one by one; *bound: what none of them can exceed,
   by Cauchy and Schwarz.  x has room for all; returns how many there are.  */
static size_t
scores (const rw_moments_ask *ask, const rw_moments_table *t, int64_t delta, double turn, double *x,
        double *bound)
{
  static double q[512], k[512], c[MOST_PAIRS], s[MOST_PAIRS];
  const size_t tokens = ask->qk->q.n, size = rw_sample_size (tokens, ask->every);
  const size_t step = ask->layout == RW_HALF ? 1 : 2, im = ask->layout == RW_HALF ? ask->pairs : 1;
  int64_t *query = rw_new (size, sizeof *query);
  size_t n = 0;
  *bound = 0;
  rw_sample_draw (ask->seed, ask->group, tokens, ask->every, query);
  for (size_t i = 0; i < ask->pairs; i++)
    {
      c[i] = cos (turn * t->inv_freq[i]);
      s[i] = sin (turn * t->inv_freq[i]);
    }
  for (size_t j = 0; j < size; j++)
    {
      const double scale = ask->scale ? ask->scale[query[j]] : 1;
      double sum = 0, unrotated = 0, qq = 0, kk = 0;
      if (query[j] < delta)
        continue;
      rw_rows_at (&ask->qk->q, (size_t) query[j], q);
      rw_rows_at (&ask->qk->k, (size_t) (query[j] - delta), k);
      for (size_t i = 0; i < ask->pairs; i++)
        {
          const double *a = q + step * i, *b = k + step * i;
          sum += (a[0] * b[0] + a[im] * b[im]) * c[i] - (a[im] * b[0] - a[0] * b[im]) * s[i];
        }
      for (size_t i = 0; i < ask->qk->q.dim; i++)
        {
          unrotated += i < 2 * ask->pairs ? 0 : q[i] * k[i];
          qq += q[i] * q[i];
          kk += k[i] * k[i];
        }
      x[n++] = scale * (t->amplitude * sum + t->rest * unrotated);
      *bound = fmax (*bound, scale * fmax (t->amplitude, t->rest) * sqrt (qq * kk));
    }
  rw_free (query);
  return n;
}

/* How many of those are of the first n_sink keys.  */
static size_t
sinks (const rw_moments_ask *ask, int64_t delta)
{
  const size_t size = rw_sample_size (ask->qk->q.n, ask->every);
  int64_t *query = rw_new (size, sizeof *query);
  size_t n = 0;
  rw_sample_draw (ask->seed, ask->group, ask->qk->q.n, ask->every, query);
  for (size_t j = 0; j < size; j++)
    n += query[j] >= delta && query[j] < delta + (int64_t) ask->n_sink;
  rw_free (query);
  return n;
}

static rw_moments *
set_make (const rw_moments_ask *ask)
{
  rw_moments *m = NULL;
  rw_error err = { 0 };
  if (rw_moments_new (ask, &m, &err))
    printf ("# %s\n", err.text);
  return m;
}

/* ---- against brute force ---- */

/* Whether the result is what the scores say; NaN where there are none.  */
static int
agrees (double mean, double variance, const statistics *want, double bound)
{
  if (want->n == 0)
    return isnan (mean) && isnan (variance);
  const double size = fabs (want->mean) + sqrt (want->variance);
  /* A few pairs of positions may have no spread to be relative to: Sigma and the products are
     float32.  */
  return fabs (mean - want->mean) <= mean_tolerance * size + FLT_EPSILON * bound
         && fabs (variance - want->variance)
                <= variance_tolerance * want->variance + FLT_EPSILON * bound * bound;
}

static int
agrees_with_brute_force (const rw_moments_ask *ask, const rw_moments *set, rw_arena *arena)
{
  static double x[10000], g[MOST_PAIRS];
  double mean[N_DISTANCES], variance[N_DISTANCES], mean_0[N_DISTANCES], variance_0[N_DISTANCES];
  double bound;
  rw_error err = { 0 };
  int good = set != NULL;
  for (size_t which = 0; good && which < TABLES; which++)
    {
      rw_moments_table t = { .inv_freq = g, .threads = 1, .scratch = arena };
      rw_moments_result r = {
        .mean = mean, .variance = variance, .mean_without = mean_0, .variance_without = variance_0
      };
      table_make (which, ask->pairs, g, &t.amplitude, &t.rest);
      good &= rw_moments_score (set, &t, &r, &err) == RW_OK;
      for (size_t d = 0; d < ask->n_distances; d++)
        {
          const int64_t delta = ask->distance[d];
          const size_t n = scores (ask, &t, delta, (double) delta, x, &bound);
          const size_t apart = sinks (ask, delta);
          const statistics all = statistics_of (x, n),
                           without = statistics_of (x + apart, n - apart);
          const int here = agrees (mean[d], variance[d], &all, bound)
                           && agrees (mean_0[d], variance_0[d], &without, bound);
          if (!here)
            printf ("# table %zu, distance %ld: %.9g %.9g, %.9g %.9g; expected %.9g %.9g, %.9g"
                    " %.9g\n",
                    which, (long) delta, mean[d], variance[d], mean_0[d], variance_0[d], all.mean,
                    all.variance, without.mean, without.variance);
          good &= here;
        }
    }
  return good;
}

static void
brute_force (rw_arena *arena)
{
  static const struct
  {
    qk_ask qk;
    size_t pairs, n_sink, every;
    rw_layout layout;
    bool scaled;
    const char *name;
  } cases[] = {
    { { .n = 5003, .dim = 64, .memory = 0.9 }, 32, 0, 1, RW_HALF, false, "half, read in place" },
    { { .n = 5003, .dim = 64, .memory = 0.9 }, 32, 4, 1, RW_INTERLEAVED, false, "interleaved" },
    { { .n = 5003, .dim = 80, .memory = 0.5 }, 16, 4, 1, RW_HALF, false, "partial rotary" },
    { { .n = 700, .dim = 40, .gap = 24 },
      10,
      4,
      1,
      RW_INTERLEAVED,
      false,
      "ten pairs of twenty, with gaps between the rows" },
    { { .n = 5003, .dim = 64, .type = RW_BFLOAT16 }, 32, 0, 1, RW_HALF, false, "bfloat16" },
    { { .n = 700, .dim = 64, .type = RW_FLOAT16, .gap = 3 }, 24, 1, 1, RW_HALF, false, "float16" },
    { { .n = 700, .dim = 32, .type = RW_FLOAT64 }, 16, 0, 1, RW_HALF, false, "float64" },
    { { .n = 5003, .dim = 48 }, 20, 3, 1, RW_HALF, true, "a scale of each query" },
    { { .n = 5003, .dim = 64, .memory = 0.9 }, 32, 4, 3, RW_HALF, false, "every third query" },
    { { .n = 700, .dim = 256 }, 64, 4, 7, RW_INTERLEAVED, true, "every seventh, scaled" },
    { { .n = 700, .dim = 64 }, 32, 300, 1, RW_HALF, false, "without three hundred keys" },
    { { .n = 3, .dim = 64 }, 32, 1, 1, RW_HALF, false, "three tokens" },
    { { .n = 1, .dim = 18 }, 9, 0, 1, RW_HALF, false, "one token" },
  };
  static double scale[5003];
  for (size_t m = 0; m < sizeof scale / sizeof *scale; m++)
    scale[m] = 1 + 0.1 * log1p (floor ((double) m / 500));
  for (size_t c = 0; c < sizeof cases / sizeof *cases; c++)
    {
      qk_ask with = cases[c].qk;
      with.seed = 40 + c;
      with.offset = 0.2;
      rw_qk qk = qk_make (&with);
      const rw_moments_ask ask = { .qk = &qk,
                                   .layout = cases[c].layout,
                                   .pairs = cases[c].pairs,
                                   .scale = cases[c].scaled ? scale : NULL,
                                   .n_sink = cases[c].n_sink,
                                   .n_distances = N_DISTANCES,
                                   .distance = distances,
                                   .every = cases[c].every,
                                   .segments = SEGMENTS,
                                   .seed = 11,
                                   .group = c,
                                   .threads = 2 };
      rw_moments *set = set_make (&ask);
      ok (agrees_with_brute_force (&ask, set, arena), "%s: three tables from one set",
          cases[c].name);
      rw_moments_free (set);
      rw_qk_free (&qk);
      rw_arena_reset (arena);
    }
}

/* q k of 2,500 and a spread of 70: without centring the squares would leave three digits.  */
static void
large_mean_costs_no_digits (rw_arena *arena)
{
  rw_qk qk = qk_make (&(qk_ask){ .n = 5003, .dim = 64, .offset = 50, .seed = 7 });
  const rw_moments_ask ask = { .qk = &qk,
                               .pairs = 32,
                               .n_distances = N_DISTANCES,
                               .distance = distances,
                               .every = 1,
                               .segments = SEGMENTS,
                               .threads = 2 };
  rw_moments *set = set_make (&ask);
  ok (agrees_with_brute_force (&ask, set, arena), "a mean far above the spread costs no digits");
  rw_moments_free (set);
  rw_qk_free (&qk);
}

/* ---- one set, worked out in different ways ---- */

typedef struct
{
  double mean[N_DISTANCES], variance[N_DISTANCES], mean_0[N_DISTANCES], variance_0[N_DISTANCES];
  double error[N_DISTANCES], by_freq[2][N_DISTANCES * MOST_PAIRS], by_factor[2][N_DISTANCES];
} everything;

static void
evaluate (const rw_moments *set, const rw_moments_table *t, everything *e)
{
  rw_error err = { 0 };
  rw_moments_result r = { e->mean,       e->variance,   e->mean_0,       e->variance_0,  e->error,
                          e->by_freq[0], e->by_freq[1], e->by_factor[0], e->by_factor[1] };
  memset (e, 0, sizeof *e);
  rw_moments_score (set, t, &r, &err);
}

static void
work_out (const rw_moments_ask *ask, const char *simd, int threads, rw_arena *arena, everything *e)
{
  static double g[MOST_PAIRS];
  rw_moments_ask again = *ask;
  rw_moments_table t = { .inv_freq = g, .threads = threads, .scratch = arena };
  setenv ("ROPEWALK_SIMD", simd, 1);
  again.threads = threads;
  rw_moments *set = set_make (&again);
  table_make (2, ask->pairs, g, &t.amplitude, &t.rest);
  evaluate (set, &t, e);
  rw_moments_free (set);
  unsetenv ("ROPEWALK_SIMD");
}

static int
same (const everything *a, const everything *b)
{
  return memcmp (a, b, sizeof *a) == 0;
}

static void
threads_and_kernels (rw_arena *arena)
{
  static everything one, two, avx2, plain;
  rw_qk qk = qk_make (&(qk_ask){ .n = 5003, .dim = 96, .memory = 0.9, .offset = 0.2, .seed = 3 });
  const rw_moments_ask ask = { .qk = &qk,
                               .pairs = 40,
                               .n_sink = 4,
                               .n_distances = N_DISTANCES - 1, /* no NaN: they would not compare */
                               .distance = distances,
                               .every = 1,
                               .segments = SEGMENTS };
  work_out (&ask, "avx512", 1, arena, &one);
  work_out (&ask, "avx512", 2, arena, &two);
  work_out (&ask, "avx2", 1, arena, &avx2);
  work_out (&ask, "plain", 1, arena, &plain);
  ok (memcmp (one.mean, two.mean, sizeof one.mean) == 0 && one.variance[3] > 0,
      "one and two threads give the same means, to the bit");
  ok (same (&one, &two), "and the same of everything");
  ok (same (&one, &avx2), "AVX2 gives the bits of AVX-512");
  double worst = 0;
  for (size_t d = 0; d < 8; d++)
    worst = fmax (worst, fmax (fabs (plain.variance[d] / one.variance[d] - 1),
                               fabs (plain.mean[d] - one.mean[d]) / sqrt (one.variance[d])));
  ok (worst > 0 && worst < 1e-6, "plain kernels, which round products, differ by %.1e", worst);
  rw_qk_free (&qk);
}

static void
quadratic_kernels_agree (void)
{
  enum
  {
    PANELS = 5,
    N = PANELS * RW_GRAM_PANEL
  };
  static float packed[PANELS * (PANELS + 1) / 2 * RW_GRAM_SQUARE];
  static double full[N][N], w[N] __attribute__ ((aligned (64)));
  static double y[3][N] __attribute__ ((aligned (64)));
  double form[3], want = 0, worst = 0;
  rw_stream stream = rw_stream_new (5, 5, 5);
  const rw_simd most = rw_simd_get ();
  for (size_t i = 0; i < N; i++)
    for (size_t j = i; j < N; j++)
      full[i][j] = full[j][i] = (double) (float) rw_stream_normal (&stream);
  float *s = packed;
  for (size_t a = 0; a < PANELS; a++)
    for (size_t b = a; b < PANELS; b++)
      for (size_t i = 0; i < RW_GRAM_SQUARE; i++)
        *s++ = (float)
            full[a * RW_GRAM_PANEL + i / RW_GRAM_PANEL][b * RW_GRAM_PANEL + i % RW_GRAM_PANEL];
  for (size_t i = 0; i < N; i++)
    w[i] = rw_stream_normal (&stream);
  for (rw_simd k = RW_SIMD_PLAIN; k <= most; k++)
    {
      form[k] = rw_quadratic_form (k, PANELS, packed, w);
      rw_quadratic_apply (k, PANELS, packed, w, y[k]);
    }
  for (size_t i = 0; i < N; i++)
    {
      double sum = 0;
      for (size_t j = 0; j < N; j++)
        sum += full[i][j] * w[j];
      want += w[i] * sum;
      worst = fmax (worst, fabs (sum - y[0][i]));
    }
  ok (fabs (form[0] - want) < TOL4 * N && worst < TOL3, "the packed products are the full ones");
  ok (form[most] == form[0] && !memcmp (y[most], y[0], sizeof y[0]) && rw_gram_squares (5) == 15,
      "every kernel gives the same bits");
}

/* ---- effective distances, gradients, errors ---- */

static void
effective_distances (rw_arena *arena)
{
  static double x[5003], g[MOST_PAIRS];
  static everything e;
  double turn[N_DISTANCES], bound;
  rw_qk qk = qk_make (&(qk_ask){ .n = 5003, .dim = 64, .memory = 0.9, .seed = 9 });
  const rw_moments_ask ask = { .qk = &qk,
                               .pairs = 32,
                               .n_distances = 8,
                               .distance = distances,
                               .every = 1,
                               .segments = SEGMENTS,
                               .threads = 1 };
  rw_moments *set = set_make (&ask);
  rw_moments_table t = { .inv_freq = g, .effective = turn, .threads = 1, .scratch = arena };
  int good = 1;
  table_make (0, 32, g, &t.amplitude, &t.rest);
  for (size_t d = 0; d < 8; d++)
    turn[d] = fmin ((double) distances[d], 40) + 0.3;
  evaluate (set, &t, &e);
  for (size_t d = 0; d < 8; d++)
    {
      const size_t n = scores (&ask, &t, distances[d], turn[d], x, &bound);
      const statistics want = statistics_of (x, n);
      good &= agrees (e.mean[d], e.variance[d], &want, bound);
    }
  ok (good, "effective distances turn, true ones choose the pairs");
  rw_moments_free (set);
  rw_qk_free (&qk);
}

/* Central differences with step h in ln g are off by (h delta g)^2 / 6 and by rounding over h.  */
static void
gradients_are_differences (rw_arena *arena)
{
  static double g[MOST_PAIRS];
  static everything at, up, down;
  rw_qk qk = qk_make (&(qk_ask){ .n = 5003, .dim = 80, .memory = 0.9, .offset = 0.3, .seed = 8 });
  const rw_moments_ask ask = { .qk = &qk,
                               .pairs = 28,
                               .n_sink = 4,
                               .n_distances = N_DISTANCES - 1,
                               .distance = distances,
                               .every = 1,
                               .segments = SEGMENTS,
                               .threads = 2 };
  rw_moments *set = set_make (&ask);
  rw_moments_table t = { .inv_freq = g, .threads = 2, .scratch = arena };
  double worst = 0;
  table_make (2, ask.pairs, g, &t.amplitude, &t.rest);
  evaluate (set, &t, &at);
  for (size_t d = 0; d < ask.n_distances; d++)
    for (size_t i = 0; i < ask.pairs; i += 3)
      {
        const double keep = g[i], turn = (double) distances[d] * keep;
        const double h = 1e-4 / fmax (1, turn), size = fmax (1, turn);
        const double sd = sqrt (at.variance[d]) + fabs (at.mean[d]);
        g[i] = keep * exp (h);
        evaluate (set, &t, &up);
        g[i] = keep * exp (-h);
        evaluate (set, &t, &down);
        g[i] = keep;
        const double a = (up.mean[d] - down.mean[d]) / (2 * h) - at.by_freq[0][d * ask.pairs + i];
        const double b
            = (up.variance[d] - down.variance[d]) / (2 * h) - at.by_freq[1][d * ask.pairs + i];
        worst = fmax (worst, fmax (fabs (a) / (sd * size), fabs (b) / (sd * sd * size)));
      }
  /* Truncation h^2/6 = 2e-9, rounding 1e-16 / 1e-4 = 1e-12, a factor of 5 for both.  */
  ok (worst < 1e-8 && worst > 0, "by ln g as central differences have it: %.1e", worst);
  worst = 0;
  const double amplitude = t.amplitude, h = 1e-4;
  t.amplitude = amplitude * exp (2 * h);
  evaluate (set, &t, &up);
  t.amplitude = amplitude * exp (-2 * h);
  evaluate (set, &t, &down);
  for (size_t d = 0; d < ask.n_distances; d++)
    {
      const double sd = sqrt (at.variance[d]) + fabs (at.mean[d]);
      worst = fmax (worst, fabs ((up.mean[d] - down.mean[d]) / (2 * h) - at.by_factor[0][d]) / sd);
      worst = fmax (worst, fabs ((up.variance[d] - down.variance[d]) / (2 * h) - at.by_factor[1][d])
                               / (sd * sd));
    }
  ok (worst < 2e-7, "by ln a, on rotated channels only: %.1e", worst); /* truncation 64 h^2 / 6 */
  rw_moments_free (set);
  rw_qk_free (&qk);
}

/* The standard deviation of the mean over replicates that draw segments with replacement; and to
   first order, sum (S_b - n_b mean)^2 / n^2.  */
static double
bootstrap (const double *x, size_t tokens, size_t delta, double *formula)
{
  enum
  {
    REPLICATES = 4000
  };
  double sum[SEGMENTS] = { 0 }, n[SEGMENTS] = { 0 };
  static double mean[REPLICATES];
  rw_stream stream = rw_stream_new (1, 2, 3);
  for (size_t m = delta; m < tokens; m++)
    for (size_t s = 0; s < SEGMENTS; s++)
      if (m >= s * tokens / SEGMENTS && m < (s + 1) * tokens / SEGMENTS)
        {
          sum[s] += x[m - delta];
          n[s]++;
        }
  const double all = statistics_of (x, tokens - delta).mean, many = (double) (tokens - delta);
  *formula = 0;
  for (size_t s = 0; s < SEGMENTS; s++)
    *formula += (sum[s] - n[s] * all) * (sum[s] - n[s] * all) / (many * many);
  *formula = sqrt (*formula);
  for (size_t k = 0; k < REPLICATES; k++)
    {
      double s = 0, c = 0;
      for (size_t b = 0; b < SEGMENTS; b++)
        {
          const size_t pick = (size_t) (rw_stream_uniform (&stream) * SEGMENTS);
          s += sum[pick];
          c += n[pick];
        }
      mean[k] = s / c;
    }
  return sqrt (statistics_of (mean, REPLICATES).variance);
}

static void
errors_are_the_bootstrap_s (rw_arena *arena)
{
  static double x[5003], g[MOST_PAIRS];
  static everything e;
  rw_qk qk = qk_make (&(qk_ask){ .n = 5003, .dim = 64, .memory = 0.98, .seed = 21 });
  const rw_moments_ask ask = { .qk = &qk,
                               .pairs = 24,
                               .n_sink = 4,
                               .n_distances = 10,
                               .distance = distances,
                               .every = 1,
                               .segments = SEGMENTS,
                               .threads = 1 };
  rw_moments *set = set_make (&ask);
  rw_moments_table t = { .inv_freq = g, .threads = 1, .scratch = arena };
  double worst = 0, off = 0, bound, formula;
  table_make (0, ask.pairs, g, &t.amplitude, &t.rest);
  evaluate (set, &t, &e);
  for (size_t d = 0; d < 8; d++)
    {
      const size_t delta = (size_t) distances[d];
      scores (&ask, &t, distances[d], (double) delta, x, &bound);
      worst = fmax (worst, fabs (e.error[d] / bootstrap (x, 5003, delta, &formula) - 1));
      off = fmax (off, fabs (e.error[d] / formula - 1));
    }
  ok (off < 1e-5, "errors of the mean are the formula's: within %.1e", off); /* float32 products */
  /* 4,000 replicates know a standard deviation to 1.1 %; segments of unlike size add what is not
     linear, some 5 % with half of them empty.  */
  ok (worst < 0.08, "errors of the mean are a block bootstrap's: within %.1f %%", 100 * worst);
  ok (isnan (e.error[8]) && isnan (e.error[9]) && e.mean[9] < INFINITY,
      "a single segment has no error");
  rw_moments_free (set);
  rw_qk_free (&qk);
}

/* ---- the rest ---- */

static void
samples (void)
{
  int64_t query[100], other[100];
  int good = rw_sample_size (385, 4) == 97 && rw_sample_size (1, 9) == 1, moved = 0;
  rw_sample_draw (1, 2, 385, 4, query);
  rw_sample_draw (1, 3, 385, 4, other);
  for (int j = 0; j < 97; j++)
    {
      good &= query[j] >= 4 * j && query[j] < 4 * j + 4 && query[j] < 385;
      moved += query[j] != other[j];
    }
  ok (good && query[96] == 384, "one query is drawn of every four");
  ok (moved > 40, "another group draws others");
}

static void
refusals (void)
{
  rw_qk qk = qk_make (&(qk_ask){ .n = 20, .dim = 16, .seed = 1 });
  rw_moments_ask ask
      = { .qk = &qk, .pairs = 9, .every = 1, .n_distances = 3, .distance = distances };
  rw_moments *set = NULL;
  rw_error err = { 0 };
  ok (rw_moments_new (&ask, &set, &err) == RW_EINVAL && strstr (err.text, "1 to 8"),
      "more pairs than there are: %s", err.text);
  ask.pairs = 8, ask.every = 0;
  ok (rw_moments_new (&ask, &set, &err) == RW_EINVAL, "every 0th: %s", err.text);
  ask.every = 1, qk.k.n = 19;
  ok (rw_moments_new (&ask, &set, &err) == RW_EINVAL && strstr (err.text, "(19, 16)"),
      "other keys than queries: %s", err.text);
  const size_t one = rw_moments_bytes (&ask);
  ask.n_distances = 6;
  ok (one >= 3 * RW_GRAM_SQUARE * sizeof (float) && rw_moments_bytes (&ask) < 2 * one
          && rw_moments_bytes (&ask) > one,
      "what a set keeps is known before");
  rw_moments_free (NULL);
  rw_qk_free (&qk);
}

int
main (void)
{
  rw_arena *arena = rw_arena_new ();
  brute_force (arena);
  large_mean_costs_no_digits (arena);
  threads_and_kernels (arena);
  quadratic_kernels_agree ();
  effective_distances (arena);
  gradients_are_differences (arena);
  errors_are_the_bootstrap_s (arena);
  samples ();
  refusals ();
  rw_arena_free (arena);
  return tap_end ();
}
