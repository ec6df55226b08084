/* content: q and k of Gaussian channels that are independent of each other and alike.

   In every channel, x, y and z independent processes of mean 0 and variance 1,
     k_m = mean + deviation x_m                              (+ sink where m = 0)
     q_m = mean + deviation ( rho x_m + sqrt (1 - rho^2) y_m )
     v_m = mean + deviation z_m                              (z like x)
   so that over head_dim channels, r the autocovariance of x,
     E q_m . k_n = head_dim ( mean^2 + deviation^2 rho r(|m - n|) + [n = 0] mean sink ).
   Each channel pair has the same law and no preferred direction, so a rotation by RoPE multiplies
   each pair's share by cos (delta g_i): the mean score is c a^2 2 (mean^2 + deviation^2 rho r)
   sum_i cos (delta g_i), unrotated channels added.  Private to src/source.  */
#ifndef RW_SOURCE_CONTENT_H
#define RW_SOURCE_CONTENT_H

#include "source/process.h"
#include "source/source.h"

/* Largest mean, deviation and sink: products of such numbers, summed over the widest head, stay far
   inside float32.  */
#define RW_CONTENT_MAX 1e9

typedef struct
{
  double mean, deviation;
  double correlation; /* rho, -1 to 1 */
  double sink;
  rw_process shared, own; /* of x and z; of y */
  bool values;            /* makes v, too */
} rw_content;

/* Sequences that are too long for the random streams; a sink without a mean to meet it.  */
rw_status rw_content_check (const rw_content *c, const rw_input *in, rw_error *err);
rw_status rw_content_fill (const rw_content *c, const rw_input *in, rw_qk *out, rw_error *err);
double rw_content_cost (const rw_content *c, const rw_input *in); /* seconds of one core */

#endif
