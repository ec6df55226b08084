/* angles: fixed-point angles, their histogram and their order; see angles.h.  */
#include "metric/angles.h"
#include "rope/turn.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

/* 1 / (2 pi) = HI + LO to 107 bits.  */
static const double PER_TURN_HI = 0x1.45f306dc9c883p-3, PER_TURN_LO = -0x1.6b01ec5417056p-57;
static const double SCALE = 0x1p64;             /* phases a turn */
static const double TOP = 0x1.fffffffffffffp62; /* the largest double below 2^63 */

enum
{
  DIGIT = 11, /* bits a pass of the sort: 2048 counters stay in the first cache */
  PASSES = 6, /* 6 x 11 >= 64; even, so that the result ends where it began */
  BUCKETS = 1 << DIGIT
};

/* frac (inv_freq / 2 pi) in units of 2^-64 turns, by a product in two doubles.  For a frequency
   below 0 the fraction's complement would be rounded, and so its sign is put on the phase.  */
static uint64_t
step_of (double inv_freq)
{
  if (inv_freq < 0)
    return -step_of (-inv_freq);
  const double turns = inv_freq * PER_TURN_HI;
  double rest = fma (inv_freq, PER_TURN_HI, -turns) + inv_freq * PER_TURN_LO;
  const double part = turns - floor (turns);
  rest -= rint (rest);
  const uint64_t whole = part < 1 ? (uint64_t) (part * SCALE) : 0;
  return whole + (uint64_t) (int64_t) rint (fmin (rest * SCALE, TOP));
}

/* The remainder of the float product by float (2 pi) is exact in double, as fmodf is in float.  */
static uint64_t
float_phase (float inv_freq, float m)
{
  const double turn = (float) (2 * M_PI);
  const float angle = m * inv_freq; /* float: the arithmetic that is asked for */
  double rest = angle - floor (angle / turn) * turn;
  rest += rest < 0 ? turn : 0;
  rest -= rest >= turn ? turn : 0;
  return (uint64_t) (rest / turn * SCALE);
}

void
rw_angles_fill (rw_angles_type type, double inv_freq, size_t n, uint64_t *phase)
{
  const uint64_t step = step_of (inv_freq);
  if (type == RW_ANGLES_FLOAT32)
    for (size_t m = 0; m < n; m++)
      phase[m] = float_phase ((float) inv_freq, (float) m);
  else
    for (size_t m = 0; m < n; m++)
      phase[m] = m * step;
}

uint64_t
rw_angles_guard (rw_angles_type type, double inv_freq, size_t n)
{
  static const double ULPS = 4, QUOTIENT = 0x1p-51; /* turns; a quotient in [0, 1) errs by 2^-54 */
  const double turns
      = type == RW_ANGLES_FLOAT32
            ? QUOTIENT
            : (double) n * (fabs (inv_freq) * PER_TURN_HI * ULPS * DBL_EPSILON + 1 / SCALE);
  return (uint64_t) fmin (turns * SCALE, TOP);
}

void
rw_angles_count (const uint64_t *phase, size_t n, size_t bins, uint64_t guard, uint32_t *count)
{
  /* floor (phase bins / 2^64), from the upper halves of two 32-bit products.  */
  for (size_t m = 0; m < n; m++)
    {
      const uint64_t at = phase[m] + guard; /* over the top into the first part */
      const uint64_t low = (at & 0xffffffffu) * bins;
      count[((at >> 32) * bins + (low >> 32)) >> 32]++;
    }
}

void
rw_angles_sort (uint64_t *phase, uint64_t *other, size_t n)
{
  uint32_t start[PASSES][BUCKETS];
  memset (start, 0, sizeof start);
  for (size_t i = 0; i < n; i++)
    for (int p = 0; p < PASSES; p++)
      start[p][phase[i] >> (p * DIGIT) & (BUCKETS - 1)]++;
  for (int p = 0; p < PASSES; p++)
    {
      uint32_t sum = 0;
      for (size_t b = 0; b < BUCKETS; b++)
        {
          const uint32_t count = start[p][b];
          start[p][b] = sum;
          sum += count;
        }
    }
  for (int p = 0; p < PASSES; p++)
    {
      const uint64_t *from = p % 2 ? other : phase;
      uint64_t *to = p % 2 ? phase : other;
      for (size_t i = 0; i < n; i++)
        to[start[p][from[i] >> (p * DIGIT) & (BUCKETS - 1)]++] = from[i];
    }
}

/* The positions p and q of the smallest and the largest of the angles of 1 .. n-1, by Euclid's
   algorithm on the gaps that they leave at 0; false where two angles are the same.  */
static bool
neighbours_of_zero (uint64_t step, size_t n, size_t *p, size_t *q)
{
  uint64_t above = step, below = -step;
  *p = *q = 1;
  while (above && below && *p + *q < n)
    if (above < below)
      {
        const uint64_t most = (n - 1 - *q) / *p, fit = below / above;
        const uint64_t k = fit < most ? fit : most;
        below -= k * above;
        *q += k * *p;
      }
    else
      {
        const uint64_t most = (n - 1 - *p) / *q, fit = above / below;
        const uint64_t k = fit < most ? fit : most;
        above -= k * below;
        *p += k * *q;
      }
  return above && below;
}

/* The multiples of a step come in rising order without a sort: the one after m is m + p, m - q or
   m + p - q, whichever of them there is (Sos 1958; the three-gap theorem).  */
static bool
walk (uint64_t step, size_t n, uint64_t *phase)
{
  size_t p, q, m = 0;
  if (n < 2 || !neighbours_of_zero (step, n, &p, &q))
    return false;
  for (size_t k = 0; k < n; k++)
    {
      phase[k] = m * step;
      m += m < n - p ? p : m >= q ? -q : p - q;
    }
  return true;
}

void
rw_angles_rising (rw_angles_type type, double inv_freq, size_t n, uint64_t *phase, uint64_t *other)
{
  if (type == RW_ANGLES_FLOAT64 && walk (step_of (inv_freq), n, phase))
    return;
  rw_angles_fill (type, inv_freq, n, phase);
  if (inv_freq != 0)
    rw_angles_sort (phase, other, n);
}

void
rw_angles_point (double m, double inv_freq, double *cosine, double *sine)
{
  const rw_turn turn = rw_turn_of (m, inv_freq);
  *cosine = turn.c;
  *sine = turn.s;
}
