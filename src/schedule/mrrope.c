/* mrrope: the division grows geometrically over the pairs of YaRN's range.
   n = hi - lo, t = clamp (i - lo, 0, n); uni: g_i = f_i s^(-t/n);
   pro: g_i = f_i s^(-t(t+1) / (n(n+1))); a = YaRN's.
   MrRoPE (arXiv 2601.22181): positions as numbers of mixed radix, s = the product of the radix
   stretches of the pairs in the range; formulas as in the first author's code.  */
#include "schedule/ramp.h"
#include "schedule/schedule.h"

#include <math.h>

typedef struct
{
  rw_schedule_head head;
  double factor, beta_fast, beta_slow, attention_factor;
  int variant;
} mrrope;

enum
{
  UNI,
  PRO
};

static const char *const variants[] = { "uni", "pro", NULL };

static rw_ramp
range (const mrrope *p, const rw_geometry *m)
{
  return rw_ramp_range (m, p->beta_fast, p->beta_slow, true);
}

static rw_status
check (const void *self, const rw_geometry *m, rw_error *err)
{
  const mrrope *p = self;
  const rw_status s = rw_ramp_check (m, err);
  if (s)
    return s;
  const rw_ramp r = range (p, m);
  if (r.hi <= r.lo)
    {
      rw_fail (err, RW_EDOMAIN,
               "mrrope: the range from pair %g (beta_fast %g) to pair %g (beta_slow %g) is empty",
               r.lo, p->beta_fast, r.hi, p->beta_slow);
      return rw_hint (err, "raise beta_fast, lower beta_slow, or check the original length %g",
                      m->original_length);
    }
  return RW_OK;
}

static rw_status
fill (const void *self, const rw_geometry *m, double length, rw_freqs *out, rw_error *err)
{
  const mrrope *p = self;
  (void) length, (void) err;
  const rw_ramp r = range (p, m);
  const double n = r.hi - r.lo;
  rw_geometry_trained (m, out->inv_freq);
  for (size_t i = 0; i < out->n; i++)
    {
      const double t = fmin (n, fmax (0, (double) i - r.lo));
      const double share = p->variant == UNI ? t / n : t * (t + 1) / (n * (n + 1));
      out->inv_freq[i] *= pow (p->factor, -share);
    }
  out->attention_factor
      = isnan (p->attention_factor) ? rw_mscale (p->factor, 1) : p->attention_factor;
  out->ramp[0] = r.lo;
  out->ramp[1] = r.hi;
  return RW_OK;
}

static const rw_param params[] = {
  { .name = "factor",
    .type = RW_REAL,
    .at = offsetof (mrrope, factor),
    .required = true,
    .defined = RW_ABOVE (0),
    .sensible = RW_FROM (1),
    .text = "stretch s of the slow pairs" },
  { .name = "variant",
    .type = RW_CHOICE,
    .at = offsetof (mrrope, variant),
    .value = PRO,
    .choices = variants,
    .text = "uni: every pair of the range adds the same stretch; pro: slower pairs add more" },
  { .name = "beta_fast",
    .type = RW_REAL,
    .at = offsetof (mrrope, beta_fast),
    .value = 32,
    .defined = RW_ABOVE (0),
    .sensible = RW_FROM (1),
    .unit = "rotations",
    .text = "pairs that rotate more often than this in the original length are kept" },
  { .name = "beta_slow",
    .type = RW_REAL,
    .at = offsetof (mrrope, beta_slow),
    .value = 1,
    .defined = RW_ABOVE (0),
    .sensible = RW_BETWEEN (0, 32),
    .unit = "rotations",
    .text = "pairs that rotate less often than this are divided by s" },
  { .name = "attention_factor",
    .type = RW_REAL,
    .at = offsetof (mrrope, attention_factor),
    .value = NAN,
    .defined = RW_FROM (0),
    .sensible = RW_BETWEEN (0.5, 2),
    .text = "factor a on cos and sin; 0.1 ln s + 1 if left out" },
  { 0 },
};

const rw_schedule rw_schedule_mrrope = {
  .as = { .name = "mrrope",
          .size = sizeof (mrrope),
          .params = params,
          .shared = rw_schedule_shared,
          .text = "MrRoPE: the stretch grows geometrically, evenly or progressively, over YaRN's "
                  "range",
          .cite = "MrRoPE, arXiv 2601.22181; the first author's code" },
  .check = check,
  .fill = fill,
  .identity_param = "factor",
  .identity = 1,
};
