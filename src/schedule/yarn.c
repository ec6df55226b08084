/* yarn: interpolate the slow pairs, keep the fast ones, mix between.
   g_i = (f_i / s) (1 - m_i) + f_i m_i with m_i = (1 - ramp_i) extrapolation_factor.
   YaRN (arXiv 2309.00071), sections 3.2 (ramp) and 3.4 (magnitude).  The paper's ramp is linear in
   the rotations r_i = L / lambda_i; all code, the authors' too, is linear in the pair index.  */
#include "schedule/ramp.h"
#include "schedule/schedule.h"

#include <math.h>

typedef struct
{
  rw_schedule_head head;
  double factor;
  double beta_fast, beta_slow;
  double attention_factor, mscale, mscale_all_dim;
  double extrapolation_factor;
  bool truncate, softmax_mscale;
  int ramp;
} yarn;

enum
{
  INDEX,
  ROTATIONS
};

static const char *const ramps[] = { "index", "rotations", NULL };

/* Given and not zero: what Python's `or` and `and` ask.  */
static bool
truthy (double x)
{
  return !isnan (x) && x != 0;
}

static double
beta_fast (const yarn *p)
{
  return truthy (p->beta_fast) ? p->beta_fast : 32;
}

static double
beta_slow (const yarn *p)
{
  return truthy (p->beta_slow) ? p->beta_slow : 1;
}

static double
stretch (const yarn *p, const rw_geometry *m)
{
  return isnan (p->factor) ? m->max_length / m->original_length : p->factor;
}

/* transformers' order: the explicit number, DeepSeek's quotient, the paper's formula.  */
static double
magnitude (const yarn *p, double s)
{
  if (!isnan (p->attention_factor))
    return p->attention_factor;
  if (truthy (p->mscale) && truthy (p->mscale_all_dim))
    return rw_mscale (s, p->mscale) / rw_mscale (s, p->mscale_all_dim);
  return rw_mscale (s, 1);
}

/* The paper's: 1 above beta_fast rotations, 0 below beta_slow, linear in r between.  */
static double
kept_by_rotations (double r, double fast, double slow)
{
  if (fast == slow)
    return r >= fast;
  return fmin (1, fmax (0, (r - slow) / (fast - slow)));
}

static rw_ramp
range (const yarn *p, const rw_geometry *m)
{
  return rw_ramp_range (m, beta_fast (p), beta_slow (p), p->truncate && p->ramp == INDEX);
}

static rw_status
check (const void *self, const rw_geometry *m, rw_error *err)
{
  (void) self;
  return rw_ramp_check (m, err);
}

static void
warn (const void *self, const rw_geometry *m, rw_notes *notes)
{
  const yarn *p = self;
  const rw_ramp r = range (p, m);
  if (r.hi < r.lo)
    rw_note_add (notes, RW_NOTE_WARNING,
                 "yarn: the correction range runs backwards, from pair %g to %g (beta_fast %g, "
                 "beta_slow %g, original length %g): the ramp is mirrored here and in "
                 "transformers, a step in llama.cpp",
                 r.lo, r.hi, beta_fast (p), beta_slow (p), m->original_length);
}

static rw_status
fill (const void *self, const rw_geometry *m, double length, rw_freqs *out, rw_error *err)
{
  const yarn *p = self;
  (void) length, (void) err;
  const double s = stretch (p, m);
  const rw_ramp ramp = range (p, m);
  rw_geometry_trained (m, out->inv_freq);
  for (size_t i = 0; i < out->n; i++)
    {
      const double f = out->inv_freq[i];
      const double r = m->original_length * f / (2 * M_PI);
      const double kept = p->ramp == INDEX ? 1 - rw_ramp_at (&ramp, (double) i)
                                           : kept_by_rotations (r, beta_fast (p), beta_slow (p));
      const double mix = kept * p->extrapolation_factor;
      out->inv_freq[i] = rw_ramp_mix (f, s, mix);
    }
  out->attention_factor = magnitude (p, s);
  if (p->softmax_mscale && truthy (p->mscale_all_dim))
    out->softmax_factor = pow (rw_mscale (s, p->mscale_all_dim), 2);
  out->ramp[0] = ramp.lo;
  out->ramp[1] = ramp.hi;
  return RW_OK;
}

static const rw_param params[] = {
  { .name = "factor",
    .type = RW_REAL,
    .at = offsetof (yarn, factor),
    .required = true,
    .nullable = true,
    .defined = RW_ABOVE (0),
    .sensible = RW_FROM (1),
    .text = "stretch s of the slow pairs; null: max_position_embeddings over the original length" },
  { .name = "beta_fast",
    .type = RW_REAL,
    .at = offsetof (yarn, beta_fast),
    .value = 32,
    .defined = RW_FROM (0),
    .sensible = RW_FROM (1),
    .unit = "rotations",
    .text = "pairs that rotate more often than this in the original length are kept; 0 means 32" },
  { .name = "beta_slow",
    .type = RW_REAL,
    .at = offsetof (yarn, beta_slow),
    .value = 1,
    .defined = RW_FROM (0),
    .sensible = RW_BETWEEN (0, 32),
    .unit = "rotations",
    .text = "pairs that rotate less often than this are fully interpolated; 0 means 1" },
  { .name = "truncate",
    .type = RW_BOOL,
    .at = offsetof (yarn, truncate),
    .value = 1,
    .text = "round the ends of the ramp outwards to whole pairs (gpt-oss: false)" },
  { .name = "attention_factor",
    .type = RW_REAL,
    .at = offsetof (yarn, attention_factor),
    .value = NAN,
    .defined = RW_FROM (0),
    .sensible = RW_BETWEEN (0.5, 2),
    .text = "factor a on cos and sin, used as it is; else from mscale or 0.1 ln s + 1" },
  { .name = "mscale",
    .type = RW_REAL,
    .at = offsetof (yarn, mscale),
    .value = NAN,
    .defined = RW_FROM (0),
    .sensible = RW_BETWEEN (0, 2),
    .text = "DeepSeek's numerator slope of a; ignored unless mscale_all_dim is there too" },
  { .name = "mscale_all_dim",
    .type = RW_REAL,
    .at = offsetof (yarn, mscale_all_dim),
    .value = NAN,
    .defined = RW_FROM (0),
    .sensible = RW_BETWEEN (0, 2),
    .text = "DeepSeek's denominator slope of a" },
  { .name = "softmax_mscale",
    .type = RW_BOOL,
    .at = offsetof (yarn, softmax_mscale),
    .text = "multiply the scores by (0.1 mscale_all_dim ln s + 1)^2, as DeepSeek-V2 and V3 do" },
  { .name = "extrapolation_factor",
    .type = RW_REAL,
    .at = offsetof (yarn, extrapolation_factor),
    .value = 1,
    .defined = RW_BETWEEN (0, 1),
    .sensible = RW_BETWEEN (0, 1),
    .text = "how much of the trained frequency the fast pairs keep; 0 interpolates all" },
  { .name = "ramp",
    .type = RW_CHOICE,
    .at = offsetof (yarn, ramp),
    .choices = ramps,
    .text = "what the ramp is linear in: the pair index (all code) or the rotations (the paper)" },
  { 0 },
};

const rw_schedule rw_schedule_yarn = {
  .as = { .name = "yarn",
          .size = sizeof (yarn),
          .params = params,
          .shared = rw_schedule_shared,
          .text = "YaRN: slow pairs interpolated, fast pairs kept, a ramp between, and a magnitude",
          .cite = "Peng et al., arXiv 2309.00071, sections 3.2 and 3.4" },
  .check = check,
  .fill = fill,
  .warn = warn,
  .identity_param = "factor",
  .identity = 1,
};
