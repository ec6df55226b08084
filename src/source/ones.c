/* ones: every channel of every q and k is 1.

   The score is c a^2 2 sum_i cos (delta g_i), unrotated channels added: what RoPE itself makes of
   distance (RoFormer, arXiv 2104.09864, section 3.4.3; Xiong et al., arXiv 2309.16039, Fig. 4).  */
#include "source/same.h"

static rw_status
fill (const void *self, const rw_input *in, const rw_tensor *tensors, rw_qk *out, rw_error *err)
{
  (void) self, (void) tensors;
  float *row;
  const rw_status s = rw_same_rows (in, out, &row, err);
  for (int64_t i = 0; !s && i < in->geometry->head_dim; i++)
    row[i] = 1;
  return s;
}

const rw_source rw_source_ones = {
  .as = { .name = "ones",
          .text = "every channel of q and k is 1: the decay of RoPE alone",
          .cite = "Xiong et al., arXiv 2309.16039, Fig. 4" },
  .fill = fill,
};
