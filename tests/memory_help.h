/* memory_help: a work runs while every allocation in turn fails, each in a process of its own (the
   hook RW_FAIL_ALLOC is read once a process).  It then says so, and neither crashes nor leaks: the
   process ends by exit, where the leak checker runs.  */
#ifndef RW_TESTS_MEMORY_HELP_H
#define RW_TESTS_MEMORY_HELP_H

#include "base/status.h"
#include "tap.h"

#include <stdbool.h>
#include <sys/wait.h>
#include <unistd.h>

enum
{
  DONE = 0,
  BAILED = 1, /* the test's own preparation had no memory */
  REFUSED = 7,
  ODD = 8,
  REACH_ROW = 25,   /* runs in a row in which no allocation failed: all were reached */
  REACH_MOST = 4000 /* far above what any work needs: the loop must end by itself */
};

/* What the work made of it: one of the codes above.  */
typedef int starved (const void *data);

__attribute__ ((unused)) static int
outcome (rw_status s, const rw_error *e)
{
  const bool said = s && strstr (e->text, "memory");
  if (s && !said)
    fprintf (stderr, "# %s\n", e->text);
  return s == RW_OK ? DONE : s == RW_ENOMEM && said ? REFUSED : ODD;
}

static int
in_a_process (starved *work, const void *data, long fail)
{
  int status = 0;
  fflush (stdout);
  const pid_t child = fork ();
  if (child == 0)
    {
      char text[32];
      snprintf (text, sizeof text, "%ld", fail);
      setenv ("RW_FAIL_ALLOC", text, 1);
      if (!freopen ("/dev/null", "w", stdout))
        _exit (ODD);
      exit (work (data));
    }
  if (child < 0 || waitpid (child, &status, 0) != child || !WIFEXITED (status))
    return ODD;
  return WEXITSTATUS (status);
}

/* Allocations first .. last; `last` is more than the work makes, and more than `least` of them are
   refused.  */
__attribute__ ((unused)) static void
starve (const char *name, starved *work, const void *data, long first, long last, int least)
{
  int refused = 0, odd = 0;
  for (long fail = first; fail <= last; fail++)
    {
      const int code = in_a_process (work, data, fail);
      refused += code == REFUSED;
      odd += code != REFUSED && code != DONE && code != BAILED;
    }
  ok (refused > least && odd == 0, "%s: %d failed allocations are refused, %d end otherwise", name,
      refused, odd);
  ok (in_a_process (work, data, last) == DONE, "%s: and the last was not reached", name);
}

/* All allocations, however many.  Did-you-mean, notes and labels may do without their memory, so
   that a run with a failed allocation can still be done; the end is a long row of those.  */
__attribute__ ((unused)) static void
starve_until (const char *name, starved *work, const void *data, int least)
{
  long fail = 1;
  int refused = 0, odd = 0, row = 0;
  for (; fail <= REACH_MOST && row < REACH_ROW; fail++)
    {
      const int code = in_a_process (work, data, fail);
      refused += code == REFUSED;
      odd += code != REFUSED && code != DONE && code != BAILED;
      if (code != REFUSED && code != DONE && code != BAILED)
        printf ("# allocation %ld: exit %d\n", fail, code);
      row = code == DONE ? row + 1 : 0;
    }
  ok (refused > least && odd == 0, "%s: %d failed allocations are refused, %d end otherwise", name,
      refused, odd);
  ok (row == REACH_ROW, "%s: and after %ld allocations there was none to fail", name,
      fail - REACH_ROW);
}

__attribute__ ((unused)) static void
starve_all (starved *work, int least)
{
  starve_until ("all of it", work, NULL, least);
}

#endif
