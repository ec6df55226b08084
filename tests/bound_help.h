/* bound_help: the first distance at which a base's similarity is negative, by brute force.  */
#ifndef TESTS_BOUND_HELP_H
#define TESTS_BOUND_HELP_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>

enum
{
  PAIRS = 256 /* of the widest head tried */
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

#endif
