/* ntk_base: what the NTK-aware schedules share: the base at which the slowest pair is slowed down
   by a given stretch and pair 0 stays.

   b' = b s^(d/(d-2)): YaRN (arXiv 2309.00071), section 3.1 and appendix A.1, after bloc97.  */
#ifndef RW_SCHEDULE_NTK_BASE_H
#define RW_SCHEDULE_NTK_BASE_H

#include "rope/geometry.h"

/* A single pair (d = 2) leaves the exponent without a value: refused.  */
rw_status rw_ntk_check (const rw_geometry *m, rw_error *err);

/* inv_freq is (d/2,): the trained frequencies of base b'.  */
void rw_ntk_fill (const rw_geometry *m, double stretch, double *inv_freq);

#endif
