/* bound_look: one base of the sweep, and what one m says there: its value with the bounds of error,
   and the step it excludes.  See bound.c for the method.

   Every v has the error of its evaluation taken off first.  Values are taken in long double:
   with e = 2^-64 (half an ulp), x_i = w_i t: theta_i errs by (3 x_i + 8) e relatively (t itself
   by e, w_i, their product, exp; theta_0 = 1 exactly), the angle by one e more (in the 8), so
   F by e [m sum_{i>0} theta_i (3 x_i + 8) + K (4 + K/2)] and F' likewise.  The same expressions
   with e = 2^-53 hold in double, from theta rounded to double, and most steps are taken there.  */
#include "rope/bound_sweep.h"

#include <float.h>
#include <math.h>

void
rw_sweep_at (rw_sweep *b, long double t)
{
  b->t = t;
  b->s1 = b->s2 = b->q = b->a1 = b->a2 = 0;
  for (size_t i = 0; i < b->n; i++)
    {
      const long double w = (long double) i / (long double) b->n, x = w * t;
      const long double theta = b->theta[i] = expl (-x), blur = i ? 3 * x + 8 : 0;
      b->g[i] = (double) theta;
      b->s1 += w * theta;
      b->s2 += w * w * theta;
      b->q += w * w * theta * theta;
      b->a1 += theta * blur;
      b->a2 += w * theta * theta * blur;
    }
}

/* The bounds for unit roundoff e.  */
static rw_view
look_bounds (const rw_sweep *b, long double x, long double e)
{
  const long double k = (long double) b->n;
  return (rw_view){ .error = e * (x * b->a1 + k * (4 + k / 2)),
                    .slope_error = e * x * (x * b->a2 + b->s1 * (8 + k)),
                    .first = x * b->s1,
                    .second = x * (x * b->q + b->s2) };
}

rw_view
rw_sweep_look (const rw_sweep *b, int64_t m)
{
  const long double x = (long double) m, k = (long double) b->n;
  rw_view v = look_bounds (b, x, LDBL_EPSILON / 2);
  for (size_t i = 0; i < b->n; i++)
    {
      const long double phi = x * b->theta[i];
      v.value += cosl (phi);
      v.slope += (long double) i / k * phi * sinl (phi);
    }
  return v;
}

static rw_view
look_fast (const rw_sweep *b, int64_t m)
{
  const double x = (double) m, k = (double) b->n;
  double value = 0, slope = 0;
  for (size_t i = 0; i < b->n; i++)
    {
      const double phi = x * b->g[i];
      value += cos (phi);
      slope += (double) i / k * phi * sin (phi);
    }
  rw_view v = look_bounds (b, x, DBL_EPSILON / 2);
  v.value = value;
  v.slope = slope;
  return v;
}

/* Nats above t that a view excludes, 0 where it is no certain violation.  What is taken off last
   is for the roundings of this function, of the bounds, and of t + h.  */
static long double
step (const rw_view *v, long double t)
{
  const long double depth = -(v->value + v->error), p = v->slope + v->slope_error;
  if (!(depth > 0))
    return 0;
  const long double root = sqrtl (p * p + 2 * v->second * depth);
  const long double h = p > 0 ? 2 * depth / (p + root) : (root - p) / v->second;
  return fmaxl (h, depth / v->first) * (1 - 0x1p-50L) - 4 * LDBL_EPSILON * t;
}

/* The step of m, in double where that tells.  */
long double
rw_sweep_step (const rw_sweep *b, int64_t m)
{
  rw_view v = look_fast (b, m);
  if (fabsl (v.value) < 64 * v.error)
    v = rw_sweep_look (b, m);
  return step (&v, b->t);
}
