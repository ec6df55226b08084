/* geometry: the shape of a rotary attention; see geometry.h.  */
#include "rope/geometry.h"

#include <math.h>

rw_status
rw_geometry_check (const rw_geometry *m, rw_error *err)
{
  if (m->head_dim < 2 || m->head_dim > RW_HEAD_DIM_MAX)
    return rw_fail (err, RW_EINVAL, "head_dim: %lld is outside its range (from 2 to %d)",
                    (long long) m->head_dim, RW_HEAD_DIM_MAX);
  if (m->rotary_dim < 2 || m->rotary_dim > m->head_dim)
    return rw_fail (err, RW_EINVAL,
                    "rotary_dim: %lld is outside its range (from 2 to head_dim %lld)",
                    (long long) m->rotary_dim, (long long) m->head_dim);
  if (m->rotary_dim % 2)
    return rw_fail (err, RW_EINVAL,
                    "rotary_dim: %lld is odd; pairs need an even number of channels",
                    (long long) m->rotary_dim);
  if (!(m->rope_theta > 0) || !isfinite (m->rope_theta))
    return rw_fail (err, RW_EINVAL, "rope_theta: %g is not a positive number", m->rope_theta);
  if (!(m->original_length >= 1 && m->original_length <= RW_LENGTH_MAX))
    return rw_fail (err, RW_EINVAL,
                    "original_length: %g is outside its range (from 1 to 2^40 tokens)",
                    m->original_length);
  if (!(m->max_length >= 1 && m->max_length <= RW_LENGTH_MAX))
    return rw_fail (err, RW_EINVAL, "max_length: %g is outside its range (from 1 to 2^40 tokens)",
                    m->max_length);
  return RW_OK;
}

size_t
rw_geometry_pairs (const rw_geometry *m)
{
  return (size_t) m->rotary_dim / 2;
}

void
rw_geometry_trained (const rw_geometry *m, double *inv_freq)
{
  const size_t n = rw_geometry_pairs (m);
  for (size_t i = 0; i < n; i++)
    inv_freq[i] = pow (m->rope_theta, -2.0 * (double) i / (double) m->rotary_dim);
}

const char *
rw_layout_text (rw_layout layout)
{
  return layout == RW_HALF ? "half" : "interleaved";
}
