/* direct: mean, variance, least and greatest score, against the reference score of every pair of
   positions in double, under every position rule and query scale.  */
#include "score/direct.h"
#include "rope/trained.h"
#include "rule/logit.h"
#include "rule_help.h"
#include "score/sample.h"
#include "score_help.h"

enum
{
  TOKENS = 421,
  BINS = 12
};

/* Single distances, narrow and wide bins, the last distances, and one beyond.  */
static const int64_t first[BINS] = { 0, 1, 2, 7, 8, 20, 21, 101, 230, 419, 420, 425 };
static const int64_t last[BINS] = { 0, 1, 6, 7, 19, 20, 100, 229, 418, 419, 420, 500 };

typedef struct
{
  statistics s[BINS];
  double bound[BINS]; /* of the error of a float32 score */
} wanted;

static double
size_of (const double *x, size_t n)
{
  double sum = 0;
  for (size_t c = 0; c < n; c++)
    sum += x[c] * x[c];
  return sqrt (sum);
}

/* All scores of a bin, one by one.  */
static void
brute_bin (const rw_direct_ask *a, const double *trained, const double *q, const double *k,
           size_t bin, wanted *out)
{
  const size_t dim = a->qk->q.dim, tokens = a->qk->q.n;
  const size_t n_query = rw_sample_size (tokens, a->every);
  int64_t *query = rw_new (n_query, sizeof *query);
  size_t n = 0;
  const int64_t to = a->last[bin] < (int64_t) tokens ? a->last[bin] : (int64_t) tokens - 1;
  double *x
      = rw_new (n_query * (size_t) (to < a->first[bin] ? 0 : to - a->first[bin] + 1), sizeof *x);
  const double factor = a->freqs->attention_factor;
  out->bound[bin] = 0;
  rw_sample_draw (a->seed, a->group, tokens, a->every, query);
  for (size_t j = 0; j < n_query; j++)
    for (int64_t m = query[j], i = m - a->first[bin];
         i >= m - a->last[bin] && i >= (int64_t) a->n_sink; i--)
      {
        const double *qm = q + (size_t) m * dim, *ki = k + (size_t) i * dim;
        x[n++]
            = rw_logit (a->geometry, a->freqs, trained, a->length, qm, ki, (double) m, (double) i);
        const double scale = rw_logit_scale (a->geometry) * a->freqs->softmax_factor
                             * rw_query_scale_at (a->freqs, a->geometry, (double) m)
                             * fmax (1, factor * factor);
        /* direct.h: (channels + 8) half ulps of |q| |k|.  */
        out->bound[bin] = fmax (out->bound[bin], (double) (dim + 8) * 0x1p-24 * fabs (scale)
                                                     * size_of (qm, dim) * size_of (ki, dim));
      }
  out->s[bin] = statistics_of (x, n);
  rw_free (x);
  rw_free (query);
}

static void
brute (const rw_direct_ask *a, wanted *out)
{
  const size_t dim = a->qk->q.dim, tokens = a->qk->q.n;
  double *q = rw_new (tokens * dim, sizeof *q), *k = rw_new (tokens * dim, sizeof *k);
  double *trained = rw_new (a->freqs->n, sizeof *trained);
  rw_trained_fill (a->geometry, a->freqs->n, trained);
  for (size_t i = 0; i < tokens; i++)
    {
      rw_rows_at (&a->qk->q, i, q + i * dim);
      rw_rows_at (&a->qk->k, i, k + i * dim);
    }
  for (size_t b = 0; b < a->n_bins; b++)
    brute_bin (a, trained, q, k, b, out);
  rw_free (q);
  rw_free (k);
  rw_free (trained);
}

typedef struct
{
  double mean[BINS], variance[BINS], min[BINS], max[BINS];
} measured;

static rw_status
measure (const rw_direct_ask *a, measured *out)
{
  rw_error err = { 0 };
  rw_arena_reset (a->scratch);
  const rw_status s = rw_direct_run (
      a, &(rw_direct_result){ out->mean, out->variance, out->min, out->max }, &err);
  if (s)
    printf ("# %s\n", err.text);
  return s;
}

static int
agrees (const measured *got, const wanted *want, size_t n)
{
  int good = 1;
  for (size_t b = 0; b < n; b++)
    {
      const statistics *w = &want->s[b];
      const double e = want->bound[b], sd = sqrt (w->variance);
      const int here
          = w->n == 0 ? isnan (got->mean[b]) && isnan (got->variance[b]) && isnan (got->min[b])
                            && isnan (got->max[b])
                      : fabs (got->mean[b] - w->mean) <= e
                            && fabs (got->variance[b] - w->variance) <= 2 * e * sd + e * e
                            && fabs (got->min[b] - w->min) <= e && fabs (got->max[b] - w->max) <= e;
      if (!here)
        printf ("# bin %zu: %.9g %.9g %.9g %.9g; expected %.9g %.9g %.9g %.9g within %.2g\n", b,
                got->mean[b], got->variance[b], got->min[b], got->max[b], w->mean, w->variance,
                w->min, w->max, e);
      good &= here;
    }
  return good;
}

static rw_direct_ask
ask_of (const rw_geometry *g, const rw_qk *qk, const rw_freqs *f, rw_arena *arena)
{
  return (rw_direct_ask){ .geometry = g,
                          .qk = qk,
                          .freqs = f,
                          .length = (double) qk->q.n,
                          .n_bins = BINS,
                          .first = first,
                          .last = last,
                          .every = 1,
                          .threads = 2,
                          .scratch = arena };
}

static int
is_brute_force (const rw_direct_ask *a)
{
  wanted want;
  measured got;
  brute (a, &want);
  return measure (a, &got) == RW_OK && agrees (&got, &want, a->n_bins);
}

static rw_geometry
shape (int64_t head_dim, int64_t rotary_dim, rw_layout layout)
{
  return (rw_geometry){ .head_dim = head_dim,
                        .rotary_dim = rotary_dim,
                        .rope_theta = 10000,
                        .original_length = 64,
                        .max_length = 64,
                        .layout = layout };
}

/* ---- rules and query scales ---- */

static rw_object *
few_pieces (const char *name)
{
  static const double d[] = { 0, 30 }, e[] = { 0, 20.5 };
  return put_numbers (put_numbers (rule (name), "distances", d, 2), "effective", e, 2);
}

static rw_object *
many_pieces (const char *name)
{
  double d[20], e[20];
  for (int j = 0; j < 20; j++)
    {
      d[j] = 11.5 * j;
      e[j] = 8 * j + 3 * sin (j);
    }
  return put_numbers (put_numbers (rule (name), "distances", d, 20), "effective", e, 20);
}

static rw_object *
start_of (const char *name)
{
  return put (rule (name), "n_hat", 13);
}

static rw_object *
windowed (const char *name)
{
  return put (rule (name), "window", 37);
}

static rw_object *
chunks (const char *name)
{
  return put (put (rule (name), "chunk_size", 90), "local_size", 19);
}

static rw_object *
shifted (const char *name)
{
  return put (put (rule (name), "shift", 120), "window", 17);
}

static rw_object *
local (const char *name)
{
  return put (put (rule (name), "window", 70), "local", 24);
}

static const struct
{
  const char *name;
  rw_object *(*make) (const char *name);
} rules[] = {
  { "start", start_of },        { "self_extend", windowed }, { "rerope", windowed },
  { "leaky_rerope", windowed }, { "string", shifted },       { "dual_chunk", chunks },
  { "jet_long", local },        { "map", few_pieces },       { "map", many_pieces },
};

static void
every_rule (rw_arena *arena)
{
  const rw_geometry g = shape (40, 32, RW_HALF);
  rw_qk qk = qk_make (&(qk_ask){ .n = TOKENS, .dim = 40, .memory = 0.8, .offset = 0.3, .seed = 1 });
  rw_freqs f = scaled ("yarn", 4, &g);
  const size_t n = sizeof rules / sizeof *rules;
  for (size_t k = 0; k < n; k++)
    {
      rw_object *o = rules[k].make (rules[k].name);
      f.rule = o;
      const rw_direct_ask a = ask_of (&g, &qk, &f, arena);
      ok (is_brute_force (&a), "rule %s: every bin is what the scores one by one say",
          rules[k].name);
      rw_object_free (o);
    }
  f.rule = NULL;
  size_t known = 0, all = 0;
  for (const rw_module *const *m = rw_rules.builtin; *m; m++, all++)
    for (size_t k = 0; k < n; k++)
      if (strcmp (rules[k].name, (*m)->name) == 0)
        {
          known++;
          break;
        }
  ok (known == all && all > 0, "all %zu rules were tried", all);
  rw_freqs_free (&f);
  rw_qk_free (&qk);
}

static void
every_query_scale (rw_arena *arena)
{
  const rw_geometry g = shape (32, 32, RW_INTERLEAVED);
  rw_qk qk = qk_make (&(qk_ask){ .n = TOKENS, .dim = 32, .memory = 0.8, .seed = 2 });
  rw_freqs f = scaled ("linear", 4, &g);
  f.softmax_factor = 1.31;
  for (const rw_module *const *m = rw_query_scales.builtin; *m; m++)
    {
      rw_object *o = query_scale ((*m)->name);
      f.query_scale = o;
      const rw_direct_ask a = ask_of (&g, &qk, &f, arena);
      ok (is_brute_force (&a), "query scale %s", (*m)->name);
      rw_object_free (o);
    }
  f.query_scale = NULL;
  rw_freqs_free (&f);
  rw_qk_free (&qk);
}

/* Bins of many distances, whose scores have a bias each; beside a rule that has frames, and one
   that goes by the distance.  */
static void
under_a_bias (rw_arena *arena)
{
  const rw_geometry g = shape (32, 32, RW_INTERLEAVED);
  rw_qk qk = qk_make (&(qk_ask){ .n = TOKENS, .dim = 32, .memory = 0.8, .seed = 2 });
  rw_freqs f = scaled ("linear", 4, &g);
  rw_object *const under[] = { NULL, put (rule ("self_extend"), "group", 4), many_pieces ("map") };
  rw_object *o = put (bias ("alibi"), "slope", 0.385), *tau = query_scale ("ssmax");
  f.softmax_factor = 1.31;
  f.query_scale = tau;
  f.bias = o;
  for (size_t k = 0; k < 3; k++)
    {
      f.rule = under[k];
      rw_direct_ask a = ask_of (&g, &qk, &f, arena);
      a.threads = 2;
      ok (is_brute_force (&a), "a bias under %s", under[k] ? under[k]->module->name : "no rule");
      rw_object_free (under[k]);
    }
  rw_object_free (o);
  rw_object_free (tau);
  rw_freqs_free (&f);
  rw_qk_free (&qk);
}

/* ---- formats, subsets ---- */

static void
formats_and_subsets (rw_arena *arena)
{
  static const struct
  {
    qk_ask qk;
    int64_t rotary_dim;
    rw_layout layout;
    size_t n_sink, every;
    const char *name;
  } cases[] = {
    { { .n = TOKENS, .dim = 64 }, 64, RW_HALF, 0, 1, "half" },
    { { .n = TOKENS, .dim = 50, .gap = 5 },
      20,
      RW_INTERLEAVED,
      4,
      1,
      "partial, interleaved, with gaps, without the first keys" },
    { { .n = TOKENS, .dim = 64, .type = RW_BFLOAT16 }, 64, RW_HALF, 0, 1, "bfloat16" },
    { { .n = TOKENS, .dim = 24, .type = RW_FLOAT64 }, 24, RW_HALF, 0, 3, "every third query" },
    { { .n = TOKENS, .dim = 300, .type = RW_FLOAT16 },
      128,
      RW_HALF,
      200,
      2,
      "three hundred channels, without the first two hundred keys" },
    { { .n = 2, .dim = 16 }, 16, RW_HALF, 0, 1, "two tokens" },
  };
  for (size_t c = 0; c < sizeof cases / sizeof *cases; c++)
    {
      qk_ask with = cases[c].qk;
      with.seed = 60 + c;
      rw_qk qk = qk_make (&with);
      const rw_geometry g = shape ((int64_t) with.dim, cases[c].rotary_dim, cases[c].layout);
      rw_freqs f = scaled ("ntk", 3, &g);
      rw_direct_ask a = ask_of (&g, &qk, &f, arena);
      a.n_sink = cases[c].n_sink;
      a.every = cases[c].every;
      a.seed = 5, a.group = c;
      ok (is_brute_force (&a), "%s", cases[c].name);
      rw_freqs_free (&f);
      rw_qk_free (&qk);
    }
}

/* More queries than a stretch, and bins wider than a piece.  */
static void
long_sequences (rw_arena *arena)
{
  static const int64_t from[] = { 0, 1, 5000, 6500, 8990 }, to[] = { 0, 3, 5040, 8989, 8999 };
  const rw_geometry g = shape (8, 4, RW_HALF);
  rw_qk qk = qk_make (&(qk_ask){ .n = 9000, .dim = 8, .memory = 0.9, .offset = 1, .seed = 4 });
  rw_freqs f = scaled ("yarn", 2, &g);
  rw_direct_ask a = ask_of (&g, &qk, &f, arena);
  a.n_bins = sizeof from / sizeof *from;
  a.first = from, a.last = to;
  ok (is_brute_force (&a), "nine thousand tokens");
  rw_freqs_free (&f);
  rw_qk_free (&qk);
}

/* ---- the same in different ways ---- */

static void
threads_and_kernels (rw_arena *arena)
{
  const rw_geometry g = shape (64, 48, RW_HALF);
  rw_qk qk = qk_make (&(qk_ask){ .n = TOKENS, .dim = 64, .memory = 0.8, .seed = 6 });
  rw_freqs f = scaled ("yarn", 4, &g);
  rw_object *o = windowed ("self_extend");
  f.rule = o;
  rw_direct_ask a = ask_of (&g, &qk, &f, arena);
  measured one = { 0 }, two = { 0 }, avx2 = { 0 }, plain = { 0 };
  wanted want;
  a.n_bins = BINS - 1; /* no NaN: they would not compare */
  brute (&a, &want);
  measure (&a, &two);
  a.threads = 1;
  measure (&a, &one);
  setenv ("ROPEWALK_SIMD", "avx2", 1);
  measure (&a, &avx2);
  setenv ("ROPEWALK_SIMD", "plain", 1);
  measure (&a, &plain);
  unsetenv ("ROPEWALK_SIMD");
  ok (!memcmp (&one, &two, sizeof one) && one.variance[4] > 0,
      "one and two threads give the same bits");
  ok (!memcmp (&one, &avx2, sizeof one), "AVX2 gives the bits of AVX-512");
  ok (agrees (&plain, &want, a.n_bins), "plain kernels keep the bound too");
  rw_object_free (o);
  f.rule = NULL;
  rw_freqs_free (&f);
  rw_qk_free (&qk);
}

/* A mean of 400 with a spread of 4: the sums are of differences.  */
static void
large_mean_costs_no_digits (rw_arena *arena)
{
  rw_geometry g = shape (16, 2, RW_HALF);
  rw_qk qk = qk_make (&(qk_ask){ .n = TOKENS, .dim = 16, .offset = 1000, .seed = 8 });
  rw_freqs f = scaled ("linear", 1e6, &g);
  const rw_direct_ask a = ask_of (&g, &qk, &f, arena);
  wanted want;
  measured got = { 0 };
  brute (&a, &want);
  measure (&a, &got);
  const statistics *w = &want.s[7];
  /* A score of 4e6 in float32 is off by up to 6 and its rounding error by 0.1 on average; the
     variance, 1e7, is not touched by the mean, whose square is a million times as large.  */
  ok (w->mean * w->mean > 1e5 * w->variance && fabs (got.variance[7] / w->variance - 1) < 1e-5,
      "a mean %.0f times the spread costs no digits", fabs (w->mean) / sqrt (w->variance));
  rw_freqs_free (&f);
  rw_qk_free (&qk);
}

static void
refusals (rw_arena *arena)
{
  static const int64_t from[] = { 5 }, to[] = { 4 };
  const rw_geometry g = shape (16, 16, RW_HALF);
  rw_qk qk = qk_make (&(qk_ask){ .n = 20, .dim = 16, .seed = 1 });
  rw_freqs f = scaled ("linear", 2, &g);
  rw_direct_ask a = ask_of (&g, &qk, &f, arena);
  rw_direct_result out = { 0 };
  rw_error err = { 0 };
  ok (rw_direct_run (&a, &out, &err) == RW_OK, "nothing wanted is nothing written");
  a.n_bins = 1, a.first = from, a.last = to;
  ok (rw_direct_run (&a, &out, &err) == RW_EINVAL && strstr (err.text, "5 to 4"),
      "an empty bin: %s", err.text);
  a.last = from, a.every = 0;
  ok (rw_direct_run (&a, &out, &err) == RW_EINVAL, "every 0th: %s", err.text);
  a.every = 1, qk.k.dim = 12;
  ok (rw_direct_run (&a, &out, &err) == RW_EINVAL && strstr (err.text, "(20, 12)"),
      "other keys than queries: %s", err.text);
  qk.q.dim = 12;
  ok (rw_direct_run (&a, &out, &err) == RW_EINVAL && strstr (err.text, "8 frequencies"),
      "more pairs than there are: %s", err.text);
  rw_freqs_free (&f);
  rw_qk_free (&qk);
}

int
main (void)
{
  rw_arena *arena = rw_arena_new ();
  every_rule (arena);
  every_query_scale (arena);
  under_a_bias (arena);
  formats_and_subsets (arena);
  long_sequences (arena);
  threads_and_kernels (arena);
  large_mean_costs_no_digits (arena);
  refusals (arena);
  rw_arena_free (arena);
  return tap_end ();
}
