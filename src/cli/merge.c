/* merge: joins finished shards into one file.  */
#include "config.h"

#include "cli/door.h"
#include "lab/store.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct
{
  door_common common;
  bool force;
  char **files; /* OUT, then PART... */
  int n;
} options;

static error_t
parse (int key, char *arg, struct argp_state *state)
{
  options *o = state->input;
  (void) arg;
  switch (key)
    {
    case ARGP_KEY_INIT:
      state->child_inputs[0] = &o->common;
      return 0;
    case 'f':
      o->force = true;
      return 0;
    case ARGP_KEY_ARGS:
      o->files = state->argv + state->next;
      o->n = state->argc - state->next;
      return 0;
    default:
      return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option table[]
    = { { "force", 'f', NULL, 0, "overwrite OUT.h5", 0 }, { 0 } };
static const struct argp argp
    = { .options = table,
        .parser = parse,
        .children = door_children,
        .args_doc = "OUT.h5 PART.h5...",
        .doc = "Joins the finished files of `run --shard i/N` into one, and prints its path.\v"
               "Exit status 1 where points are in no part or failed; the file is written.\n\n"
               "Example:\n"
               "  ropewalk merge run.h5 run-0.h5 run-1.h5" };

static void
print_json (const options *o, bool complete)
{
  cJSON *object = cJSON_CreateObject ();
  cJSON_AddStringToObject (object, "file", o->files[0]);
  cJSON_AddNumberToObject (object, "parts", o->n - 1);
  cJSON_AddBoolToObject (object, "complete", complete);
  char *text = cJSON_Print (object);
  puts (text ? text : "{}");
  free (text);
  cJSON_Delete (object);
}

int
door_merge (int argc, char **argv)
{
  options o = { 0 };
  rw_error err = { 0 };
  argp_parse (&argp, argc, argv, 0, NULL, &o);
  if (o.n < 2)
    return door_usage (argv[0], "expected OUT.h5 and at least one PART.h5");
  const rw_status s = rw_store_merge (o.files[0], (const char *const *) (o.files + 1),
                                      (size_t) (o.n - 1), o.force, &err);
  if (s && s != RW_EPOINTS)
    return door_fail (argv[0], &err);
  if (o.common.json)
    print_json (&o, s == RW_OK);
  else
    puts (o.files[0]);
  return door_close (argv[0], s ? door_fail (argv[0], &err) : 0);
}
