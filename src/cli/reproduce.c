/* reproduce: runs the experiments, holds the published numbers against what was measured.  */
#include "config.h"

#include "cli/command.h"
#include "cli/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct
{
  door_common common;
  const char *dir;
  char **names; /* (n_names,) */
  size_t n_names;
  int threads;
  reproduce_part part;
  bool any_build;
} asked;

enum
{
  KEY_PART = 512,
  KEY_KEEP
};

static const char *const parts[] = { "all", "closed", "model", NULL }; /* as reproduce_part */

static const struct argp_option options[] = {
  { "output", 'o', "DIR", 0, "folder of the results (default: results)", 1 },
  { "threads", 'j', "N", 0, "threads (default: what OpenMP says)", 1 },
  { "part", KEY_PART, "closed|model|all", 0,
    "only the sweeps in closed form, or only those that run a model (default: all)", 1 },
  { "keep", KEY_KEEP, NULL, 0, "also keep what another build has measured from the same config",
    1 },
  { 0 },
};

static error_t
parse (int key, char *arg, struct argp_state *state)
{
  asked *a = state->input;
  switch (key)
    {
    case ARGP_KEY_INIT:
      state->child_inputs[0] = &a->common;
      return 0;
    case 'o':
      if (!*arg)
        exit (door_usage (state->name, "-o '': the name of a folder was expected"));
      a->dir = arg;
      return 0;
    case 'j':
      a->threads = door_threads (state->name, arg);
      return 0;
    case KEY_PART:
      a->part = (reproduce_part) door_choice (state->name, "--part", arg, parts);
      return 0;
    case KEY_KEEP:
      a->any_build = true;
      return 0;
    case ARGP_KEY_ARGS:
      a->names = state->argv + state->next;
      a->n_names = (size_t) (state->argc - state->next);
      return 0;
    default:
      return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp argp = {
  .options = options,
  .parser = parse,
  .children = door_children,
  .args_doc = "[NAME...]",
  .doc
  = "Runs the experiments, all or those named, and prints a row for every published number: what "
    "was published, what is measured, whether they match.\v"
    "NAME is a folder of experiments/, the beginning of its name, or the path of a folder "
    "elsewhere.  Result files are DIR/NAME/CONFIG.h5: what this build has measured from the "
    "same config is kept, what was interrupted goes on.\n\n"
    "Exit status: 0 done, 1 a number is further from what was published than expected, or "
    "some points failed, 2 an experiment is wrong, 3 file or environment, 130 interrupted.\n\n"
    "Examples:\n"
    "  ropewalk reproduce\n"
    "  ropewalk reproduce --part closed -o results\n"
    "  ropewalk reproduce 01 --json\n",
};

/* ---- the studies ---- */

/* Puts the experiments that are named at a path elsewhere behind the shelf's, or in the place of
   one of the same name.  */
static size_t
place_of (const rw_shelf *shelf, const rw_experiment *named)
{
  size_t i = 0;
  while (i < shelf->n && strcmp (shelf->item[i].name, named->name) != 0)
    i++;
  return i;
}

static rw_status
open_studies (reproduce *r, const rw_shelf *shelf, const rw_shelf *named, rw_error *err)
{
  rw_status s = RW_OK;
  size_t n = shelf->n;
  r->study = rw_new (shelf->n + named->n, sizeof *r->study);
  if (!r->study)
    return rw_nomem (err, shelf->n * sizeof *r->study);
  for (size_t i = 0; !s && i < named->n; i++)
    {
      const size_t at = place_of (shelf, &named->item[i]);
      study *to = &r->study[at < shelf->n ? at : n++];
      s = study_open (&named->item[i], true, r->dir, r->any_build, to, err);
    }
  for (size_t i = 0; !s && i < shelf->n; i++)
    if (!r->study[i].name)
      s = study_open (&shelf->item[i], false, r->dir, r->any_build, &r->study[i], err);
  r->n = n;
  return s;
}

/* ---- the verb ---- */

/* Says what stopped it, and how to go on with what is kept.  */
static int
stopped (const reproduce *r, const rw_error *err)
{
  const int code = door_fail (r->verb, err);
  fprintf (stderr, "hint: what is done is kept; go on with: %s\n", r->command);
  return code;
}

static int
run_all (const reproduce *r)
{
  rw_error err = { 0 };
  reproduce_rows rows = { 0 };
  size_t count[RW_VERDICT_NOT_RUN + 1] = { 0 }, worse = 0;
  bool failed = false;
  if (reproduce_cost (r, &err))
    return door_fail (r->verb, &err);
  if (!r->json)
    rows = reproduce_head (r);
  for (size_t i = 0; i < r->n; i++)
    {
      rw_status s = r->study[i].chosen ? reproduce_run (r, &r->study[i], &err) : RW_OK;
      failed = failed || s == RW_EPOINTS;
      if (!s || s == RW_EPOINTS)
        s = study_judge (&r->study[i], &err);
      if (s)
        return stopped (r, &err);
      if (!r->study[i].chosen)
        continue;
      worse += study_count (&r->study[i], count);
      if (!r->json)
        reproduce_row (&rows, &r->study[i]);
    }
  if (!r->json)
    reproduce_count (r);
  else if (reproduce_json (r, &err))
    return door_fail (r->verb, &err);
  if (reproduce_draw (r, &err) || report_write (r, &err))
    return door_fail (r->verb, &err);
  return worse || failed;
}

static int
reproduce_named (reproduce *r, const asked *a)
{
  rw_error err = { 0 };
  rw_shelf shelf = { 0 }, named = { 0 };
  int code;
  rw_status s = rw_shelf_open (NULL, 0, &shelf, &err);
  if (!s || a->n_names) /* a path needs no shelf; a name says which are missing */
    s = rw_shelf_open ((const char *const *) a->names, a->n_names, &named, &err);
  if (!s)
    s = open_studies (r, &shelf, &named, &err);
  if (s)
    code = door_fail (r->verb, &err);
  else
    {
      door_catch ();
      code = run_all (r);
    }
  for (size_t i = 0; r->study && i < shelf.n + named.n; i++)
    study_close (&r->study[i]);
  rw_free (r->study);
  rw_shelf_free (&named);
  rw_shelf_free (&shelf);
  return code;
}

int
door_reproduce (int argc, char **argv)
{
  asked a = { .dir = "results" };
  rw_text typed = command_typed (argc, argv); /* argp moves the options forward */
  argp_parse (&argp, argc, argv, 0, NULL, &a);
  reproduce r = { .verb = argv[0],
                  .command = rw_text_get (&typed),
                  .dir = a.dir,
                  .quiet = a.common.quiet,
                  .json = a.common.json,
                  .threads = a.threads,
                  .part = a.part,
                  .any_build = a.any_build };
  const int code = reproduce_named (&r, &a);
  rw_text_free (&typed);
  return door_close (argv[0], code);
}
