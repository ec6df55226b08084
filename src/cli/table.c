/* table: the frequency table of a model.  */
#include "config.h"

#include "base/mem.h"
#include "cli/door.h"
#include "cli/model_options.h"
#include "cli/output.h"
#include "cli/table_format.h"
#include "schedule/schedule.h"
#include "stack/stack.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct
{
  door_common common;
  model_options of; /* length NaN: before the first token */
  const char *stack, *layer_type, *path;
  bool own_arithmetic;
  const table_format *format; /* NULL: text, or json with --json */
} table;

enum
{
  KEY_STACK = 256,
  KEY_LAYER_TYPE,
  KEY_ARITHMETIC,
  KEY_FORMAT
};

static const struct argp_option options[] = {
  { "stack", KEY_STACK, "NAME", 0, "by whose rules the config is read (default exact)", 1 },
  { "layer-type", KEY_LAYER_TYPE, "T", 0, "one layer type of a model that has several ropes", 1 },
  { "arithmetic", KEY_ARITHMETIC, "exact|stack", 0, "double (default), or the stack's own float32",
    1 },
  { "format", KEY_FORMAT, "text|json|csv|npy|c", 0, "how it is written (default text)", 1 },
  { "output", 'o', "FILE", 0, "write to FILE instead of stdout", 1 },
  { 0 },
};

static const char *
format_name (size_t i, const void *data)
{
  return ((const table_format *) data)[i].name;
}

static const table_format *
find_format (const char *name, const char *verb)
{
  char near[96];
  for (const table_format *f = table_formats; f->name; f++)
    if (strcmp (f->name, name) == 0)
      return f;
  exit (door_usage (verb, "--format '%s': text, json, csv, npy or c was expected%s", name,
                    rw_did_you_mean (near, sizeof near, name, format_name, table_formats)));
}

static const char *const arithmetics[] = { "exact", "stack", NULL };

static error_t
parse (int key, char *arg, struct argp_state *state)
{
  table *t = state->input;
  switch (key)
    {
    case ARGP_KEY_INIT:
      state->child_inputs[0] = &t->common;
      state->child_inputs[1] = &t->of;
      return 0;
    case KEY_STACK:
      t->stack = arg;
      return 0;
    case KEY_LAYER_TYPE:
      t->layer_type = arg;
      return 0;
    case KEY_ARITHMETIC:
      t->own_arithmetic = door_choice (state->name, "--arithmetic", arg, arithmetics);
      return 0;
    case KEY_FORMAT:
      t->format = find_format (arg, state->name);
      return 0;
    case 'o':
      t->path = arg;
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
  .args_doc = "MODEL",
  .doc
  = "Prints the rotary frequencies of a model: a preset, a Hugging Face config.json, a folder "
    "holding one, a GGUF file, or - for stdin. Without --length they are those before the first "
    "token: a dynamic schedule unscaled, LongRoPE's short factors; a stack that makes its table "
    "once for a planned length (vllm, llama.cpp) has that of max_position_embeddings."
    "\vExamples:\n"
    "  ropewalk table llama-3.1-8b\n"
    "  ropewalk table gpt-oss-20b --format json\n"
    "  ropewalk table llama-2-7b --rope '{\"rope_type\": \"yarn\", \"factor\": 8}'\n"
    "  ropewalk table phi-3.5-mini --length 32768 --format csv\n"
    "  ropewalk table gemma-3-27b --layer-type sliding_attention --arithmetic stack\n"
    "  ropewalk table qwen3-8b --format npy -o qwen3-8b.npy",
};

/* The ropes asked for: all, or the one of --layer-type.  */
static rw_status
choose (const table *t, const rw_model *model, const rw_rope **rope, size_t *n, rw_error *err)
{
  if (t->layer_type)
    {
      *n = 1;
      return rw_model_rope (model, t->layer_type, &rope[0], err);
    }
  for (*n = 0; *n < model->n_ropes; ++*n)
    rope[*n] = &model->rope[*n];
  if (*n > 1 && t->format->one_only)
    {
      rw_fail (err, RW_EINVAL, "--format %s holds one table, and %s has %zu layer types",
               t->format->name, model->name, *n);
      return rw_hint (err, "add --layer-type %s", model->rope[0].layer_type);
    }
  return RW_OK;
}

static rw_status
fill (const table *t, const rw_stack *stack, const rw_rope *rope, rw_freqs *out, rw_error *err)
{
  const double length = isnan (t->of.length) ? rw_stack_length (stack, rope) : t->of.length;
  if (!t->own_arithmetic)
    return rw_schedule_fill (rope->schedule, &rope->geometry, length, out, err);
  if (!stack->arithmetic)
    return rw_fail (err, RW_EINVAL, "--arithmetic stack: '%s' has no arithmetic of its own",
                    stack->name);
  return stack->arithmetic (rope->schedule, &rope->geometry, length, out, err);
}

static rw_status
make (const table *t, const rw_stack *stack, const rw_model *model, rw_text *out, rw_error *err)
{
  const rw_rope **rope = rw_new (model->n_ropes, sizeof *rope);
  rw_freqs *freqs = rw_new (model->n_ropes, sizeof *freqs);
  table_set set = { .model = model,
                    .stack = stack->name,
                    .own_arithmetic = t->own_arithmetic,
                    .length = t->of.length,
                    .rope = rope,
                    .freqs = freqs };
  rw_notes notes = { 0 };
  rw_status s = rope && freqs ? choose (t, model, rope, &set.n, err) : rw_nomem (err, 0);
  for (size_t i = 0; i < set.n && !s; i++)
    {
      s = fill (t, stack, rope[i], &freqs[i], err);
      s = rope[i]->layer_type[0] ? rw_within (err, s, "%s", rope[i]->layer_type) : s;
      rw_notes_copy (&notes, &rope[i]->notes); /* the same one twice is kept once */
    }
  if (set.n && isnan (set.length) && stack->planned)
    set.length = rw_stack_length (stack, rope[0]);
  door_warn (&t->common, &notes);
  rw_notes_free (&notes);
  if (!s)
    t->format->write (&set, out);
  for (size_t i = 0; freqs && i < model->n_ropes; i++)
    rw_freqs_free (&freqs[i]);
  rw_free (freqs);
  rw_free (rope);
  return s;
}

int
door_table (int argc, char **argv)
{
  table t = { .of = { .length = NAN }, .stack = "exact" };
  argp_parse (&argp, argc, argv, 0, NULL, &t);
  if (!t.format)
    t.format = find_format (t.common.json ? "json" : "text", argv[0]);
  const rw_stack *stack = NULL;
  rw_model model = { 0 };
  rw_text out = { 0 };
  rw_error err = { 0 };
  rw_status s = rw_stack_find (t.stack, &stack, &err);
  if (!s)
    s = rw_stack_model (stack, t.of.model, t.of.rope, &model, &err);
  if (!s)
    s = make (&t, stack, &model, &out, &err);
  if (!s)
    s = output_write (t.path, &out, true, &err);
  rw_text_free (&out);
  rw_model_free (&model);
  return s ? door_fail (argv[0], &err) : door_close (argv[0], 0);
}
