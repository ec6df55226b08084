/* gnuplot: quoting, and the child process; see gnuplot.h.  */
#include "config.h"

#include "base/mem.h"
#include "cli/gnuplot.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

void
gnuplot_quote (rw_text *out, const char *text)
{
  rw_text_add (out, "'");
  for (const char *p = text ? text : ""; *p; p++)
    if (*p == '\'')
      rw_text_add (out, "\u2019"); /* gnuplot 5.4 ends a string that begins with a doubled quote */
    else
      rw_text_addn (out, (unsigned char) *p < ' ' || *p == 0x7f ? " " : p, 1);
  rw_text_add (out, "'");
}

/* The script as an unnamed file, ready to be read: a file cannot block where a pipe would.  */
static rw_status
script_file (const rw_text *script, FILE **out, rw_error *err)
{
  *out = tmpfile ();
  if (*out && fwrite (script->s, 1, script->n, *out) == script->n && fflush (*out) == 0
      && fseek (*out, 0, SEEK_SET) == 0)
    return RW_OK;
  const int why = errno;
  if (*out)
    fclose (*out);
  return rw_fail (err, RW_EIO, "a temporary file for gnuplot: %s", strerror (why));
}

static int
spawn (int in, int out, int said, pid_t *child)
{
  /* -d: the user's own gnuplot settings would make figures differ between people */
  char program[] = "gnuplot", fresh[] = "-d";
  char *const args[] = { program, fresh, NULL };
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init (&files);
  posix_spawn_file_actions_adddup2 (&files, in, STDIN_FILENO);
  posix_spawn_file_actions_adddup2 (&files, out, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2 (&files, said, STDERR_FILENO);
  const int why = posix_spawnp (child, program, &files, NULL, args, environ);
  posix_spawn_file_actions_destroy (&files);
  return why;
}

/* Waits for the child; what it said on stderr becomes the error's text.  */
static rw_status
verdict (pid_t child, FILE *said, rw_error *err)
{
  int status;
  while (waitpid (child, &status, 0) < 0)
    if (errno != EINTR)
      return rw_fail (err, RW_EIO, "gnuplot: %s", strerror (errno));
  if (WIFEXITED (status) && WEXITSTATUS (status) == 0)
    return RW_OK;
  char text[600];
  rewind (said);
  const size_t n = fread (text, 1, sizeof text - 1, said);
  text[n] = '\0';
  for (char *p = text; *p; p++)
    if (*p == '\n')
      *p = ' ';
  return rw_fail (err, RW_EIO, "gnuplot failed: %s", text);
}

static rw_status
draw_to (FILE *in, int out, rw_error *err)
{
  FILE *said = tmpfile ();
  if (!said)
    return rw_fail (err, RW_EIO, "a temporary file for gnuplot: %s", strerror (errno));
  pid_t child;
  const int why = spawn (fileno (in), out, fileno (said), &child);
  rw_status s;
  if (why == ENOENT)
    {
      rw_fail (err, RW_EIO, "gnuplot is not installed, and it draws the figures");
      s = rw_hint (err, "apt-get install gnuplot-nox");
    }
  else if (why)
    s = rw_fail (err, RW_EIO, "gnuplot: %s", strerror (why));
  else
    s = verdict (child, said, err);
  fclose (said);
  return s;
}

bool
gnuplot_found (void)
{
  const char *path = getenv ("PATH");
  bool found = false;
  while (path && *path && !found)
    {
      const size_t n = strcspn (path, ":");
      char *program = rw_format ("%.*s/gnuplot", (int) n, path);
      found = program && access (program, X_OK) == 0;
      rw_free (program);
      path += path[n] ? n + 1 : n;
    }
  return found;
}

rw_status
gnuplot_run (const rw_text *script, const char *path, rw_error *err)
{
  char *name = rw_format ("%s.tmp%ld", path, (long) getpid ());
  if (script->failed || !name)
    {
      rw_free (name);
      return rw_nomem (err, script->n);
    }
  FILE *in = NULL;
  rw_status s = script_file (script, &in, err);
  const int out = s ? -1 : open (name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (!s && out < 0)
    s = rw_fail (err, RW_EIO, "%s: %s", path, strerror (errno));
  if (!s)
    s = draw_to (in, out, err);
  if (out >= 0 && close (out) && !s)
    s = rw_fail (err, RW_EIO, "%s: %s", path, strerror (errno));
  if (!s && rename (name, path))
    s = rw_fail (err, RW_EIO, "%s: %s", path, strerror (errno));
  if (s && out >= 0)
    unlink (name);
  if (in)
    fclose (in);
  rw_free (name);
  return s;
}
