/* tensors: the arrays of files that the sources of a sweep read: every file opened and mapped once.

   Made before anything is written, by a door, and handed to rw_inputs_check and rw_run.  The caller
   frees it with rw_tensors_free, after the run: q and k may be views into it.  Paths are looked up
   as rw_plan_file says; what kind of file it is its first bytes tell: NPY, HDF5 or safetensors.

   Nothing is copied whole.  Every extent is checked against the file's size when it is opened; a
   file that another program changes while the sweep runs is noticed at the next group, but one that
   is cut while a group is being read kills the process (SIGBUS): write a new file and rename it. */
#ifndef RW_LAB_TENSORS_H
#define RW_LAB_TENSORS_H

#include "base/tensor.h"
#include "plan/plan.h"
#include "source/source.h"

typedef struct rw_tensors rw_tensors;

/* Opens every file that the plan's sources name; a plan whose sources name none has an empty one.
   On error nothing is owned.  */
rw_status rw_tensors_new (const rw_plan *plan, rw_tensors **out, rw_error *err);

/* The array of a wish that some source of the plan has, at a layer: a view, valid as long as
   `tensors`.  A file that was not opened yet (of another layer) is opened.  May be called by
   several threads at once.  */
rw_status rw_tensors_get (const rw_tensors *tensors, const rw_source_wish *wish, size_t layer,
                          rw_tensor *out, rw_error *err);

void rw_tensors_free (rw_tensors *tensors); /* NULL-safe */

#endif
