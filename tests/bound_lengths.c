/* bound_lengths: the certified bracket of every length up to 8,192 against brute force.

   The conditions are nested, so a bound is that of all lengths up to the first distance its base
   violates: from each such step to the next there is one bracket to check, just below and just
   above; now and then a length drawn between them must have the same.  */
#include "rope/bound.h"
#include "tap.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

enum
{
  PAIRS = 256,
  LONGEST = 8192,
  CLOSER = 4, /* bases ever closer below a bound */
  DRAWS = 8   /* one step in so many has a length of its middle looked at */
};

/* The second way: theta by powl, cosl of each product; nothing shared with the sweep.  Double
   filters what is far from zero.  The first m up to `length` with B(m) < 0, or length + 1.  */
static int64_t
first_violation (int64_t d, int64_t length, double base)
{
  long double theta[PAIRS];
  double g[PAIRS];
  const size_t n = (size_t) d / 2;
  for (size_t i = 0; i < n; i++)
    g[i] = (double) (theta[i] = powl (base, -2.0L * (long double) i / (long double) d));
  for (int64_t m = 1; m <= length; m++)
    {
      double sum = 0;
      for (size_t i = 0; i < n; i++)
        sum += cos ((double) m * g[i]);
      if (sum > 1e-7) /* far above the rounding of 128 cosines of angles up to 8192: 1e-10 */
        continue;
      long double exact = 0;
      for (size_t i = 0; i < n; i++)
        exact += cosl ((long double) m * theta[i]);
      if (exact < 0)
        return m;
    }
  return length + 1;
}

static bool
same (rw_bound a, rw_bound b)
{
  return a.excluded <= b.infimum && b.excluded <= a.infimum;
}

static void
every_length (int64_t d)
{
  int64_t length = 1, steps = 0;
  unsigned draw = (unsigned) d;
  bool below = true, above = true, between = true;
  while (length <= LONGEST)
    {
      rw_bound b, other;
      rw_error err = { 0 };
      if (rw_bound_find (d, length, 2, &b, &err))
        {
          ok (false, "d %d L %d: %s", (int) d, (int) length, err.text);
          return;
        }
      const int64_t next = first_violation (d, LONGEST, b.infimum);
      for (int k = 0; length > 1 && k < CLOSER; k++)
        if (first_violation (d, length, b.excluded * (1 - pow (10, -3 * (k + 1)))) > length)
          {
            printf ("# L %d: %.12g is said to be excluded\n", (int) length, b.excluded);
            below = false;
          }
      if (next <= length)
        {
          printf ("# L %d: %.12g violates %d\n", (int) length, b.infimum, (int) next);
          above = false;
          break;
        }
      draw = draw * 1664525u + 1013904223u;
      const int64_t drawn = length + (int64_t) (draw >> 8) % (next - length);
      if (steps % DRAWS == 0 && (rw_bound_find (d, drawn, 2, &other, &err) || !same (b, other)))
        {
          printf ("# L %d and %d differ\n", (int) length, (int) drawn);
          between = false;
        }
      length = next;
      steps++;
    }
  ok (above, "d %d: the base found is not violated at any of %d lengths, in %d steps", (int) d,
      LONGEST, (int) steps);
  ok (below, "d %d: every base tried just below is", (int) d);
  ok (between, "d %d: lengths between two steps have the same bound", (int) d);
}

int
main (void)
{
  static const int64_t dims[] = { 64, 96, 128, 256 };
  for (size_t k = 0; k < sizeof dims / sizeof *dims; k++)
    every_length (dims[k]);
  return tap_end ();
}
