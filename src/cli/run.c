/* run: the sweep of a config, to a finished result file.  */
#include "config.h"

#include "base/mem.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/door.h"
#include "cli/plan_options.h"
#include "cli/sweep.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct
{
  door_common common;
  plan_options plan;
  const char *config, *output;
  bool resume, force;
  int threads;
  size_t shard, shards;
} asked;

enum
{
  KEY_RESUME = 512,
  KEY_FORCE,
  KEY_SHARD
};

static const struct argp_option options[] = {
  { "output", 'o', "FILE.h5", 0, "result file (default: the config's output, else NAME.h5)", 1 },
  { "threads", 'j', "N", 0, "threads (default: what OpenMP says)", 1 },
  { "resume", KEY_RESUME, NULL, 0, "go on where a run was stopped; try failed points again", 1 },
  { "force", KEY_FORCE, NULL, 0, "start over, whatever is there", 1 },
  { "shard", KEY_SHARD, "i/N", 0, "only the i-th of N shares of the points, i from 0", 1 },
  { 0 },
};

static void
parse_shard (asked *a, const char *arg, const char *verb)
{
  const char *slash = strchr (arg, '/');
  if (!slash || !door_whole (arg, slash, &a->shard)
      || !door_whole (slash + 1, arg + strlen (arg), &a->shards) || a->shard >= a->shards)
    exit (door_usage (verb, "--shard '%s': i/N was expected, i from 0 to N - 1", arg));
}

static error_t
parse (int key, char *arg, struct argp_state *state)
{
  asked *a = state->input;
  switch (key)
    {
    case ARGP_KEY_INIT:
      state->child_inputs[0] = &a->plan;
      state->child_inputs[1] = &a->common;
      return 0;
    case 'o':
      if (!*arg)
        exit (door_usage (state->name, "-o '': the name of a file was expected"));
      a->output = arg;
      return 0;
    case 'j':
      a->threads = door_threads (state->name, arg);
      return 0;
    case KEY_RESUME:
      a->resume = true;
      return 0;
    case KEY_FORCE:
      a->force = true;
      return 0;
    case KEY_SHARD:
      parse_shard (a, arg, state->name);
      return 0;
    case ARGP_KEY_ARG:
      if (a->config)
        exit (door_usage (state->name, "one CONFIG was expected, '%s' is another", arg));
      a->config = arg;
      return 0;
    case ARGP_KEY_NO_ARGS:
      exit (door_usage (state->name, "which config? CONFIG is missing"));
    default:
      return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_child children[]
    = { { &plan_options_argp, 0, NULL, 0 }, { &door_argp, 0, NULL, 0 }, { 0 } };
static const struct argp argp = {
  .options = options,
  .parser = parse,
  .children = children,
  .args_doc = "CONFIG",
  .doc = "Runs the sweep of a config and prints the path of the finished file.\v"
         "Exit status: 0 done, 1 some points failed, 2 the config is wrong, 3 file or environment,"
         " 130 interrupted.\n\nExamples:\n"
         "  ropewalk run sweep.json -o sweep.h5\n"
         "  ropewalk run sweep.json -o sweep.h5 --resume\n",
};

/* ---- the output ---- */

/* The caller frees it.  */
static char *
output_path (const asked *a, const rw_plan *plan)
{
  if (a->output || plan->output)
    return rw_strdup (a->output ? a->output : plan->output);
  char *path = rw_format ("%s.h5", plan->name ? plan->name : "ropewalk");
  for (char *c = path; c && *c; c++)
    if (*c == '/')
      *c = '_'; /* a name is no path */
  return path;
}

static void
report (const asked *a, const rw_plan *plan, const char *path, const rw_run_summary *sum)
{
  if (!a->common.json)
    {
      puts (path);
      return;
    }
  cJSON *o = cJSON_CreateObject ();
  cJSON_AddStringToObject (o, "file", path);
  cJSON_AddNumberToObject (o, "points", (double) plan->n_points);
  cJSON_AddNumberToObject (o, "done", (double) sum->done);
  cJSON_AddNumberToObject (o, "failed", (double) sum->failed);
  cJSON_AddNumberToObject (o, "kept", (double) sum->kept);
  cJSON_AddNumberToObject (o, "seconds", sum->seconds);
  cJSON_AddStringToObject (o, "sha256", plan->sha256);
  char *text = cJSON_Print (o);
  puts (text ? text : "{}");
  free (text);
  cJSON_Delete (o);
}

/* ---- the run ---- */

static int
run_store (const asked *a, const sweep *w, const char *verb, rw_store *store, const char *resumed)
{
  rw_error err = { 0 };
  rw_run_summary sum;
  const rw_status s = sweep_measure (w, store, &sum, &err);
  if (s && s != RW_EPOINTS)
    {
      const int code = door_fail (verb, &err);
      fprintf (stderr, "hint: what is done is kept; go on with: %s\n", resumed);
      return code;
    }
  report (a, w->plan, w->path, &sum);
  if (!s)
    return 0;
  rw_hint (&err, "status is 2 there; --resume tries them again");
  return door_fail (verb, &err);
}

static int
run_plan (const asked *a, const rw_plan *plan, const rw_inputs *inputs, int argc, char **argv)
{
  rw_error err = { 0 };
  rw_store *store = NULL;
  rw_run_summary none = { 0 };
  char *path = output_path (a, plan);
  if (!path)
    {
      rw_nomem (&err, 0);
      return door_fail (argv[0], &err);
    }
  rw_text typed = command_typed (argc, argv);
  rw_text resumed = command_resumed (argc, argv, a->output ? NULL : path, a->resume);
  const sweep w = { .plan = plan,
                    .inputs = inputs,
                    .path = path,
                    .command = rw_text_get (&typed),
                    .quiet = a->common.quiet,
                    .threads = a->threads,
                    .shard = a->shard,
                    .shards = a->shards };
  int code = 0;
  if (sweep_open (&w, a->resume, a->force, &store, &none.kept, &err))
    code = door_fail (argv[0], &err);
  else if (store)
    code = run_store (a, &w, argv[0], store, rw_text_get (&resumed));
  else
    report (a, plan, path, &none);
  rw_text_free (&typed);
  rw_text_free (&resumed);
  rw_free (path);
  return code;
}

static int
run_config (const asked *a, int argc, char **argv)
{
  if (a->resume && a->force)
    return door_usage (argv[0], "--resume goes on and --force starts over: one of them");
  rw_error err = { 0 };
  rw_plan *plan = NULL;
  rw_inputs inputs = { 0 };
  const rw_plan_edits edits = plan_options_edits (&a->plan);
  int code;
  if (rw_plan_read (a->config, &edits, &plan, &err))
    return door_fail (argv[0], &err);
  door_warn (&a->common, &plan->notes);
  if (rw_inputs_open (plan, &inputs, &err))
    code = door_fail (argv[0], &err);
  else
    {
      door_catch ();
      code = run_plan (a, plan, &inputs, argc, argv);
    }
  rw_inputs_close (&inputs);
  rw_plan_free (plan);
  return code;
}

int
door_run (int argc, char **argv)
{
  asked a = { 0 };
  char **typed = rw_new ((size_t) argc + 1, sizeof *typed); /* argp moves the options forward */
  if (!typed)
    return 3;
  memcpy (typed, argv, (size_t) argc * sizeof *typed);
  argp_parse (&argp, argc, argv, 0, NULL, &a);
  const int code = run_config (&a, argc, typed);
  rw_free (typed);
  plan_options_free (&a.plan);
  return door_close (argv[0], code);
}
