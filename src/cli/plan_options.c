/* plan_options: --set, --axis, --stack, --seed; see plan_options.h.  */
#include "config.h"

#include "cli/door.h"
#include "cli/plan_options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum
{
  KEY_SET = 256 + 's',
  KEY_AXIS = 256 + 'a',
  KEY_STACK = 256 + 't',
  KEY_SEED = 256 + 'e'
};

static const struct argp_option options[] = {
  { "set", KEY_SET, "PATH=VALUE", 0, "set a config key, e.g. schedule.factor=8", 50 },
  { "axis", KEY_AXIS, "PATH=V1,V2", 0, "add an axis or give it other values", 50 },
  { "stack", KEY_STACK, "NAME", 0, "read models as this stack does", 50 },
  { "seed", KEY_SEED, "N", 0, "seed of the random streams", 50 },
  { 0 },
};

/* Largest seed that a config's number holds without doubt: 2^53 - 1.  */
static const unsigned long long SEED_MAX = 9007199254740991ULL;

static void
add (const char ***list, size_t *n, const char *text, const char *verb)
{
  rw_error err = { 0 };
  if (rw_grow ((void **) list, *n, *n + 1, sizeof **list, &err))
    exit (door_fail (verb, &err));
  (*list)[(*n)++] = text;
}

static void
read_seed (plan_options *o, const char *text, const char *verb)
{
  char *end;
  errno = 0;
  const unsigned long long seed = strtoull (text, &end, 10);
  if (text[0] < '0' || text[0] > '9' || *end || errno || seed > SEED_MAX)
    exit (door_usage (verb, "--seed '%s': an integer from 0 to 2^53 - 1 was expected", text));
  o->seed = seed;
  o->seeded = true;
}

static error_t
parse (int key, char *arg, struct argp_state *state)
{
  plan_options *o = state->input;
  switch (key)
    {
    case KEY_SET:
      add (&o->set, &o->n_set, arg, state->name);
      return 0;
    case KEY_AXIS:
      add (&o->axis, &o->n_axis, arg, state->name);
      return 0;
    case KEY_STACK:
      o->stack = arg;
      return 0;
    case KEY_SEED:
      read_seed (o, arg, state->name);
      return 0;
    default:
      return ARGP_ERR_UNKNOWN;
    }
}

const struct argp plan_options_argp = { .options = options, .parser = parse };

rw_plan_edits
plan_options_edits (const plan_options *o)
{
  return (rw_plan_edits){ .set = o->set,
                          .n_set = o->n_set,
                          .axis = o->axis,
                          .n_axis = o->n_axis,
                          .stack = o->stack,
                          .seed = o->seeded ? &o->seed : NULL };
}

void
plan_options_free (plan_options *o)
{
  rw_free (o->set);
  rw_free (o->axis);
  *o = (plan_options){ 0 };
}
