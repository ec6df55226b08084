/* hf: reading by the rules of transformers; the stacks `exact` and `hf`.  Private to src/stack.

   One reader for both; what differs between them stands in rw_hf_rules (config.h).  */
#ifndef RW_STACK_HF_H
#define RW_STACK_HF_H

#include "stack/config.h"
#include "stack/stack.h"

extern const rw_stack rw_stack_exact, rw_stack_hf;

/* The rules of "hf"; those of "exact" for any other name.  */
const rw_hf_rules *rw_hf_rules_of (const char *stack);

/* Fills a zeroed model from an open config; on error it is empty again.  */
rw_status rw_hf_read (rw_config *c, const char *name, const cJSON *rope, rw_model *out);

/* Hex digest of config and rope (may be NULL); the caller frees *out.  */
rw_status rw_hf_digest (const cJSON *config, const cJSON *rope, char **out, rw_error *err);

#endif
