/* vllm_types: the rope types of vLLM, before and after its pull request 56446.  Private to
   src/stack.  */
#ifndef RW_STACK_VLLM_TYPES_H
#define RW_STACK_VLLM_TYPES_H

#include "stack/rope_types.h"

extern const rw_hf_type rw_vllm_types[];     /* from September 2026 on */
extern const rw_hf_type rw_vllm_old_types[]; /* before */

#endif
