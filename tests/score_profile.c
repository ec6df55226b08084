/* score_profile: against all pairs of positions, score by score, with rw_logit.  */
#include "metric/profile.h"
#include "metric_help.h"
#include "qk_help.h"
#include "rope/similarity.h"
#include "rope/trained.h"
#include "rule/logit.h"
#include "rule/rule.h"

enum
{
  N = 160,
  DIM = 16,
  DISTANCES = 11,
  MOMENTS = 7,
  SINKS = 4
};

static const double distance[DISTANCES] = { 0, 1, 2, 3, 17, 40.5, 99, 155, 157, 159, 160 };
static double moment[MOMENTS] = { 0, 1, 5, 30, 100, 158, 300 };

/* A head of 16 channels, whose table `f` the caller frees; q, k with some mean and a strong first
   key.  */
static void
head_open (bench *b, rw_qk *qk, size_t n)
{
  bench_open (b, "score_profile");
  b->geometry.head_dim = b->geometry.rotary_dim = DIM;
  b->geometry.original_length = 64;
  b->geometry.max_length = 64;
  b->in.length = b->in.longest = (double) n;
  b->in.distance = distance;
  b->in.n_distances = DISTANCES;
  b->in.threads = 2;
  b->in.seed = 7;
  *qk = any_qk (n, DIM, 0, 1.3, 0.4, 5);
  for (size_t c = 0; c < DIM; c++)
    ((float *) qk->owned[1])[c] *= 6;
  b->in.qk = qk;
  bench_dim (b, "moment_distance", MOMENTS);
  bench_set (b, "moments", (rw_value){ .kind = RW_VALUE_NUMBERS, .numbers = moment, .n = MOMENTS });
}

static void
head_close (bench *b, rw_qk *qk, rw_freqs *f)
{
  bench_close (b);
  rw_qk_free (qk);
  rw_freqs_free (f);
}

static rw_object *
block (const rw_kind *kind, const char *name, const char *param, double value)
{
  rw_error e = { 0 };
  const rw_module *m = NULL;
  rw_object *o = NULL;
  rw_status s = rw_kind_find (kind, name, &m, &e);
  if (!s)
    s = rw_object_new (m, &o, &e);
  if (!s && param)
    s = rw_object_set (o, param, &RW_NUMBER_VALUE (value), NULL, &e);
  if (s)
    ok (0, "%s: %s", name, e.text);
  return o;
}

/* ---- all pairs of positions ---- */

typedef struct
{
  double mean, variance, min, max;
} law;

static law
law_of (const bench *b, const rw_freqs *f, int64_t delta, size_t sinks)
{
  static double s[8192];
  double q[DIM], k[DIM], trained[DIM];
  const rw_qk *qk = b->in.qk;
  law out = { 0, 0, INFINITY, -INFINITY };
  size_t n = 0;
  rw_trained_fill (&b->geometry, f->n, trained);
  for (size_t m = (size_t) delta + sinks; m < qk->q.n; m++, n++)
    {
      rw_rows_at (&qk->q, m, q);
      rw_rows_at (&qk->k, m - (size_t) delta, k);
      s[n] = rw_logit (&b->geometry, f, trained, b->in.length, q, k, (double) m,
                       (double) m - (double) delta);
      out.mean += s[n];
      out.min = fmin (out.min, s[n]);
      out.max = fmax (out.max, s[n]);
    }
  out.mean /= (double) n;
  for (size_t i = 0; i < n; i++)
    out.variance += (s[i] - out.mean) * (s[i] - out.mean) / (double) n;
  return n ? out : (law){ NAN, NAN, NAN, NAN };
}

static double
off (double got, double want, double scale)
{
  return isnan (got) && isnan (want)   ? 0
         : isnan (got) || isnan (want) ? INFINITY
                                       : fabs (got - want) / scale;
}

typedef struct
{
  double mean, variance; /* the largest differences: by the size of scores; relative */
} gap;

/* What the bench ran, against all pairs.  Scores are around 5; variances of next to no pairs of
   positions get an absolute 1e-6.  */
static gap
gap_of (const bench *b, const rw_freqs *f)
{
  gap g = { 0 };
  for (size_t k = 0; k < DISTANCES; k++)
    for (size_t set = 0; set < 2; set++)
      {
        const bool whole = distance[k] == floor (distance[k]) && distance[k] < N;
        const law want
            = whole ? law_of (b, f, (int64_t) distance[k], set ? SINKS : 0) : (law){ .mean = NAN };
        const double *got = bench_field (b, set ? "score_mean_without_sinks" : "score_mean");
        g.mean = fmax (g.mean, off (got[k], want.mean, 5));
      }
  for (size_t k = 0; k < MOMENTS; k++)
    for (size_t set = 0; set < 2; set++)
      {
        const law want = moment[k] < N ? law_of (b, f, (int64_t) moment[k], set ? SINKS : 0)
                                       : (law){ .variance = NAN };
        const double *got
            = bench_field (b, set ? "score_variance_without_sinks" : "score_variance");
        g.variance = fmax (g.variance, off (got[k], want.variance, want.variance + 0.1));
      }
  return g;
}

/* ---- schedules, rules, query scales ---- */

typedef struct
{
  const char *schedule;
  double factor;
  const char *rule, *rule_param;
  double rule_value;
  const char *scale;
  double slope; /* of a bias; 0: none */
  size_t rotary;
  bool direct; /* float32 scores */
} sort;

static const sort sorts[] = {
  { .schedule = "default", .factor = NAN },
  { .schedule = "yarn", .factor = 4 },
  { .schedule = "linear", .factor = 2.385 },
  { .schedule = "none", .factor = NAN },
  { .schedule = "yarn", .factor = 4, .rotary = 6 },
  { .schedule = "proportional", .factor = NAN, .rotary = 6 }, /* other pairs than the geometry */
  { .schedule = "default", .factor = NAN, .scale = "log_n" },
  { .schedule = "yarn", .factor = 4, .scale = "ssmax", .rotary = 10 },
  { .schedule = "default",
    .factor = NAN,
    .rule = "rerope",
    .rule_param = "window",
    .rule_value = 32 },
  { .schedule = "yarn",
    .factor = 2,
    .rule = "leaky_rerope",
    .rule_param = "window",
    .rule_value = 20,
    .scale = "log_n" },
  { .schedule = "default",
    .factor = NAN,
    .rule = "string",
    .rule_param = "shift",
    .rule_value = 50 },
  { .schedule = "yarn",
    .factor = 4,
    .rule = "start",
    .rule_param = "n_hat",
    .rule_value = 9,
    .direct = true },
  { .schedule = "default",
    .factor = NAN,
    .rule = "self_extend",
    .rule_param = "group",
    .rule_value = 4,
    .direct = true },
  { .schedule = "none", .factor = NAN, .slope = 0.0385 },
  { .schedule = "yarn",
    .factor = 2,
    .rule = "leaky_rerope",
    .rule_param = "window",
    .rule_value = 20,
    .scale = "log_n",
    .slope = 0.0385 },
  { .schedule = "default",
    .factor = NAN,
    .rule = "self_extend",
    .rule_param = "group",
    .rule_value = 4,
    .slope = 0.0385,
    .direct = true },
};

static void
table_of (bench *b, const sort *t, rw_freqs *f)
{
  rw_object_free ((rw_object *) f->rule);
  rw_object_free ((rw_object *) f->query_scale);
  rw_object_free ((rw_object *) f->bias);
  f->rule = t->rule ? block (&rw_rules, t->rule, t->rule_param, t->rule_value) : NULL;
  f->query_scale = t->scale ? block (&rw_query_scales, t->scale, NULL, 0) : NULL;
  f->bias = t->slope > 0 ? block (&rw_biases, "alibi", "slope", t->slope) : NULL;
  table (b, t->schedule, t->factor, f);
}

static void
table_end (rw_freqs *f)
{
  rw_object_free ((rw_object *) f->rule);
  rw_object_free ((rw_object *) f->query_scale);
  rw_object_free ((rw_object *) f->bias);
  rw_freqs_free (f);
}

static void
all_pairs_of_positions (void)
{
  bench b;
  rw_qk qk;
  rw_error e = { 0 };
  head_open (&b, &qk, N);
  bench_set (&b, "keep", RW_TEXT_VALUE ("float64"));
  for (size_t i = 0; i < sizeof sorts / sizeof *sorts; i++)
    {
      const sort *t = &sorts[i];
      rw_freqs f = { 0 };
      b.geometry.rotary_dim = t->rotary ? (int64_t) t->rotary : DIM;
      table_of (&b, t, &f);
      const rw_status s = bench_run (&b, &f, &e);
      const gap g = s ? (gap){ INFINITY, INFINITY } : gap_of (&b, &f);
      /* direct.h's bound is 24 e of |q| |k|, about 20 times a usual score */
      ok (g.mean < (t->direct ? 3e-6 : 1e-13), "%s %s %s %zu: means as of all pairs: %.2g %s",
          t->schedule, t->rule ? t->rule : "", t->scale ? t->scale : "", t->rotary, g.mean, e.text);
      /* moments.h: within 1e-5 */
      ok (g.variance < 1e-5, "%s %s %s %zu: variances as of all pairs: %.2g", t->schedule,
          t->rule ? t->rule : "", t->scale ? t->scale : "", t->rotary, g.variance);
      table_end (&f);
    }
  head_close (&b, &qk, &(rw_freqs){ 0 });
}

/* ---- one group, many schedules ---- */

enum
{
  VALUES = 2 * DISTANCES + 3 * MOMENTS
};

static void
copy_values (const bench *b, double *to)
{
  static const char *const names[] = { "score_mean", "score_mean_without_sinks", "score_variance",
                                       "score_variance_without_sinks", "score_mean_error" };
  for (size_t k = 0; k < sizeof names / sizeof *names; k++)
    {
      memcpy (to, bench_field (b, names[k]), bench_size (b, names[k]) * sizeof *to);
      to += bench_size (b, names[k]);
    }
}

/* Whatever was measured before with the same work, every bit is as if it had been first.  */
static void
order_does_not_matter (void)
{
  static const size_t order[] = { 6, 0, 7, 6, 1, 7, 9, 0 };
  static double alone[sizeof sorts / sizeof *sorts][VALUES], got[VALUES];
  bench b;
  rw_qk qk;
  rw_error e = { 0 };
  void *work = NULL;
  bool same = true;
  head_open (&b, &qk, N);
  b.geometry.rotary_dim = 10;
  for (size_t i = 0; i < sizeof sorts / sizeof *sorts; i++)
    {
      rw_freqs f = { 0 };
      table_of (&b, &sorts[i], &f);
      if (bench_run (&b, &f, &e))
        ok (0, "%s", e.text);
      copy_values (&b, alone[i]);
      table_end (&f);
    }
  if (b.metric->prepare (b.object->self, &b.in, &work, &e))
    ok (0, "%s", e.text);
  for (size_t i = 0; i < sizeof order / sizeof *order; i++)
    {
      rw_freqs f = { 0 };
      table_of (&b, &sorts[order[i]], &f);
      bench_fields (&b, f.n);
      rw_arena_reset (b.in.scratch);
      b.in.threads = 1 + (int) i % 2;
      if (b.metric->measure (b.object->self, &b.in, work, &f, &b.fields, &e))
        ok (0, "%s", e.text);
      copy_values (&b, got);
      same = same && memcmp (got, alone[order[i]], sizeof got) == 0;
      table_end (&f);
    }
  b.metric->release (work);
  ok (same, "schedules, query scales and threads in any order: the same bits");
  head_close (&b, &qk, &(rw_freqs){ 0 });
}

static void
bins_are_means_of_means (void)
{
  static const double edge[] = { 0, 4, 40, 150, 158 };
  bench b;
  rw_qk qk;
  rw_freqs f = { 0 };
  rw_error e = { 0 };
  double worst = 0;
  head_open (&b, &qk, N);
  b.in.distance = edge;
  b.in.n_distances = 5;
  bench_set (&b, "bin", RW_TRUE_VALUE);
  bench_set (&b, "variance", RW_FALSE_VALUE);
  bench_set (&b, "spread", RW_TEXT_VALUE ("exact"));
  static const size_t which[] = { 1, 11, 14, 15 }; /* the last two under a bias */
  for (size_t i = 0; i < sizeof which / sizeof *which; i++)
    {
      table_of (&b, &sorts[which[i]], &f);
      if (bench_run (&b, &f, &e))
        ok (0, "%s", e.text);
      for (size_t k = 0; k < 5; k++)
        {
          double sum = 0, least = INFINITY, most = -INFINITY;
          const double end = k + 1 < 5 ? edge[k + 1] : edge[k] + 1;
          for (double d = edge[k]; d < end; d++)
            {
              const law l = law_of (&b, &f, (int64_t) d, 0);
              sum += l.mean;
              least = fmin (least, l.min);
              most = fmax (most, l.max);
            }
          worst = fmax (worst, off (bench_field (&b, "score_mean")[k], sum / (end - edge[k]), 5));
          worst = fmax (worst, off (bench_field (&b, "score_min")[k], least, 20));
          worst = fmax (worst, off (bench_field (&b, "score_max")[k], most, 20));
        }
    }
  ok (worst < 3e-6, "bins: means of means, and exact extremes: %.2g", worst); /* float32 */
  ok (!bench_field (&b, "score_variance"), "without variance there is none");
  table_end (&f);
  head_close (&b, &qk, &(rw_freqs){ 0 });
}

static void
sampled_extremes_lie_within (void)
{
  bench b;
  rw_qk qk;
  rw_freqs f = { 0 };
  rw_error e = { 0 };
  bool within = true;
  head_open (&b, &qk, N);
  bench_set (&b, "spread", RW_TEXT_VALUE ("sampled"));
  bench_set (&b, "every", RW_NUMBER_VALUE (8));
  table_of (&b, &sorts[1], &f);
  if (bench_run (&b, &f, &e))
    ok (0, "%s", e.text);
  for (size_t k = 0; k < DISTANCES - 4; k++)
    if (distance[k] == floor (distance[k]))
      {
        const law l = law_of (&b, &f, (int64_t) distance[k], 0);
        const double least = bench_field (&b, "score_min")[k];
        const double most = bench_field (&b, "score_max")[k];
        within = within && least >= l.min - 1e-4 && most <= l.max + 1e-4 && least < most;
      }
  ok (within, "extremes of a sample lie within those of all");
  table_end (&f);
  head_close (&b, &qk, &(rw_freqs){ 0 });
}

/* ---- what is known of some q and k ---- */

/* Barbero et al. (arXiv 2410.06205), Prop. 3.2: independent normal q and k have a mean score of 0
   at every distance, whatever the schedule; the variance is 1 (c = 1 / sqrt (h)).  */
static void
normal_numbers_do_not_decay (void)
{
  enum
  {
    TOKENS = 4096
  };
  static const double at[] = { 0, 1, 3, 10, 30, 100, 300, 1000, 2000, 3000 };
  bench b;
  rw_qk qk;
  rw_freqs f = { 0 };
  rw_error e = { 0 };
  double worst = 0, spread = 0;
  head_open (&b, &qk, TOKENS);
  rw_qk_free (&qk);
  qk = any_qk (TOKENS, DIM, 0, sqrt (3), 0, 17); /* sums of four uniforms have the variance 1/3 */
  b.in.distance = at;
  b.in.n_distances = 10;
  table_of (&b, &sorts[0], &f);
  if (bench_run (&b, &f, &e))
    ok (0, "%s", e.text);
  for (size_t k = 0; k < 10; k++)
    worst = fmax (worst, fabs (bench_field (&b, "score_mean")[k]) * sqrt (TOKENS - at[k]));
  for (size_t k = 0; k < 4; k++)
    spread = fmax (spread, fabs (bench_field (&b, "score_variance")[k] - 1) * sqrt (TOKENS));
  ok (worst < 5, "normal q and k: no mean at any distance, %.2g standard errors at most", worst);
  ok (spread < 10, "and variance 1: off by %.2g / sqrt (N)", spread); /* sqrt (2 + 6/16) is one */
  table_end (&f);
  head_close (&b, &qk, &(rw_freqs){ 0 });
}

/* S = c [2 a^2 B (delta) + unrotated channels], B by rope/similarity.  */
static void
ones_give_similarity (void)
{
  bench b;
  rw_qk qk;
  rw_freqs f = { 0 };
  rw_error e = { 0 };
  double worst = 0, variance = 0, want;
  head_open (&b, &qk, N);
  b.geometry.rotary_dim = 12;
  for (size_t i = 0; i < (size_t) N * DIM; i++)
    ((float *) qk.owned[0])[i] = ((float *) qk.owned[1])[i] = 1;
  bench_set (&b, "keep", RW_TEXT_VALUE ("float64"));
  table_of (&b, &sorts[1], &f);
  if (bench_run (&b, &f, &e))
    ok (0, "%s", e.text);
  for (size_t k = 0; k < DISTANCES - 1; k++)
    if (distance[k] == floor (distance[k]))
      {
        rw_similarity_plain (f.inv_freq, f.n, (int64_t) distance[k], 1, &want);
        want = 0.25 * (2 * f.attention_factor * f.attention_factor * want + 4);
        worst = fmax (worst, off (bench_field (&b, "score_mean")[k], want, 1));
      }
  for (size_t k = 0; k + 1 < MOMENTS; k++)
    variance = fmax (variance, fabs (bench_field (&b, "score_variance")[k]));
  ok (worst < 1e-13, "ones: the similarity: %.2g", worst);
  ok (variance < 1e-10, "and no variance: %.2g", variance);
  table_end (&f);
  head_close (&b, &qk, &(rw_freqs){ 0 });
}

/* ---- gradients ---- */

static void
measure_with (bench *b, void *work, const rw_freqs *f)
{
  rw_error e = { 0 };
  bench_fields (b, f->n);
  rw_arena_reset (b->in.scratch);
  if (b->metric->measure (b->object->self, &b->in, work, f, &b->fields, &e))
    ok (0, "%s", e.text);
}

/* Mean and variance at a moment distance after *x was changed by e^h.  The mean comes from the
   axis, which has the same distances.  */
static void
moved (bench *b, void *work, const rw_freqs *f, double *x, double h, size_t d, double out[2])
{
  const double was = *x;
  *x *= exp (h);
  measure_with (b, work, f);
  out[0] = bench_field (b, "score_mean")[d];
  out[1] = bench_field (b, "score_variance")[d];
  *x = was;
}

/* Of every pair, and, at pair = f.n, of the factor.  */
static void
gradients_are_differences (void)
{
  enum
  {
    ROW = 10 /* longer than the table, as in a file with another schedule */
  };
  bench b;
  rw_qk qk;
  rw_freqs f = { 0 };
  rw_error e = { 0 };
  void *work = NULL;
  double worst = 0;
  static double mean[MOMENTS * ROW], variance[MOMENTS * ROW], by_factor[2][MOMENTS];
  head_open (&b, &qk, N);
  b.in.distance = moment;
  b.in.n_distances = MOMENTS;
  b.pairs = ROW;
  bench_set (&b, "gradients", RW_TRUE_VALUE);
  bench_set (&b, "keep", RW_TEXT_VALUE ("float64"));
  table_of (&b, &sorts[1], &f);
  if (b.metric->prepare (b.object->self, &b.in, &work, &e))
    ok (0, "%s", e.text);
  measure_with (&b, work, &f);
  memcpy (mean, bench_field (&b, "score_mean_by_freq"), sizeof mean);
  memcpy (variance, bench_field (&b, "score_variance_by_freq"), sizeof variance);
  memcpy (by_factor[0], bench_field (&b, "score_mean_by_factor"), sizeof *by_factor);
  memcpy (by_factor[1], bench_field (&b, "score_variance_by_factor"), sizeof *by_factor);
  for (size_t d = 0; d + 1 < MOMENTS; d++)
    for (size_t i = 0; i <= f.n; i++)
      {
        double *x = i < f.n ? &f.inv_freq[i] : &f.attention_factor, up[2], down[2];
        const double phase = fmax (1, moment[d] * (i < f.n ? *x : 0)), h = 1e-4 / phase;
        const double got[] = { i < f.n ? mean[d * ROW + i] : by_factor[0][d],
                               i < f.n ? variance[d * ROW + i] : by_factor[1][d] };
        moved (&b, work, &f, x, h, d, up);
        moved (&b, work, &f, x, -h, d, down);
        for (size_t k = 0; k < 2; k++)
          worst = fmax (worst, off (got[k], (up[k] - down[k]) / (2 * h), 5 * phase));
      }
  /* the means' sums are float32 in the moments, double in the profile */
  ok (worst < 1e-6, "gradients are central differences: %.2g", worst);
  ok (isnan (mean[f.n]) && isnan (mean[ROW * (MOMENTS - 1)]),
      "NaN where there is no pair, and beyond the tokens");
  b.metric->release (work);
  table_end (&f);
  head_close (&b, &qk, &(rw_freqs){ 0 });
}

/* ---- errors of the mean ---- */

static void
the_error_is_that_of_the_mean (void)
{
  bench b;
  rw_qk qk;
  rw_freqs f = { 0 };
  rw_error e = { 0 };
  head_open (&b, &qk, N);
  table_of (&b, &sorts[0], &f);
  if (bench_run (&b, &f, &e))
    ok (0, "%s", e.text);
  const double *error = bench_field (&b, "score_mean_error");
  const double *variance = bench_field (&b, "score_variance");
  /* white noise but for the first key: near the independent one, within what 20 segments tell */
  ok (error[1] > 0.5 * sqrt (variance[1] / N) && error[1] < 2 * sqrt (variance[1] / N),
      "the error of the mean over segments: %.3g", error[1]);
  ok (isnan (error[MOMENTS - 1]), "none beyond the tokens");
  table_end (&f);
  head_close (&b, &qk, &(rw_freqs){ 0 });
}

/* ---- the dimension; what is refused ---- */

static void
moment_distances (void)
{
  bench b;
  rw_qk qk;
  rw_error e = { 0 };
  rw_dim dim;
  rw_arena *keep = rw_arena_new ();
  bench_open (&b, "score_profile");
  rw_status s = b.metric->dim (b.object->self, 4096, "moment_distance", keep, &dim, &e);
  bool rising = !s && dim.n > 1;
  for (size_t k = 1; rising && k < dim.n; k++)
    rising = dim.values[k] > dim.values[k - 1] && dim.values[k] == floor (dim.values[k]);
  ok (rising && dim.n <= 64 && dim.n > 50 && dim.values[0] == 0 && dim.values[dim.n - 1] == 2048,
      "64 distances from 0 to half the length, without doubles: %zu", s ? 0 : dim.n);
  s = b.metric->dim (b.object->self, 1, "moment_distance", keep, &dim, &e);
  ok (!s && dim.n == 1, "one token has one distance");
  ok (b.metric->dim (b.object->self, 1, "depth", keep, &dim, &e) == RW_EINVAL,
      "it has no other dimension");
  bench_close (&b);
  head_open (&b, &qk, N);
  s = b.metric->dim (b.object->self, 1, "moment_distance", keep, &dim, &e);
  ok (!s && dim.n == MOMENTS && dim.values[MOMENTS - 1] == 300, "or those that were asked for");
  static const double bad[] = { 3, 3 };
  bench_set (&b, "moments", (rw_value){ .kind = RW_VALUE_NUMBERS, .numbers = bad, .n = 2 });
  ok (b.metric->check (b.object->self, &b.in, &e) == RW_EINVAL, "distances that do not rise");
  has (e.text, "moments[1]: 3", "and it says which");
  rw_arena_free (keep);
  head_close (&b, &qk, &(rw_freqs){ 0 });
}

static void
what_is_refused (void)
{
  bench b;
  rw_qk qk;
  rw_error e = { 0 };
  rw_freqs f = { 0 };
  head_open (&b, &qk, N);
  bench_set (&b, "spread", RW_TEXT_VALUE ("exact"));
  bench_set (&b, "bin", RW_TRUE_VALUE);
  b.in.length = 1 << 20;
  ok (b.metric->check (b.object->self, &b.in, &e) == RW_EDOMAIN, "every score of a million tokens");
  has (e.hint, "sampled", "and there is a hint");
  b.in.length = N;
  b.geometry.rotary_dim = 32;
  b.geometry.head_dim = 32;
  table_of (&b, &sorts[0], &f);
  b.geometry.head_dim = b.geometry.rotary_dim = DIM;
  ok (bench_run (&b, &f, &e) == RW_EDOMAIN, "a table with more pairs than q and k have");
  table_end (&f);
  head_close (&b, &qk, &(rw_freqs){ 0 });
}

int
main (void)
{
  all_pairs_of_positions ();
  order_does_not_matter ();
  bins_are_means_of_means ();
  sampled_extremes_lie_within ();
  normal_numbers_do_not_decay ();
  ones_give_similarity ();
  gradients_are_differences ();
  the_error_is_that_of_the_mean ();
  moment_distances ();
  what_is_refused ();
  return tap_end ();
}
