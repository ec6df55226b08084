/* override: telling a stack what another one computes, and testing that it listens.  Private to
   src/stack; see compare.h.  */
#ifndef RW_STACK_OVERRIDE_H
#define RW_STACK_OVERRIDE_H

#include "stack/compare.h"

/* Holds an account against the reference of c, a difference for each layer type of c.  */
bool rw_compare_account (const rw_comparison *c, const rw_account *account,
                         rw_difference *difference, size_t *layers);

/* The words of `stack` for the reference, and what it makes of the patched config (NULL: there is
   none to patch).  That it has no words is no error.  */
rw_status rw_override_try (const rw_comparison *c, const rw_stack *stack, const cJSON *config,
                           rw_override *out, rw_error *err);
void rw_override_free (rw_override *override);

#endif
