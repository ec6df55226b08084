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

   Every v has the error of its evaluation taken off first: see bound_look.c.

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

/* The largest step any remembered m allows; moves that m to the front.  */
static long double
best_step (rw_sweep *b)
{
  long double best = 0;
  int64_t at = 0;
  for (size_t i = 0; i < b->n_near; i++)
    {
      const long double h = rw_sweep_step (b, b->near[i]);
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
      const long double h = rw_sweep_step (b, b->near[0]);
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
