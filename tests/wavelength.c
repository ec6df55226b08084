/* wavelength: lambda g = 2 pi, stretch of known schedules, no value where nothing rotates.  */
#include "metric_help.h"

#include <math.h>

static void
interpolation_stretches_every_pair_alike (void)
{
  bench b;
  rw_freqs f = { 0 };
  rw_error err = { 0 };
  bench_open (&b, "wavelength");
  table (&b, "linear", 2.385, &f);
  ok (!bench_run (&b, &f, &err), "wavelength runs: %s", err.text);
  double worst = 0;
  for (size_t i = 0; i < f.n; i++)
    worst = fmax (worst, fabs (bench_field (&b, "stretch")[i] / 2.385 - 1));
  ok (worst <= TOL0, "stretch is the factor");
  near (bench_field (&b, "wavelength")[0], 2 * M_PI * 2.385, TOL0, "pair 0 turns in 2 pi s tokens");
  near (bench_field (&b, "wavelength")[32], 2 * M_PI * 100 * 2.385, TOL1,
        "pair d/4 of base 1e4 turns in 200 pi s tokens");
  f.inv_freq[7] = 0;
  ok (!bench_run (&b, &f, &err), "a pair that does not rotate is allowed");
  ok (isnan (bench_field (&b, "wavelength")[7]) && isnan (bench_field (&b, "stretch")[7]),
      "and has neither wavelength nor stretch");
  rw_freqs_free (&f);
  bench_close (&b);
}

int
main (void)
{
  interpolation_stretches_every_pair_alike ();
  return tap_end ();
}
