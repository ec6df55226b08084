/* sources: the numbers of the synthetic sources follow the laws they state.

   Statistics of n draws are held to six standard errors of theirs, worked out from the law itself
   (Bartlett's formula): a chance of 2e-9 a test that the fixed seed was an unlucky one, which it is
   not.  */
#include "source/process.h"
#include "source_help.h"

/* ---- laws ---- */

static void
power_law_is_a_sum_of_exponentials (void)
{
  static const double exponents[] = { 0.0712, 0.5, 1.385, 2 }, scales[] = { 0.385, 17.3, 2385 };
  for (size_t i = 0; i < 4; i++)
    for (size_t j = 0; j < 3; j++)
      {
        const rw_process p = rw_process_power (scales[j], exponents[i], 1e6);
        double worst = 0, sum = 0;
        for (size_t k = 0; k < p.n; k++)
          sum += p.weight[k];
        for (double d = 0; d <= 1e6; d = d < 20 ? d + 1 : floor (1.07 * d))
          {
            const double want = pow (1 + d / scales[j], -exponents[i]);
            worst = fmax (worst, fabs (rw_process_covariance (&p, d) / want - 1));
          }
        ok (p.n <= RW_PROCESS_PARTS && fabs (sum - 1) < TOL1, "%zu weights sum to 1", p.n);
        ok (worst < 2e-4, "power law %g of scale %g: within 2e-4, what process.h says (%.2g)",
            exponents[i], scales[j], worst);
      }
}

/* What E q_m k_{m-d} and its sampling error follow from: autocovariances of q and k, and between
   them, of one channel without its mean.  */
typedef struct
{
  rw_process shared;
  bool white_own; /* what q does not share: white, or like the shared part */
  double rho, deviation;
} law;

static double
cov_q (const law *l, double t)
{
  const double r = rw_process_covariance (&l->shared, fabs (t)), own = 1 - l->rho * l->rho;
  return l->rho * l->rho * r + own * (l->white_own ? (double) (t == 0) : r);
}

static double
cov_k (const law *l, double t)
{
  return rw_process_covariance (&l->shared, fabs (t));
}

/* Standard error of the mean over n tokens and `channels` of the products of a pair of Gaussian
   sequences: sum_t (n - |t|) [ a(t) b(t) + c(t + d) c(t - d) ] / (n^2 channels).  */
static double
error_of_product (const law *l, double n, double channels, double d)
{
  double sum = 0;
  for (double t = 1 - n; t < n; t++)
    sum += (n - fabs (t))
           * (cov_q (l, t) * cov_k (l, t) + l->rho * l->rho * cov_k (l, t + d) * cov_k (l, t - d));
  return l->deviation * l->deviation * sqrt (sum / (n * n * channels));
}

static double
error_of_mean (double (*cov) (const law *, double), const law *l, double n, double channels)
{
  double sum = 0;
  for (double t = 1 - n; t < n; t++)
    sum += (n - fabs (t)) * cov (l, t);
  return l->deviation * sqrt (sum / (n * n * channels));
}

static bool
within (double got, double want, double error, const char *what)
{
  const bool yes = fabs (got - want) <= 6 * error;
  ok (yes, "%s: %.5g is %.5g within 6 x %.2g", what, got, want, error);
  return yes;
}

static double
mean_of (const rw_rows *rows)
{
  double sum = 0;
  for (size_t m = 0; m < rows->n; m++)
    for (size_t c = 0; c < rows->dim; c++)
      sum += value_at (rows, m, c);
  return sum / (double) (rows->n * rows->dim);
}

/* Mean of (a_m - mean) (b_{m-d} - mean), channel c of a with c + shift of b.  */
static double
product_of (const rw_rows *a, const rw_rows *b, double mean, size_t d, size_t shift)
{
  double sum = 0;
  for (size_t m = d; m < a->n; m++)
    for (size_t c = 0; c < a->dim; c++)
      sum += (value_at (a, m, c) - mean) * (value_at (b, m - d, (c + shift) % b->dim) - mean);
  return sum / (double) ((a->n - d) * a->dim);
}

static void
moments_are_the_laws (const rw_object *o, const law *l, double mean, size_t n)
{
  static const size_t distances[] = { 0, 1, 3, 40, 333 };
  char what[128];
  rw_qk qk = made (o, input_of (&any_head, (double) n, 4));
  const double h = (double) any_head.head_dim, s2 = l->deviation * l->deviation;
  within (mean_of (&qk.q), mean, error_of_mean (cov_q, l, (double) n, h), "mean of q");
  within (mean_of (&qk.k), mean, error_of_mean (cov_k, l, (double) n, h), "mean of k");
  for (size_t i = 0; i < sizeof distances / sizeof *distances; i++)
    {
      const size_t d = distances[i];
      const double left = (double) (n - d), r = cov_k (l, (double) d);
      /* k with itself: the same formula at rho 1 */
      const law self = { .shared = l->shared, .rho = 1, .deviation = l->deviation };
      snprintf (what, sizeof what, "%s: q with k at distance %zu", o->module->name, d);
      within (product_of (&qk.q, &qk.k, mean, d, 0), s2 * l->rho * r,
              error_of_product (l, left, h, (double) d), what);
      snprintf (what, sizeof what, "%s: k with itself at distance %zu", o->module->name, d);
      within (product_of (&qk.k, &qk.k, mean, d, 0), s2 * r,
              error_of_product (&self, left, h, (double) d), what);
    }
  within (product_of (&qk.q, &qk.q, mean, 0, 0), s2,
          error_of_product (&(law){ .shared = l->shared, .rho = 1, .deviation = l->deviation },
                            (double) n, h, 0),
          "variance of q");
  const law apart = { .shared = l->shared, .white_own = l->white_own, .deviation = l->deviation };
  within (product_of (&qk.q, &qk.k, mean, 1, 1), 0, error_of_product (&apart, (double) n - 1, h, 1),
          "neighbouring channels do not know of each other");
  rw_qk_free (&qk);
}

static void
gauss_keeps_its_formula (void)
{
  static const struct
  {
    double tau, mean, deviation, rho;
  } cases[] = { { 0, 0, 1, 0 },
                { 0, 0.385, 2.5, 0.6 },
                { 12.5, 0, 1, -0.4 },
                { 3000, -1.2, 0.7, 1 },
                { 0.3, 0, 1.3, 0.9 } };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
      rw_object *o = source ("gauss");
      give (o, "length_scale", cases[i].tau);
      give (o, "mean", cases[i].mean);
      give (o, "deviation", cases[i].deviation);
      give (o, "correlation", cases[i].rho);
      const law l = { .shared = rw_process_exponential (cases[i].tau),
                      .rho = cases[i].rho,
                      .deviation = cases[i].deviation };
      moments_are_the_laws (o, &l, cases[i].mean, 3000);
      rw_object_free (o);
    }
}

static void
toeplitz_keeps_its_formula (void)
{
  static const struct
  {
    const char *decay;
    double scale, exponent, mean, rho;
  } cases[] = { { "exponential", 25, 1, 0, 0.5 },
                { "power", 7.5, 0.5, 0.25, 0.8 },
                { "power", 1.5, 1.385, 0, 1 } };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
      rw_object *o = give_text (source ("toeplitz"), "decay", cases[i].decay);
      give (o, "length_scale", cases[i].scale);
      give (o, "exponent", cases[i].exponent);
      give (o, "mean", cases[i].mean);
      give (o, "correlation", cases[i].rho);
      const law l = { .shared = cases[i].decay[0] == 'p'
                                    ? rw_process_power (cases[i].scale, cases[i].exponent, 2500)
                                    : rw_process_exponential (cases[i].scale),
                      .white_own = true,
                      .rho = cases[i].rho,
                      .deviation = 1 };
      moments_are_the_laws (o, &l, cases[i].mean, 2500);
      rw_object_free (o);
    }
}

/* Blocks of 1024 tokens are drawn apart: the process must not notice where they meet.  */
static void
memory_crosses_the_blocks (void)
{
  enum
  {
    BLOCK = 1024,
    BLOCKS = 32
  };
  static const size_t before[] = { 1, 2, 9 }, after[] = { 0, 1, 14 };
  static const double tau = 11.3;
  rw_object *o = give (source ("gauss"), "length_scale", tau);
  rw_qk qk = made (o, input_of (&any_head, BLOCKS * BLOCK, 8));
  for (size_t i = 0; i < 3; i++)
    {
      double sum = 0, square = 0;
      for (size_t b = 1; b < BLOCKS; b++)
        for (size_t c = 0; c < qk.k.dim; c++)
          {
            const double x = value_at (&qk.k, b * BLOCK - before[i], c);
            const double y = value_at (&qk.k, b * BLOCK + after[i], c);
            sum += x * y, square += y * y;
          }
      /* Pairs a block apart are independent (e^-90), so var x y = 1 + r^2, var y^2 = 2.  */
      const double n = (BLOCKS - 1) * (double) qk.k.dim;
      const double r = exp (-(double) (before[i] + after[i]) / tau);
      char what[64];
      snprintf (what, sizeof what, "across a block's edge, %zu + %zu tokens", before[i], after[i]);
      within (sum / n, r, sqrt ((1 + r * r) / n), what);
      within (square / n, 1, sqrt (2 / n), "variance there");
    }
  rw_qk_free (&qk);
  rw_object_free (o);
}

/* The numbers of a token do not depend on how many follow.  */
static void
longer_begins_like_shorter (void)
{
  rw_object *o = give (give (source ("gauss"), "length_scale", 50), "correlation", 0.3);
  rw_qk a = made (o, input_of (&any_head, 1500, 2)), b = made (o, input_of (&any_head, 4000, 2));
  ok (!memcmp (a.q.data, b.q.data, 1500 * 128 * sizeof (float))
          && !memcmp (a.k.data, b.k.data, 1500 * 128 * sizeof (float)),
      "a longer sequence begins like the shorter");
  rw_qk_free (&a);
  rw_qk_free (&b);
  rw_object_free (o);
}

static void
whole_correlation_is_one_sequence (void)
{
  rw_object *o = give (give (source ("gauss"), "correlation", 1), "mean", 0.385);
  rw_qk qk = made (o, input_of (&any_head, 100, 2));
  ok (!memcmp (qk.q.data, qk.k.data, 100 * 128 * sizeof (float)), "correlation 1: q is k");
  rw_qk_free (&qk);
  give (o, "correlation", -1);
  give (o, "mean", 0);
  qk = made (o, input_of (&any_head, 100, 2));
  bool mirrored = true;
  for (size_t m = 0; m < 100; m++)
    for (size_t c = 0; c < 128; c++)
      mirrored &= value_at (&qk.q, m, c) == -value_at (&qk.k, m, c);
  ok (mirrored, "correlation -1: q is -k");
  rw_qk_free (&qk);
  rw_object_free (o);
}

static void
sink_is_the_first_key (void)
{
  static const char *const names[] = { "gauss", "toeplitz" };
  for (size_t i = 0; i < 2; i++)
    {
      rw_object *o = give (source (names[i]), "mean", 0.5);
      rw_qk a = made (o, input_of (&any_head, 50, 2));
      give (o, "sink", 4.25);
      rw_qk b = made (o, input_of (&any_head, 50, 2));
      double worst = 0;
      for (size_t c = 0; c < 128; c++)
        worst = fmax (worst, fabs (value_at (&b.k, 0, c) - value_at (&a.k, 0, c) - 4.25));
      ok (worst <= 8 * (double) FLT_EPSILON, /* sums up to 16, rounded to float32 */
          "%s: the sink is added to the first key", names[i]);
      ok (!memcmp ((const float *) a.k.data + 128, (const float *) b.k.data + 128,
                   49 * 128 * sizeof (float))
              && !memcmp (a.q.data, b.q.data, 50 * 128 * sizeof (float)),
          "%s: and to nothing else", names[i]);
      rw_qk_free (&a);
      rw_qk_free (&b);
      give (o, "mean", 0);
      has (refusal (o, input_of (&any_head, 50, 2)), "sink: without a mean",
           "a sink without a mean is refused");
      rw_object_free (o);
    }
}

static void
values_are_of_their_own (void)
{
  rw_object *o = give (source ("gauss"), "correlation", 0.5);
  rw_qk without = made (o, input_of (&any_head, 3000, 2));
  give_true (o, "values");
  rw_qk qk = made (o, input_of (&any_head, 3000, 2));
  ok (!without.v.data && !memcmp (without.k.data, qk.k.data, 3000 * 128 * sizeof (float)),
      "values change nothing in q and k");
  const double n = 3000 * 128;
  within (product_of (&qk.v, &qk.v, 0, 0, 0), 1, sqrt (2 / n), "variance of v");
  within (product_of (&qk.q, &qk.v, 0, 0, 0), 0, sqrt (1 / n), "v with q");
  within (product_of (&qk.k, &qk.v, 0, 0, 0), 0, sqrt (1 / n), "v with k");
  rw_qk_free (&without);
  rw_qk_free (&qk);
  rw_object_free (o);
}

/* ---- closed forms ---- */

/* q_m . R k_n by the definition of the rotation, plain RoPE, at distance d.  */
static double
rotated (const rw_qk *qk, const rw_geometry *m, double d)
{
  const size_t pairs = rw_geometry_pairs (m);
  double f[64], sum = 0;
  rw_geometry_trained (m, f);
  for (size_t i = 0; i < pairs; i++)
    {
      const size_t re = m->layout == RW_HALF ? i : 2 * i;
      const size_t im = m->layout == RW_HALF ? i + pairs : 2 * i + 1;
      const double a = value_at (&qk->q, 9, re), b = value_at (&qk->q, 9, im);
      const double u = value_at (&qk->k, 7, re), v = value_at (&qk->k, 7, im);
      sum += (a * u + b * v) * cos (d * f[i]) + (a * v - b * u) * sin (d * f[i]);
    }
  for (size_t c = 2 * pairs; c < (size_t) m->head_dim; c++)
    sum += value_at (&qk->q, 9, c) * value_at (&qk->k, 7, c);
  return sum;
}

static void
ones_are_the_decay_of_rope (void)
{
  rw_geometry m = any_head;
  rw_object *o = source ("ones");
  for (int k = 0; k < 2; k++)
    {
      rw_qk qk = made (o, input_of (&m, 10, 0));
      double f[64], sum = 0;
      rw_geometry_trained (&m, f);
      for (size_t i = 0; i < rw_geometry_pairs (&m); i++)
        sum += 2 * cos (2385 * f[i]);
      sum += (double) (m.head_dim - m.rotary_dim);
      near (rotated (&qk, &m, 2385), sum, TOL1, "ones: twice the sum of cosines, and the rest");
      rw_qk_free (&qk);
      m.rotary_dim = 64;
      m.layout = RW_INTERLEAVED;
    }
  rw_object_free (o);
}

static void
one_hot_is_one_cosine (void)
{
  rw_geometry m = any_head;
  m.rotary_dim = 96;
  for (int layout = RW_HALF; layout <= RW_INTERLEAVED; layout++)
    {
      m.layout = (rw_layout) layout;
      double f[64];
      rw_geometry_trained (&m, f);
      rw_object *o = source ("onehot");
      rw_qk qk = made (o, input_of (&m, 10, 0));
      near (rotated (&qk, &m, 385), cos (385 * f[0]), TOL0, "onehot: pair 0 where none is named");
      rw_qk_free (&qk);
      give (o, "pair", 17);
      qk = made (o, input_of (&m, 10, 0));
      near (rotated (&qk, &m, 385), cos (385 * f[17]), TOL0, "onehot: the pair named");
      rw_qk_free (&qk);
      give (o, "channel", 3);
      has (refusal (o, input_of (&m, 10, 0)), "pair and channel: expected one of them",
           "onehot: a pair and a channel are refused");
      give_value (o, "pair", (rw_value){ .kind = RW_VALUE_NULL });
      give (o, "channel", 100);
      qk = made (o, input_of (&m, 10, 0));
      near (rotated (&qk, &m, 385), 1, 0, "onehot: an unrotated channel does not turn");
      rw_qk_free (&qk);
      rw_object_free (o);
    }
}

static void
shapes_that_do_not_fit_are_refused (void)
{
  rw_object *o = give (source ("onehot"), "pair", 64);
  has (refusal (o, input_of (&any_head, 10, 0)), "pair: 64 is not an integer from 0 to 63",
       "a pair that the head does not have");
  give (o, "pair", 2.5);
  has (refusal (o, input_of (&any_head, 10, 0)), "pair: 2.5 is not", "half a pair");
  rw_object_free (o);
  o = give (source ("onehot"), "channel", 128);
  has (refusal (o, input_of (&any_head, 10, 0)), "channel: 128 is not an integer from 0 to 127",
       "a channel that the head does not have");
  rw_object_free (o);
  o = source ("gauss");
  has (refusal (o, input_of (&any_head, 0x1p28, 0)), "random streams reach",
       "a sequence that would use its random numbers twice");
  ok (!*refusal (o, input_of (&any_head, 0x1p26, 0)), "67 million tokens would not");
  rw_object_free (o);
}

static void
costs_grow_with_the_work (void)
{
  const rw_input in = input_of (&any_head, 10000, 0);
  rw_object *a = source ("gauss"), *b = give_text (source ("toeplitz"), "decay", "power");
  const rw_source *gauss = (const rw_source *) a->module, *other = (const rw_source *) b->module;
  const double one = gauss->cost (a->self, &in);
  give (a, "correlation", 1);
  near (gauss->cost (a->self, &in), one / 2, TOL0, "half the numbers cost half");
  ok (other->cost (b->self, &in) > 5 * one, "a power law costs a draw for each exponential");
  rw_object_free (a);
  rw_object_free (b);
}

int
main (void)
{
  power_law_is_a_sum_of_exponentials ();
  gauss_keeps_its_formula ();
  toeplitz_keeps_its_formula ();
  memory_crosses_the_blocks ();
  longer_begins_like_shorter ();
  whole_correlation_is_one_sequence ();
  sink_is_the_first_key ();
  values_are_of_their_own ();
  ones_are_the_decay_of_rope ();
  one_hot_is_one_cosine ();
  shapes_that_do_not_fit_are_refused ();
  costs_grow_with_the_work ();
  return tap_end ();
}
