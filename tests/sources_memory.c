/* Out of memory: every allocation of a source fails once, each in a process of its own (the hook
   RW_FAIL_ALLOC is read once a process).  A source then says so, and neither crashes nor leaks.  */
#include "source_help.h"

#include <sys/wait.h>
#include <unistd.h>

enum
{
  DONE = 0,
  BAILED = 1, /* the bench itself had no memory */
  REFUSED = 7,
  ODD = 8,
  ALLOCATIONS = 40 /* more than any of these runs makes */
};

static int
run_once (const char *name, long fail)
{
  char text[32];
  const rw_module *m = NULL;
  rw_object *o = NULL;
  rw_error e = { 0 };
  rw_qk qk = { .sink = -INFINITY };
  const rw_value yes = { .kind = RW_VALUE_BOOL, .number = 1 };
  snprintf (text, sizeof text, "%ld", fail);
  setenv ("RW_FAIL_ALLOC", text, 1);
  rw_input in = input_of (&any_head, 2385, 3);
  if (!(in.scratch = rw_arena_new ()))
    return BAILED;
  if (rw_kind_find (&rw_sources, name, &m, &e) || rw_object_new (m, &o, &e))
    {
      rw_arena_free (in.scratch);
      return BAILED;
    }
  if (strcmp (name, "gauss") == 0)
    rw_object_set (o, "values", &yes, NULL, &e);
  in.threads = 2;
  const rw_status s = ((const rw_source *) m)->fill (o->self, &in, NULL, &qk, &e);
  rw_qk_free (&qk);
  rw_object_free (o);
  rw_arena_free (in.scratch);
  return s == RW_OK ? DONE : s == RW_ENOMEM && strstr (e.text, "memory") ? REFUSED : ODD;
}

static int
in_a_process (const char *name, long fail)
{
  int status = 0;
  fflush (stdout);
  const pid_t child = fork ();
  if (child == 0)
    {
      if (!freopen ("/dev/null", "w", stdout))
        _exit (ODD);
      exit (run_once (name, fail));
    }
  if (child < 0 || waitpid (child, &status, 0) != child || !WIFEXITED (status))
    return ODD;
  return WEXITSTATUS (status);
}

int
main (void)
{
  static const char *const names[] = { "gauss", "toeplitz", "ones", "onehot" };
  for (size_t k = 0; k < sizeof names / sizeof *names; k++)
    {
      int refused = 0, odd = 0;
      for (long fail = 1; fail <= ALLOCATIONS; fail++)
        {
          const int code = in_a_process (names[k], fail);
          refused += code == REFUSED;
          odd += code != REFUSED && code != DONE && code != BAILED;
        }
      ok (refused > 0 && odd == 0, "%s: %d failed allocations are refused, %d end otherwise",
          names[k], refused, odd);
      ok (in_a_process (names[k], ALLOCATIONS) == DONE, "%s: and the last was not reached",
          names[k]);
    }
  return tap_end ();
}
