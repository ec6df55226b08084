/* diff_notes: what is told of a stack in sentences; see diff.h.  */
#include "config.h"

#include "cli/diff.h"

rw_notes
diff_notes (const rw_account *account)
{
  rw_notes all = { 0 };
  for (size_t r = 0; r < account->model.n_ropes; r++)
    rw_notes_copy (&all, &account->model.rope[r].notes);
  return all;
}

rw_notes
diff_findings (const rw_comparison *c, size_t i)
{
  const rw_account *account = &c->account[i];
  rw_notes all = { 0 };
  if (account->refused)
    rw_note_add (&all, RW_NOTE_WARNING, "it refuses the config: %s", account->error.text);
  for (size_t t = 0; t < c->n_types && !account->refused; t++)
    rw_difference_tell (&c->difference[i * c->n_types + t],
                        rw_account_view (&c->account[0], c->type[t]),
                        rw_account_view (account, c->type[t]), c->type[t], &all);
  if (c->layers[i])
    rw_note_add (&all, RW_NOTE_WARNING, "%zu layers rotate otherwise", c->layers[i]);
  return all;
}
