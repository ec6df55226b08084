/* same: one row at every token; see same.h.  */
#include "source/same.h"

rw_status
rw_same_rows (const rw_input *in, rw_qk *out, float **row, rw_error *err)
{
  const size_t channels = (size_t) in->geometry->head_dim;
  out->owned[0] = *row = rw_new (channels, sizeof **row);
  if (!*row)
    return rw_nomem (err, channels * sizeof **row);
  out->q = out->k = (rw_rows){
    .data = *row, .type = RW_FLOAT32, .n = (size_t) in->length, .dim = channels, .stride = 0
  };
  return RW_OK;
}
