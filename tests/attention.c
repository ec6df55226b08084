/* attention: the metric's fields beside rows in double (rw_rows_plain, held elsewhere), its bound
   and estimate beside sums of plain scores, and what holds for any data.  */
#include "head_help.h"
#include "metric_help.h"
#include "rule_help.h"
#include "score/rows.h"

enum
{
  N = 900,
  ROWS = 7
};

static const char *const row_fields[ROWS]
    = { "entropy",   "effective_tokens", "participation", "max_weight",
        "sink_mass", "mean_distance",    "log_partition" };
static const double positions[] = { 0, 1, 2, 3, 5, 8, 60, 200, 201, 444, 700, 850, 900, 1200 };
static const double distances[] = { 0, 1, 2, 3, 17, 17.5, 64, 300, 640, 899, 900, 1500 };
enum
{
  FAR = 8192,
  POSITIONS = sizeof positions / sizeof *positions,
  DISTANCES = sizeof distances / sizeof *distances
};

static rw_value
word (const char *text)
{
  return RW_TEXT_VALUE (text);
}

/* A bench of the metric over a drawn head of n tokens, d = 24 of 32 channels rotated.  */
static void
open_over (bench *b, rw_qk *qk, size_t n, double size)
{
  bench_open (b, "attention");
  b->geometry.head_dim = 32;
  b->geometry.rotary_dim = 24;
  b->geometry.original_length = 256;
  *qk = head_drawn (RW_FLOAT32, n, 32, 32, size);
  b->in.qk = qk;
  b->in.length = (double) n;
  b->in.position = positions;
  b->in.n_positions = POSITIONS;
  b->in.distance = distances;
  b->in.n_distances = DISTANCES;
  b->in.seed = 7;
}

static void
run (bench *b, const rw_freqs *f)
{
  rw_error err = { 0 };
  if (bench_run (b, f, &err))
    ok (0, "attention runs: %s", err.text);
}

/* ---- rows in double ---- */

typedef struct
{
  double row[ROWS];
  double p[N], score[N];
  int64_t visible;
} truth;

static void
truth_of (const bench *b, const rw_freqs *f, int64_t window, int64_t m, truth *t)
{
  rw_geometry g = b->geometry;
  rw_error err = { 0 };
  double squares = 0, sum = 0, distance = 0;
  g.sliding_window = window;
  const rw_rows_ask ask = { .geometry = &g, .qk = b->in.qk, .freqs = f, .length = b->in.length };
  *t = (truth){ .visible = window > 0 && m >= window ? window : m + 1 };
  if (rw_rows_plain (&ask, m, t->score, t->p, &t->row[6], &err))
    ok (0, "a plain row: %s", err.text);
  for (int64_t n = 0; n <= m; n++)
    {
      const double p = t->p[n];
      t->row[0] -= p > 0 ? p * log (p) : 0;
      squares += p * p;
      sum += p;
      t->row[3] = fmax (t->row[3], p);
      t->row[4] += n < 4 ? p : 0;
      distance += p * (double) (m - n);
    }
  t->row[1] = exp (t->row[0]);
  t->row[2] = 1 / squares;
  t->row[5] = distance / sum;
}

static int
close_to (double got, double want)
{
  /* Float32 scores of a few units and sums of float32 weights: 1e-6; 1e-5 promised.  */
  return (isnan (got) && isnan (want)) || fabs (got - want) <= 1e-5 * (1 + fabs (want));
}

/* ---- a query a position ---- */

static void
the_query_at_each_position (int64_t window)
{
  bench b;
  rw_qk qk;
  rw_freqs f = { 0 };
  static truth t;
  int good = 1, nans = 1, bounds = 1;
  double mass[DISTANCES] = { 0 }, count[DISTANCES] = { 0 };
  open_over (&b, &qk, N, 1);
  table (&b, "yarn", 4, &f);
  if (window)
    bench_set (&b, "window", RW_NUMBER_VALUE ((double) window));
  run (&b, &f);
  for (size_t k = 0; k < POSITIONS; k++)
    {
      const int64_t m = (int64_t) positions[k];
      if (m < N)
        truth_of (&b, &f, window, m, &t);
      for (int i = 0; i < ROWS; i++)
        {
          const double got = bench_field (&b, row_fields[i])[k];
          good = good && (m >= N || close_to (got, t.row[i]));
          nans = nans && isnan (got) == (m >= N);
        }
      const double z = bench_field (&b, "log_partition")[k];
      bounds = bounds && (m >= N || bench_field (&b, "log_partition_bound")[k] == z)
               && (m >= N || bench_field (&b, "log_partition_estimate")[k] == z);
      for (size_t j = 0; m < N && j < DISTANCES; j++)
        if (distances[j] == floor (distances[j]) && distances[j] < (double) t.visible)
          {
            mass[j] += t.p[m - (int64_t) distances[j]] * (double) t.visible;
            count[j]++;
          }
    }
  ok (good, "window %d: every row statistic of the query at each position", (int) window);
  ok (nans, "NaN beyond the sequence, and nowhere else");
  ok (bounds, "one query a position: bound and estimate are log_partition itself");
  good = 1;
  for (size_t j = 0; j < DISTANCES; j++)
    good = good && close_to (bench_field (&b, "mass")[j], count[j] > 0 ? mass[j] / count[j] : NAN);
  ok (good, "mass is the mean of weight times visible keys, NaN where none is seen");
  ok (!bench_field (&b, "entropy_error"), "no error field without a sample");
  rw_freqs_free (&f);
  rw_qk_free (&qk);
  bench_close (&b);
}

/* ---- bins of queries and of distances ---- */

/* The inequality's own coordinates in double: distances 0 .. M0 - s, sinks, all the band has.  */
static void
bound_of (const bench *b, const rw_freqs *f, int64_t window, int64_t least, int64_t end,
          double *bound, double *estimate)
{
  static truth t;
  static double sum[2][N], square[2][N];
  const bool whole = window == 0 || end - 1 < window;
  const int64_t sinks = !whole ? 0 : least + 1 < 4 ? least + 1 : 4;
  int64_t reach = least - sinks;
  const double n = (double) (end - least);
  memset (sum, 0, sizeof sum);
  memset (square, 0, sizeof square);
  reach = window && reach > window - 1 ? window - 1 : reach;
  for (int64_t m = least; m < end; m++)
    {
      truth_of (b, f, window, m, &t);
      for (int64_t j = 0; j <= m; j++)
        {
          const int which = j < sinks;
          const int64_t at = which ? j : m - j;
          if (!which && at > reach)
            continue;
          sum[which][at] += t.score[j] / n;
          square[which][at] += t.score[j] * t.score[j] / n;
        }
    }
  double z[2] = { exp (b->in.qk->sink), exp (b->in.qk->sink) };
  for (int which = 0; which < 2; which++)
    for (int64_t at = 0; at < (which ? sinks : reach + 1); at++)
      {
        const double mean = sum[which][at], var = square[which][at] - mean * mean;
        z[0] += exp (mean);
        z[1] += exp (mean + var / 2);
      }
  *bound = log (z[0]);
  *estimate = log (z[1]);
}

static void
all_queries_of_a_bin (int64_t window, double sink)
{
  bench b;
  rw_qk qk;
  rw_freqs f = { 0 };
  static truth t;
  int good = 1, below = 1, same = 1;
  double mass[DISTANCES] = { 0 }, uniform_share[DISTANCES] = { 0 };
  open_over (&b, &qk, N, 1);
  qk.sink = sink;
  table (&b, "default", NAN, &f);
  b.geometry.sliding_window = window;
  bench_set (&b, "queries", word ("all"));
  bench_set (&b, "bin", RW_TRUE_VALUE);
  run (&b, &f);
  for (size_t k = 0; k < POSITIONS; k++)
    {
      const int64_t first = (int64_t) positions[k];
      int64_t end = k + 1 < POSITIONS ? (int64_t) positions[k + 1] : first + 1;
      double mean[ROWS] = { 0 }, bound = NAN, estimate = NAN;
      end = end > N ? N : end;
      for (int64_t m = first; m < end; m++)
        {
          truth_of (&b, &f, window, m, &t);
          for (int i = 0; i < ROWS; i++)
            mean[i] += t.row[i] / (double) (end - first);
          for (int64_t n = m - t.visible + 1; n <= m; n++)
            for (size_t j = 0; j < DISTANCES; j++)
              {
                const double from = ceil (distances[j]),
                             to = j + 1 < DISTANCES ? ceil (distances[j + 1]) : from + 1;
                if ((double) (m - n) < from || (double) (m - n) >= to)
                  continue;
                mass[j] += t.p[n];
                uniform_share[j] += 1 / (double) t.visible;
              }
        }
      for (int i = 0; i < ROWS; i++)
        good = good && close_to (bench_field (&b, row_fields[i])[k], first < N ? mean[i] : NAN);
      if (first < N)
        bound_of (&b, &f, window, first, end, &bound, &estimate);
      same = same && close_to (bench_field (&b, "log_partition_bound")[k], bound)
             && close_to (bench_field (&b, "log_partition_estimate")[k], estimate);
      below = below && (first >= N || bound <= mean[6] + 1e-12);
    }
  ok (good, "window %d, sink %g: means over all queries of each bin", (int) window, sink);
  ok (same, "bound and estimate are those of the plain scores' moments");
  ok (below, "and the bound of plain scores lies below the mean of log Z");
  good = 1;
  for (size_t j = 0; j < DISTANCES; j++)
    good = good
           && close_to (bench_field (&b, "mass")[j],
                        uniform_share[j] > 0 ? mass[j] / uniform_share[j] : NAN);
  ok (good, "mass of a bin over its uniform mass");
  rw_freqs_free (&f);
  rw_qk_free (&qk);
  bench_close (&b);
}

/* ---- a sample ---- */

static void
a_stratified_sample (void)
{
  bench b;
  rw_qk qk;
  rw_freqs f = { 0 };
  double all[POSITIONS], off = 0;
  open_over (&b, &qk, N, 1);
  table (&b, "default", NAN, &f);
  bench_set (&b, "queries", word ("all"));
  run (&b, &f);
  memcpy (all, bench_field (&b, "entropy"), sizeof all);
  bench_set (&b, "queries", word ("sample"));
  bench_set (&b, "samples", RW_NUMBER_VALUE (40));
  run (&b, &f);
  const double *mean = bench_field (&b, "entropy"), *error = bench_field (&b, "entropy_error");
  ok (mean[4] == all[4] && mean[7] == all[7], "few queries: all of them, the same mean");
  ok (isnan (error[0]) && isnan (error[12]) && error[4] > 0, "no error of one query, or of none");
  for (size_t k = 8; k < 11; k++) /* bins of 243, 256 and 150 queries */
    off = fmax (off, fabs (mean[k] - all[k]) / error[k]);
  ok (off > 0 && off < 4, "40 of some hundred: within 4 standard errors (%.2f)", off);
  const double first = mean[9];
  b.in.group = 1;
  run (&b, &f);
  ok (bench_field (&b, "entropy")[9] != first, "another group draws other queries");
  b.in.group = 0;
  b.in.threads = 3;
  run (&b, &f);
  ok (bench_field (&b, "entropy")[9] == first, "the same group the same, whatever the threads");
  ok (strcmp (b.metric->fields[0].kind_of (b.object->self), "sampled") == 0, "its kind is sampled");
  rw_freqs_free (&f);
  rw_qk_free (&qk);
  bench_close (&b);
}

static double
deviation (const double *v, size_t n)
{
  double mean = 0, sum = 0;
  for (size_t k = 0; k < n; k++)
    mean += v[k] / (double) n;
  for (size_t k = 0; k < n; k++)
    sum += (v[k] - mean) * (v[k] - mean);
  return sqrt (sum / (double) (n - 1));
}

/* Fewer queries than blocks: the textbook's standard error of the mean.  */
static void
error_of_single_queries (void)
{
  static const double at[] = { 300, 316 };
  static truth t;
  double entropy[16];
  bench b;
  rw_qk qk;
  rw_freqs f = { 0 };
  open_over (&b, &qk, N, 1);
  b.in.position = at;
  b.in.n_positions = 2;
  table (&b, "default", NAN, &f);
  bench_set (&b, "queries", word ("sample"));
  run (&b, &f);
  for (int k = 0; k < 16; k++)
    {
      truth_of (&b, &f, 0, 300 + k, &t);
      entropy[k] = t.row[0];
    }
  near (bench_field (&b, "entropy_error")[0], deviation (entropy, 16) / 4, 1e-4,
        "16 queries: deviation / 4 (1e-4: float32 rows, their differences)");
  rw_freqs_free (&f);
  rw_qk_free (&qk);
  bench_close (&b);
}

/* ---- whatever the data ---- */

static void
bound_below_log_partition (void)
{
  static const double sizes[] = { 0.01, 0.5, 1, 1.5, 2.5 };
  int below = 1;
  double closest = INFINITY;
  for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
    for (int what = 0; what < 4; what++)
      {
        bench b;
        rw_qk qk;
        rw_freqs f = { 0 };
        open_over (&b, &qk, N, sizes[s]);
        qk.sink = what == 1 ? 3 : -INFINITY;
        b.geometry.sliding_window = what == 2 ? 150 : 0;
        b.geometry.logit_scale = what == 3 ? 0.05 : 0;
        bench_set (&b, "queries", word (what % 2 ? "sample" : "all"));
        table (&b, what == 3 ? "linear" : "default", what == 3 ? 3 : NAN, &f);
        run (&b, &f);
        for (size_t k = 0; k < POSITIONS; k++)
          {
            const double z = bench_field (&b, "log_partition")[k];
            const double gap = z - bench_field (&b, "log_partition_bound")[k];
            /* Equal up to float32 where there is one query, or no spread.  */
            below = below && (isnan (z) || gap >= -2e-6 * (1 + fabs (z)));
            closest = fmin (closest, isnan (gap) ? INFINITY : gap);
          }
        rw_freqs_free (&f);
        rw_qk_free (&qk);
        bench_close (&b);
      }
  ok (below, "the bound is never above the mean of log Z (closest %.1g)", closest);
}

/* Independent Gaussian q and k, white: at every distance a score has mean 0 and variance v = c^2 d
   s^4, and ln Z of n keys is ln n + v/2, nearly.  Means and variances over 100 queries have errors
   of their own, which add about v / 200 and v^2 / 400 to the exponents' means.  */
static void
white_gaussian_scores (void)
{
  static const double at[] = { 700, 800 };
  double *q = rw_new (N * 32, sizeof *q), *k = rw_new (N * 32, sizeof *k);
  const double size = 1.1, v = size * size * size * size; /* c^2 d = 1 */
  bench b;
  rw_qk qk;
  rw_freqs f = { 0 };
  open_over (&b, &qk, N, 1);
  rw_qk_free (&qk);
  for (size_t i = 0; i < N * 32; i++)
    q[i] = size * drawn_normal (), k[i] = size * drawn_normal ();
  qk = head_of (RW_FLOAT32, N, 32, 32, q, k);
  b.in.position = at;
  b.in.n_positions = 2;
  bench_set (&b, "queries", word ("all"));
  table (&b, "default", NAN, &f);
  run (&b, &f);
  const double z = bench_field (&b, "log_partition")[0], left_out = log (751.0 / 697);
  const double bound = bench_field (&b, "log_partition_bound")[0];
  const double estimate = bench_field (&b, "log_partition_estimate")[0];
  printf ("# v %.3g: ln Z %.4f, bound %.4f, estimate %.4f, left out %.3f\n", v, z, bound, estimate,
          left_out);
  ok (fabs (z - (log (751) + v / 2)) < 0.05, "white noise: ln Z is ln n + v/2 (0.05: 100 rows)");
  ok (fabs (z - bound - left_out - v / 2) < 0.05,
      "the bound lies v/2 and the keys left out below it (0.05: the same)");
  ok (fabs (z - estimate - left_out) < 0.05,
      "the estimate only the keys left out (0.05: the same)");
  rw_free (q);
  rw_free (k);
  rw_freqs_free (&f);
  rw_qk_free (&qk);
  bench_close (&b);
}

static void
uniform_attention (void)
{
  static const double at[] = { 0, 1, 63, 64, 500, 899 };
  for (int bin = 0; bin < 2; bin++)
    {
      bench b;
      rw_qk qk;
      rw_freqs f = { 0 };
      int good = 1;
      open_over (&b, &qk, N, 0);
      b.in.position = at;
      b.in.n_positions = 6;
      bench_set (&b, "bin", bin ? RW_TRUE_VALUE : RW_FALSE_VALUE);
      table (&b, "default", NAN, &f);
      run (&b, &f);
      for (size_t k = 0; k < 6; k++)
        {
          const double m = at[k];
          good = good && fabs (bench_field (&b, "entropy")[k] - log (m + 1)) <= 1e-13
                 && fabs (bench_field (&b, "effective_tokens")[k] - (m + 1)) <= 1e-10
                 && fabs (bench_field (&b, "participation")[k] - (m + 1)) <= 1e-10
                 && fabs (bench_field (&b, "mean_distance")[k] - m / 2) <= 1e-10;
        }
      ok (good, "no scores: entropy ln (m + 1), effective and participating m + 1, distance m / 2");
      good = 1;
      for (size_t j = 0; j < DISTANCES; j++)
        {
          const double mass = bench_field (&b, "mass")[j];
          const bool none = distances[j] >= N || (!bin && distances[j] == 17.5);
          good = good && (none ? isnan (mass) : fabs (mass - 1) <= 1e-12);
        }
      ok (good, "and mass 1 at every distance that is seen%s", bin ? ", in bins too" : "");
      rw_freqs_free (&f);
      rw_qk_free (&qk);
      bench_close (&b);
    }
}

/* Weights e^(-slope delta): the mean distance is 1 / (e^slope - 1), of which a place counted from
   the first of 8,192 keys would lose the fourth digit.  */
static void
attention_that_stays_near (void)
{
  static const double slopes[] = { 0.5, 1.0 / 16, 1.0 / 256 }, last[] = { FAR - 1 };
  for (int k = 0; k < 3; k++)
    {
      bench b;
      rw_qk qk;
      rw_freqs f = { 0 };
      open_over (&b, &qk, FAR, 0);
      b.in.position = last;
      b.in.n_positions = 1;
      table (&b, "none", NAN, &f);
      rw_object *slope = put (bias ("alibi"), "slope", slopes[k]);
      f.bias = slope;
      run (&b, &f);
      /* 1e-6: float32 weights, and what 8,192 keys leave out, e^-32.  */
      ok (fabs (bench_field (&b, "mean_distance")[0] * expm1 (slopes[k]) - 1) < 1e-6,
          "slope %g: the mean distance is 1 / (e^slope - 1)", slopes[k]);
      rw_object_free (slope);
      rw_freqs_free (&f);
      rw_qk_free (&qk);
      bench_close (&b);
    }
}

static void
refusals (void)
{
  bench b;
  rw_qk qk;
  rw_freqs f = { 0 };
  rw_error err = { 0 };
  open_over (&b, &qk, N, 1);
  table (&b, "default", NAN, &f);
  bench_set (&b, "window", RW_NUMBER_VALUE (17.5));
  ok (bench_run (&b, &f, &err) == RW_EINVAL, "a window that is not whole is refused");
  has (err.text, "window 17.5", "and named");
  ok (b.metric->needs == (RW_NEEDS_QK | RW_ALONE), "it needs q and k, and the threads");
  ok (b.metric->cost (b.object->self, &b.in) > 0, "and tells what it costs");
  bench_set (&b, "window", RW_NUMBER_VALUE (0));
  bench_set (&b, "bound", RW_FALSE_VALUE);
  run (&b, &f);
  ok (!bench_field (&b, "log_partition_bound") && !bench_field (&b, "log_partition_estimate"),
      "without the bound its fields are left out");
  rw_freqs_free (&f);
  rw_qk_free (&qk);
  bench_close (&b);
}

int
main (void)
{
  the_query_at_each_position (0);
  the_query_at_each_position (70);
  all_queries_of_a_bin (0, -INFINITY);
  all_queries_of_a_bin (0, 2.5);
  all_queries_of_a_bin (211, -INFINITY);
  a_stratified_sample ();
  error_of_single_queries ();
  bound_below_log_partition ();
  white_gaussian_scores ();
  uniform_attention ();
  attention_that_stays_near ();
  refusals ();
  return tap_end ();
}
