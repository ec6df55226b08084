/* plan_memory: a plan is read while every allocation in turn fails; see memory_help.h.  */
#include "memory_help.h"
#include "plan_help.h"

static const char *const text
    = "{" LLAMA ", 'metrics': ['coverage'], 'rule': {'name': 'start', 'n_hat': 4},"
      " 'axes': {'schedule': ['default', {'rope_type': 'yarn'}, {'rope_type': 'yarn', 'ramp': "
      "'rotations'}], 'schedule.factor,length': [[2, 8], [4, 16]]},"
      " 'figures': [{'field': 'coverage', 'x': 'pair', 'lines': 'schedule', 'at': {'length': 8}}]}";

static int
run_once (const void *data)
{
  rw_plan *plan = NULL;
  rw_point *point = NULL;
  rw_error err;
  (void) data;
  rw_status s = make_plan (text, NULL, &plan, &err);
  if (!s)
    s = rw_point_new (plan, &point, &err);
  for (size_t i = 0; !s && i < plan->n_points; i++)
    s = rw_plan_point (plan, i, point, &err);
  rw_point_free (point);
  rw_plan_free (plan);
  return outcome (s, &err);
}

int
main (void)
{
  starve_all (run_once, 100);
  return tap_end ();
}
