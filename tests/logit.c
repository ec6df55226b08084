/* logit: the reference score beside the definition computed another way: q and k as complex
   vectors, each turned alone at its own side's position and multiplied by that side's factor, in
   long double.  */
#include "rule/logit.h"
#include "rule_help.h"

#include <complex.h>

enum
{
  DIM = 16
};

/* q and k of fixed irrational-looking numbers, neither small nor equal.  */
static void
vectors (double q[static DIM], double k[static DIM])
{
  for (int c = 0; c < DIM; c++)
    {
      q[c] = 2.385 * sin (1.7 * c + 0.3) + 0.21;
      k[c] = 1.129 * cos (0.9 * c * c + 1.1) - 0.37;
    }
}

static long double complex
pair_of (const double *x, const rw_geometry *g, size_t n, size_t i)
{
  if (g->layout == RW_HALF)
    return x[i] + I * (long double) x[i + n];
  return x[2 * i] + I * (long double) x[2 * i + 1];
}

/* Where each side of a meeting stands and what it is multiplied by.  */
typedef struct
{
  double position;
  bool trained;
} side;

static long double complex
turned (long double complex x, side at, const rw_freqs *f, const double *trained, size_t i)
{
  const long double angle = (long double) at.position * (at.trained ? trained[i] : f->inv_freq[i]);
  return x * (at.trained ? 1 : (long double) f->attention_factor) * cexpl (I * angle);
}

/* The part that turns and the part that does not, without the factors on both.  */
static long double
bare (const rw_geometry *g, const rw_freqs *f, const double *trained, side query, side key)
{
  double q[DIM], k[DIM];
  long double sum = 0;
  vectors (q, k);
  for (size_t i = 0; i < f->n; i++)
    sum += creall (turned (pair_of (q, g, f->n, i), query, f, trained, i)
                   * conjl (turned (pair_of (k, g, f->n, i), key, f, trained, i)));
  for (size_t c = 2 * f->n; c < DIM; c++)
    sum += (long double) q[c] * k[c];
  return sum;
}

static double
logit (const rw_geometry *g, const rw_freqs *f, const double *trained, double m, double n)
{
  double q[DIM], k[DIM];
  vectors (q, k);
  return rw_logit (g, f, trained, 5000, q, k, m, n);
}

static rw_geometry
shape (int64_t rotary_dim, rw_layout layout)
{
  return (rw_geometry){ .head_dim = DIM,
                        .rotary_dim = rotary_dim,
                        .rope_theta = 10000,
                        .original_length = 512,
                        .max_length = 512,
                        .layout = layout };
}

/* 4.7e3 radians carry 5e-13 of rounding; the terms are near 1.  */
static const double ANGLES = 2e-12;

static void
both_layouts_whole_and_partial (void)
{
  for (int k = 0; k < 4; k++)
    {
      const rw_geometry g = shape (k & 1 ? DIM : 6, k & 2 ? RW_INTERLEAVED : RW_HALF);
      rw_freqs f = scaled ("yarn", 3, &g);
      f.softmax_factor = 1.59;
      const double want
          = (double) bare (&g, &f, NULL, (side){ .position = 4711 }, (side){ .position = 23 })
            / sqrt (DIM) * 1.59;
      char name[96];
      snprintf (name, sizeof name, "%s, %lld of %d channels", rw_layout_text (g.layout),
                (long long) g.rotary_dim, DIM);
      near (logit (&g, &f, NULL, 4711, 23), want, ANGLES, name);
      ok (f.attention_factor > 1.1, "with a factor on cos and sin, %.3g", f.attention_factor);
      rw_freqs_free (&f);
    }
}

static void
scales (void)
{
  rw_geometry g = shape (DIM, RW_HALF);
  rw_freqs f = plain (&g);
  const side query = { .position = 700 }, key = { .position = 11 };
  const double sum = (double) bare (&g, &f, NULL, query, key);
  g.logit_scale = 0.0078125;
  near (logit (&g, &f, NULL, 700, 11), sum * 0.0078125, ANGLES, "the model's own scale");
  g.logit_scale = 0;
  near (rw_logit_scale (&g), 0.25, 0, "1 / sqrt (head_dim) without one");
  rw_object *o = query_scale ("ssmax");
  f.query_scale = o;
  near (logit (&g, &f, NULL, 700, 11), sum / 4 * 0.43 * log (701), ANGLES,
        "a query scale at the query's position");
  rw_object_free (o);
  rw_freqs_free (&f);
}

/* Amplitudes 1, a and a^2, and unrotated channels that none of them reaches.  */
static void
start_tokens (void)
{
  const rw_geometry g = shape (6, RW_INTERLEAVED);
  rw_freqs f = scaled ("yarn", 3, &g), trained = plain (&g);
  rw_object *o = put (rule ("start"), "n_hat", 8);
  f.rule = o;
  const struct
  {
    side query, key;
    const char *name;
  } meetings[] = {
    { { 5, true }, { 2, true }, "start: both sides keep the trained table and 1" },
    { { 4000, false }, { 7, true }, "start: the key keeps them, the query has a" },
    { { 4000, false }, { 8, false }, "start: both have a" },
  };
  for (size_t i = 0; i < sizeof meetings / sizeof *meetings; i++)
    near (logit (&g, &f, trained.inv_freq, meetings[i].query.position, meetings[i].key.position),
          (double) bare (&g, &f, trained.inv_freq, meetings[i].query, meetings[i].key) / 4, ANGLES,
          meetings[i].name);
  rw_object_free (o);
  rw_freqs_free (&f);
  rw_freqs_free (&trained);
}

/* Positions by hand: Self-Extend's 4000 and 23 in groups of 8 with a window of 64 stand at 500 + 56
   and 2; leaky ReRoPE's distance 3977 at 64 + 3913 / 16.  */
static void
rules (void)
{
  const rw_geometry g = shape (DIM, RW_HALF);
  rw_freqs f = scaled ("yarn", 3, &g);
  rw_object *groups = put (rule ("self_extend"), "window", 64);
  rw_object *leaky = put (rule ("leaky_rerope"), "window", 64);
  f.rule = groups;
  near (logit (&g, &f, NULL, 4000, 23),
        (double) bare (&g, &f, NULL, (side){ .position = 556 }, (side){ .position = 2 }) / 4,
        ANGLES, "self_extend: grouped positions");
  near (logit (&g, &f, NULL, 4000, 3990),
        (double) bare (&g, &f, NULL, (side){ .position = 4000 }, (side){ .position = 3990 }) / 4,
        ANGLES, "self_extend: its neighbours");
  f.rule = leaky;
  near (logit (&g, &f, NULL, 4000, 23),
        (double) bare (&g, &f, NULL, (side){ .position = 308.5625 }, (side){ 0 }) / 4, ANGLES,
        "leaky_rerope: an effective distance that is not whole");
  rw_object_free (groups);
  rw_object_free (leaky);
  rw_freqs_free (&f);
}

int
main (void)
{
  both_layouts_whole_and_partial ();
  scales ();
  start_tokens ();
  rules ();
  return tap_end ();
}
