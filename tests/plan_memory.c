/* plan_memory: a plan is read while every allocation in turn fails; see memory_help.h.  */
#include "memory_help.h"
#include "plan_help.h"

static const char *const text
    = "{" LLAMA ", 'metrics': ['coverage'], 'rule': {'name': 'start', 'n_hat': 4},"
      " 'axes': {'schedule': ['default', {'rope_type': 'yarn'}, {'rope_type': 'yarn', 'ramp': "
      "'rotations'}], 'schedule.factor,length': [[2, 8], [4, 16]]},"
      " 'figures': [{'field': 'coverage', 'x': 'pair', 'lines': 'schedule', 'at': {'length': 8}}]}";

/* Blocks that a stack reads, one that it refuses, and an axis over the model's own.  */
static const char *const served
    = "{" LLAMA
      ", 'axes': {'stack': ['exact', 'hf'], 'schedule': [{'rope_type': 'yarn', 'factor': 2},"
      " {'rope_type': 'power', 'power': 1, 'factor': 2}]}}";
static const char *const turned
    = "{'model': {'head_dim': 64, 'original_length': 4096, 'rope': {'rope_type': 'linear',"
      " 'factor': 3.7}}, 'stack': 'hf', 'axes': {'schedule.factor': [2, 4]}}";

static int
run_once (const void *data)
{
  const char *const *config = data;
  rw_plan *plan = NULL;
  rw_point *point = NULL;
  rw_error err;
  rw_status s = make_plan (*config, NULL, &plan, &err);
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
  starve_until ("a plan", run_once, &text, 100);
  starve_until ("one that stacks read", run_once, &served, 100);
  starve_until ("an axis over the model's own", run_once, &turned, 50);
  return tap_end ();
}
