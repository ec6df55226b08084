/* qk: the memory and the shape of a head's queries, keys and values; see qk.h.  */
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

rw_status
rw_qk_check (const rw_qk *qk, rw_error *err)
{
  if (qk->q.n == qk->k.n && qk->q.dim == qk->k.dim)
    return RW_OK;
  return rw_fail (err, RW_EINVAL, "q is (%zu, %zu), k (%zu, %zu): the same shape was expected",
                  qk->q.n, qk->q.dim, qk->k.n, qk->k.dim);
}
