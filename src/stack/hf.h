/* hf: reading by the rules of transformers, and by those that depart from them.  Private to
   src/stack.

   One reader for all; what differs between stacks stands in rw_hf_rules (config.h).  */
#ifndef RW_STACK_HF_H
#define RW_STACK_HF_H

#include "stack/config.h"
#include "stack/stack.h"

extern const rw_stack rw_stack_exact, rw_stack_hf;
extern const rw_stack rw_stack_hf_445, rw_stack_hf_450, rw_stack_hf_456;
extern const rw_stack rw_stack_vllm, rw_stack_vllm_old;

/* The rows, each in its stack's file.  */
extern const rw_hf_rules rw_exact_rules, rw_hf5_rules;
extern const rw_hf_rules rw_hf_445_rules, rw_hf_450_rules, rw_hf_456_rules;
extern const rw_hf_rules rw_vllm_rules, rw_vllm_old_rules;

/* The rules of a stack that reads configs; those of "exact" for any other name.  */
const rw_hf_rules *rw_hf_rules_of (const char *stack);

/* What a stack's `read` is, by its rules.  */
rw_status rw_hf_read_by (const rw_hf_rules *rules, const char *name, const cJSON *config,
                         const cJSON *rope, rw_model *out, rw_error *err);

/* Fills a zeroed model from an open config; on error it is empty again.  */
rw_status rw_hf_read (rw_config *c, const char *name, const cJSON *rope, rw_model *out);

/* Hex digest of config and rope (may be NULL); the caller frees *out.  */
rw_status rw_hf_digest (const cJSON *config, const cJSON *rope, char **out, rw_error *err);

#endif
