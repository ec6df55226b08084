/* plan_memory: a plan is read while every allocation in turn fails, each in a process of its own
   (RW_FAIL_ALLOC is read once a process).  The reader then says so, and neither crashes nor
   leaks.  */
#include "plan_help.h"

#include <sys/wait.h>
#include <unistd.h>

enum
{
  DONE = 0,
  REFUSED = 7,
  ODD = 8,
  MOST = 4000 /* far above what the config below needs: the loop must end by itself */
};

static const char *const text
    = "{" LLAMA ", 'metrics': ['coverage'], 'rule': {'name': 'start', 'n_hat': 4},"
      " 'axes': {'schedule': ['default', {'rope_type': 'yarn'}, {'rope_type': 'yarn', 'ramp': "
      "'rotations'}], 'schedule.factor,length': [[2, 8], [4, 16]]},"
      " 'figures': [{'field': 'coverage', 'x': 'pair', 'lines': 'schedule', 'at': {'length': 8}}]}";

static int
run_once (long fail)
{
  char number[32];
  rw_plan *plan = NULL;
  rw_point *point = NULL;
  rw_error err;
  snprintf (number, sizeof number, "%ld", fail);
  setenv ("RW_FAIL_ALLOC", number, 1);
  rw_status s = make_plan (text, NULL, &plan, &err);
  if (!s)
    s = rw_point_new (plan, &point, &err);
  for (size_t i = 0; !s && i < plan->n_points; i++)
    s = rw_plan_point (plan, i, point, &err);
  rw_point_free (point);
  rw_plan_free (plan);
  if (s && !strstr (err.text, "memory"))
    fprintf (stderr, "# allocation %ld: %s\n", fail, err.text);
  return s == RW_OK ? DONE : s == RW_ENOMEM && strstr (err.text, "memory") ? REFUSED : ODD;
}

static int
in_a_process (long fail)
{
  int status = 0;
  fflush (stdout);
  const pid_t child = fork ();
  if (child == 0)
    {
      if (!freopen ("/dev/null", "w", stdout))
        _exit (ODD);
      exit (run_once (fail)); /* exit, not _exit: the leak checker runs there */
    }
  if (child < 0 || waitpid (child, &status, 0) != child || !WIFEXITED (status))
    return ODD;
  return WEXITSTATUS (status);
}

/* Notes and did-you-mean may do without their memory, so that a run with a failed allocation can
   still be done; the end is a long row of those.  */
int
main (void)
{
  enum
  {
    ROW = 25
  };
  long fail = 1;
  int refused = 0, odd = 0, row = 0;
  for (; fail <= MOST && row < ROW; fail++)
    {
      const int code = in_a_process (fail);
      refused += code == REFUSED;
      odd += code != REFUSED && code != DONE;
      row = code == DONE ? row + 1 : 0;
    }
  ok (refused > 100 && odd == 0, "%d failed allocations are refused, %d end otherwise", refused,
      odd);
  ok (row == ROW, "and after %ld allocations there was none to fail", fail - ROW);
  return tap_end ();
}
