/* rules: the rules of a stack by its name; see hf.h.  */
#include "stack/hf.h"

#include <string.h>

const rw_hf_rules *
rw_hf_rules_of (const char *stack)
{
  static const rw_hf_rules *const rows[] = { &rw_hf5_rules,
                                             &rw_hf_445_rules,
                                             &rw_hf_450_rules,
                                             &rw_hf_456_rules,
                                             &rw_vllm_rules,
                                             &rw_vllm_old_rules,
                                             NULL };
  for (const rw_hf_rules *const *r = rows; *r; r++)
    if (strcmp ((*r)->name, stack) == 0)
      return *r;
  return &rw_exact_rules;
}
