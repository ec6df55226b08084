/* rows: softmax rows beside a plain softmax of scores in double, in closed form, and beside
   published weights with a learned sink.

   Scores are sums of float32 products: with d channels of q and k of size 1 they err by about
   1e-7 times their size; the largest here are near 80 and then err by 1e-5.  Entropy and log Z
   follow them.  Weights are good to as many digits as scores have decimals.  */
#include "golden_help.h"
#include "head_help.h"
#include "rope/trained.h"
#include "rule/logit.h"
#include "rule_help.h"
#include "score/rows.h"

enum
{
  QUERIES_MAX = 64,
  BINS_MAX = 40,
  AT_MAX = 24
};

typedef struct
{
  rw_rows_ask ask;
  rw_rows_result out;
  rw_geometry geometry;
  rw_freqs freqs;
  rw_qk qk;
  rw_object *rule, *scale, *bias;
  int64_t query[QUERIES_MAX], edge[BINS_MAX + 1], at[AT_MAX];
  double value[6][QUERIES_MAX], mass[QUERIES_MAX * BINS_MAX], mass_sum[BINS_MAX],
      weight_sum[AT_MAX];
} setting;

static const char *const names[]
    = { "log_partition", "entropy", "participation", "max_weight", "sink_mass", "mean_distance" };

/* Points the ask and the results at the setting's own arrays.  */
static void
aim (setting *s)
{
  s->ask.geometry = &s->geometry;
  s->ask.qk = &s->qk;
  s->ask.freqs = &s->freqs;
  s->ask.query = s->query;
  s->ask.edge = s->edge;
  s->ask.at = s->at;
  s->ask.length = (double) s->qk.k.n;
  if (!s->ask.scratch)
    s->ask.scratch = rw_arena_new ();
  rw_arena_reset (s->ask.scratch);
  s->freqs.rule = s->rule;
  s->freqs.query_scale = s->scale;
  s->freqs.bias = s->bias;
  s->out = (rw_rows_result){ .log_partition = s->value[0],
                             .entropy = s->value[1],
                             .participation = s->value[2],
                             .max_weight = s->value[3],
                             .sink_mass = s->value[4],
                             .mean_distance = s->value[5],
                             .mass = s->mass,
                             .mass_sum = s->mass_sum,
                             .weight_sum = s->weight_sum };
}

static void
close_setting (setting *s)
{
  rw_freqs_free (&s->freqs);
  rw_qk_free (&s->qk);
  rw_object_free (s->rule);
  rw_object_free (s->scale);
  rw_object_free (s->bias);
  rw_arena_free (s->ask.scratch);
}

static void
run (setting *s)
{
  rw_error err = { 0 };
  aim (s);
  if (rw_rows_run (&s->ask, &s->out, &err))
    ok (0, "rows run: %s", err.text);
}

/* ---- the plain row: beside a plain softmax of rw_logit ---- */

static double
plain_is_a_softmax (setting *s, int64_t m)
{
  const size_t dim = s->qk.k.dim, n = (size_t) m + 1;
  double *row = rw_new (n, sizeof *row), *weights = rw_new (n, sizeof *row);
  double *x = rw_new (2 * dim + s->freqs.n, sizeof *x), sum = exp (s->qk.sink), worst = 0, z = 0;
  rw_error err = { 0 };
  aim (s);
  rw_trained_fill (&s->geometry, s->freqs.n, x + 2 * dim);
  rw_rows_at (&s->qk.q, (size_t) m, x);
  for (size_t j = 0; j < n; j++)
    {
      const bool seen
          = s->geometry.sliding_window == 0 || m - (int64_t) j < s->geometry.sliding_window;
      rw_rows_at (&s->qk.k, j, x + dim);
      row[j] = seen ? exp (rw_logit (&s->geometry, &s->freqs, x + 2 * dim, s->ask.length, x,
                                     x + dim, (double) m, (double) j))
                    : 0;
      sum += row[j];
    }
  if (rw_rows_plain (&s->ask, m, NULL, weights, &z, &err))
    ok (0, "a plain row: %s", err.text);
  for (size_t j = 0; j < n; j++)
    worst = fmax (worst, fabs (weights[j] - row[j] / sum));
  worst = fmax (worst, fabs (z - log (sum)));
  rw_free (row);
  rw_free (weights);
  rw_free (x);
  return worst;
}

/* ---- the statistics of a plain row ---- */

typedef struct
{
  double value[6], mass[BINS_MAX], at[AT_MAX], top;
} truth;

static truth
truth_of (setting *s, int64_t m)
{
  const size_t n = (size_t) m + 1;
  const int64_t window = s->geometry.sliding_window;
  const int64_t visible = window > 0 && m >= window ? window : m + 1;
  double *p = rw_new (n, sizeof *p), *score = rw_new (n, sizeof *score);
  truth t = { 0 };
  rw_error err = { 0 };
  double squares = 0, sum = 0, distance = 0;
  if (rw_rows_plain (&s->ask, m, score, p, &t.value[0], &err))
    ok (0, "a plain row: %s", err.text);
  for (int64_t j = 0; j <= m; j++)
    {
      const double w = p[j];
      t.value[1] -= w > 0 ? w * log (w) : 0;
      squares += w * w;
      t.value[3] = fmax (t.value[3], w);
      t.value[4] += j < (int64_t) s->ask.n_sink ? w : 0;
      sum += w;
      distance += w * (double) (m - j);
      if (score[j] > -INFINITY)
        t.top = fmax (t.top, fabs (score[j]));
      for (size_t b = 0; b < s->ask.n_bins; b++)
        if (m - j >= s->edge[b] && m - j < s->edge[b + 1])
          t.mass[b] += w;
      for (size_t k = 0; k < s->ask.n_at; k++)
        if (m - j == s->at[k])
          t.at[k] = w * (double) visible;
    }
  t.value[2] = 1 / squares;
  t.value[5] = distance / sum;
  rw_free (p);
  rw_free (score);
  return t;
}

/* The worst deviation of every statistic over the queries, each in its own measure.  */
typedef struct
{
  double value[6], mass, sums, top;
} gap;

static gap
gap_of (setting *s)
{
  gap g = { 0 };
  double mass_sum[BINS_MAX] = { 0 }, weight_sum[AT_MAX] = { 0 };
  run (s);
  for (size_t k = 0; k < s->ask.n_queries; k++)
    {
      const truth t = truth_of (s, s->query[k]);
      for (int i = 0; i < 6; i++)
        {
          const double relative = i == 2 || i == 3 ? fabs (t.value[i])
                                  : i == 5         ? 1 + (double) s->query[k]
                                                   : 1;
          const double d = fabs (s->value[i][k] - t.value[i]) / relative;
          g.value[i] = d > g.value[i] || isnan (d) ? d : g.value[i];
        }
      for (size_t b = 0; b < s->ask.n_bins; b++)
        {
          g.mass = fmax (g.mass, fabs (s->mass[k * s->ask.n_bins + b] - t.mass[b]));
          mass_sum[b] += t.mass[b];
        }
      for (size_t j = 0; j < s->ask.n_at; j++)
        weight_sum[j] += t.at[j];
      g.top = fmax (g.top, t.top);
    }
  for (size_t b = 0; b < s->ask.n_bins; b++)
    g.sums = fmax (g.sums, fabs (s->mass_sum[b] - mass_sum[b]) / (1 + mass_sum[b]));
  for (size_t j = 0; j < s->ask.n_at; j++)
    g.sums = fmax (g.sums, fabs (s->weight_sum[j] - weight_sum[j]) / (1 + weight_sum[j]));
  return g;
}

/* Float32's share of the largest score, and the sums': see above.  */
static bool
small (const gap *g)
{
  const double tol = 4e-6 + 2e-7 * g->top;
  bool all = g->mass <= tol && g->sums <= tol;
  for (int i = 0; i < 6; i++)
    all = all && g->value[i] <= (i == 2 ? 2 : 1) * tol;
  if (!all || getenv ("ROWS_SHOW"))
    {
      for (int i = 0; i < 6; i++)
        printf ("# %s off by %.2g\n", names[i], g->value[i]);
      printf ("# mass %.2g, sums %.2g, largest score %.3g\n", g->mass, g->sums, g->top);
    }
  return all;
}

/* ---- drawn settings ---- */

static rw_freqs
freqs_of (const rw_geometry *g, double length)
{
  static const char *const schedules[] = { "default", "yarn", "linear", "none" };
  rw_freqs f = { 0 };
  rw_error err = { 0 };
  const size_t which = (size_t) drawn_whole (0, 3);
  rw_object *o = block (schedules[which]);
  if (which == 1 || which == 2)
    put (o, "factor", 1 + 7 * drawn ());
  if (rw_schedule_fill (o, g, length, &f, &err))
    ok (0, "a schedule: %s", err.text);
  rw_object_free (o);
  f.softmax_factor = drawn () < 0.3 ? 0.5 + drawn () : 1;
  return f;
}

static void
draw_queries (setting *s, size_t wanted)
{
  const int64_t n = (int64_t) s->qk.k.n;
  s->ask.n_queries = 0;
  for (int64_t m = n - 1 - drawn_whole (0, n / 2), k = 0; k < (int64_t) wanted && m < n; k++)
    {
      s->query[s->ask.n_queries++] = m;
      m += 1 + drawn_whole (0, 2 * n / 3 / (int64_t) wanted);
    }
}

static void
draw_distances (setting *s)
{
  int64_t at = drawn () < 0.5 ? 0 : drawn_whole (0, 9);
  const bool narrow = drawn () < 0.5;
  s->ask.n_bins = (size_t) drawn_whole (0, BINS_MAX - 1);
  for (size_t b = 0; b <= s->ask.n_bins; b++, at += narrow ? 1 : drawn_whole (1, 200))
    s->edge[b] = at;
  s->ask.n_at = (size_t) drawn_whole (0, AT_MAX - 1);
  at = 0;
  for (size_t j = 0; j < s->ask.n_at; j++, at += drawn () < 0.5 ? 1 : drawn_whole (1, 300))
    s->at[j] = at;
}

static const rw_dtype types[] = { RW_FLOAT32, RW_BFLOAT16, RW_FLOAT16, RW_FLOAT64 };

/* N tokens; everything else drawn.  */
static void
draw (setting *s, int64_t n)
{
  static const int64_t dims[] = { 2, 6, 16, 24, 64, 80, 128 };
  *s = (setting){ 0 };
  rw_geometry *g = &s->geometry;
  g->head_dim = dims[drawn_whole (0, 6)];
  g->rotary_dim = drawn () < 0.5 ? g->head_dim : 2 * drawn_whole (1, g->head_dim / 2);
  g->rope_theta = pow (10, 1 + 5 * drawn ());
  g->original_length = g->max_length = (double) (n / 2 + 1);
  g->layout = drawn () < 0.5 ? RW_HALF : RW_INTERLEAVED;
  g->logit_scale = drawn () < 0.3 ? 0.2 * drawn () : 0;
  g->sliding_window = drawn () < 0.4 ? drawn_whole (1, n + 10) : 0;
  s->freqs = freqs_of (g, (double) n);
  const size_t dim = (size_t) g->head_dim;
  s->qk = head_drawn (types[drawn_whole (0, 3)], (size_t) n, dim,
                      (ptrdiff_t) dim + (drawn () < 0.3 ? 3 : 0), 1);
  s->qk.sink = drawn () < 0.4 ? 4 * drawn_normal () : -INFINITY;
  s->ask.n_sink = (size_t) drawn_whole (0, 6);
  s->ask.threads = 1;
  draw_queries (s, 9);
  draw_distances (s);
  aim (s);
}

static void
drawn_settings (void)
{
  static const int64_t lengths[] = { 1, 2, 63, 64, 65, 130, 511, 512, 513, 700, 1025, 1999, 3000 };
  for (size_t k = 0; k < 3 * sizeof lengths / sizeof *lengths; k++)
    {
      setting s;
      draw (&s, lengths[k / 3]);
      const gap g = gap_of (&s);
      ok (small (&g), "%lld keys, %lld of %lld channels rotated, %s", (long long) s.qk.k.n,
          (long long) s.geometry.rotary_dim, (long long) s.geometry.head_dim,
          rw_dtype_text (s.qk.k.type));
      if (k % 5 == 0)
        ok (plain_is_a_softmax (&s, s.query[s.ask.n_queries - 1]) <= 1e-13,
            "the plain row is a softmax of the scores (1e-13: sums of 3000 terms in any order)");
      close_setting (&s);
    }
}

/* ---- rules and query scales ---- */

static rw_object *
rule_drawn (const char *name, int64_t n)
{
  static const double few[] = { 0, 100, 700 }, few_to[] = { 0, 50, 60 };
  static const double many[] = { 0, 5, 9, 20, 50, 90, 200, 400, 900, 1200 };
  static const double many_to[] = { 0, 5, 8, 15, 20, 60, 40, 50, 77, 80 };
  rw_object *o = rule (strcmp (name, "map+") == 0 ? "map" : name);
  if (strcmp (name, "start") == 0)
    put (o, "n_hat", (double) drawn_whole (1, n / 2));
  else if (strcmp (name, "map") == 0)
    put_numbers (put_numbers (o, "distances", few, 3), "effective", few_to, 3);
  else if (strcmp (name, "map+") == 0)
    put_numbers (put_numbers (o, "distances", many, 10), "effective", many_to, 10);
  else if (strcmp (name, "dual_chunk") == 0)
    put (put (o, "chunk_size", (double) drawn_whole (40, 500)), "local_size",
         (double) drawn_whole (1, 30));
  else if (strcmp (name, "string") == 0)
    put (put (o, "shift", (double) drawn_whole (200, 400)), "window",
         (double) drawn_whole (10, 99));
  else if (strcmp (name, "jet_long") == 0)
    put (put (o, "window", (double) drawn_whole (100, 400)), "local", (double) drawn_whole (9, 99));
  else
    put (o, "window", (double) drawn_whole (30, 300));
  if (strcmp (name, "leaky_rerope") == 0)
    put (o, "factor", 1.5 + 3 * drawn ());
  if (strcmp (name, "self_extend") == 0)
    put (o, "group", (double) drawn_whole (2, 9));
  return o;
}

static void
under_rules (void)
{
  size_t known = 0;
  for (size_t i = 0; i < 2 * known + 2 || rw_kind_at (&rw_rules, i / 2); i++)
    {
      const rw_module *module = rw_kind_at (&rw_rules, i / 2);
      const char *name = module ? module->name : "map+";
      known += !module;
      if (known > 2)
        break;
      setting s;
      draw (&s, 300 + drawn_whole (0, 1500));
      s.rule = rule_drawn (name, (int64_t) s.qk.k.n);
      const gap g = gap_of (&s);
      ok (small (&g), "under %s, %lld keys", name, (long long) s.qk.k.n);
      close_setting (&s);
    }
}

static void
under_query_scales (void)
{
  const rw_module *module;
  for (size_t i = 0; (module = rw_kind_at (&rw_query_scales, i)); i++)
    {
      setting s;
      draw (&s, 1200);
      s.scale = query_scale (module->name);
      if (rw_module_find (module, "original_length", NULL))
        put (s.scale, "original_length", 100);
      if (strcmp (module->name, "llama4") == 0)
        put_text (s.scale, "layers", "all");
      if (rw_module_find (module, "s", NULL))
        put (s.scale, "s", 0.3);
      aim (&s);
      const gap g = gap_of (&s);
      ok (rw_query_scale_at (&s.freqs, &s.geometry, 1000) != 1 && small (&g), "with %s",
          module->name);
      close_setting (&s);
    }
}

/* Every kind of score: of one span and of several, of many, scaled and not, behind a window.  */
static void
under_biases (void)
{
  static const char *const rules[] = { NULL, "self_extend", "map+", "start", "leaky_rerope" };
  static const double slopes[] = { 0.02, 0.3, 1.385 };
  for (size_t i = 0; i < 3 * sizeof rules / sizeof *rules; i++)
    {
      const char *name = rules[i / 3];
      setting s;
      draw (&s, 300 + drawn_whole (0, 1500));
      s.rule = name ? rule_drawn (name, (int64_t) s.qk.k.n) : NULL;
      s.scale = i % 2 ? put (query_scale ("ssmax"), "s", 0.3) : NULL;
      s.bias = put (bias ("alibi"), "slope", slopes[i % 3]);
      aim (&s);
      const gap g = gap_of (&s);
      ok (small (&g), "under %s and a slope of %g", name ? name : "no rule", slopes[i % 3]);
      close_setting (&s);
    }
}

/* ---- closed forms ---- */

/* Scores are chosen: channel 0 does not rotate, q is 1 there, k the score.  */
static void
chosen (setting *s, size_t n, const double *score, double sink)
{
  double *q = rw_new (2 * n, sizeof *q), *k = rw_new (2 * n, sizeof *k);
  rw_error err = { 0 };
  *s = (setting){ .geometry = { .head_dim = 2,
                                .rotary_dim = 2,
                                .rope_theta = 1e4,
                                .original_length = 64,
                                .max_length = 64,
                                .logit_scale = 1 } };
  for (size_t i = 0; i < n; i++)
    q[2 * i] = 1, k[2 * i] = score[i];
  s->qk = head_of (RW_FLOAT64, n, 2, 2, q, k);
  s->qk.sink = sink;
  rw_object *none = block ("none");
  if (rw_schedule_fill (none, &s->geometry, (double) n, &s->freqs, &err))
    ok (0, "no rotation: %s", err.text);
  rw_object_free (none);
  rw_free (q);
  rw_free (k);
  s->ask.n_queries = 1;
  s->query[0] = (int64_t) n - 1;
  aim (s);
}

static void
all_alike (void)
{
  enum
  {
    N = 2500
  };
  static double score[N];
  static const int64_t queries[] = { 0, 1, 63, 64, 700, 2499 };
  for (int high = 0; high < 2; high++)
    {
      setting s;
      for (int i = 0; i < N; i++)
        score[i] = high ? 77.25 : 0;
      chosen (&s, N, score, -INFINITY);
      s.ask.n_queries = 6;
      s.ask.n_bins = 3, s.ask.n_at = 2, s.ask.n_sink = 4;
      s.edge[1] = 1, s.edge[2] = 60, s.edge[3] = 2000;
      s.at[0] = 0, s.at[1] = 1500;
      memcpy (s.query, queries, sizeof queries);
      run (&s);
      double worst = 0;
      for (size_t k = 0; k < 6; k++)
        {
          const double m = (double) queries[k], n = m + 1;
          const double is[6] = { log (n) + score[0], log (n), n, 1 / n, fmin (4, n) / n, m / 2 };
          for (int i = 0; i < 6; i++)
            worst = fmax (worst, fabs (s.value[i][k] - is[i]) / (1 + fabs (is[i])));
          worst = fmax (worst, fabs (s.mass[3 * k + 1] - fmin (59, fmax (m, 0)) / n));
        }
      ok (worst <= (high ? 2e-7 : 1e-15),
          "all scores %s: entropy ln (m + 1), participation m + 1 (2e-7: 77.25 log2 e as a float)",
          high ? "77.25" : "0");
      near (s.weight_sum[0], 6, high ? 1e-5 : TOL2,
            "weights at distance 0 are uniform (1e-5: float scores; else six exponentials)");
      near (s.weight_sum[1], 1, high ? 1e-5 : TOL2, "and at 1500, where one query reaches");
      close_setting (&s);
    }
}

static void
one_key_dominates (void)
{
  enum
  {
    N = 1500
  };
  static double score[N];
  static const int where[] = { 0, 700, N - 1 };
  for (int k = 0; k < 3; k++)
    {
      setting s;
      for (int i = 0; i < N; i++)
        score[i] = i == where[k] ? 80 : -0.5;
      chosen (&s, N, score, -INFINITY);
      s.ask.n_sink = 1;
      run (&s);
      /* The others weigh 1499 e^-80.5 together and count as 1499 2^-60 = 1.3e-15.  */
      near (s.value[3][0], 1, TOL1, "a key of score 80 takes all");
      near (s.value[0][0], 80, 1e-7, "log Z is its score (1e-7: a float)");
      near (s.value[2][0], 1, TOL1, "participation 1");
      ok (fabs (s.value[1][0]) < 1e-13, "entropy 0");
      ok (fabs (s.value[5][0] - (N - 1 - where[k])) < 1e-9, "mean distance its own");
      ok (fabs (s.value[4][0] - (k == 0)) <= TOL1, "sink mass 1 for the first key, else 0");
      close_setting (&s);
    }
}

/* Half the weight on one key, half spread: score ln (N - 1).  */
static void
half_and_half (void)
{
  enum
  {
    N = 1025
  };
  static double score[N];
  setting s;
  score[3] = log (N - 1);
  chosen (&s, N, score, log (2 * (N - 1)));
  s.ask.n_sink = 4;
  run (&s);
  /* Z = 4 (N - 1) with the learned sink: weights 1/4 on key 3, 1/4 spread, 1/2 lost.  */
  near (s.value[0][0], log (4 * (N - 1)), 1e-7, "a learned sink counts in log Z (1e-7: a float)");
  near (s.value[3][0], 0.25, 1e-6, "and takes half the weight (1e-6: score ln 1024 as a float)");
  near (s.value[4][0], 0.25 + 0.25 * 3 / (N - 1), 1e-6, "also that of the first keys");
  near (s.value[1][0], 0.25 * log (4) + 0.25 * log (4 * (N - 1)), 1e-6,
        "entropy is that of the visible weights as they are (1e-6: as above)");
  close_setting (&s);
}

/* Rising scores raise the reference over and over; bins must follow.  */
static void
rising_scores (void)
{
  enum
  {
    N = 2000
  };
  static double score[N];
  setting s;
  for (int i = 0; i < N; i++)
    score[i] = 0.25 * i - 100;
  chosen (&s, N, score, -INFINITY);
  s.ask.n_bins = 2;
  s.edge[1] = 4, s.edge[2] = 8;
  run (&s);
  const double r = exp (-0.25), z = 1 / (1 - r);
  near (s.value[3][0], 1 - r, 1e-4, "scores rise by 1/4: geometric weights (1e-4: scores of 400)");
  near (s.value[0][0], 0.25 * (N - 1) - 100 + log (z), 1e-6, "log Z (1e-6: the same)");
  near (s.mass[1], exp (-1) * (1 - exp (-1)), 1e-4, "a bin's mass (1e-4: the same)");
  near (s.value[5][0], r / (1 - r), 1e-4, "mean distance r / (1 - r) (1e-4: the same)");
  close_setting (&s);
}

/* ---- published weights under a learned sink ---- */

static void
beside_published_weights (void)
{
  cJSON *root = read_golden ("further.json");
  const cJSON *c;
  int cases = 0;
  cJSON_ArrayForEach (c, cJSON_GetObjectItem (root, "cases"))
  {
    const char *kind = text_of (c, "kind");
    if (!kind || strcmp (kind, "softmax_sink") != 0)
      continue;
    const cJSON *logits = cJSON_GetObjectItem (c, "logits"),
                *is = cJSON_GetObjectItem (c, "weights");
    const int n = cJSON_GetArraySize (logits);
    double score[QUERIES_MAX], p[QUERIES_MAX], worst = 0, float_worst = 0;
    rw_error err = { 0 };
    setting s;
    for (int i = 0; i < n; i++)
      score[i] = cJSON_GetArrayItem (logits, i)->valuedouble;
    chosen (&s, (size_t) n, score,
            cJSON_GetObjectItem (cJSON_GetObjectItem (c, "params"), "sink")->valuedouble);
    s.ask.n_bins = (size_t) n;
    for (int i = 0; i <= n; i++)
      s.edge[i] = i;
    run (&s);
    rw_rows_plain (&s.ask, n - 1, NULL, p, NULL, &err);
    for (int i = 0; i < n; i++)
      {
        const double w = cJSON_GetArrayItem (is, i)->valuedouble;
        worst = fmax (worst, fabs (p[i] - w));
        float_worst = fmax (float_worst, fabs (s.mass[n - 1 - i] - w));
      }
    ok (worst <= 1e-12, "%s: the plain row has the published weights (1e-12: theirs)",
        text_of (c, "id"));
    ok (float_worst <= 3e-7, "and the kernels too (3e-7: float32)");
    cases++;
    close_setting (&s);
  }
  ok (cases > 1, "there are published weights");
  cJSON_Delete (root);
}

/* ---- long rows ---- */

/* Positions far out, many flushes into double, a bin wider than float can count.  */
static void
a_long_row (rw_object *by)
{
  setting s;
  const int64_t n = 200000;
  s = (setting){ .geometry = { .head_dim = 4,
                               .rotary_dim = 4,
                               .rope_theta = 1e4,
                               .original_length = 4096,
                               .max_length = 4096 },
                 .rule = by };
  s.qk = head_drawn (RW_FLOAT32, (size_t) n, 4, 4, 1.5);
  s.freqs = freqs_of (&s.geometry, (double) n);
  s.ask.n_queries = 2, s.ask.n_sink = 4, s.ask.n_bins = 2, s.ask.n_at = 2;
  s.query[0] = 131071, s.query[1] = n - 1;
  s.edge[1] = 20, s.edge[2] = 150000;
  s.at[1] = 199990;
  aim (&s);
  const gap g = gap_of (&s);
  ok (small (&g), "200000 keys, %s", by ? by->module->name : "no rule");
  close_setting (&s);
}

/* ---- threads and kernels ---- */

static void
threads_change_no_bit (void)
{
  enum
  {
    N = 1500,
    MANY = 300
  };
  static double one[MANY], two[MANY], sum_one[3], sum_two[3], bound_one[3], bound_two[3];
  static int64_t query[MANY];
  static const size_t band[] = { 0, 10, 150, MANY };
  int64_t least[3];
  setting s;
  draw (&s, N);
  for (int k = 0; k < MANY; k++)
    query[k] = 5 * k;
  for (int b = 0; b < 3; b++)
    least[b] = query[band[b]];
  s.ask.n_queries = MANY;
  s.ask.n_bins = 0, s.ask.n_at = 3;
  s.at[0] = 0, s.at[1] = 17, s.at[2] = 400;
  for (int bands = 0; bands < 2; bands++)
    {
      s.ask.n_bands = bands ? 3 : 0;
      s.ask.band = band;
      s.ask.least = least;
      aim (&s);
      s.ask.query = query;
      rw_error err = { 0 };
      rw_rows_result out
          = { .entropy = one, .weight_sum = sum_one, .bound = bands ? bound_one : NULL };
      s.ask.threads = 1;
      int failed = rw_rows_run (&s.ask, &out, &err) != RW_OK;
      s.ask.threads = 3;
      out = (rw_rows_result){ .entropy = two,
                              .weight_sum = sum_two,
                              .bound = bands ? bound_two : NULL };
      failed += rw_rows_run (&s.ask, &out, &err) != RW_OK;
      ok (!failed && memcmp (one, two, sizeof one) == 0
              && memcmp (sum_one, sum_two, sizeof sum_one) == 0
              && memcmp (bound_one, bound_two, sizeof bound_one) == 0,
          "one thread and three agree to the bit%s", bands ? ", with bands" : "");
    }
  close_setting (&s);
}

/* So many distances that a chunk has six queries, and tasks share lanes.  */
static void
more_distances_than_room (void)
{
  enum
  {
    AT = 900000,
    MANY = 100
  };
  static int64_t at[AT], query[MANY];
  double *sum[2], worst = 0;
  setting s;
  draw (&s, 400);
  s.geometry.sliding_window = 0;
  s.ask.n_bins = 0;
  for (int k = 0; k < 2; k++)
    {
      rw_error err = { 0 };
      rw_rows_result out = { .weight_sum = sum[k] = rw_new (AT, sizeof **sum) };
      aim (&s);
      for (int64_t j = 0; j < AT; j++)
        at[j] = j;
      for (int64_t j = 0; j < MANY; j++)
        query[j] = 3 * j + 7;
      s.ask.n_at = AT, s.ask.at = at;
      s.ask.n_queries = MANY, s.ask.query = query;
      s.ask.threads = k ? 3 : 1;
      if (rw_rows_run (&s.ask, &out, &err))
        ok (0, "many distances: %s", err.text);
    }
  ok (memcmp (sum[0], sum[1], AT * sizeof **sum) == 0, "900000 distances: threads change no bit");
  for (int64_t d = 0; d < 400; d += 57)
    {
      double p[400], is = 0;
      rw_error err = { 0 };
      for (int64_t j = 0; j < MANY; j++)
        if (query[j] >= d && !rw_rows_plain (&s.ask, query[j], NULL, p, NULL, &err))
          is += p[query[j] - d] * (double) (query[j] + 1);
      worst = fmax (worst, fabs (sum[0][d] - is) / (1 + is));
    }
  ok (worst <= 1e-5, "and sums are the plain rows' (1e-5: float32 scores)");
  rw_free (sum[0]);
  rw_free (sum[1]);
  close_setting (&s);
}

static void
kernels_agree (void)
{
  static const char *const simd[] = { "plain", "avx2", "avx512" };
  double value[3][6][QUERIES_MAX], worst = 0;
  setting s;
  draw (&s, 2000);
  s.geometry.sliding_window = 0;
  for (int k = 0; k < 3; k++)
    {
      setenv ("ROPEWALK_SIMD", simd[k], 1);
      const gap g = gap_of (&s);
      ok (small (&g), "%s kernels beside the plain row", simd[k]);
      memcpy (value[k], s.value, sizeof s.value);
    }
  unsetenv ("ROPEWALK_SIMD");
  for (int i = 0; i < 6; i++)
    for (size_t k = 0; k < s.ask.n_queries; k++)
      for (int j = 1; j < 3; j++)
        worst = fmax (worst, fabs (value[j][i][k] - value[0][i][k]) / (1 + fabs (value[0][i][k])));
  ok (worst <= 4e-6, "and beside each other (4e-6: %.1g; float32 sums in other orders)", worst);
  close_setting (&s);
}

static void
refusals (void)
{
  setting s;
  rw_error err = { 0 };
  draw (&s, 100);
  s.query[s.ask.n_queries - 1] = 100;
  ok (rw_rows_run (&s.ask, &s.out, &err) == RW_EINVAL, "a query beyond the keys is refused");
  has (err.text, "below 100", "and told");
  s.qk.q.n = 99;
  ok (rw_rows_run (&s.ask, &s.out, &err) == RW_EINVAL, "q and k of other lengths too");
  close_setting (&s);
}

int
main (void)
{
  drawn_settings ();
  under_rules ();
  under_query_scales ();
  under_biases ();
  all_alike ();
  one_key_dominates ();
  half_and_half ();
  rising_scores ();
  beside_published_weights ();
  a_long_row (NULL);
  a_long_row (put (put (rule ("leaky_rerope"), "window", 5000), "factor", 3.7));
  a_long_row (put (put (rule ("self_extend"), "window", 2000), "group", 7));
  threads_change_no_bit ();
  more_distances_than_room ();
  kernels_agree ();
  refusals ();
  return tap_end ();
}
