/* ntk: NTK-aware scaling, a larger base chosen so that the slowest pair is divided by the factor.
   g_i = b'^(-2i/d), b' = b alpha^(d/(d-2)), a = 1; g_0 = 1 stays, g_{K-1} = f_{K-1} / alpha.
   bloc97 2023, as in YaRN (arXiv 2309.00071), section 3.1 and appendix A.1.  */
#include "schedule/schedule.h"

#include <math.h>

typedef struct
{
  rw_schedule_head head;
  double factor;
} ntk;

static rw_status
check (const void *self, const rw_geometry *m, rw_error *err)
{
  (void) self;
  if (m->rotary_dim <= 2)
    return rw_fail (err, RW_EDOMAIN,
                    "rotary_dim: 2 leaves the exponent d/(d-2) of the new base without a value; "
                    "at least 4 is needed");
  return RW_OK;
}

static rw_status
fill (const void *self, const rw_geometry *m, double length, rw_freqs *out, rw_error *err)
{
  const ntk *p = self;
  (void) length, (void) err;
  const double d = (double) m->rotary_dim;
  rw_geometry larger = *m;
  larger.rope_theta *= pow (p->factor, d / (d - 2));
  rw_geometry_trained (&larger, out->inv_freq);
  return RW_OK;
}

static const rw_param params[] = {
  { .name = "factor",
    .alias = "alpha",
    .type = RW_REAL,
    .at = offsetof (ntk, factor),
    .required = true,
    .defined = RW_ABOVE (0),
    .sensible = RW_FROM (1),
    .text = "stretch of the slowest pair; the base grows by its power d/(d-2)" },
  { 0 },
};

const rw_schedule rw_schedule_ntk = {
  .as = { .name = "ntk",
          .size = sizeof (ntk),
          .params = params,
          .shared = rw_schedule_shared,
          .text = "NTK-aware: a larger base that divides the slowest frequency by the factor",
          .cite = "bloc97 2023; arXiv 2309.00071, section 3.1" },
  .check = check,
  .fill = fill,
  .identity_param = "factor",
  .identity = 1,
};
