/* networks: the weights that a sweep runs: every GGUF file of its models opened once.

   Made before anything is written (rw_inputs_open) and read-only afterwards; several threads may
   use it.  Models of one file, read by several stacks, share one network.  The caller frees it with
   rw_networks_free, after the run and after the corpora, whose tokenizers belong to it.  */
#ifndef RW_LAB_NETWORKS_H
#define RW_LAB_NETWORKS_H

#include "model/network.h"
#include "plan/plan.h"

typedef struct rw_networks rw_networks;

/* Opens the weights of the plan's models where anything of it runs one; else it is empty.  On error
   nothing is owned.  */
rw_status rw_networks_new (const rw_plan *plan, rw_networks **out, rw_error *err);
/* The network of one of the plan's models, or NULL where it was not opened.  */
const rw_network *rw_networks_get (const rw_networks *networks, const rw_model *model);
void rw_networks_free (rw_networks *networks); /* NULL-safe */

#endif
