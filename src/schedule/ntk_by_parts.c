/* ntk_by_parts: the first by-parts schedule: NTK-aware in the middle, two ramps.
   Tables B = f, Lin = f/s, N = NTK-aware with s; with the ramp of ramp.h,
   m1 = (1 - ramp (beta_0, beta_1)) ntk_factor,          h = Lin (1 - m1) + N m1,
   m2 = (1 - ramp (gamma_0, gamma_1)) extrapolation_factor, g = h (1 - m2) + B m2; a = 1.
   bloc97 2023, as in YaRN's repository (the paper's Definition 2, arXiv 2309.00071, section 3.2,
   leaves the NTK-aware part out).  With `dynamic`, s = max (n, M) / M and L := M.  */
#include "schedule/ntk_base.h"
#include "schedule/ramp.h"
#include "schedule/schedule.h"

#include <math.h>

typedef struct
{
  rw_schedule_head head;
  double factor, ntk_factor, extrapolation_factor;
  double beta_0, beta_1, gamma_0, gamma_1;
  bool dynamic;
} ntk_by_parts;

static rw_status
check (const void *self, const rw_geometry *m, rw_error *err)
{
  const ntk_by_parts *p = self;
  if (isnan (p->factor) && !p->dynamic)
    {
      rw_fail (err, RW_EINVAL, "factor: 'ntk_by_parts' needs it unless dynamic is true");
      return rw_hint (err, "add \"factor\", the stretch, or \"dynamic\": true");
    }
  const rw_status s = rw_ntk_check (m, err);
  return s ? s : rw_ramp_check (m, err);
}

static rw_status
fill (const void *self, const rw_geometry *m, double length, rw_freqs *out, rw_error *err)
{
  const ntk_by_parts *p = self;
  (void) err;
  const double d = (double) m->rotary_dim;
  rw_geometry from = *m;
  if (p->dynamic)
    from.original_length = m->max_length;
  const double s = p->dynamic ? fmax (length / m->max_length, 1) : p->factor;
  const rw_ramp beta = rw_ramp_range (&from, p->beta_0, p->beta_1, true);
  const rw_ramp gamma = rw_ramp_range (&from, p->gamma_0, p->gamma_1, true);
  rw_geometry_trained (m, out->inv_freq);
  for (size_t i = 0; i < out->n; i++)
    {
      const double f = out->inv_freq[i];
      const double ntk = f * pow (s, -2 * (double) i / (d - 2));
      const double m1 = (1 - rw_ramp_at (&beta, (double) i)) * p->ntk_factor;
      const double m2 = (1 - rw_ramp_at (&gamma, (double) i)) * p->extrapolation_factor;
      const double h = f / s * (1 - m1) + ntk * m1;
      out->inv_freq[i] = h * (1 - m2) + f * m2;
    }
  out->ramp[0] = fmin (beta.lo, gamma.lo);
  out->ramp[1] = fmax (beta.hi, gamma.hi);
  return RW_OK;
}

/* The constants stand in the authors' code without a derivation.  */
static const rw_param params[] = {
  { .name = "factor",
    .type = RW_REAL,
    .at = offsetof (ntk_by_parts, factor),
    .value = NAN,
    .defined = RW_ABOVE (0),
    .sensible = RW_FROM (1),
    .text = "stretch s; may be left out only where dynamic" },
  { .name = "ntk_factor",
    .type = RW_REAL,
    .at = offsetof (ntk_by_parts, ntk_factor),
    .value = 1,
    .defined = RW_BETWEEN (0, 1),
    .sensible = RW_BETWEEN (0, 1),
    .text = "how much of the NTK-aware table the pairs above the beta ramp take" },
  { .name = "extrapolation_factor",
    .type = RW_REAL,
    .at = offsetof (ntk_by_parts, extrapolation_factor),
    .value = 1,
    .defined = RW_BETWEEN (0, 1),
    .sensible = RW_BETWEEN (0, 1),
    .text = "how much of the trained frequency the pairs above the gamma ramp keep" },
  { .name = "beta_0",
    .type = RW_REAL,
    .at = offsetof (ntk_by_parts, beta_0),
    .value = 1.25,
    .defined = RW_ABOVE (0),
    .sensible = RW_BETWEEN (0.5, 4),
    .unit = "rotations",
    .text = "fast end of the ramp from NTK-aware to linear" },
  { .name = "beta_1",
    .type = RW_REAL,
    .at = offsetof (ntk_by_parts, beta_1),
    .value = 0.75,
    .defined = RW_ABOVE (0),
    .sensible = RW_BETWEEN (0.25, 4),
    .unit = "rotations",
    .text = "slow end of the ramp from NTK-aware to linear" },
  { .name = "gamma_0",
    .type = RW_REAL,
    .at = offsetof (ntk_by_parts, gamma_0),
    .value = 16,
    .defined = RW_ABOVE (0),
    .sensible = RW_BETWEEN (1, 64),
    .unit = "rotations",
    .text = "fast end of the ramp from the trained frequencies to the mixture" },
  { .name = "gamma_1",
    .type = RW_REAL,
    .at = offsetof (ntk_by_parts, gamma_1),
    .value = 2,
    .defined = RW_ABOVE (0),
    .sensible = RW_BETWEEN (0.5, 64),
    .unit = "rotations",
    .text = "slow end of the ramp from the trained frequencies to the mixture" },
  { .name = "dynamic",
    .type = RW_BOOL,
    .at = offsetof (ntk_by_parts, dynamic),
    .text = "s is the length over max_position_embeddings, and the ramps count from there" },
  { 0 },
};

const rw_schedule rw_schedule_ntk_by_parts = {
  .as = { .name = "ntk_by_parts",
          .size = sizeof (ntk_by_parts),
          .params = params,
          .shared = rw_schedule_shared,
          .text = "NTK-by-parts, first version: trained, NTK-aware and linear tables joined by two "
                  "ramps",
          .cite = "bloc97 2023; arXiv 2309.00071, section 3.2; the authors' code" },
  .check = check,
  .fill = fill,
  .identity_param = "factor",
  .identity = 1,
  .depends_on_length = true, /* where dynamic */
};
