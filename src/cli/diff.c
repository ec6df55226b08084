/* diff: one config as several stacks read it, side by side.  */
#include "config.h"

#include "cli/diff.h"
#include "cli/door.h"
#include "cli/model_options.h"
#include "cli/output.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct
{
  door_common common;
  model_options of; /* length NaN: not given */
  const char *stacks;
} diff;

enum
{
  KEY_STACK = 256,
  EXIT_DIFFERS = 1
};

static const struct argp_option options[]
    = { { "stack", KEY_STACK, "A,B[,...]", 0,
          "the stacks to compare (`ropewalk list stacks`); the others are held against the first",
          1 },
        { 0 } };

static error_t
parse (int key, char *arg, struct argp_state *state)
{
  diff *d = state->input;
  switch (key)
    {
    case ARGP_KEY_INIT:
      state->child_inputs[0] = &d->common;
      state->child_inputs[1] = &d->of;
      return 0;
    case KEY_STACK:
      d->stacks = arg;
      return 0;
    case ARGP_KEY_END:
      if (!d->stacks)
        exit (door_usage (state->name, "which stacks? --stack A,B is missing"));
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
  .args_doc = "MODEL --stack A,B[,...]",
  .doc
  = "Shows what several serving stacks make of one config: factors, frequencies, phases, keys used "
    "and ignored, and what to tell each so that it computes what the first one does, tested by "
    "reading it again. Exit 1 where they differ. Without --length the tables are those of "
    "max_position_embeddings if one of the stacks makes its table once for a planned length, else "
    "those before the first token."
    "\vExamples:\n"
    "  ropewalk diff gpt-oss-20b --stack hf,vllm,llama.cpp\n"
    "  ropewalk diff phi-3.5-mini --stack hf,vllm --length 32768\n"
    "  ropewalk diff ./config.json --stack hf,hf-4.50 --json\n"
    "  ropewalk diff qwen3-8b --stack vllm,llama.cpp "
    "--rope '{\"rope_type\": \"yarn\", \"factor\": 4, "
    "\"original_max_position_embeddings\": 32768}'",
};

/* "A,B": the stacks by their names.  */
static rw_status
find_stacks (const char *list, const rw_stack **stack, size_t *n, rw_error *err)
{
  char name[64];
  for (*n = 0; list; list = strchr (list, ',') ? strchr (list, ',') + 1 : NULL)
    {
      const size_t length = strcspn (list, ",");
      if (*n == RW_COMPARED_MAX)
        return rw_fail (err, RW_EINVAL, "--stack: at most %d stacks", RW_COMPARED_MAX);
      if (length >= sizeof name)
        return rw_fail (err, RW_EINVAL, "--stack: '%.60s...' is no stack", list);
      memcpy (name, list, length);
      name[length] = 0;
      const rw_status s = rw_stack_find (name, &stack[*n], err);
      if (s)
        return rw_within (err, s, "--stack");
      ++*n;
    }
  if (*n >= 2)
    return RW_OK;
  rw_fail (err, RW_EINVAL, "--stack: two stacks are needed to compare");
  return rw_hint (err, "name them with a comma between: --stack hf,%s",
                  strcmp (stack[0]->name, "hf") == 0 ? "exact" : stack[0]->name);
}

int
door_diff (int argc, char **argv)
{
  diff d = { .of = { .length = NAN } };
  argp_parse (&argp, argc, argv, 0, NULL, &d);
  const rw_stack *stack[RW_COMPARED_MAX];
  size_t n = 0;
  rw_comparison c = { 0 };
  rw_text out = { 0 };
  rw_error err = { 0 };
  rw_status s = find_stacks (d.stacks, stack, &n, &err);
  if (!s)
    s = rw_compare (stack, n, d.of.model, d.of.rope, d.of.length, &c, &err);
  const int code = c.agree ? 0 : EXIT_DIFFERS;
  if (!s)
    {
      (d.common.json ? diff_json : diff_text) (&c, &out);
      s = output_write (NULL, &out, false, &err);
    }
  rw_text_free (&out);
  rw_comparison_free (&c);
  return s ? door_fail (argv[0], &err) : door_close (argv[0], code);
}
