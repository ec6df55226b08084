/* bins: the distances behind an entry of the distance axis; see bins.h.  */
#include "metric/bins.h"

#include <math.h>

rw_bin
rw_bins_at (const rw_input *in, bool bin, size_t k)
{
  const double at = in->distance[k];
  if (!(at >= 0 && at <= in->length))
    return (rw_bin){ .first = at };
  if (!bin || k + 1 == in->n_distances)
    return (rw_bin){ .first = at, .n = 1 };
  const double first = ceil (at);
  const double end = fmin (ceil (in->distance[k + 1]), floor (in->length) + 1);
  return (rw_bin){ .first = first, .n = end > first ? (size_t) (end - first) : 0 };
}
