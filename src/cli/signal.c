/* signal: Ctrl-C and SIGTERM ask a long verb to finish what is in flight; see door.h.  */
#include "config.h"

#include "cli/door.h"

#include <signal.h>
#include <stddef.h>

static volatile sig_atomic_t asked_to_stop;

static void
ask (int signal)
{
  (void) signal;
  asked_to_stop = 1;
}

void
door_catch (void)
{
  /* SA_RESETHAND: the second one ends the program at once */
  struct sigaction stop = { .sa_handler = ask, .sa_flags = SA_RESTART | (int) SA_RESETHAND };
  struct sigaction ignore = { .sa_handler = SIG_IGN };
  sigemptyset (&stop.sa_mask);
  sigaction (SIGINT, &stop, NULL);
  sigaction (SIGTERM, &stop, NULL);
  sigaction (SIGXFSZ, &ignore, NULL); /* a file-size limit is then an error of write */
}

const volatile sig_atomic_t *
door_stop (void)
{
  return &asked_to_stop;
}
