/* inner: what the wrapping schedules (resonance, cope) share: another schedule's block inside.

   A wrapper's base_schedule is any schedule block, borrowed from its parameters; NULL means plain
   RoPE.  The inner block sees the wrapper's geometry and puts its own head on top.  */
#ifndef RW_SCHEDULE_INNER_H
#define RW_SCHEDULE_INNER_H

#include "schedule/schedule.h"

size_t rw_inner_pairs (const rw_object *inner, const rw_geometry *m);
rw_status rw_inner_check (const rw_object *inner, const rw_geometry *m, rw_error *err);
void rw_inner_warn (const rw_object *inner, const rw_geometry *m, rw_notes *notes);

/* The inner table, with its factors and ramp, into `out`, which has room for it already.  */
rw_status rw_inner_fill (const rw_object *inner, const rw_geometry *m, double length, rw_freqs *out,
                         rw_error *err);

#endif
