/* main: finds the verb and opens its door.  */
#include "config.h"

#include "base/text.h"
#include "cli/door.h"
#include "lab/plugin.h"

#include <argp.h>
#include <gsl/gsl_errno.h>
#include <locale.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

int door_about (int argc, char **argv);
int door_bench (int argc, char **argv);
int door_check (int argc, char **argv);
int door_diff (int argc, char **argv);
int door_list (int argc, char **argv);
int door_schema (int argc, char **argv);
int door_export (int argc, char **argv);
int door_lint (int argc, char **argv);
int door_merge (int argc, char **argv);
int door_plot (int argc, char **argv);
int door_reproduce (int argc, char **argv);
int door_run (int argc, char **argv);
int door_show (int argc, char **argv);
int door_table (int argc, char **argv);

const door doors[] = {
  { "table", "the frequency table of a model", door_table },
  { "diff", "one config as several stacks read it, and what makes them agree", door_diff },
  { "run", "runs the sweep of a config to a result file", door_run },
  { "check", "reads a sweep config and says what it would run", door_check },
  { "lint", "what is wrong, ignored or risky in a model's rope config", door_lint },
  { "list", "schedules, metrics, rules, models, stacks: what there is", door_list },
  { "schema", "the JSON Schema of sweep configs", door_schema },
  { "export", "a model's rope for another stack", door_export },
  { "reproduce", "runs the experiments and checks the published numbers", door_reproduce },
  { "show", "selects from a result file and prints", door_show },
  { "plot", "draws the figures declared in a result file", door_plot },
  { "merge", "joins the files of shards into one", door_merge },
  { "bench", "kernels beside the machine's own limits", door_bench },
  { "about", "version, build, libraries, kernels", door_about },
  { 0 },
};

static const char *
door_name (size_t i, const void *data)
{
  return ((const door *) data)[i].name;
}

static void
usage (FILE *to)
{
  fprintf (to, "Usage: ropewalk VERB [OPTION...] [ARGUMENT...]\n"
               "Frequency schedules for rotary position embeddings: tables, sweeps, figures.\n\n");
  for (const door *d = doors; d->name; d++)
    fprintf (to, "  %-10s %s\n", d->name, d->text);
  fprintf (to, "\nExamples:\n"
               "  ropewalk table llama-3.1-8b\n"
               "  ropewalk about --json\n\n"
               "ropewalk VERB --help explains a verb; `man ropewalk` explains all.\n");
}

/* The verb; `help VERB` becomes `VERB --help`.  */
static const char *
verb_of (int argc, char **argv)
{
  static char help[] = "--help";
  if (argc != 3 || strcmp (argv[1], "help") != 0)
    return argv[1];
  argv[1] = argv[2];
  argv[2] = help;
  return argv[1];
}

/* Options that stand everywhere may stand before the verb too: they are moved behind it.  */
static void
verb_first (int argc, char **argv)
{
  int at = 1;
  while (at < argc && argv[at][0] == '-')
    {
      const bool takes = strcmp (argv[at], "--plugin") == 0 || strcmp (argv[at], "-P") == 0;
      if (!takes && strncmp (argv[at], "--plugin=", 9) != 0 && strcmp (argv[at], "--quiet") != 0
          && strcmp (argv[at], "-q") != 0 && strcmp (argv[at], "--json") != 0
          && strcmp (argv[at], "-J") != 0)
        return;
      at += takes ? 2 : 1;
    }
  if (at >= argc)
    return;
  char *verb = argv[at];
  memmove (argv + 2, argv + 1, (size_t) (at - 1) * sizeof *argv);
  argv[1] = verb;
}

int
main (int argc, char **argv)
{
  setlocale (LC_ALL, "C");      /* numbers are written with a point everywhere */
  gsl_set_error_handler_off (); /* GSL's default handler aborts */
  signal (SIGXFSZ, SIG_IGN);    /* a limit on file sizes is an error to tell, not a death */
  argp_err_exit_status = 2;     /* argp's own is 64; usage errors are 2 in every verb */
  if (argc < 2)
    {
      usage (stderr);
      return 2;
    }
  verb_first (argc, argv);
  const char *verb = verb_of (argc, argv);
  if (strcmp (verb, "--help") == 0 || strcmp (verb, "-h") == 0 || strcmp (verb, "help") == 0)
    {
      usage (stdout);
      return door_close ("ropewalk", 0);
    }
  if (strcmp (verb, "--version") == 0 || strcmp (verb, "-V") == 0)
    {
      printf ("ropewalk %s\n", PACKAGE_VERSION);
      return door_close ("ropewalk", 0);
    }
  rw_error err = { 0 };
  if (rw_plugin_load_all (&err)) /* a broken plug-in is said and passed over */
    fprintf (stderr, "warning: %s\n", err.text);
  for (const door *d = doors; d->name; d++)
    if (strcmp (d->name, verb) == 0)
      {
        char name[64];
        snprintf (name, sizeof name, "ropewalk %s", verb);
        argv[1] = name;
        return d->run (argc - 1, argv + 1);
      }
  char near[96];
  return door_usage ("ropewalk", "unknown verb '%s'%s", verb,
                     rw_did_you_mean (near, sizeof near, verb, door_name, doors));
}
