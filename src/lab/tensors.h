/* tensors: the arrays of files that the sources of a sweep read: every file opened and mapped once.

   Made before anything is written, by a door, and handed to rw_inputs_check and rw_run; read-only
   from then on.  The caller frees it with rw_tensors_free, after the run: q and k may be views into
   it.  A path that does not begin with a slash is looked up in the config's folder.  */
#ifndef RW_LAB_TENSORS_H
#define RW_LAB_TENSORS_H

#include "base/tensor.h"
#include "plan/plan.h"
#include "source/source.h"

typedef struct rw_tensors rw_tensors;

/* Opens every file that the plan's sources name; a plan whose sources name none has an empty one.
   On error nothing is owned.  */
rw_status rw_tensors_new (const rw_plan *plan, rw_tensors **out, rw_error *err);

/* The array of a wish that some source of the plan has: a view, valid as long as `tensors`.  May be
   called by several threads at once.  */
rw_status rw_tensors_get (const rw_tensors *tensors, const rw_source_wish *wish, rw_tensor *out,
                          rw_error *err);

void rw_tensors_free (rw_tensors *tensors); /* NULL-safe */

#endif
