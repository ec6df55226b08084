/* ramp: pair indices of rotation counts, the ramp and the magnitude of YaRN; see ramp.h.  */
#include "schedule/ramp.h"

#include <math.h>

double
rw_ramp_pair (const rw_geometry *m, double rotations)
{
  return (double) m->rotary_dim * log (m->original_length / (2 * M_PI * rotations))
         / (2 * log (m->rope_theta));
}

rw_ramp
rw_ramp_range (const rw_geometry *m, double fast, double slow, bool truncate)
{
  rw_ramp r = { .lo = rw_ramp_pair (m, fast), .hi = rw_ramp_pair (m, slow) };
  if (truncate)
    {
      r.lo = floor (r.lo);
      r.hi = ceil (r.hi);
    }
  /* The published code cuts at d - 1 although the last pair is d/2 - 1, lo only from below and hi
     only from above; models are trained with it.  */
  r.lo = fmax (r.lo, 0);
  r.hi = fmin (r.hi, (double) m->rotary_dim - 1);
  return r;
}

/* What the published code adds to hi where lo = hi, against dividing by zero.  */
static const double NARROWEST = 0.001;

double
rw_ramp_at (const rw_ramp *ramp, double i)
{
  const double width = ramp->hi == ramp->lo ? NARROWEST : ramp->hi - ramp->lo;
  return fmin (1, fmax (0, (i - ramp->lo) / width));
}

double
rw_ramp_mix (double f, double s, double kept)
{
  return f / s * (1 - kept) + f * kept;
}

rw_status
rw_ramp_check (const rw_geometry *m, rw_error *err)
{
  if (m->rope_theta == 1)
    return rw_fail (err, RW_EDOMAIN,
                    "rope_theta: 1 makes all pairs rotate alike (ln b = 0); a ramp over pairs "
                    "needs another base");
  return RW_OK;
}

/* Slope of YaRN's fit of the best temperature: sqrt (1/t) = 0.1 ln s + 1.  */
static const double MSCALE_SLOPE = 0.1;

double
rw_mscale (double s, double c)
{
  return s <= 1 ? 1 : MSCALE_SLOPE * c * log (s) + 1;
}
