/* longrope: each frequency divided by its own factor, one list for short sequences, one for long.
   g_i = f_i / lam_i, lam = long_factor if n > L else short_factor;
   a = sqrt (1 + ln s / ln L), s = factor or M/L, the same for both lists.
   LongRoPE (arXiv 2402.13753), section 3; LongRoPE2 (arXiv 2502.20082).
   With `interpolate`, the authors' dynamic class: lam_i (n) = 1 + (lam_i - 1) (n/L - 1)/(s - 1). */
#include "schedule/ramp.h"
#include "schedule/schedule.h"

#include <math.h>

typedef struct
{
  rw_schedule_head head;
  rw_reals short_factor, long_factor; /* (d/2,) divisors of the trained frequencies */
  double factor, attention_factor;
  int magnitude;
  bool interpolate;
} longrope;

enum
{
  SU,
  YARN,
  NONE
};

static const char *const magnitudes[] = { "su", "yarn", "none", NULL };

static double
stretch (const longrope *p, const rw_geometry *m)
{
  return isnan (p->factor) ? m->max_length / m->original_length : p->factor;
}

static double
magnitude (const longrope *p, const rw_geometry *m)
{
  const double s = stretch (p, m);
  if (!isnan (p->attention_factor))
    return p->attention_factor;
  if (p->magnitude == NONE || s <= 1)
    return 1;
  return p->magnitude == YARN ? rw_mscale (s, 1) : sqrt (1 + log (s) / log (m->original_length));
}

static rw_status
check_list (const char *name, const rw_reals *list, const rw_geometry *m, rw_error *err)
{
  const size_t want = rw_geometry_pairs (m);
  if (list->n != want)
    {
      rw_fail (err, RW_EINVAL, "%s: %zu numbers for %zu pairs (rotary_dim / 2)", name, list->n,
               want);
      return rw_hint (err, "give %zu numbers, or check head_dim and partial_rotary_factor", want);
    }
  return RW_OK;
}

static rw_status
check (const void *self, const rw_geometry *m, rw_error *err)
{
  const longrope *p = self;
  rw_status s = check_list ("short_factor", &p->short_factor, m, err);
  if (!s)
    s = check_list ("long_factor", &p->long_factor, m, err);
  if (s)
    return s;
  if (p->interpolate && stretch (p, m) == 1)
    return rw_fail (err, RW_EDOMAIN,
                    "interpolate: the stretch is 1 (max_position_embeddings equals the original "
                    "length), so there is nothing to interpolate to; set factor");
  if (p->magnitude == SU && isnan (p->attention_factor) && stretch (p, m) > 1
      && m->original_length <= 1)
    return rw_fail (err, RW_EDOMAIN,
                    "original_max_position_embeddings: 1 leaves ln s / ln L without a value");
  return RW_OK;
}

/* Before the first token the authors' class holds the table of the original length.  */
static rw_status
fill_between (const longrope *p, const rw_geometry *m, double length, rw_freqs *out, rw_error *err)
{
  const double n = length > 0 ? length : m->original_length;
  const double t = (n / m->original_length - 1) / (stretch (p, m) - 1);
  for (size_t i = 0; i < out->n; i++)
    {
      const double lam = 1 + (p->long_factor.v[i] - 1) * t;
      if (!(lam > 0))
        {
          rw_fail (err, RW_EDOMAIN,
                   "interpolate: at length %g the factor of pair %zu is %g, not above 0", n, i,
                   lam);
          return rw_hint (err, "use lengths from the original length %g on", m->original_length);
        }
      out->inv_freq[i] /= lam;
    }
  return RW_OK;
}

static rw_status
fill (const void *self, const rw_geometry *m, double length, rw_freqs *out, rw_error *err)
{
  const longrope *p = self;
  const double *lam = length > m->original_length ? p->long_factor.v : p->short_factor.v;
  out->attention_factor = magnitude (p, m);
  rw_geometry_trained (m, out->inv_freq);
  if (p->interpolate)
    return fill_between (p, m, length, out, err);
  for (size_t i = 0; i < out->n; i++)
    out->inv_freq[i] /= lam[i];
  return RW_OK;
}

static const rw_param params[] = {
  { .name = "short_factor",
    .type = RW_REALS,
    .at = offsetof (longrope, short_factor),
    .required = true,
    .defined = RW_ABOVE (0),
    .sensible = RW_BETWEEN (1, 1024),
    .text = "one divisor a pair, up to the original length (LongRoPE2: all 1)" },
  { .name = "long_factor",
    .type = RW_REALS,
    .at = offsetof (longrope, long_factor),
    .required = true,
    .defined = RW_ABOVE (0),
    .sensible = RW_BETWEEN (1, 1024),
    .text = "one divisor a pair, for sequences longer than the original length" },
  { .name = "factor",
    .type = RW_REAL,
    .at = offsetof (longrope, factor),
    .value = NAN,
    .defined = RW_ABOVE (0),
    .sensible = RW_FROM (1),
    .text = "stretch s in the magnitude; max_position_embeddings over the original length if left "
            "out" },
  { .name = "attention_factor",
    .type = RW_REAL,
    .at = offsetof (longrope, attention_factor),
    .value = NAN,
    .defined = RW_FROM (0),
    .sensible = RW_BETWEEN (0.5, 2),
    .text = "factor a on cos and sin, used as it is instead of `magnitude`" },
  { .name = "magnitude",
    .type = RW_CHOICE,
    .at = offsetof (longrope, magnitude),
    .choices = magnitudes,
    .text = "a from s: su, sqrt (1 + ln s / ln L); yarn, 0.1 ln s + 1; none, 1" },
  { .name = "interpolate",
    .type = RW_BOOL,
    .at = offsetof (longrope, interpolate),
    .text = "grow the long factors linearly with the length, instead of switching lists" },
  { 0 },
};

static const char *const aliases[] = { "su", NULL };

const rw_schedule rw_schedule_longrope = {
  .as
  = { .name = "longrope",
      .aliases = aliases,
      .size = sizeof (longrope),
      .params = params,
      .shared = rw_schedule_shared,
      .text = "LongRoPE: every frequency divided by its own factor, from a short or a long list",
      .cite = "Ding et al., arXiv 2402.13753, section 3; LongRoPE2: arXiv 2502.20082" },
  .check = check,
  .fill = fill,
  .depends_on_length = true,
};
