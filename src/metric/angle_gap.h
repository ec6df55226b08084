/* angle_gap: how far the angles of a pair lie from every angle that training showed it.

   gap_i = max over integers m, 0 <= m < L', of min over integers t, 0 <= t < L, of the distance
   along the circle between m g_i and t w_i, with w the frequencies that the model was trained
   with: 0 where every angle was seen, as before the critical pair of a table whose wavelengths are
   whole tokens (Resonance RoPE, arXiv 2403.00071, section 4), at most pi.  */
#ifndef RW_METRIC_ANGLE_GAP_H
#define RW_METRIC_ANGLE_GAP_H

#include "metric/metric.h"

/* All positions of both sides are in memory at once: L and L' go up to this.  */
#define RW_ANGLE_GAP_LENGTH 16777216.0

/* trained (f->n,): a pair that is NaN there has no gap.  gap (f->n,), radians.  Costs
   what it takes to bring L and L' angles into order, and up to 16 (L + L') bytes a thread.  */
rw_status rw_angle_gap_find (const rw_input *in, const double *trained, const rw_freqs *f,
                             double *gap, rw_error *err);

#endif
