/* inputs: what a sweep reads besides its config, and what of it each metric and source sees.

   Arrays of files, weights and texts are opened once, by a door, before anything is written.  A
   source of numbers and most metrics are checked by the plan, when its config is read.  What wants
   arrays, a network or a corpus can only be checked with them, which the plan, being below the lab,
   cannot see: rw_inputs_open does that too, for run and check alike.  */
#ifndef RW_LAB_INPUTS_H
#define RW_LAB_INPUTS_H

#include "lab/corpora.h"
#include "lab/networks.h"
#include "lab/tensors.h"

typedef struct
{
  rw_tensors *tensors;
  rw_networks *networks;
  rw_corpora *corpora;
} rw_inputs;

/* Opens everything and checks what could not be checked before.  On error nothing is owned.  The
   caller closes it with rw_inputs_close, after the run: q and k may be views into it.  */
rw_status rw_inputs_open (const rw_plan *plan, rw_inputs *out, rw_error *err);
void rw_inputs_close (rw_inputs *inputs); /* NULL-safe; zeroes it */

/* The input that metric k of a point sees, or its source: the point's, and of `inputs` (may be
   NULL) the network and corpus that it asks for.  The rest of `in` is left alone.  */
void rw_inputs_of_metric (const rw_inputs *inputs, const rw_plan *plan, const rw_point *point,
                          size_t k, rw_input *in);
void rw_inputs_of_source (const rw_inputs *inputs, const rw_plan *plan, const rw_point *point,
                          rw_input *in);

/* Bytes of the largest q and k of the sweep as float32; 0 where no metric needs them.  */
double rw_inputs_bytes (const rw_plan *plan);

/* Makes q and k of the point, whose source is not NULL, from an input of rw_inputs_of_source.  The
   caller frees *out with rw_qk_free, also after an error.  */
rw_status rw_inputs_fill (const rw_point *point, const rw_input *in, const rw_inputs *inputs,
                          rw_qk *out, rw_error *err);

#endif
