/* yarn_help: YaRN written out once more, for tests to hold stacks against: arXiv 2309.00071 with
   the ramp over the index of the pair, as every code has it.  */
#ifndef RW_TESTS_YARN_HELP_H
#define RW_TESTS_YARN_HELP_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct
{
  double base, d, length, factor;
  bool truncate;
} yarn;

/* Frequency of pair i.  */
__attribute__ ((unused)) static double
yarn_frequency (yarn y, size_t i)
{
  double lo = y.d * log (y.length / (2 * M_PI * 32)) / (2 * log (y.base));
  double hi = y.d * log (y.length / (2 * M_PI)) / (2 * log (y.base));
  lo = fmax (y.truncate ? floor (lo) : lo, 0);
  hi = fmin (y.truncate ? ceil (hi) : hi, y.d - 1);
  const double f = pow (y.base, -2.0 * (double) i / y.d);
  const double m = fmin (1, fmax (0, ((double) i - lo) / (hi - lo)));
  return f / y.factor * m + f * (1 - m);
}

/* The factor on cos and sin that YaRN recommends.  */
__attribute__ ((unused)) static double
yarn_magnitude (double s)
{
  return 0.1 * log (s) + 1;
}

#endif
