/* vllm_types: the rope types of vLLM, before and after its pull request 56446, and their float32.
   Private to src/stack.  */
#ifndef RW_STACK_VLLM_TYPES_H
#define RW_STACK_VLLM_TYPES_H

#include "stack/rope_types.h"
#include "stack/stack.h"

extern const rw_hf_type rw_vllm_types[];     /* from September 2026 on */
extern const rw_hf_type rw_vllm_old_types[]; /* before */

/* The `arithmetic` of both: within 3e-7 of torch on a CPU.  */
rw_status rw_vllm_float (const rw_object *schedule, const rw_geometry *m, double length,
                         rw_freqs *out, rw_error *err);

#endif
