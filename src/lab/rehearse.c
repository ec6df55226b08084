/* rehearse: a walk through a file in a child process; see rehearse.h.  */
#include "config.h"

#include "lab/rehearse.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Processor seconds: opening takes milliseconds, listing the chunks of 100 GB about one.  */
enum
{
  PATIENCE = 3,            /* of any file */
  PATIENCE_BYTES = 1 << 28 /* one more for every so many of its bytes */
};

/* Never returns.  What HDF5 or a sanitizer has to say of a bad file is for no one.  */
static void
child (const char *path, rw_status (*walk) (const char *path, rw_error *err), int answer)
{
  struct stat file = { 0 };
  stat (path, &file);
  const rlim_t seconds = PATIENCE + (rlim_t) file.st_size / PATIENCE_BYTES;
  const struct rlimit time = { seconds, seconds }, none = { 0, 0 };
  setrlimit (RLIMIT_CPU, &time);
  setrlimit (RLIMIT_CORE, &none);
  const int nowhere = open ("/dev/null", O_WRONLY);
  if (nowhere >= 0)
    {
      dup2 (nowhere, STDOUT_FILENO);
      dup2 (nowhere, STDERR_FILENO);
    }
  signal (SIGINT, SIG_DFL); /* Ctrl-C ends a rehearsal at once */
  signal (SIGTERM, SIG_DFL);
  rw_error err = { 0 };
  const rw_status s = walk (path, &err);
  err.status = s;
  _exit (!s || write (answer, &err, sizeof err) == sizeof err ? 0 : 1);
}

/* Ended well, with or without an answer?  An error is smaller than a pipe, so it comes whole.  */
static rw_status
hear (pid_t pid, int answer, const char *path, rw_error *err)
{
  rw_error said = { 0 };
  ssize_t n;
  int status = 0;
  while ((n = read (answer, &said, sizeof said)) < 0 && errno == EINTR)
    continue;
  while (waitpid (pid, &status, 0) < 0)
    if (errno != EINTR)
      return RW_OK; /* someone else reaped it: nothing is known */
  if (WIFEXITED (status) && WEXITSTATUS (status) == 0)
    {
      if (n == sizeof said && err)
        *err = said;
      return n == sizeof said ? said.status : RW_OK;
    }
  if (WIFSIGNALED (status) && (WTERMSIG (status) == SIGINT || WTERMSIG (status) == SIGTERM))
    return rw_fail (err, RW_EINTR, "%s: interrupted", path);
  rw_fail (err, RW_EIO, "%s: the file is damaged: HDF5 does not come to the end of it", path);
  return rw_hint (err, "take it from a backup, or run its config again with --force");
}

rw_status
rw_rehearse (const char *path, rw_status (*walk) (const char *path, rw_error *err), rw_error *err)
{
  int pipes[2];
  if (pipe (pipes))
    return RW_OK;
  const pid_t pid = fork ();
  if (pid == 0)
    {
      close (pipes[0]);
      child (path, walk, pipes[1]);
    }
  close (pipes[1]);
  const rw_status s = pid > 0 ? hear (pid, pipes[0], path, err) : RW_OK;
  close (pipes[0]);
  return s;
}
