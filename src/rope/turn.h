/* turn: e^{i m g} with an error-free angle, the bottom of every kernel here.

   m g = high + low exactly, by one fused product.  cos and sin of high come from libm, and low
   turns them by its series.  The error is libm's own (under 1 ulp) and 1.5 u, u = 2^-53, however
   large the angle.  */
#ifndef RW_ROPE_TURN_H
#define RW_ROPE_TURN_H

#include <math.h>

typedef struct
{
  double c, s;
} rw_turn; /* e^{i angle} */

/* |low| <= 2^-53 |high|: below 2^-13 while |m g| < 2^40, so that the series are exact to the last
   bit; above, low takes a cosine of its own.  */
static inline rw_turn
rw_turn_of (double m, double g)
{
  const double high = m * g, low = fma (m, g, -high), q = low * low;
  const double c = cos (high), s = sin (high);
  const int small = q < 0x1p-26;
  const double cl = small ? 1 - q / 2 + q * q / 24 : cos (low);
  const double sl = small ? low - low * q / 6 : sin (low);
  return (rw_turn){ c * cl - s * sl, s * cl + c * sl };
}

static inline rw_turn
rw_turn_both (rw_turn a, rw_turn b)
{
  return (rw_turn){ a.c * b.c - a.s * b.s, a.s * b.c + a.c * b.s };
}

/* The same in long double: 11 bits more where it has 64, so that a product of a few is still
   rounded to double as the exact value is, but for one case in a hundred.  */
typedef struct
{
  long double c, s;
} rw_long_turn;

static inline rw_long_turn
rw_long_turn_of (double m, double g)
{
  const double high = m * g, low = fma (m, g, -high);
  const long double x = low, q = x * x, c = cosl (high), s = sinl (high);
  const int small = q < 0x1p-26L;
  const long double cl = small ? 1 - q / 2 + q * q / 24 : cosl (x);
  const long double sl = small ? x - x * q / 6 + x * q * q / 120 : sinl (x);
  return (rw_long_turn){ c * cl - s * sl, s * cl + c * sl };
}

static inline rw_long_turn
rw_long_turn_both (rw_long_turn a, rw_long_turn b)
{
  return (rw_long_turn){ a.c * b.c - a.s * b.s, a.s * b.c + a.c * b.s };
}

#endif
