/* qk: the memory of a head's queries, keys and values; see qk.h.  */
#include "rope/qk.h"

#include <math.h>

void
rw_qk_free (rw_qk *qk)
{
  if (!qk)
    return;
  for (size_t i = 0; i < sizeof qk->owned / sizeof *qk->owned; i++)
    rw_free (qk->owned[i]);
  *qk = (rw_qk){ .sink = -INFINITY };
}
