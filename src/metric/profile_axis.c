/* profile_axis: the distances of a score profile; see profile.h.  */
#include "metric/bins.h"
#include "metric/profile.h"

#include <math.h>

static rw_status
listed (const rw_profile *p, double *d, rw_error *err)
{
  for (size_t i = 0; i < p->moments.n; i++)
    {
      d[i] = p->moments.v[i];
      if (d[i] != floor (d[i]) || (i && d[i] <= d[i - 1]))
        return rw_fail (err, RW_EINVAL,
                        "score_profile.moments[%zu]: %.17g: whole numbers in rising order were"
                        " expected",
                        i, d[i]);
    }
  return RW_OK;
}

/* 0, then equal steps of the logarithm from 1 to `last`, each rounded; returns how many are left
   without doubles.  */
static size_t
spaced (size_t count, double last, double *d)
{
  size_t n = 1;
  d[0] = 0;
  for (size_t i = 1; i < count && last >= 1; i++)
    {
      const double part = count > 2 ? (double) (i - 1) / (double) (count - 2) : 1;
      const double x = round (exp (part * log (last)));
      if (x > d[n - 1])
        d[n++] = fmin (x, last);
    }
  return n;
}

rw_status
rw_profile_moment_distances (const rw_profile *p, double longest, rw_arena *keep, double **out,
                             size_t *n, rw_error *err)
{
  *n = p->moments.n ? p->moments.n : (size_t) p->moment_distances;
  double *d = *out = rw_arena_take (keep, *n, sizeof *d);
  if (!d)
    return rw_nomem (err, *n * sizeof *d);
  if (p->moments.n)
    return listed (p, d, err);
  /* Up to half the longest length: beyond it ever fewer pairs are left, at the end a single one,
     whose variance is 0.  */
  *n = spaced (*n, fmin (ceil (longest / 2), ceil (longest) - 1), d);
  return RW_OK;
}

rw_status
rw_profile_axis_take (const rw_profile *p, const rw_input *in, rw_arena *keep, rw_profile_axis *out,
                      rw_error *err)
{
  const int64_t end = (int64_t) in->qk->q.n - 1;
  *out = (rw_profile_axis){ .n = in->n_distances };
  out->first = rw_arena_take (keep, out->n, sizeof *out->first);
  out->last = rw_arena_take (keep, out->n, sizeof *out->last);
  if (!out->first || !out->last)
    return rw_nomem (err, out->n * sizeof *out->first);
  for (size_t k = 0; k < out->n; k++)
    {
      const rw_bin bin = rw_bins_at (in, p->bin, k);
      out->last[k] = -1;
      if (bin.n == 0 || bin.first != floor (bin.first))
        continue;
      const int64_t first = (int64_t) bin.first, last = first + (int64_t) bin.n - 1;
      out->first[k] = first;
      out->last[k] = last < end ? last : end;
      if (out->last[k] >= first)
        out->singles += (size_t) (out->last[k] - first) + 1;
    }
  return RW_OK;
}

/* The mean of those that are not NaN, compensated (Neumaier).  */
static double
mean_of (const double *x, size_t n)
{
  double sum = 0, rest = 0, count = 0;
  for (size_t i = 0; i < n; i++)
    if (!isnan (x[i]))
      {
        const double t = sum + x[i];
        rest += fabs (sum) >= fabs (x[i]) ? (sum - t) + x[i] : (x[i] - t) + sum;
        sum = t;
        count++;
      }
  return count > 0 ? (sum + rest) / count : NAN;
}

void
rw_profile_axis_mean (const rw_profile_axis *axis, bool all, const double *value, double *out)
{
  for (size_t k = 0, at = 0; k < axis->n; k++)
    {
      const int64_t n = axis->last[k] - axis->first[k] + 1;
      out[k] = NAN;
      if (n < 1)
        continue;
      out[k] = mean_of (value + (all ? (size_t) axis->first[k] : at), (size_t) n);
      at += (size_t) n;
    }
}
