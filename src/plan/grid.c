/* grid: the distances and positions that a file keeps.

   Left out: 0, 1, ... 63, then 16 an octave (64 2^(k/16), rounded) up to the largest length, and
   that length itself.  "all": every integer from 0 to the largest length.  Else a list of rising
   integers or a form, whose values are rounded and kept once.  */
#include "plan/parts.h"

#include <math.h>
#include <string.h>

enum
{
  DENSE = 64, /* the distances below it are all kept: the wiggles of the fastest pairs */
  OCTAVE = 16
};

static rw_status
all (double longest, const char *path, double **out, size_t *n, rw_error *err)
{
  if (longest >= RW_AXIS_VALUES_MAX)
    return rw_fail (err, RW_EINVAL, "%s: \"all\" would be %.0f values; at most %d", path,
                    longest + 1, RW_AXIS_VALUES_MAX);
  *n = (size_t) longest + 1;
  double *v = *out = rw_new (*n, sizeof *v);
  if (!v)
    return rw_nomem (err, *n * sizeof *v);
  for (size_t i = 0; i < *n; i++)
    v[i] = (double) i;
  return RW_OK;
}

static rw_status
usual (double longest, double **out, size_t *n, rw_error *err)
{
  const size_t most = DENSE + OCTAVE * 64 + 1;
  double *v = *out = rw_new (most, sizeof *v);
  if (!v)
    return rw_nomem (err, most * sizeof *v);
  *n = 0;
  for (double m = 0; m < DENSE && m <= longest; m++)
    v[(*n)++] = m;
  for (double k = 0; *n + 1 < most; k++)
    {
      const double m = nearbyint (DENSE * exp2 (k / OCTAVE));
      if (m > longest)
        break;
      if (m > v[*n - 1])
        v[(*n)++] = m;
    }
  if (v[*n - 1] < longest)
    v[(*n)++] = floor (longest);
  return RW_OK;
}

/* Keeps what rises and lies within the sweep.  */
static rw_status
given (rw_plan *plan, const cJSON *value, const char *path, double **out, size_t *n, rw_error *err)
{
  const double longest = plan->parts->longest;
  double *v = NULL;
  rw_status s = rw_form_read (value, true, path, &v, n, err);
  if (s)
    return s;
  size_t kept = 0, beyond = 0;
  for (size_t i = 0; !s && i < *n; i++)
    if (v[i] < 0)
      s = rw_fail (err, RW_EINVAL, "%s[%zu]: %.17g is below 0", path, i, v[i]);
    else if (i && !cJSON_IsObject (value) && v[i] <= v[i - 1])
      s = rw_fail (err, RW_EINVAL, "%s[%zu]: %.17g does not rise", path, i, v[i]);
    else if (v[i] > longest)
      beyond++;
  for (size_t i = 0; !s && i < *n; i++)
    if (v[i] <= longest && (!kept || v[i] > v[kept - 1]))
      v[kept++] = v[i];
  if (!s && !kept)
    s = rw_fail (err, RW_EINVAL, "%s: none lies within the largest length, %.0f", path, longest);
  if (!s && beyond)
    rw_note_add (&plan->notes, RW_NOTE_WARNING,
                 "%s: %zu values above the largest length, %.0f, are left out", path, beyond,
                 longest);
  *n = kept;
  if (s)
    rw_free (v);
  else
    *out = v;
  return s;
}

rw_status
rw_grid_read (rw_plan *plan, const cJSON *value, const char *path, double **out, size_t *n,
              rw_error *err)
{
  const double longest = plan->parts->longest;
  if (!value)
    return usual (longest, out, n, err);
  if (cJSON_IsString (value) && strcmp (value->valuestring, "all") == 0)
    return all (longest, path, out, n, err);
  if (cJSON_IsString (value))
    return rw_fail (err, RW_EINVAL, "%s: '%s' is not \"all\", a list or a form", path,
                    value->valuestring);
  return given (plan, value, path, out, n, err);
}
