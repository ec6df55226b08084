/* export_targets: the table of what `ropewalk export` writes; see export.h.  */
#include "config.h"

#include "cli/export.h"
#include "stack/export.h"

#include <stdio.h>
#include <string.h>

/* The keys to put into config.json, and with them what tells the head and the layers.  */
static rw_status
write_hf (const export_target *t, export_job *job, rw_error *err)
{
  cJSON *config = NULL;
  rw_notes again = { 0 };
  rw_status s = export_say (t, job, err);
  if (!s)
    s = rw_stack_write_hf (&job->model, &config, &again, err);
  if (!s)
    rw_words_print (config, true, &job->out);
  rw_notes_copy (&job->lost, &again); /* the same one twice is kept once */
  rw_notes_free (&again);
  cJSON_Delete (config);
  return s;
}

/* The keys to put into config.json.  */
static rw_status
write_keys (const export_target *t, export_job *job, rw_error *err)
{
  const rw_status s = export_say (t, job, err);
  if (s)
    return s;
  cJSON *said = rw_words_said (job->words.patch);
  rw_words_print (said, true, &job->out);
  cJSON_Delete (said);
  return RW_OK;
}

static rw_status
write_line (const export_target *t, export_job *job, rw_error *err)
{
  rw_status s = export_say (t, job, err);
  if (!s && !job->words.line)
    {
      rw_fail (err, RW_EINVAL,
               "--to %s: no flag says these frequencies: they need a tensor of divisors", t->name);
      return rw_hint (err, "`ropewalk export MODEL.gguf --to gguf -o NEW.gguf --rope ...` writes "
                           "it into a copy of the file");
    }
  if (!s)
    rw_text_addf (&job->out, "%s\n", job->words.line);
  return s;
}

/* llama.cpp plans its cache for -c tokens.  */
static rw_status
write_flags (const export_target *t, export_job *job, rw_error *err)
{
  rw_text_addf (&job->out, "-c %.0f ", job->length);
  return write_line (t, job, err);
}

static rw_status
write_gguf (const export_target *t, export_job *job, rw_error *err)
{
  (void) t;
  const rw_export_file file
      = { .path = job->args->path, .replace = job->args->force, .stop = door_stop () };
  door_catch ();
  const rw_status s = rw_export_fix (&job->model, job->length, &job->lost, err);
  return s ? s : rw_export_gguf (&job->model, &file, &job->lost, err);
}

const export_target export_targets[] = {
  { "hf", "hf", "config.json of transformers 5: rope_parameters", false, write_hf },
  { "hf-v4", "hf-4.56", "config.json of transformers 4.56: rope_theta and rope_scaling", false,
    write_keys },
  { "hf-4.50", "hf-4.50", "the same of transformers 4.50 to 4.55", false, write_keys },
  { "hf-4.45", "hf-4.45", "the same of transformers 4.45 to 4.49", false, write_keys },
  { "vllm", "vllm", "options of vllm serve", false, write_line },
  { "vllm-pre-56446", "vllm-pre-56446", "the same before vllm#56446 (September 2026)", false,
    write_line },
  { "llama.cpp", "llama.cpp", "options of llama-server and llama-cli", false, write_flags },
  { "gguf", NULL, "a copy of the GGUF file MODEL with other rope metadata", true, write_gguf },
  { "safetensors", NULL, "the frequencies themselves, with their geometry", true,
    export_safetensors },
  { NULL, NULL, NULL, false, NULL },
};
