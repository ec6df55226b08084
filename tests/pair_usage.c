/* pair_usage: the metric: closed forms, sums over the pairs, the sample; the sums themselves are
   tested in tests/usage.c, the norms in tests/pairs.c.  */
#include "metric_help.h"
#include "qk_help.h"
#include "rule/logit.h"
#include "rule/rule.h"
#include "score/pairs.h"

enum
{
  TOKENS = 600,
  DIM = 16,
  PAIRS = 8
};

/* Float32 weights and products (tests/usage.c), relative to sums of terms of both signs.  */
static const double WEIGHTS = 1e-5;

static void
open_bench (bench *b, rw_layout layout, const rw_qk *qk)
{
  bench_open (b, "pair_usage");
  b->geometry.head_dim = b->geometry.rotary_dim = DIM;
  b->geometry.original_length = b->geometry.max_length = 128;
  b->geometry.layout = layout;
  b->in.length = TOKENS;
  b->in.qk = qk;
  b->in.seed = 7;
}

/* What is NaN or not there counts as off.  */
static double
worst_of (const double *got, const double *want, size_t n, double scale)
{
  double worst = 0;
  for (size_t i = 0; i < n; i++)
    {
      const double off = fabs (got[i] - want[i]) / scale;
      worst = off <= worst ? worst : off;
    }
  return worst;
}

/* With equal keys every weight is the same, and nothing turns: c E Re (q_i conj (k_i)).  */
static void
equal_keys_have_a_closed_form (rw_layout layout)
{
  bench b;
  rw_error err = { 0 };
  rw_freqs f = { 0 };
  rw_qk qk = any_qk (TOKENS, DIM, DIM, 1, 0.5, 31);
  double want[PAIRS], ceiling[PAIRS], norm_q[PAIRS];
  float *k = qk.owned[1];
  for (size_t t = 1; t < TOKENS; t++)
    memcpy (k + t * DIM, k, DIM * sizeof *k);
  open_bench (&b, layout, &qk);
  table (&b, "none", NAN, &f);
  bench_set (&b, "queries", RW_NUMBER_VALUE (TOKENS));
  ok (!bench_run (&b, &f, &err), "%s: runs %s", rw_layout_text (layout), err.text);
  rw_pairs_mean mean = { .norm_q = norm_q, .alignment = want };
  rw_pairs_run (&qk, layout, PAIRS, 1, &mean, &err);
  for (size_t i = 0; i < PAIRS; i++)
    {
      const double x = (double) k[first_of (layout, i)],
                   y = (double) k[second_of (layout, PAIRS, i)];
      want[i] /= 4; /* sqrt (head_dim) */
      ceiling[i] = norm_q[i] * hypot (x, y) / 4;
    }
  ok (worst_of (bench_field (&b, "pair_contribution"), want, PAIRS, 1) <= WEIGHTS,
      "%s: contributions are mean products", rw_layout_text (layout));
  ok (worst_of (bench_field (&b, "pair_ceiling"), ceiling, PAIRS, 1) <= WEIGHTS,
      "%s: ceilings are products of norms", rw_layout_text (layout));
  ok (worst_of (bench_field (&b, "pair_norm_q"), norm_q, PAIRS, 1) == 0, "%s: norms are there",
      rw_layout_text (layout));
  for (size_t i = 0; i < PAIRS; i++)
    ceiling[i] = bench_field (&b, "pair_alignment")[i] / 4;
  ok (worst_of (want, ceiling, PAIRS, 1) <= TOL2, "%s: and products of the same token",
      rw_layout_text (layout));
  rw_freqs_free (&f);
  rw_qk_free (&qk);
  bench_close (&b);
}

/* The mean over all queries of what they attend to, from the reference score.  */
static double
attended (const bench *b, const rw_freqs *f, int64_t first)
{
  static double s[TOKENS];
  double q[DIM], k[DIM], sum = 0;
  for (int64_t m = first; m < TOKENS; m++)
    {
      double total = 0, mean = 0;
      rw_rows_at (&b->in.qk->q, (size_t) m, q);
      for (int64_t n = first; n <= m; n++)
        {
          rw_rows_at (&b->in.qk->k, (size_t) n, k);
          s[n] = rw_logit (&b->geometry, f, NULL, TOKENS, q, k, (double) m, (double) n);
          total += exp (s[n]);
          mean += exp (s[n]) * s[n];
        }
      sum += mean / total;
    }
  return sum / (TOKENS - (double) first);
}

static double
total_of (const bench *b, const char *field)
{
  double sum = 0;
  for (size_t i = 0; i < bench_size (b, field); i++)
    sum += bench_field (b, field)[i];
  return sum;
}

static void
contributions_add_up_to_the_attended_score (void)
{
  bench b;
  rw_error err = { 0 };
  rw_freqs f = { 0 };
  rw_qk qk = any_qk (TOKENS, DIM, 0, 1, 0.5, 32);
  open_bench (&b, RW_HALF, &qk);
  table (&b, "yarn", 4, &f);
  f.softmax_factor = 1.4;
  bench_set (&b, "queries", RW_NUMBER_VALUE (1e6));
  ok (!bench_run (&b, &f, &err), "runs with more queries than there are %s", err.text);
  near (total_of (&b, "pair_contribution"), attended (&b, &f, 0), WEIGHTS,
        "contributions add up to the mean attended score");
  near (total_of (&b, "pair_contribution_without_first"), attended (&b, &f, 1), WEIGHTS,
        "and without the first position to that of the rest");
  bool below = true, none = true;
  for (size_t i = 0; i < PAIRS; i++)
    {
      below = below
              && fabs (bench_field (&b, "pair_contribution")[i])
                     < bench_field (&b, "pair_ceiling")[i];
      below = below && bench_field (&b, "pair_ceiling_without_first")[i] > 0;
      none = none && isnan (bench_field (&b, "pair_norm_v")[i]);
    }
  ok (below, "no contribution reaches its ceiling");
  ok (none, "a source without v leaves its norms NaN");
  rw_freqs_free (&f);
  rw_qk_free (&qk);
  bench_close (&b);
}

static void
a_sample_is_near_the_whole (void)
{
  bench b;
  rw_error err = { 0 };
  rw_freqs f = { 0 };
  rw_qk qk = any_qk (TOKENS, DIM, 0, 1, 0.5, 33);
  double whole[PAIRS], one[PAIRS], error[PAIRS], worst = 0;
  open_bench (&b, RW_INTERLEAVED, &qk);
  table (&b, "yarn", 4, &f);
  bench_set (&b, "queries", RW_NUMBER_VALUE (TOKENS));
  bench_run (&b, &f, &err);
  memcpy (whole, bench_field (&b, "pair_contribution"), sizeof whole);
  bench_set (&b, "queries", RW_NUMBER_VALUE (150));
  ok (!bench_run (&b, &f, &err), "a sample runs");
  memcpy (one, bench_field (&b, "pair_contribution"), sizeof one);
  memcpy (error, bench_field (&b, "pair_contribution_error"), sizeof error);
  for (size_t i = 0; i < PAIRS; i++)
    worst = error[i] > 0 ? fmax (worst, fabs (one[i] - whole[i]) / error[i]) : INFINITY;
  /* The largest of eight, from errors of 20 blocks.  */
  ok (worst > 0.01 && worst < 4, "it is within %.2g errors of all queries", worst);
  b.in.threads = 3;
  bench_run (&b, &f, &err);
  ok (!memcmp (one, bench_field (&b, "pair_contribution"), sizeof one), "threads change no bit");
  b.in.group = 1;
  bench_run (&b, &f, &err);
  ok (memcmp (one, bench_field (&b, "pair_contribution"), sizeof one) != 0,
      "another group draws another sample");
  rw_freqs_free (&f);
  rw_qk_free (&qk);
  bench_close (&b);
}

/* A window of one key: everything is the same token.  */
static void
a_window_of_its_own (void)
{
  bench b;
  rw_error err = { 0 };
  rw_freqs f = { 0 };
  double want[PAIRS];
  rw_qk qk = any_qk (TOKENS, DIM, 0, 1, 0.5, 36);
  open_bench (&b, RW_HALF, &qk);
  table (&b, "linear", 4, &f);
  bench_set (&b, "queries", RW_NUMBER_VALUE (TOKENS));
  bench_set (&b, "window", RW_NUMBER_VALUE (1));
  ok (!bench_run (&b, &f, &err), "a window of one key runs %s", err.text);
  for (size_t i = 0; i < PAIRS; i++)
    want[i] = bench_field (&b, "pair_alignment")[i] / 4;
  ok (worst_of (bench_field (&b, "pair_contribution"), want, PAIRS, 1) <= WEIGHTS,
      "and contributions are products of the same token");
  bench_set (&b, "window", RW_NUMBER_VALUE (1.5));
  ok (bench_run (&b, &f, &err) == RW_EINVAL, "a window of one and a half is none");
  has (err.text, "not a whole number", "and the error says so");
  rw_freqs_free (&f);
  rw_qk_free (&qk);
  bench_close (&b);
}

/* One token: only key 0, so that nothing is left without it.  */
static void
one_token (void)
{
  bench b;
  rw_error err = { 0 };
  rw_freqs f = { 0 };
  rw_qk qk = any_qk (1, DIM, 0, 1, 0.5, 34);
  open_bench (&b, RW_HALF, &qk);
  b.in.length = 1;
  table (&b, "yarn", 4, &f);
  ok (!bench_run (&b, &f, &err), "one token runs %s", err.text);
  ok (isfinite (bench_field (&b, "pair_contribution")[3])
          && isnan (bench_field (&b, "pair_contribution_error")[3])
          && isnan (bench_field (&b, "pair_contribution_without_first")[3]),
      "and has a contribution, without an error, and none without the first position");
  rw_freqs_free (&f);
  rw_qk_free (&qk);
  bench_close (&b);
}

/* `proportional` may have more pairs than the model.  */
static void
tables_of_other_sizes (void)
{
  bench b;
  rw_error err = { 0 };
  rw_freqs f = { 0 };
  rw_qk qk = any_qk (TOKENS, DIM, DIM, 1, 0.5, 35);
  double norm[PAIRS];
  open_bench (&b, RW_HALF, &qk);
  table (&b, "yarn", 4, &f);
  bench_run (&b, &f, &err);
  memcpy (norm, bench_field (&b, "pair_norm_v"), sizeof norm);
  b.geometry.rotary_dim = DIM / 2;
  ok (!bench_run (&b, &f, &err), "a table of more pairs than the model runs");
  ok (!memcmp (norm, bench_field (&b, "pair_norm_v"), sizeof norm),
      "channels are paired as the table has them");
  rw_freqs_free (&f);
  rw_qk_free (&qk);
  bench_close (&b);
}

int
main (void)
{
  equal_keys_have_a_closed_form (RW_HALF);
  equal_keys_have_a_closed_form (RW_INTERLEAVED);
  contributions_add_up_to_the_attended_score ();
  a_sample_is_near_the_whole ();
  a_window_of_its_own ();
  one_token ();
  tables_of_other_sizes ();
  return tap_end ();
}
