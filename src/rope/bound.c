/* bound: a certified bracket around inf { b > 1 : B(m) >= 0 for all integers 0 <= m <= L }.
   Men et al. (arXiv 2405.14591), section 4.1; the method is this project's.

   With t = ln b, theta_i = e^{-w_i t}, w_i = 2i/d, F(t) = sum_i cos (m theta_i):
     F'  = sum  w_i m theta_i sin (m theta_i),            |F'|  <= m sum w_i theta_i,
     F'' = sum -w_i^2 [(m theta_i)^2 cos + m theta_i sin], |F''| <= sum w_i^2 [(m theta_i)^2 + m
   theta_i]. Both bounds fall with t, so they hold for all larger bases too.  A violation F(t) = -v
   < 0 therefore excludes [t, t + h) for h = v / (m sum w_i theta_i)  and for the positive root of
   -v + F' h + max |F''| h^2 / 2. The sweep starts at b = 1 (t = 0), where m = 2 violates, and takes
   the larger of the two steps of a violating m, over and over, until no m is left.  The constraints
   are nested, so below the bound of L/2 some m <= L/2 violates, and scans that go upwards in m stop
   early there.

   Every v has the error of its evaluation taken off first.  Values are taken in long double:
   with e = 2^-64 (half an ulp), x_i = w_i t: theta_i errs by (3 x_i + 8) e relatively (t itself
   by e, w_i, their product, exp; theta_0 = 1 exactly), the angle by one e more (in the 8), so
   F by e [m sum_{i>0} theta_i (3 x_i + 8) + K (4 + K/2)] and F' likewise.  The same expressions
   with e = 2^-53 hold in double, from theta rounded to double, and most steps are taken there.

   The end: where no certain violation is left but in a step below RESOLUTION, the base e^(t +
   delta) for a small delta is verified as the double that is returned: a scan of every integer in
   double, and whatever lies within the scan's error of zero once more in long double.  If instead a
   new violation shows there, it must reach back to t by the first-order bound, and the sweep goes
   on.  */
#include "rope/bound_sweep.h"

#include <float.h>
#include <math.h>

#define RESOLUTION 1e-13L /* nats: steps below this count as none */
#define PATIENCE 8        /* a new search once steps fall below the last search's over this */

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
static long double
step_of (const rw_sweep *b, int64_t m)
{
  rw_view v = look_fast (b, m);
  if (fabsl (v.value) < 64 * v.error)
    v = rw_sweep_look (b, m);
  return step (&v, b->t);
}

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

/* The largest step any remembered m allows; moves that m to the front.  */
static long double
best_step (rw_sweep *b)
{
  long double best = 0;
  int64_t at = 0;
  for (size_t i = 0; i < b->n_near; i++)
    {
      const long double h = step_of (b, b->near[i]);
      if (h > best)
        best = h, at = b->near[i];
    }
  if (at)
    rw_sweep_remember (b, at);
  return best;
}

/* The step from this base, through the last m while it is good, else any remembered, else a
   search; *floor is what counts as good.  */
static long double
next_step (rw_sweep *b, long double *floor)
{
  if (b->n_near)
    {
      const long double h = step_of (b, b->near[0]);
      if (h >= *floor)
        return h;
    }
  long double h = best_step (b);
  if (h >= *floor)
    return h;
  rw_sweep_search (b, false);
  h = best_step (b);
  *floor = fmaxl (h / PATIENCE, RESOLUTION);
  return h;
}

typedef enum
{
  VERIFIED,
  EXCLUDED, /* everything up to the base tried */
  SPLIT,    /* violated there, but not certainly all the way */
  UNTOLD
} verdict;

/* Tries `base`, a little above e^t0 up to which all is excluded.  */
static verdict
try_base (rw_sweep *b, long double t0, double base)
{
  const long double s1 = b->s1, t = logl ((long double) base);
  rw_sweep_at (b, t);
  if (!rw_sweep_search (b, true))
    return b->open ? UNTOLD : VERIFIED;
  for (size_t i = 0; i < b->n_near; i++)
    {
      const rw_view v = rw_sweep_look (b, b->near[i]);
      const long double reach = -(v.value + v.error) / ((long double) b->near[i] * s1);
      if (reach * (1 - 0x1p-50L) >= t - t0 + 4 * LDBL_EPSILON * t)
        return EXCLUDED;
    }
  return SPLIT;
}

/* All up to e^t excluded and no step left: verifies a base just above, or moves on past it.  */
static verdict
finish (rw_sweep *b, long double t0, double *base)
{
  verdict v = UNTOLD;
  const long double s1 = b->s1;
  for (long double delta = RESOLUTION; v == UNTOLD && delta < RW_BOUND_WIDTH; delta *= 4)
    {
      *base = (double) expl (t0 + delta);
      b->s1 = s1;
      v = try_base (b, t0, *base);
    }
  return v;
}

/* Into the excluded side: past the roundings of exp and of double.  */
static double
lower_base (long double t)
{
  const double base = (double) expl (t);
  return nextafter (nextafter (base, 1), 1);
}

rw_bound
rw_sweep_run (rw_sweep *b, long double t)
{
  long double floor = RESOLUTION, excluded = -1; /* where a split stopped the proof; -1: nowhere */
  for (;;)
    {
      rw_sweep_at (b, t);
      const long double h = next_step (b, &floor);
      if (h >= RESOLUTION)
        {
          t += h;
          continue;
        }
      double base = 0;
      const verdict v = finish (b, t, &base);
      if (v == VERIFIED)
        return (rw_bound){ .excluded = lower_base (excluded < 0 ? t : excluded), .infimum = base };
      if (v != EXCLUDED && excluded < 0)
        excluded = t;
      t = logl ((long double) base);
    }
}

rw_status
rw_sweep_open (rw_sweep *b, int64_t rotary_dim, int64_t length, int threads, rw_error *err)
{
  *b = (rw_sweep){ .n = (size_t) rotary_dim / 2, .last = length, .threads = threads };
  if (rotary_dim < 2 || rotary_dim > RW_BOUND_DIM_MAX || rotary_dim % 2)
    return rw_fail (err, RW_EINVAL, "rotary_dim: %lld is not an even number from 2 to %d",
                    (long long) rotary_dim, RW_BOUND_DIM_MAX);
  if (length < 1 || length > RW_BOUND_LENGTH_MAX)
    return rw_fail (err, RW_EINVAL, "length: %lld is not from 1 to %d tokens", (long long) length,
                    RW_BOUND_LENGTH_MAX);
  b->arena = rw_arena_new ();
  if (b->arena)
    {
      b->s = rw_similarity_take (b->arena, b->n);
      b->g = rw_arena_take (b->arena, b->n, sizeof *b->g);
      b->theta = rw_arena_take (b->arena, b->n, sizeof *b->theta);
    }
  if (b->s && b->g && b->theta)
    return RW_OK;
  rw_sweep_close (b);
  return rw_nomem (err, b->n * sizeof *b->theta);
}

void
rw_sweep_close (rw_sweep *b)
{
  rw_arena_free (b->arena);
  b->arena = NULL;
}

rw_status
rw_bound_find (int64_t rotary_dim, int64_t length, int threads, rw_bound *out, rw_error *err)
{
  rw_sweep b;
  const rw_status status = rw_sweep_open (&b, rotary_dim, length, threads, err);
  if (status)
    return status;
  if (length == 1) /* m theta <= 1 < pi/2 */
    *out = (rw_bound){ 1, 1 };
  else if (rotary_dim == 2)
    *out = (rw_bound){ NAN, NAN };
  else
    *out = rw_sweep_run (&b, 0);
  rw_sweep_close (&b);
  return RW_OK;
}

double
rw_bound_of_table (const rw_similarity *s, int64_t length, int threads)
{
  return rw_similarity_first_negative (s, 0, length, threads) - 1;
}
