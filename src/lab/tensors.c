/* tensors: the arrays of files that the sources of a sweep read; see tensors.h.  */
#include "lab/tensors.h"

struct rw_tensors
{
  const rw_plan *plan;
};

/* A wish this build cannot fulfil: it reads no tensor files.  */
static rw_status
refuse (const rw_source_wish *wish, rw_error *err)
{
  return rw_fail (err, RW_EINVAL, "%s: no reader of tensor files knows it (wanted for %s)",
                  wish->path, wish->what);
}

static rw_status
open_source (const rw_plan *plan, rw_point *point, void *data, rw_error *err)
{
  (void) plan, (void) data;
  rw_source_wish wish[RW_SOURCE_TENSORS];
  const rw_source *type = (const rw_source *) point->source->module;
  return type->wishes && type->wishes (point->source->self, wish) ? refuse (&wish[0], err) : RW_OK;
}

rw_status
rw_tensors_new (const rw_plan *plan, rw_tensors **out, rw_error *err)
{
  *out = NULL;
  rw_tensors *tensors = rw_new (1, sizeof *tensors);
  if (!tensors)
    return rw_nomem (err, sizeof *tensors);
  tensors->plan = plan;
  const rw_status s = rw_plan_walk_sources (plan, open_source, tensors, err);
  if (s)
    rw_tensors_free (tensors);
  else
    *out = tensors;
  return s;
}

rw_status
rw_tensors_get (const rw_tensors *tensors, const rw_source_wish *wish, rw_tensor *out,
                rw_error *err)
{
  (void) tensors, (void) out;
  return refuse (wish, err);
}

void
rw_tensors_free (rw_tensors *tensors)
{
  rw_free (tensors);
}
