/* export_say: the words of a stack for a model, tested before they are printed; see export.h.

   The words are put into the model's config, which that stack then reads as it would when serving;
   what it makes is held against what was asked for.  */
#include "config.h"

#include "cli/export.h"
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
  if (!job->left.n || job->lost.n)
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
    s = stack->write (&job->model, &job->words, err);
  if (s)
    return s;
  rw_notes_copy (&job->lost, &job->words.lost);
  note_sections (job);
  s = base_config (job, &base, err);
  if (!s)
    s = rw_words_place (&job->words, base, err);
  if (!s)
    s = read_back (t, stack, base, job, err);
  cJSON_Delete (base);
  return s;
}
