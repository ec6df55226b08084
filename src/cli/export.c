/* export: a model's rope for another stack.  */
#include "config.h"

#include "cli/door.h"
#include "cli/model_options.h"
#include "cli/output.h"
#include "schedule/schedule.h"
#include "stack/stack.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct
{
  door_common common;
  model_options of; /* length: max_position_embeddings of what is written */
  const char *to, *path;
  bool force;
} export_args;

enum
{
  KEY_TO = 256,
  KEY_FORCE
};

static const struct argp_option options[] = {
  { "to", KEY_TO, "TARGET", 0, "what to write; this version writes hf", 1 },
  { "output", 'o', "PATH", 0, "write to PATH instead of stdout", 1 },
  { "force", KEY_FORCE, NULL, 0, "replace an existing PATH", 1 },
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
  .args_doc = "MODEL --to hf",
  .doc = "Writes a model's rope for another stack: hf is the part of a config.json that "
         "transformers 5 reads; --length is its max_position_embeddings."
         "\vExamples:\n"
         "  ropewalk export llama-3.1-8b --to hf\n"
         "  ropewalk export qwen3-8b --to hf --length 131072 "
         "--rope '{\"rope_type\": \"yarn\", \"factor\": 4, "
         "\"original_max_position_embeddings\": 32768}' -o qwen3-8b-128k.json",
};

/* max_position_embeddings is a parameter of `dynamic`: where its base begins to grow.  */
static void
set_length (const export_args *e, rw_model *model, rw_notes *notes)
{
  bool fixed = false;
  for (size_t i = 0; i < model->n_ropes; i++)
    fixed |= strcmp (model->rope[i].schedule->module->name, "dynamic") == 0;
  if (fixed && !isnan (e->of.length))
    rw_note_add (notes, RW_NOTE_WARNING,
                 "--length is left out: a dynamic schedule grows from max_position_embeddings, so "
                 "another one would change its table");
  for (size_t i = 0; i < model->n_ropes && !fixed && !isnan (e->of.length); i++)
    model->rope[i].geometry.max_length = e->of.length;
}

static rw_status
write_hf (const export_args *e, rw_model *model, rw_text *out, rw_error *err)
{
  cJSON *config = NULL;
  rw_notes notes = { 0 };
  set_length (e, model, &notes);
  rw_status s = rw_stack_write_hf (model, &config, &notes, err);
  if (!s)
    rw_json_print (config, out);
  for (size_t i = 0; i < model->n_ropes; i++)
    door_warn (&e->common, &model->rope[i].notes);
  door_warn (&e->common, &notes);
  rw_notes_free (&notes);
  cJSON_Delete (config);
  return s;
}

static const struct
{
  const char *name;
  rw_status (*write) (const export_args *e, rw_model *model, rw_text *out, rw_error *err);
} targets[] = { { "hf", write_hf }, { NULL, NULL } };

/* Index of the target; the end where this version does not write it.  */
static size_t
find_target (const char *name)
{
  size_t i = 0;
  while (targets[i].name && strcmp (targets[i].name, name) != 0)
    i++;
  return i;
}

static rw_status
unknown_target (const char *name, rw_error *err)
{
  rw_text known = { 0 };
  for (size_t i = 0; targets[i].name; i++)
    rw_text_addf (&known, "%s%s", i ? ", " : "", targets[i].name);
  rw_fail (err, RW_EINVAL, "--to %s: this version writes %s", name, rw_text_get (&known));
  rw_text_free (&known);
  return rw_hint (err, "`ropewalk table MODEL --format npy|json|c` gives the frequencies to any "
                       "stack");
}

int
door_export (int argc, char **argv)
{
  export_args e = { .of = { .length = NAN, .least = 1 } };
  argp_parse (&argp, argc, argv, 0, NULL, &e);
  const rw_stack *stack = NULL;
  rw_model model = { 0 };
  rw_text out = { 0 };
  rw_error err = { 0 };
  const size_t target = find_target (e.to);
  rw_status s = targets[target].name ? RW_OK : unknown_target (e.to, &err);
  if (!s)
    s = rw_stack_find ("exact", &stack, &err);
  if (!s)
    s = rw_stack_model (stack, e.of.model, e.of.rope, &model, &err);
  if (!s)
    s = targets[target].write (&e, &model, &out, &err);
  if (!s)
    s = output_write (e.path, &out, e.force, &err);
  if (!s && e.path)
    printf ("%s\n", e.path);
  rw_text_free (&out);
  rw_model_free (&model);
  return s ? door_fail (argv[0], &err) : door_close (argv[0], 0);
}
