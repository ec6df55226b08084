/* ramp: what the by-parts schedules share: pair indices of rotation counts, the ramp between
   two of them, and YaRN's magnitude.

   YaRN (arXiv 2309.00071), section 3.2, as every implementation has it: the ramp is linear in the
   pair index (so in log r), not in r itself.  */
#ifndef RW_SCHEDULE_RAMP_H
#define RW_SCHEDULE_RAMP_H

#include "rope/geometry.h"

#include <stdbool.h>

typedef struct
{
  double lo, hi; /* pair indices; not whole numbers where not truncated */
} rw_ramp;

/* corr(r) = d ln (L / (2 pi r)) / (2 ln b): the pair that makes r rotations in L tokens.  */
double rw_ramp_pair (const rw_geometry *m, double rotations);

/* From corr (fast) to corr (slow), rounded outwards where `truncate`, then lo raised to 0 and hi
   cut to d - 1.  hi < lo is possible and means a mirrored ramp.  */
rw_ramp rw_ramp_range (const rw_geometry *m, double fast, double slow, bool truncate);

/* clamp ((i - lo) / (hi - lo)): 0 before the ramp, 1 after it.  */
double rw_ramp_at (const rw_ramp *ramp, double i);

/* YaRN's mixture of f and f / s: `kept` is how much of the trained frequency f stays.  */
double rw_ramp_mix (double f, double s, double kept);

/* A base of 1 has no pair index for a rotation count (ln b = 0): refused.  */
rw_status rw_ramp_check (const rw_geometry *m, rw_error *err);

/* get_mscale (s, c) = 1 if s <= 1, else 0.1 c ln s + 1: YaRN, section 3.4, with DeepSeek's c.  */
double rw_mscale (double s, double c);

#endif
