/* pairs: means of rotary pairs over the tokens, and the similarity that they weigh, beside plain
   sums.  */
#include "metric_help.h"
#include "qk_help.h"
#include "rope/similarity.h"
#include "rule/rule.h"
#include "score/pairs.h"

enum
{
  TOKENS = 9001, /* more than two parts of the sums, and no multiple */
  DIM = 12,
  PAIRS = 5 /* of 6: two channels do not rotate */
};

static long double
value (const rw_rows *rows, size_t t, size_t c)
{
  return ((const float *) rows->data)[t * rows->dim + c];
}

static double
mean_norm (const rw_rows *rows, rw_layout layout, size_t i)
{
  long double sum = 0;
  for (size_t t = 0; t < rows->n; t++)
    sum += hypotl (value (rows, t, first_of (layout, i)),
                   value (rows, t, second_of (layout, PAIRS, i)));
  return (double) (sum / rows->n);
}

static double
mean_product (const rw_qk *qk, rw_layout layout, size_t i)
{
  const size_t x = first_of (layout, i), y = second_of (layout, PAIRS, i);
  long double sum = 0;
  for (size_t t = 0; t < qk->q.n; t++)
    sum += value (&qk->q, t, x) * value (&qk->k, t, x)
           + value (&qk->q, t, y) * value (&qk->k, t, y);
  return (double) (sum / qk->q.n);
}

static double
off (double got, double want)
{
  return isnan (got) && isnan (want) ? 0 : fabs (got - want) / fabs (want);
}

static void
means_are_those_of_plain_sums (rw_layout layout)
{
  rw_error err = { 0 };
  double x[4][PAIRS], worst = 0;
  rw_qk qk = any_qk (TOKENS, DIM, 7, 1, 0.5, 11);
  rw_pairs_mean mean = { x[0], x[1], x[2], x[3] };
  ok (!rw_pairs_run (&qk, layout, PAIRS, 1, &mean, &err), "%s: runs", rw_layout_text (layout));
  for (size_t i = 0; i < PAIRS; i++)
    {
      const bool in_v = second_of (layout, PAIRS, i) < 7;
      worst = fmax (worst, off (x[0][i], mean_norm (&qk.q, layout, i)));
      worst = fmax (worst, off (x[1][i], mean_norm (&qk.k, layout, i)));
      worst = fmax (worst, off (x[2][i], in_v ? mean_norm (&qk.v, layout, i) : NAN));
      worst = fmax (worst, off (x[3][i], mean_product (&qk, layout, i)));
    }
  /* Sums of 4096 doubles in order.  */
  ok (worst <= TOL3, "%s: norms and products, and NaN for pairs that v does not have",
      rw_layout_text (layout));
  double y[4][PAIRS];
  rw_pairs_mean again = { y[0], y[1], y[2], y[3] };
  rw_pairs_run (&qk, layout, PAIRS, 3, &again, &err);
  ok (!memcmp (x, y, sizeof x), "%s: three threads give the same bits", rw_layout_text (layout));
  rw_qk_free (&qk);
}

/* ---- weighted similarity ---- */

static const double weights[6] = { 1.5, -0.75, 0.3, 2.25, -0.01, 0.6 };
static const double turns[6] = { 1, 0.3, 0.11, 0.017, 0.0012, 0 };

static long double
naive (double m)
{
  long double sum = 0;
  for (int i = 0; i < 6; i++)
    sum += weights[i] * cosl ((long double) m * turns[i]);
  return sum;
}

static void
weighted_sums (void)
{
  enum
  {
    MOST = 50000
  };
  static double b[MOST + 1];
  rw_arena *arena = rw_arena_new ();
  rw_similarity *s = rw_similarity_take (arena, 6);
  rw_similarity_summary all;
  double worst = 0, one = 0, count = 0, first = NAN, least = INFINITY;
  rw_similarity_set (s, turns);
  rw_similarity_weigh (s, weights);
  rw_similarity_run (s, 0, MOST + 1, b);
  rw_similarity_scan (s, 0, MOST, 2, &all);
  for (int m = 0; m <= MOST; m++)
    {
      const double want = (double) naive (m);
      worst = fmax (worst, fabs (b[m] - want));
      one = fmax (one, fabs (rw_similarity_one (turns, weights, 6, m) - want));
      least = fmin (least, want);
      if (want >= 0)
        continue;
      count++;
      first = isnan (first) ? m : first;
    }
  ok (worst <= rw_similarity_bound (s) && worst > 0, "a run is within its bound: %.2g of %.2g",
      worst, rw_similarity_bound (s));
  ok (one <= rw_similarity_bound (s), "and so are single values");
  near (rw_similarity_bound (s), 2.25 * rw_similarity_error (6), TOL0,
        "the bound grows by the weight");
  ok (count > 100 && all.negative_count == count && all.first_negative == first,
      "the scan counts %g negative sums from %g on", count, first);
  near (all.min, least, TOL1, "and finds the least");
  rw_similarity_set (s, turns);
  rw_similarity_run (s, 7, 1, b);
  ok (fabs (b[0] - rw_similarity_one (turns, NULL, 6, 7)) <= rw_similarity_error (6),
      "the next set takes the weights away");
  rw_arena_free (arena);
}

static rw_object *
rule_at (double window)
{
  rw_error err = { 0 };
  const rw_module *module = NULL;
  rw_object *o = NULL;
  if (rw_kind_find (&rw_rules, "rerope", &module, &err) || rw_object_new (module, &o, &err)
      || rw_object_set (o, "window", &RW_NUMBER_VALUE (window), NULL, &err))
    ok (0, "a rule: %s", err.text);
  return o;
}

static void
the_metric_weighs_by_the_source (rw_layout layout)
{
  bench b;
  rw_freqs f = { 0 };
  rw_error err = { 0 };
  const double at[] = { 0, 1, 5, 77, 500 };
  rw_qk qk = any_qk (600, 16, 0, 1, 0.5, 5);
  double w[8];
  rw_pairs_mean mean = { .alignment = w };
  bench_open (&b, "similarity");
  b.geometry.head_dim = b.geometry.rotary_dim = 16;
  b.geometry.layout = layout;
  b.in.length = 600;
  b.in.distance = at;
  b.in.n_distances = 5;
  b.in.qk = &qk;
  table (&b, "yarn", 4, &f);
  rw_pairs_run (&qk, layout, 8, 1, &mean, &err);
  bench_set (&b, "weights", RW_TEXT_VALUE ("model"));
  ok (!bench_run (&b, &f, &err), "%s: runs %s", rw_layout_text (layout), err.text);
  double worst = 0, count = 0;
  for (int m = 0; m <= 600; m++)
    {
      long double want = 0;
      for (int i = 0; i < 8; i++)
        want += w[i] * cosl ((long double) m * f.inv_freq[i]);
      count += want < 0;
      for (int k = 0; k < 5; k++)
        if (at[k] == m)
          worst = fmax (worst, fabs (bench_field (&b, "similarity")[k] - (double) want));
    }
  ok (worst <= 1e-12, "%s: values are the weighted sums", rw_layout_text (layout));
  ok (count > 0 && bench_field (&b, "similarity_negative_count")[0] == count,
      "%s: %g negative ones are counted", rw_layout_text (layout), count);
  const double far = bench_field (&b, "similarity")[3];
  b.geometry.rotary_dim = 8; /* the table has more pairs than the model, as `proportional` may */
  ok (!bench_run (&b, &f, &err) && bench_field (&b, "similarity")[3] == far,
      "%s: channels are paired as the table has them", rw_layout_text (layout));
  f.rule = rule_at (50);
  double held = 0;
  for (int i = 0; i < 8; i++)
    held += w[i] * cos (50 * f.inv_freq[i]);
  ok (!bench_run (&b, &f, &err), "%s: runs under a rule", rw_layout_text (layout));
  near (bench_field (&b, "similarity")[3], held, TOL3, "where 77 tokens are 50");
  rw_object_free ((rw_object *) f.rule);
  ok (rw_metric_needs (b.object) == RW_NEEDS_QK, "weights of a model need q and k");
  bench_set (&b, "weights", RW_TEXT_VALUE ("none"));
  ok (rw_metric_needs (b.object) == 0, "and without them nothing is needed");
  rw_freqs_free (&f);
  rw_qk_free (&qk);
  bench_close (&b);
}

int
main (void)
{
  for (int layout = RW_HALF; layout <= RW_INTERLEAVED; layout++)
    means_are_those_of_plain_sums ((rw_layout) layout);
  weighted_sums ();
  for (int layout = RW_HALF; layout <= RW_INTERLEAVED; layout++)
    the_metric_weighs_by_the_source ((rw_layout) layout);
  return tap_end ();
}
