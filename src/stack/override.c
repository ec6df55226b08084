/* override: telling a stack what another one computes, and testing that it listens; see override.h.

   write (the reference's model) gives a merge patch; the patched config is read by the same stack
   and held against the reference again, at the same length.  A promise is never printed for a fact.
 */
#include "stack/override.h"
#include "base/mem.h"

void
rw_override_free (rw_override *o)
{
  rw_words_free (&o->words);
  rw_notes_free (&o->left);
}

/* What still differs, a sentence each.  */
static rw_status
tell_left (const rw_comparison *c, const rw_account *after, rw_override *out, rw_error *err)
{
  size_t layers;
  rw_difference *d = rw_new (c->n_types, sizeof *d);
  if (!d)
    return rw_nomem (err, c->n_types * sizeof *d);
  out->agrees = rw_compare_account (c, after, d, &layers);
  if (after->refused)
    rw_note_add (&out->left, RW_NOTE_WARNING, "%s refuses it: %s", after->stack->name,
                 after->error.text);
  for (size_t t = 0; t < c->n_types && !after->refused; t++)
    rw_difference_tell (&d[t], rw_account_view (&c->account[0], c->type[t]),
                        rw_account_view (after, c->type[t]), c->type[t], &out->left);
  if (layers)
    rw_note_add (&out->left, RW_NOTE_WARNING, "%zu layers rotate otherwise", layers);
  rw_free (d);
  return RW_OK;
}

/* In its place in this config, and without what changes nothing there.  */
static rw_status
fit_words (const cJSON *config, rw_words *words, rw_error *err)
{
  cJSON *change = NULL;
  rw_status s = rw_words_place (words, config, err);
  if (!s)
    s = rw_json_change (config, words->patch, &change, err);
  if (s)
    return s;
  cJSON_Delete (words->patch);
  words->patch = change;
  return RW_OK;
}

static rw_status
test_words (const rw_comparison *c, const rw_stack *stack, const cJSON *config, rw_override *out,
            rw_error *err)
{
  rw_origin patched = { .name = c->name };
  rw_account after = { 0 };
  rw_status s = fit_words (config, &out->words, err);
  if (!s)
    s = rw_json_merge (config, out->words.patch, &patched.config, err);
  if (!s)
    s = rw_account_read (stack, &patched, NULL, &after, err);
  if (!s)
    s = rw_account_fill (&after, c->length, err);
  if (!s)
    s = tell_left (c, &after, out, err);
  out->tried = !s;
  rw_account_free (&after);
  cJSON_Delete (patched.config);
  return s;
}

rw_status
rw_override_try (const rw_comparison *c, const rw_stack *stack, const cJSON *config,
                 rw_override *out, rw_error *err)
{
  if (!stack->write)
    {
      rw_fail (&out->error, RW_EINVAL, "ropewalk has no words for the stack '%s'", stack->name);
      return RW_OK;
    }
  const rw_status s = stack->write (&c->account[0].model, &out->words, &out->error);
  if (s == RW_ENOMEM || s == RW_EIO)
    {
      if (err)
        *err = out->error;
      return s;
    }
  if (s || !config || !out->words.patch || rw_words_place (&out->words, config, &out->error))
    return RW_OK;
  return test_words (c, stack, config, out, err);
}
