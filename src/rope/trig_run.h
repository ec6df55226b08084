/* trig_run: a table over positions from, from + step, ..., whole numbers; see trig.h.  */
#ifndef RW_ROPE_TRIG_RUN_H
#define RW_ROPE_TRIG_RUN_H

#include "rope/trig.h"

/* Whether a run pays and keeps its positions exact.  */
bool rw_trig_run_fits (const rw_positions *p);
/* `most` threads; fewer where there is little to do.  */
rw_status rw_trig_run (const rw_freqs *f, const rw_positions *p, int most, rw_arena *scratch,
                       rw_trig *t, rw_error *err);

#endif
