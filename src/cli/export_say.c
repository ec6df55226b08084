/* export_say: the words of a stack for a model, tested before they are printed; see export.h.

   The words are put into the model's config, which that stack then reads as it would when serving;
   what it makes is held against what was asked for.  */
#include "config.h"

#include "cli/export.h"
#include "schedule/schedule.h"
#include "stack/export.h"

#include <stdio.h>
#include <string.h>

/* The config that the words change: the model's; for a GGUF file the shape of its head.  */
static rw_status
base_config (const export_job *job, cJSON **out, rw_error *err)
{
  rw_notes notes = { 0 };
  if (job->config)
    {
      *out = cJSON_Duplicate (job->config, true);
      return *out ? RW_OK : rw_fail (err, RW_ENOMEM, "out of memory");
    }
  const rw_status s = rw_stack_write_hf (&job->model, out, &notes, err);
  rw_notes_free (&notes);
  return s;
}

/* Where nothing was lost and yet it differs, it is not exported.  */
static rw_status
judge (const export_target *t, export_job *job, rw_error *err)
{
  if (!job->left.n || job->lost.n || job->words.lost.n)
    return RW_OK;
  rw_fail (err, RW_EINVAL, "--to %s: %s", t->name, job->left.note[0].text);
  return rw_hint (err, "`ropewalk diff %s --stack exact,%s` shows the whole difference",
                  job->args->of.model, t->stack);
}

static rw_status
read_back (const export_target *t, const rw_stack *stack, const cJSON *base, export_job *job,
           rw_error *err)
{
  cJSON *patched = NULL;
  rw_model got = { 0 };
  rw_status s = rw_json_merge (base, job->words.patch, &patched, err);
  if (!s)
    s = rw_within (err, stack->read (job->model.name, patched, NULL, &got, err),
                   "--to %s, read back", t->name);
  if (!s)
    s = rw_export_check (&job->model, &got, job->length, &job->left, err);
  if (!s && !stack->planned)
    s = rw_export_check (&job->model, &got, 0, &job->left, err);
  rw_model_free (&got);
  cJSON_Delete (patched);
  return s ? s : judge (t, job, err);
}

/* The image axes of M-RoPE stand in the block that the words replace.  */
static void
note_sections (export_job *job)
{
  for (size_t i = 0; i < job->model.n_ropes; i++)
    for (size_t n = 0; n < job->model.rope[i].notes.n; n++)
      if (strstr (job->model.rope[i].notes.note[n].text, "mrope_section"))
        {
          rw_note_add (&job->lost, RW_NOTE_WARNING,
                       "mrope_section: keep it in the new block, and mrope_interleaved too");
          return;
        }
}

/* The words, put into the config and read back.  */
static rw_status
say (const export_target *t, const rw_stack *stack, const cJSON *base, export_job *job,
     rw_error *err)
{
  rw_notes_free (&job->left);
  rw_words_free (&job->words);
  rw_status s = stack->write (&job->model, &job->words, err);
  if (!s)
    s = rw_words_place (&job->words, base, err);
  return s ? s : read_back (t, stack, base, job, err);
}

/* No rope follows the length: a table says as much as the type.  */
static bool
is_fixed (const rw_model *m)
{
  for (size_t i = 0; i < m->n_ropes; i++)
    if (((const rw_schedule *) m->rope[i].schedule->module)->depends_on_length)
      return false;
  return true;
}

/* Classes that take few types (Phi-3's: default and longrope) take the frequencies themselves.  */
static rw_status
say_again (const export_target *t, const rw_stack *stack, const cJSON *base, export_job *job,
           rw_error *err)
{
  const rw_error first = *err;
  rw_status s = rw_export_tabulate (&job->model, job->length, err);
  if (!s)
    s = say (t, stack, base, job, err);
  if (s == RW_EINVAL)
    *err = first; /* what was asked for says more than the way round */
  else if (!s)
    rw_note_add (&job->lost, RW_NOTE_WARNING, "told as frequencies, because: %s", first.text);
  return s;
}

rw_status
export_say (const export_target *t, export_job *job, rw_error *err)
{
  const rw_stack *stack;
  cJSON *base = NULL;
  rw_status s = rw_stack_find (t->stack, &stack, err);
  if (!s && !stack->write)
    s = rw_fail (err, RW_EINVAL, "--to %s: this version has no words for it", t->name);
  if (!s && stack->planned)
    s = rw_export_fix (&job->model, job->length, &job->lost, err);
  if (!s)
    s = base_config (job, &base, err);
  if (!s)
    s = say (t, stack, base, job, err);
  if (s == RW_EINVAL && base && is_fixed (&job->model))
    s = say_again (t, stack, base, job, err);
  if (!s)
    {
      rw_notes_copy (&job->lost, &job->words.lost);
      note_sections (job);
    }
  cJSON_Delete (base);
  return s;
}
