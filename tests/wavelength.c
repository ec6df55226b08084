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

/* YaRN, section 3.1: b' = b s^(d/(d-2)), 20221 for base 10000 and twice the length.  */
static void
ntk_has_one_base (void)
{
  bench b;
  rw_freqs f = { 0 };
  rw_error err = { 0 };
  double worst = 0, stretched = 0, plain = 0;
  bench_open (&b, "wavelength");
  table (&b, "ntk", 2, &f);
  ok (!bench_run (&b, &f, &err), "ntk runs: %s", err.text);
  const double *base = bench_field (&b, "effective_base");
  for (size_t i = 1; i < f.n; i++)
    worst = fmax (worst, fabs (base[i] / (1e4 * pow (2, 128.0 / 126)) - 1));
  ok (fabs (base[17] - 20221) < 0.5, "the base of twice the length is 20221: %.2f", base[17]);
  /* A power of up to -64 of a frequency's last bit.  */
  ok (worst <= 64 * TOL0, "on every pair: %g", worst);
  ok (isnan (base[0]), "but pair 0, which turns by 1 under every base");
  table (&b, "linear", 2.385, &f);
  ok (!bench_run (&b, &f, &err), "linear runs: %s", err.text);
  for (size_t i = 1; i < f.n; i++)
    stretched = fmax (stretched, fabs (log (bench_field (&b, "effective_base")[i] / 1e4)
                                       - 64 / (double) i * log (2.385)));
  ok (stretched <= 64 * TOL0, "interpolation has a base of its own on each: b s^(d/2i)");
  b.geometry.rotary_dim = 32;
  table (&b, "proportional", 1, &f); /* 64 pairs with the exponents of the head, 16 rotate */
  ok (f.n == 64 && !bench_run (&b, &f, &err), "proportional runs: %s", err.text);
  for (size_t i = 1; i < 16; i++)
    plain = fmax (plain, fabs (bench_field (&b, "effective_base")[i] / 1e4 - 1));
  ok (plain <= 64 * TOL0, "exponents over the whole head are counted so");
  ok (isnan (bench_field (&b, "effective_base")[16]), "a pair that does not rotate has no base");
  rw_freqs_free (&f);
  bench_close (&b);
}

int
main (void)
{
  ntk_has_one_base ();
  interpolation_stretches_every_pair_alike ();
  return tap_end ();
}
