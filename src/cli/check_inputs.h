/* check_inputs: what a sweep reads besides its config, as `ropewalk check` says it.  */
#ifndef RW_CLI_CHECK_INPUTS_H
#define RW_CLI_CHECK_INPUTS_H

#include "lab/inputs.h"

#include <cjson/cJSON.h>

/* Lines "weights ..." and "corpus ..."; none where the sweep reads neither.  */
void check_inputs_print (const rw_plan *plan, const rw_inputs *inputs);
/* Lists `weights` and `corpora`.  */
void check_inputs_add (cJSON *o, const rw_plan *plan, const rw_inputs *inputs);

/* "3.86 MB" */
const char *check_size_text (double bytes, char buf[32]);

#endif
