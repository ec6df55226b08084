/* bound_last: the largest base found that violates B(m) >= 0 for some m <= L; see bound.h.

   Nothing can lie above b* = (3L/pi)^(K/f), f = floor(K/3), for K >= 3: from pair f on, theta_i =
   b^(-i/K) <= b*^(-f/K) = pi/(3L), so m theta_i <= pi/3 and each of these K - f cosines is at least
   1/2, while the f others are at least -1: B >= (K - f)/2 - f = (K - 3f)/2 >= 0.  Sharper, and what
   the scan starts from: cos (m theta_i) >= cos (L theta_i) where L theta_i <= pi, else -1, so
   B(m) >= sum_i max (-1, that), which rises with b and is >= 0 at b*; its zero is found by
   bisection. For K = 2, with c = min_m (1 + cos m): B >= c - (1 - cos (L theta_1)) >= c - (L
   theta_1)^2 / 2, so nothing lies above L^2 / (2c).

   The scan: bases downwards from there in steps of 1/32 nat until one violates; then the 32 bases
   above it in steps of 1/1024 nat, the largest first, until one violates; then the exclusion of
   bound.c upwards from that one to where it ends, which is the answer.  */
#include "rope/bound_sweep.h"

#include <math.h>

#define COARSE 0.03125L /* nats */
#define FINE (COARSE / 32)

/* The lower bound of B over [0, L] at base e^t.  */
static long double
floor_of (const rw_sweep *b, long double t)
{
  long double sum = 0;
  for (size_t i = 0; i < b->n; i++)
    {
      const long double phi
          = (long double) b->last * expl (-(long double) i / (long double) b->n * t);
      sum += phi < M_PI ? cosl (phi) : -1;
    }
  return sum;
}

static long double
top (const rw_sweep *b)
{
  if (b->n == 2)
    {
      long double c = 2;
      for (int64_t m = 1; m <= b->last; m++)
        c = fminl (c, 1 + cosl ((long double) m));
      return 2 * logl ((long double) b->last) - logl (2 * c);
    }
  long double lo = 0;
  long double hi
      = logl (3 * (long double) b->last / M_PI) * (long double) b->n / (long double) (b->n / 3);
  for (int k = 0; k < 64; k++)
    {
      const long double t = (lo + hi) / 2;
      if (floor_of (b, t) < 0)
        lo = t;
      else
        hi = t;
    }
  return hi;
}

static bool
violates (rw_sweep *b, long double t)
{
  rw_sweep_at (b, t);
  return rw_sweep_search (b, false);
}

static double
last_violation (rw_sweep *b)
{
  long double t = top (b);
  while (!violates (b, t))
    t -= COARSE;
  for (int k = 31; k > 0; k--)
    if (violates (b, t + k * FINE))
      {
        t += k * FINE;
        break;
      }
  return rw_sweep_run (b, t).excluded;
}

rw_status
rw_bound_last_violation (int64_t rotary_dim, int64_t length, int threads, double *out,
                         rw_error *err)
{
  rw_sweep b;
  const rw_status status = rw_sweep_open (&b, rotary_dim, length, threads, err);
  if (status)
    return status;
  *out = length == 1 || rotary_dim == 2 ? NAN : last_violation (&b);
  rw_sweep_close (&b);
  return RW_OK;
}
