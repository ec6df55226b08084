/* inputs: sources, given their arrays; see inputs.h.  */
#include "lab/inputs.h"

#include <math.h>

/* The arrays the point's source wants, in the order of its wishes.  */
static rw_status
gather (const rw_point *point, const rw_tensors *tensors, rw_tensor *out, size_t *n, rw_error *err)
{
  const rw_source *type = (const rw_source *) point->source->module;
  rw_source_wish wish[RW_SOURCE_TENSORS];
  *n = type->wishes ? type->wishes (point->source->self, wish) : 0;
  if (*n && !tensors)
    return rw_fail (err, RW_EINVAL, "%s: was not opened before the run", wish[0].path);
  rw_status s = RW_OK;
  for (size_t i = 0; !s && i < *n; i++)
    s = rw_tensors_get (tensors, &wish[i], point->layer, &out[i], err);
  return s;
}

typedef struct
{
  const rw_tensors *tensors;
  rw_arena *scratch;
} checking;

static rw_status
check_point (const rw_plan *plan, rw_point *point, void *data, rw_error *err)
{
  const checking *c = data;
  const rw_source *type = (const rw_source *) point->source->module;
  rw_tensor tensor[RW_SOURCE_TENSORS];
  rw_input in = { .scratch = c->scratch, .threads = 1 };
  size_t n;
  rw_status s = gather (point, c->tensors, tensor, &n, err);
  if (!s && n && type->check)
    {
      rw_arena_reset (c->scratch);
      rw_point_input (plan, point, &in);
      s = type->check (point->source->self, &in, tensor, err);
    }
  return rw_within (err, s, "source '%s'", type->as.name);
}

rw_status
rw_inputs_check (const rw_plan *plan, const rw_tensors *tensors, rw_error *err)
{
  checking c = { tensors, rw_arena_new () };
  const rw_status s
      = c.scratch ? rw_plan_walk_inputs (plan, check_point, &c, err) : rw_nomem (err, 64);
  rw_arena_free (c.scratch);
  return s;
}

static rw_status
measure_point (const rw_plan *plan, rw_point *point, void *data, rw_error *err)
{
  (void) plan, (void) err;
  double *most = data;
  const double values = point->length * (double) point->rope->geometry.head_dim;
  *most = fmax (*most, 2 * sizeof (float) * values);
  return RW_OK;
}

double
rw_inputs_bytes (const rw_plan *plan)
{
  double most = 0;
  if (plan->needs & RW_NEEDS_QK)
    rw_plan_walk_inputs (plan, measure_point, &most, NULL);
  return most;
}

rw_status
rw_inputs_fill (const rw_point *point, const rw_input *in, const rw_tensors *tensors, rw_qk *out,
                rw_error *err)
{
  const rw_source *type = (const rw_source *) point->source->module;
  rw_tensor tensor[RW_SOURCE_TENSORS];
  size_t n;
  *out = (rw_qk){ .sink = -INFINITY };
  rw_status s = gather (point, tensors, tensor, &n, err);
  if (!s)
    s = type->fill (point->source->self, in, n ? tensor : NULL, out, err);
  return rw_within (err, s, "source '%s'", type->as.name);
}
