/* split: the spans of rules that treat near and far keys differently; see split.h.  */
#include "rule/split.h"

size_t
rw_split (double m, double window, rw_span far, rw_span near, rw_span *out)
{
  const double border = m - window + 1; /* the first key that is near */
  size_t n = 0;
  near.from = 0;
  if (border > 0)
    {
      far.from = 0;
      far.to = near.from = border <= m ? border : m + 1;
      out[n++] = far;
    }
  near.to = m + 1;
  if (near.from <= m)
    out[n++] = near;
  return n;
}
