/* warning: what a plan's reading warns of.  */
#include "plan/parts.h"

void
rw_warning_add (rw_plan *plan, const char *where, const rw_notes *from)
{
  for (size_t i = 0; i < from->n && plan->notes.n < RW_WARNINGS_MAX; i++)
    if (from->note[i].kind == RW_NOTE_WARNING)
      rw_note_add (&plan->notes, RW_NOTE_WARNING, "%s%s%s", where, *where ? ": " : "",
                   from->note[i].text);
}
