/* export: a model's rope for another stack; the targets are in export_targets.c.  */
#include "config.h"

#include "base/mem.h"
#include "cli/export.h"
#include "cli/output.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum
{
  KEY_TO = 256,
  KEY_FORCE,
  KEY_DTYPE
};

static const char *const dtypes[] = { "float64", "float32", NULL };

static const struct argp_option options[] = {
  { "to", KEY_TO, "TARGET", 0,
    "hf, hf-v4, hf-4.50, hf-4.45, vllm, vllm-pre-56446, llama.cpp, gguf or safetensors", 1 },
  { "output", 'o', "PATH", 0, "write to PATH instead of stdout; gguf and safetensors need it", 1 },
  { "force", KEY_FORCE, NULL, 0, "replace an existing PATH", 1 },
  { "dtype", KEY_DTYPE, "float64|float32", 0, "values of a safetensors file (default float64)", 1 },
  { 0 },
};

static error_t
parse (int key, char *arg, struct argp_state *state)
{
  export_args *e = state->input;
  switch (key)
    {
    case ARGP_KEY_INIT:
      state->child_inputs[0] = &e->common;
      state->child_inputs[1] = &e->of;
      return 0;
    case KEY_TO:
      e->to = arg;
      return 0;
    case 'o':
      e->path = arg;
      return 0;
    case KEY_FORCE:
      e->force = true;
      return 0;
    case KEY_DTYPE:
      e->single = door_choice (state->name, "--dtype", arg, dtypes);
      return 0;
    case ARGP_KEY_END:
      if (!e->to)
        exit (door_usage (state->name, "for what? --to hf is missing"));
      return 0;
    default:
      return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_child children[]
    = { { &door_argp, 0, NULL, 0 }, { &model_options_argp, 0, NULL, 0 }, { 0 } };
static const struct argp argp = {
  .options = options,
  .parser = parse,
  .children = children,
  .args_doc = "MODEL --to TARGET",
  .doc = "Writes a model's rope for another stack: the part of a config.json that transformers "
         "reads (hf, hf-v4), the options of vLLM or llama.cpp, a copy of a GGUF file with other "
         "rope metadata (gguf), or the frequencies (safetensors).  --length is what it is to "
         "serve.  What is written is read back as the target reads it, and compared."
         "\vExamples:\n"
         "  ropewalk export llama-3.1-8b --to hf\n"
         "  ropewalk export qwen3-8b --to vllm --length 131072 "
         "--rope '{\"rope_type\": \"yarn\", \"factor\": 4, "
         "\"original_max_position_embeddings\": 32768}'\n"
         "  ropewalk export pocket --to gguf --length 2048 "
         "--rope '{\"rope_type\": \"yarn\", \"factor\": 4}' -o pocket-2048.gguf",
};

/* ---- the target ---- */

static const char *
target_name (size_t i, const void *data)
{
  (void) data;
  return export_targets[i].name;
}

static rw_status
find_target (const char *name, const export_target **out, rw_error *err)
{
  rw_text known = { 0 };
  char near[96];
  for (const export_target *t = export_targets; t->name; t++)
    {
      if (strcmp (t->name, name) == 0)
        {
          *out = t;
          rw_text_free (&known);
          return RW_OK;
        }
      rw_text_addf (&known, "%s%s", known.n ? ", " : "", t->name);
    }
  rw_fail (err, RW_EINVAL, "--to '%.60s': no such target; known: %s%s", name, rw_text_get (&known),
           rw_did_you_mean (near, sizeof near, name, target_name, NULL));
  rw_text_free (&known);
  return rw_hint (err, "`ropewalk table MODEL --format npy|json|c` gives the frequencies to any "
                       "program");
}

/* What is refused before anything is read.  */
static rw_status
check_path (const export_target *t, const export_args *e, rw_error *err)
{
  if (t->needs_path && !e->path)
    {
      rw_fail (err, RW_EINVAL, "--to %s: where to? -o PATH is missing", t->name);
      return rw_hint (err, "add -o PATH: the file is no text");
    }
  if (e->path && !e->force && access (e->path, F_OK) == 0)
    {
      rw_fail (err, RW_EEXIST, "%s: exists", e->path);
      return rw_hint (err, "add --force to replace it");
    }
  return RW_OK;
}

/* ---- the model ---- */

static rw_status
read_config (export_job *job, const char *name, rw_error *err)
{
  const rw_stack *exact = rw_stack_at (0);
  cJSON *rope = NULL;
  rw_status s
      = job->args->of.rope ? rw_json_argument (job->args->of.rope, "--rope", &rope, err) : RW_OK;
  if (!s)
    s = exact->read (name, job->config, rope, &job->model, err);
  cJSON_Delete (rope);
  return s;
}

/* By `exact`, which knows every schedule; stdin is read once.  */
static rw_status
read_model (export_job *job, rw_error *err)
{
  const model_options *of = &job->args->of;
  char *name = NULL;
  rw_status s = rw_stack_config (of->model, &job->config, &name, err);
  if (!s)
    s = job->config ? read_config (job, name, err)
                    : rw_stack_model (rw_stack_at (0), of->model, of->rope, &job->model, err);
  rw_free (name);
  return s;
}

/* max_position_embeddings is a parameter of `dynamic`: where its base begins to grow.  */
static void
set_length (const export_target *t, export_job *job)
{
  rw_model *m = &job->model;
  const double asked = job->args->of.length;
  const bool growing = t->stack && strncmp (t->stack, "hf", 2) == 0;
  bool fixed = false;
  job->length = isnan (asked) ? m->rope[0].geometry.max_length : asked;
  for (size_t i = 0; i < m->n_ropes; i++)
    fixed |= growing && strcmp (m->rope[i].schedule->module->name, "dynamic") == 0;
  if (fixed && !isnan (asked))
    rw_note_add (&job->lost, RW_NOTE_WARNING,
                 "--length is left out: a dynamic schedule grows from max_position_embeddings, so "
                 "another one would change its table");
  for (size_t i = 0; i < m->n_ropes && growing && !fixed; i++)
    m->rope[i].geometry.max_length = job->length;
}

/* ---- what is said of it ---- */

static void
add_notes (cJSON *object, const char *key, const rw_notes *notes)
{
  cJSON *list = cJSON_AddArrayToObject (object, key);
  for (size_t i = 0; i < notes->n; i++)
    if (notes->note[i].kind == RW_NOTE_WARNING)
      cJSON_AddItemToArray (list, cJSON_CreateString (notes->note[i].text));
}

static void
print_json (const export_target *t, const export_job *job, rw_text *out)
{
  cJSON *o = cJSON_CreateObject ();
  cJSON_AddStringToObject (o, "model", job->model.name);
  cJSON_AddStringToObject (o, "to", t->name);
  cJSON_AddNumberToObject (o, "length", job->length);
  if (job->words.patch)
    cJSON_AddItemToObject (o, "patch", cJSON_Duplicate (job->words.patch, true));
  if (job->words.line)
    cJSON_AddStringToObject (o, "line", job->words.line);
  if (job->args->path)
    cJSON_AddStringToObject (o, "path", job->args->path);
  add_notes (o, "lost", &job->lost);
  add_notes (o, "differs", &job->left);
  cJSON_AddBoolToObject (o, "agrees", !job->left.n);
  rw_json_print (o, out);
  cJSON_Delete (o);
}

static void
warn (const export_job *job)
{
  for (size_t i = 0; i < job->model.n_ropes; i++)
    door_warn (&job->args->common, &job->model.rope[i].notes);
  door_warn (&job->args->common, &job->lost);
  door_warn (&job->args->common, &job->left);
}

/* Text goes to stdout or -o; what a target wrote itself is named.  */
static rw_status
put_out (const export_target *t, const export_job *job, rw_error *err)
{
  const char *path = job->args->path;
  const bool told = job->args->common.json && !t->needs_path;
  rw_text json = { 0 };
  rw_status s = RW_OK;
  if (job->out.n && !(told && !path))
    s = output_write (path, &job->out, job->args->force, err);
  if (!s && job->args->common.json)
    {
      print_json (t, job, &json);
      s = output_write (NULL, &json, true, err);
    }
  else if (!s && path)
    printf ("%s\n", path);
  rw_text_free (&json);
  return s;
}

static void
free_job (export_job *job)
{
  rw_words_free (&job->words);
  rw_notes_free (&job->lost);
  rw_notes_free (&job->left);
  rw_text_free (&job->out);
  rw_model_free (&job->model);
  cJSON_Delete (job->config);
}

int
door_export (int argc, char **argv)
{
  export_args e = { .of = { .length = NAN, .least = 1 } };
  argp_parse (&argp, argc, argv, 0, NULL, &e);
  const export_target *target = NULL;
  export_job job = { .args = &e };
  rw_error err = { 0 };
  rw_status s = find_target (e.to, &target, &err);
  if (!s)
    s = check_path (target, &e, &err);
  if (!s)
    s = read_model (&job, &err);
  if (!s)
    {
      set_length (target, &job);
      s = target->write (target, &job, &err);
      warn (&job);
    }
  if (!s)
    s = put_out (target, &job, &err);
  free_job (&job);
  return s ? door_fail (argv[0], &err) : door_close (argv[0], 0);
}
