/* inner: the schedule inside a wrapping one; see inner.h.  */
#include "schedule/inner.h"

size_t
rw_inner_pairs (const rw_object *inner, const rw_geometry *m)
{
  return inner ? rw_schedule_pairs (inner, m) : rw_geometry_pairs (m);
}

rw_status
rw_inner_check (const rw_object *inner, const rw_geometry *m, rw_error *err)
{
  return inner ? rw_within (err, rw_schedule_check (inner, m, NULL, err), "base_schedule") : RW_OK;
}

void
rw_inner_warn (const rw_object *inner, const rw_geometry *m, rw_notes *notes)
{
  if (inner)
    rw_schedule_check (inner, m, notes, NULL);
}

rw_status
rw_inner_fill (const rw_object *inner, const rw_geometry *m, double length, rw_freqs *out,
               rw_error *err)
{
  if (inner)
    return rw_within (err, rw_schedule_fill (inner, m, length, out, err), "base_schedule");
  rw_geometry_trained (m, out->inv_freq);
  return RW_OK;
}
