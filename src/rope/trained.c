/* trained: the trained frequencies beside a table of n pairs; see trained.h.  */
#include "rope/trained.h"

#include <math.h>

bool
rw_trained_whole_head (const rw_geometry *m, size_t n)
{
  return n != rw_geometry_pairs (m) && n == (size_t) m->head_dim / 2;
}

void
rw_trained_fill (const rw_geometry *m, size_t n, double *inv_freq)
{
  const size_t pairs = rw_geometry_pairs (m);
  const bool whole = rw_trained_whole_head (m, n);
  const double d = (double) (whole ? m->head_dim : m->rotary_dim);
  for (size_t i = 0; i < n; i++)
    if (i < pairs)
      inv_freq[i] = pow (m->rope_theta, -2.0 * (double) i / d);
    else
      inv_freq[i] = whole ? 0 : NAN;
}
