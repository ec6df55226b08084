/* ntk_base: the base of NTK-aware scaling; see ntk_base.h.  */
#include "schedule/ntk_base.h"

#include <math.h>

rw_status
rw_ntk_check (const rw_geometry *m, rw_error *err)
{
  if (m->rotary_dim <= 2)
    return rw_fail (err, RW_EDOMAIN,
                    "rotary_dim: 2 leaves the exponent d/(d-2) of the new base without a value; "
                    "at least 4 is needed");
  return RW_OK;
}

void
rw_ntk_fill (const rw_geometry *m, double stretch, double *inv_freq)
{
  const double d = (double) m->rotary_dim;
  rw_geometry larger = *m;
  larger.rope_theta *= pow (stretch, d / (d - 2));
  rw_geometry_trained (&larger, inv_freq);
}
