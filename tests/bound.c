/* bound: the certified bracket against brute force, closed forms at d = 4, and two published
   tables. RW_SLOW_TESTS=1 adds the long rows.  */
#include "rope/bound.h"
#include "bound_help.h"
#include "metric_help.h"

#include <stdbool.h>

static bool
violated (int64_t d, int64_t length, double base)
{
  return first_violation (d, length, base) <= length;
}

static void
brute_force (int64_t d, int64_t length, int bases)
{
  rw_bound b;
  rw_error err = { 0 };
  if (!ok (!rw_bound_find (d, length, 2, &b, &err), "d %d L %d: %s", (int) d, (int) length,
           err.text))
    return;
  int below = 0, close = 0;
  for (int k = 0; k < bases; k++)
    below += violated (d, length, pow (b.excluded, (k + 0.5) / bases));
  ok (below == bases, "d %d L %d: every base of a grid below %.9g is violated", (int) d,
      (int) length, b.excluded);
  for (int k = 2; k <= 11; k++)
    close += violated (d, length, b.excluded * (1 - pow (10, -k)));
  ok (close == 10, "d %d L %d: and so are bases ever closer to it", (int) d, (int) length);
  ok (!violated (d, length, b.infimum), "d %d L %d: %.9g is not", (int) d, (int) length, b.infimum);
  ok (b.excluded < b.infimum && b.infimum <= b.excluded * (1 + RW_BOUND_WIDTH),
      "d %d L %d: the bracket is narrow", (int) d, (int) length);
}

/* d = 4: cos m + cos (m / sqrt b) >= 0 needs m / sqrt b <= gap, the distance of m from the nearest
   odd multiple of pi (m / sqrt b stays below pi once m = 3 holds, so there is no other way).  */
static void
two_pairs_have_a_closed_form (void)
{
  static const int64_t rows[] = { 2, 3, 21, 22, 38, 354, 355, 104348, 1 << 20 };
  long double most = 0;
  int64_t m = 1;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    {
      for (; m <= rows[i]; m++)
        {
          const long double x = (long double) m, s = asinl (fabsl (sinl (x)));
          most = fmaxl (most, x / (cosl (x) < 0 ? s : acosl (-1) - s));
        }
      rw_bound b;
      rw_error err = { 0 };
      const double want = (double) (most * most);
      rw_bound_find (4, rows[i], 2, &b, &err);
      if (!ok (b.excluded <= want * (1 + TOL1) && b.infimum >= want * (1 - TOL1)
                   && b.infimum <= b.excluded * (1 + RW_BOUND_WIDTH),
               "d 4 L %d: the bracket holds (m / gap)^2 = %.9g", (int) rows[i], want))
        printf ("# %.17g to %.17g\n", b.excluded, b.infimum);
    }
}

/* Su's recomputation (kexue.fm/archives/10122) for d = 128, to its two digits; Men et al., Table 2,
   print the same for 1k, 4k and 8k.  */
static void
published_bounds (void)
{
  static const double su[]
      = { 4.3e3, 1.2e4, 2.7e4, 8.4e4, 2.3e5, 6.3e5, 2.1e6, 4.9e6, 2.4e7, 5.8e7, 6.5e7 };
  const int rows = getenv ("RW_SLOW_TESTS") ? 11 : 4;
  double last = 0;
  for (int k = 0; k < rows; k++)
    {
      rw_bound b = { 0 };
      rw_error err = { 0 };
      char text[32];
      rw_bound_find (128, INT64_C (1024) << k, 2, &b, &err);
      snprintf (text, sizeof text, "%.1e", b.infimum);
      ok (strtod (text, NULL) == su[k], "d 128 L %dk: %.6g is the published %.1e", 1 << k,
          b.infimum, su[k]);
      ok (b.excluded >= last, "and not below that of half the length");
      last = b.excluded;
    }
}

static void
random_lengths_are_monotone (void)
{
  uint64_t state = 101;
  for (int64_t d = 6; d <= 62; d += 14)
    {
      int64_t length = 2;
      double last = 1;
      bool rising = true;
      for (int k = 0; k < 12; k++)
        {
          rw_bound b;
          rw_error err = { 0 };
          length += (int64_t) uniform (&state, 0, (double) length);
          rw_bound_find (d, length, 1, &b, &err);
          rising &= b.infimum >= last;
          last = b.excluded;
        }
      ok (rising, "d %d: the bound does not fall up to L %d", (int) d, (int) length);
    }
}

static void
edges (void)
{
  rw_bound b;
  rw_error err = { 0 };
  double last = 0;
  rw_bound_find (128, 1, 1, &b, &err);
  ok (b.infimum == 1 && b.excluded == 1, "length 1: every base above 1 satisfies it");
  rw_bound_find (2, 1, 1, &b, &err);
  ok (b.infimum == 1, "d 2, length 1: so it does");
  rw_bound_find (2, 2, 1, &b, &err);
  ok (isnan (b.infimum) && isnan (b.excluded), "d 2, length 2: no base does");
  ok (!rw_bound_last_violation (2, 2, 1, &last, &err) && isnan (last),
      "nor is there a last violation");
  ok (rw_bound_find (127, 64, 1, &b, &err) == RW_EINVAL, "an odd dimension is refused");
  has (err.text, "rotary_dim: 127", "by name");
  ok (rw_bound_find (514, 64, 1, &b, &err) == RW_EINVAL, "514 channels are refused");
  ok (rw_bound_find (128, 0, 1, &b, &err) == RW_EINVAL, "length 0 is refused");
  ok (rw_bound_last_violation (128, (1 << 20) + 1, 1, &last, &err) == RW_EINVAL,
      "a length above 2^20 is refused");
  has (err.text, "length: 1048577", "by name");
}

static void
threads_change_nothing (void)
{
  rw_bound one, two;
  rw_error err = { 0 };
  rw_bound_find (96, 40000, 1, &one, &err);
  rw_bound_find (96, 40000, 2, &two, &err);
  ok (!memcmp (&one, &two, sizeof one), "two threads give the same bits");
  setenv ("ROPEWALK_SIMD", "plain", 1);
  rw_bound_find (96, 40000, 2, &two, &err);
  unsetenv ("ROPEWALK_SIMD");
  ok (!memcmp (&one, &two, sizeof one), "and so does the plain kernel");
}

static void
last_violation (int64_t d, int64_t length)
{
  rw_bound b;
  rw_error err = { 0 };
  double last = 0;
  const int64_t n = d / 2;
  rw_bound_find (d, length, 1, &b, &err);
  rw_bound_last_violation (d, length, 1, &last, &err);
  /* A whole number of ulps above the edge is not promised, 1e-10 below it is.  */
  ok (violated (d, length, last * (1 - 1e-10)), "d %d L %d: %.9g is an end of violated bases",
      (int) d, (int) length, last);
  ok (last >= b.excluded * (1 - 1e-12), "not below the infimum");
  if (n < 3)
    return;
  const double top = pow (3 * (double) length / M_PI, (double) n / (double) (n / 3));
  ok (last < top && !violated (d, length, top) && !violated (d, length, 1.37 * top),
      "and below (3L/pi)^(K/floor(K/3)), where nothing is violated");
}

static void
table_bound (void)
{
  static const double bases[] = { 500, 10000, 83000 };
  rw_arena *arena = rw_arena_new ();
  rw_similarity *s = rw_similarity_take (arena, 48);
  for (int k = 0; k < 3; k++)
    {
      double g[48];
      int64_t want = 1;
      for (int i = 0; i < 48; i++)
        g[i] = pow (bases[k], -i / 48.0);
      while (rw_similarity_exact (g, 48, want) >= 0)
        want++;
      rw_similarity_set (s, g);
      near (rw_bound_of_table (s, 1 << 20, 2), (double) (want - 1), 0,
            "the length a table satisfies");
      near (rw_bound_of_table (s, want, 1), (double) (want - 1), 0,
            "its violation is the last looked at");
      near (rw_bound_of_table (s, want - 1, 1), NAN, 0, "none is found below it");
    }
  rw_arena_free (arena);
}

/* ---- the metric ---- */

static void
metric_writes_both_bounds (void)
{
  bench b;
  rw_freqs f = { 0 };
  rw_error err = { 0 };
  rw_bound want;
  int64_t m = 1;
  bench_open (&b, "base_bound");
  b.in.length = 1024;
  table (&b, "linear", 1.625, &f);
  ok (!bench_run (&b, &f, &err), "base_bound runs: %s", err.text);
  rw_bound_find (128, 1024, 1, &want, &err);
  near (bench_field (&b, "base_infimum")[0], want.infimum, 0, "base_infimum");
  near (bench_field (&b, "base_excluded")[0], want.excluded, 0, "base_excluded");
  ok (bench_field (&b, "base_last_violation")[0] >= want.excluded, "base_last_violation");
  while (rw_similarity_exact (f.inv_freq, f.n, m) >= 0)
    m++;
  near (bench_field (&b, "bound_of_base")[0], m <= 1024 ? (double) (m - 1) : NAN, 0,
        "bound_of_base is NaN where the length holds");
  b.in.length = 16384;
  bench_set (&b, "last_violation", RW_FALSE_VALUE);
  bench_run (&b, &f, &err);
  near (bench_field (&b, "bound_of_base")[0], m <= 16384 ? (double) (m - 1) : NAN, 0,
        "and the first violation less one where it does not");
  ok (m > 1024 && m <= 16384, "the two lengths lie on both sides of it");
  ok (!bench_field (&b, "base_last_violation"), "the last violation can be left out");
  rw_freqs_free (&f);
  bench_close (&b);
}

static void
metric_refuses (void)
{
  static const double lengths[] = { 0, 1000.5, (1 << 20) + 1 };
  bench b;
  rw_freqs f = { 0 };
  rw_error err = { 0 };
  bench_open (&b, "base_bound");
  table (&b, "linear", 1.625, &f);
  for (int k = 0; k < 3; k++)
    {
      b.in.length = lengths[k];
      ok (bench_run (&b, &f, &err) == RW_EDOMAIN, "length %g is refused", lengths[k]);
      has (err.hint, "similarity_first_negative", "with a hint");
    }
  b.in.length = 64;
  b.geometry.head_dim = b.geometry.rotary_dim = 1024;
  ok (bench_run (&b, &f, &err) == RW_EDOMAIN, "1024 channels are refused");
  rw_freqs_free (&f);
  bench_close (&b);
}

int
main (void)
{
  static const int64_t rows[][2]
      = { { 64, 512 },   { 64, 2048 }, { 96, 1000 },  { 128, 1024 }, { 128, 4096 },
          { 256, 1024 }, { 6, 37 },    { 8, 200 },    { 12, 3000 },  { 34, 777 },
          { 512, 100 },  { 64, 8192 }, { 128, 8192 }, { 256, 8192 } };
  const size_t n = sizeof rows / sizeof *rows - (getenv ("RW_SLOW_TESTS") ? 0 : 3);
  for (size_t i = 0; i < n; i++)
    brute_force (rows[i][0], rows[i][1], 150);
  /* Dense bases, 1e-4 to 3e-4 nats apart: a skipped island would have to be narrower.  */
  brute_force (8, 60, 40000);
  brute_force (16, 100, 20000);
  uint64_t state = 7;
  for (int k = 0; k < 12; k++)
    brute_force (4 + 2 * (int64_t) uniform (&state, 0, 60),
                 2 + (int64_t) exp (uniform (&state, 0, 6.5)), 60);
  two_pairs_have_a_closed_form ();
  published_bounds ();
  random_lengths_are_monotone ();
  threads_change_nothing ();
  last_violation (64, 1024);
  last_violation (128, 777);
  last_violation (6, 50);
  last_violation (4, 355);
  table_bound ();
  edges ();
  metric_writes_both_bounds ();
  metric_refuses ();
  return tap_end ();
}
