/* inputs: from a point's source to the q and k that its metrics see.

   A source of numbers is checked by the plan, when its config is read.  One that wants arrays of
   files can only be checked with their shapes, which the plan, being below the lab, cannot see:
   rw_inputs_check does that, before anything is written, for run and check alike.  */
#ifndef RW_LAB_INPUTS_H
#define RW_LAB_INPUTS_H

#include "lab/tensors.h"

/* Runs the check of every source that wants arrays, on every combination of source, model, rope,
   length, layer and head.  */
rw_status rw_inputs_check (const rw_plan *plan, const rw_tensors *tensors, rw_error *err);

/* Bytes of the largest q and k of the sweep as float32; 0 where no metric needs them.  */
double rw_inputs_bytes (const rw_plan *plan);

/* Makes q and k of the point, whose source is not NULL.  `tensors` may be NULL where the source
   wants none.  The caller frees *out with rw_qk_free, also after an error.  */
rw_status rw_inputs_fill (const rw_point *point, const rw_input *in, const rw_tensors *tensors,
                          rw_qk *out, rw_error *err);

#endif
