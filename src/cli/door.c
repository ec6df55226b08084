/* door: common options and error printing of the verbs; see door.h.  */
#include "config.h"

#include "cli/door.h"
#include "lab/plugin.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum
{
  THREADS_MAX = 4096 /* more is a slip of the finger */
};

static const struct argp_option options[] = {
  { "version", 'V', NULL, 0, "print the version", 95 },
  { "quiet", 'q', NULL, 0, "no progress and no warnings on stderr", 90 },
  { "json", 'J', NULL, 0, "machine-readable output on stdout", 90 },
  { "plugin", 'P', "FILE.so", 0, "load a plug-in (may be given several times)", 90 },
  { 0 },
};

static error_t
parse (int key, char *arg, struct argp_state *state)
{
  door_common *common = state->input;
  rw_error err = { 0 };
  switch (key)
    {
    case 'q':
      common->quiet = true;
      return 0;
    case 'J':
      common->json = true;
      return 0;
    case 'V':
      printf ("ropewalk %s\n", PACKAGE_VERSION);
      exit (door_close (state->name, 0));
    case 'P':
      if (rw_plugin_load (arg, &err))
        exit (door_fail (state->name, &err));
      return 0;
    default:
      return ARGP_ERR_UNKNOWN;
    }
}

const struct argp door_argp = { .options = options, .parser = parse };

const struct argp_child door_children[] = { { &door_argp, 0, NULL, 0 }, { 0 } };

error_t
door_parse (int key, char *arg, struct argp_state *state)
{
  (void) arg;
  if (key != ARGP_KEY_INIT)
    return ARGP_ERR_UNKNOWN;
  state->child_inputs[0] = state->input;
  return 0;
}

int
door_fail (const char *verb, const rw_error *err)
{
  fflush (stdout);
  fprintf (stderr, "%s: %s\n", verb, err->text);
  if (err->hint[0])
    fprintf (stderr, "hint: %s\n", err->hint);
  else if (rw_status_exit (err->status) == 2)
    fprintf (stderr, "hint: %s --help\n", verb);
  return rw_status_exit (err->status);
}

int
door_usage (const char *verb, const char *format, ...)
{
  va_list args;
  va_start (args, format);
  fprintf (stderr, "%s: ", verb);
  vfprintf (stderr, format, args);
  fprintf (stderr, "\nhint: %s --help\n", verb);
  va_end (args);
  return 2;
}

bool
door_whole (const char *text, const char *end, size_t *out)
{
  char *stop;
  if (*text < '0' || *text > '9')
    return false;
  errno = 0;
  *out = strtoul (text, &stop, 10);
  return stop == end && !errno;
}

size_t
door_choice (const char *verb, const char *option, const char *arg, const char *const *words)
{
  size_t k = 0;
  while (words[k] && strcmp (arg, words[k]) != 0)
    k++;
  if (words[k])
    return k;
  char known[256] = "";
  for (size_t i = 0, n = 0; i < k && n < sizeof known; i++)
    n += (size_t) snprintf (known + n, sizeof known - n, "%s%s",
                            i == 0       ? ""
                            : i + 1 == k ? " or "
                                         : ", ",
                            words[i]);
  exit (door_usage (verb, "%s '%s': %s was expected", option, arg, known));
}

int
door_threads (const char *verb, const char *arg)
{
  size_t threads;
  if (!door_whole (arg, arg + strlen (arg), &threads) || threads < 1 || threads > THREADS_MAX)
    exit (door_usage (verb, "-j '%s': a number of threads was expected", arg));
  return (int) threads;
}

void
door_warn (const door_common *common, const rw_notes *notes)
{
  for (size_t i = 0; !common->quiet && i < notes->n; i++)
    if (notes->note[i].kind == RW_NOTE_WARNING)
      fprintf (stderr, "warning: %s\n", notes->note[i].text);
}

int
door_close (const char *verb, int code)
{
  if (fflush (stdout) == 0 && !ferror (stdout))
    return code;
  fprintf (stderr, "%s: stdout: %s\n", verb, strerror (errno));
  return 3;
}
