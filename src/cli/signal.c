/* signal: Ctrl-C and SIGTERM ask a long verb to finish what is in flight; see door.h.  A mapped
   file that another program cuts short has no bytes left behind its end: touching them is SIGBUS.
 */
#include "config.h"

#include "base/status.h"
#include "cli/door.h"

#include <signal.h>
#include <stddef.h>
#include <unistd.h>

static volatile sig_atomic_t asked_to_stop;

/* Nothing but write may be called in a handler.  */
static void
say (const char *text, size_t n)
{
  const ssize_t written = write (STDERR_FILENO, text, n);
  (void) written;
}

/* A point may take long: without a word it would look as if nothing had been heard.  */
static void
ask (int signal)
{
  static const char text[] = "\nstopping after the points in flight; once more ends at once\n";
  (void) signal;
  asked_to_stop = 1;
  say (text, sizeof text - 1);
}

/* What is done is on disk already.  */
static void
cut (int signal)
{
  static const char text[]
      = "ropewalk: bus error: a file was cut short while it was read, or its disk failed\n"
        "hint: make the file whole; `ropewalk run --resume` keeps what is done\n";
  (void) signal;
  say (text, sizeof text - 1);
  _exit (rw_status_exit (RW_EIO));
}

void
door_catch (void)
{
  /* SA_RESETHAND: the second one ends the program at once */
  struct sigaction stop = { .sa_handler = ask, .sa_flags = SA_RESTART | (int) SA_RESETHAND };
  struct sigaction bus = { .sa_handler = cut };
  struct sigaction ignore = { .sa_handler = SIG_IGN };
  sigemptyset (&stop.sa_mask);
  sigaction (SIGINT, &stop, NULL);
  sigemptyset (&bus.sa_mask);
  sigaction (SIGTERM, &stop, NULL);
  sigaction (SIGBUS, &bus, NULL);
  sigaction (SIGXFSZ, &ignore, NULL); /* a file-size limit is then an error of write */
}

const volatile sig_atomic_t *
door_stop (void)
{
  return &asked_to_stop;
}
