/* bias: ALiBi's slopes beside the authors' recursion, what a bias is added to, who refuses it.  */
#include "model/attend.h"
#include "rope/trained.h"
#include "rule/logit.h"
#include "rule_help.h"

enum
{
  DIM = 12,
  HEADS_MOST = 41
};

static const rw_geometry head12 = { .head_dim = DIM,
                                    .rotary_dim = 8,
                                    .rope_theta = 10000,
                                    .original_length = 64,
                                    .max_length = 64,
                                    .heads = 12 };

static double
bias_at (const rw_object *o, const rw_geometry *m, size_t head, double distance)
{
  const rw_freqs f = { .bias = o, .head = head };
  return rw_bias_at (&f, m, distance);
}

static const char *
refusal (const rw_object *o, const rw_geometry *m, size_t head)
{
  static rw_error e;
  e = (rw_error){ 0 };
  ((const rw_bias *) o->module)->check (o->self, m, head, &e);
  return e.text;
}

/* ---- slopes ---- */

/* get_slopes of the authors' attention_with_linear_biases, line by line: a geometric series of the
   power of two below, then every second slope of twice that.  */
static void
authors_slopes (int n, double *out)
{
  int t = 1;
  while (2 * t <= n)
    t *= 2;
  const double start = pow (2, -pow (2, -(log2 (t) - 3)));
  for (int k = 0; k < t; k++)
    out[k] = start * pow (start, k);
  if (t == n)
    return;
  double twice[2 * HEADS_MOST];
  authors_slopes (2 * t, twice);
  for (int k = 0; k < n - t; k++)
    out[t + k] = twice[2 * k];
}

static void
slopes_are_the_authors (void)
{
  rw_object *o = bias ("alibi");
  rw_geometry m = head12;
  double worst = 0;
  for (int n = 1; n <= HEADS_MOST; n++)
    {
      double want[2 * HEADS_MOST];
      authors_slopes (n, want);
      m.heads = n;
      for (size_t k = 0; k < (size_t) n; k++)
        worst = fmax (worst, fabs (bias_at (o, &m, k, 7) / (-7 * want[k]) - 1));
    }
  ok (worst < TOL2, /* they multiply up to 64 times */
      "slopes of 1 to 41 heads are those of the published code: %.2g", worst);
  m.heads = 8;
  near (bias_at (o, &m, 0, 1), -0.5, 0, "eight heads begin with 1/2, as the paper has it");
  near (bias_at (o, &m, 7, 1), -1.0 / 256, 0, "and end with 1/256");
  put (o, "head", 3);
  put (o, "heads", 16);
  near (bias_at (o, &m, 0, 1), -0.25, 0, "a head and heads of one's own: 2^-2");
  rw_object_free (o);
  o = put (bias ("alibi"), "slope", 0.385);
  near (bias_at (o, &m, 5, 10), -3.85, TOL0, "a slope of one's own");
  rw_object_free (o);
}

static void
what_has_no_slope (void)
{
  rw_geometry m = head12;
  rw_object *o = bias ("alibi");
  ok (!*refusal (o, &m, 11), "the last of twelve heads has one");
  has (refusal (o, &m, 12), "head: 12 is not an integer from 0 to 11", "the next has none");
  m.heads = 0;
  has (refusal (o, &m, 0), "heads: the model does not say", "nor has a head of unknown many");
  put (o, "heads", 4);
  ok (!*refusal (o, &m, 3), "heads can be told");
  put (o, "head", 1.5);
  has (refusal (o, &m, 3), "head: 1.5 is not an integer", "half a head has none");
  put (o, "slope", 0.5);
  has (refusal (o, &m, 3), "slope: expected alone", "a slope and a head are one too many");
  rw_object_free (o);
}

/* ---- scores ---- */

/* Added to the logit as it is, by the real distance.  */
static void
bias_is_added_last (void)
{
  double q[DIM], k[DIM], trained[4];
  rw_freqs f = scaled ("yarn", 4, &head12);
  rw_object *rule_of = put (put (rule ("self_extend"), "group", 8), "window", 16);
  rw_object *tau = query_scale ("ssmax"), *o = put (bias ("alibi"), "slope", 0.385);
  for (int c = 0; c < DIM; c++)
    q[c] = sin (1.7 * c + 0.3), k[c] = cos (0.9 * c * c + 1.1);
  rw_trained_fill (&head12, 4, trained);
  f.rule = rule_of;
  f.query_scale = tau;
  f.softmax_factor = 1.37;
  const double without = rw_logit (&head12, &f, trained, 200, q, k, 150, 31);
  f.bias = o;
  near (rw_logit (&head12, &f, trained, 200, q, k, 150, 31), without - 0.385 * 119, TOL1,
        "119 tokens away: no factor, no rule changes what a bias adds");
  near (rw_bias_at (&(rw_freqs){ 0 }, &head12, 119), 0, 0, "without one it is 0");
  const rw_attention a = { .geometry = &head12,
                           .freqs = &f,
                           .heads = 1,
                           .kv_heads = 1,
                           .value_dim = DIM,
                           .n_queries = 1,
                           .n_keys = 1 };
  rw_error e = { 0 };
  ok (rw_attend (&a, &e) == RW_EINVAL, "a network's attention refuses one");
  has (e.text, "has no bias", "and says so");
  rw_object_free (rule_of);
  rw_object_free (tau);
  rw_object_free (o);
  rw_freqs_free (&f);
}

int
main (void)
{
  slopes_are_the_authors ();
  what_has_no_slope ();
  bias_is_added_last ();
  return tap_end ();
}
