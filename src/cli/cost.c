/* cost: what a sweep would take; see cost.h.  */
#include "config.h"

#include "cli/cost.h"

#include <math.h>
#include <stdio.h>

enum
{
  SAMPLE = 1024, /* cells whose cost stands for all */
  MINUTE = 60,
  HOURS = 7200 /* from here on minutes are too many */
};

/* Seconds of one core to make q and k of the point; 0 where that is not said or not done.  */
static double
cost_of_source (const rw_plan *plan, const rw_inputs *inputs, const rw_point *point, rw_input in)
{
  const rw_source *type = point->source ? (const rw_source *) point->source->module : NULL;
  if (!type || !type->cost || !(plan->needs & RW_NEEDS_QK))
    return 0;
  rw_inputs_of_source (inputs, plan, point, &in);
  return type->cost (point->source->self, &in);
}

/* Of all metrics of the point.  */
static double
cost_of_metrics (const rw_plan *plan, const rw_inputs *inputs, const rw_point *point,
                 const rw_input *in, bool *known)
{
  double sum = 0;
  for (size_t m = 0; m < plan->n_metrics; m++)
    {
      const rw_metric *type = (const rw_metric *) point->metrics[m]->module;
      rw_input own = *in;
      rw_inputs_of_metric (inputs, plan, point, m, &own);
      rw_arena_reset (in->scratch);
      sum += type->cost ? type->cost (point->metrics[m]->self, &own) : 0;
      *known = *known || type->cost;
    }
  return sum;
}

/* The modules' own estimates, on evenly spread cells.  */
double
cost_sweep (const rw_plan *plan, const rw_inputs *inputs)
{
  rw_point *point = NULL;
  rw_arena *scratch = rw_arena_new ();
  const size_t n = plan->n_points < SAMPLE ? plan->n_points : SAMPLE;
  const bool lone = plan->needs & RW_NEEDS_FREQS;
  const double groups = lone ? 1 : (double) plan->n_groups / (double) plan->n_points;
  double sum = 0;
  bool known = false;
  if (scratch && rw_point_new (plan, &point, NULL) == RW_OK)
    for (size_t j = 0; j < n; j++)
      {
        const size_t i = (size_t) ((double) j * ((double) plan->n_points / (double) n));
        const rw_input in = { .scratch = scratch, .threads = 1 };
        if (rw_plan_point (plan, i, point, NULL))
          continue;
        sum += cost_of_source (plan, inputs, point, in) * groups
               + cost_of_metrics (plan, inputs, point, &in, &known);
      }
  rw_point_free (point);
  rw_arena_free (scratch);
  return known ? sum * ((double) plan->n_points / (double) n) : NAN;
}

char *
cost_time (double seconds, char buf[32])
{
  if (seconds < MINUTE)
    snprintf (buf, 32, "%.2g s", seconds);
  else if (seconds < HOURS)
    snprintf (buf, 32, "%.0f min", seconds / MINUTE);
  else
    snprintf (buf, 32, "%.1f h", seconds / (60 * MINUTE));
  return buf;
}
