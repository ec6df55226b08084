/* diff: how a comparison of stacks is written: for people, and as JSON.  */
#ifndef RW_CLI_DIFF_H
#define RW_CLI_DIFF_H

#include "base/text.h"
#include "stack/compare.h"

void diff_text (const rw_comparison *c, rw_text *out);
void diff_json (const rw_comparison *c, rw_text *out); /* keys: doc/format.md */

/* The notes of a stack's ropes, each once.  Free with rw_notes_free.  */
rw_notes diff_notes (const rw_account *account);
/* What stands between a stack and the reference, a sentence each; nothing where they agree.  */
rw_notes diff_findings (const rw_comparison *c, size_t stack);

#endif
