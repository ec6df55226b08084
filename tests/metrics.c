/* The closed-form metrics: published numbers, analytic values and naive second ways.  */
#include "metric_help.h"

#include <math.h>

static void
coverage_is_one_for_interpolation (void)
{
  bench b;
  rw_freqs f = { 0 };
  rw_error err = { 0 };
  bench_open (&b, "coverage");
  /* g (L' - 1) = f (sL - 1) / s exceeds f (L - 1) by f (1 - 1/s): a shade below 1 where incomplete.
   */
  b.in.length = 4 * 4096;
  table (&b, "linear", 4, &f);
  ok (!bench_run (&b, &f, &err), "coverage of linear runs: %s", err.text);
  int full = 1;
  double worst = 0;
  for (size_t i = 0; i < 64; i++)
    {
      const double theta = pow (1e4, -(double) i / 64);
      const double part = 4095 / ((4 * 4096 - 1) / 4.0);
      const double got = bench_field (&b, "coverage")[i];
      if (theta * 4095 >= 2 * M_PI)
        full &= got == 1;
      else
        worst = fmax (worst, fabs (got - part));
    }
  ok (full, "complete_pairs_are_covered");
  ok (worst <= TOL0, "interpolated_pairs_miss_only_the_last_step");
  rw_freqs_free (&f);
  bench_close (&b);
}

static void
critical_pair_is_as_published (void)
{
  static const struct
  {
    double base, length, pair;
    int64_t dim;
    const char *name;
  } rows[] = { { 1e4, 4096, 46, 128, "Llama-2: 92 / 2 (2310.05209, Section 3)" },
               { 5e5, 8192, 35, 128, "LLaMA-3-8B: 35 (2502.20082, Section 3)" },
               { 1e4, 2048, 31, 96, "Phi-3-mini: 31 (2502.20082, Section 3)" } };
  for (size_t k = 0; k < 3; k++)
    {
      bench b;
      rw_freqs f = { 0 };
      rw_error err = { 0 };
      bench_open (&b, "coverage");
      b.geometry.head_dim = b.geometry.rotary_dim = rows[k].dim;
      b.geometry.rope_theta = rows[k].base;
      b.geometry.original_length = rows[k].length;
      table (&b, "linear", 2.385, &f);
      ok (!bench_run (&b, &f, &err), "critical pair runs");
      near (bench_field (&b, "critical_pair")[0], rows[k].pair, 0, rows[k].name);
      rw_freqs_free (&f);
      bench_close (&b);
    }
}

int
main (void)
{
  coverage_is_one_for_interpolation ();
  critical_pair_is_as_published ();
  return tap_end ();
}
