/* similarity: the kernel against long double, closed forms, itself in pieces, and the metric.  */
#include "rope/similarity.h"
#include "metric_help.h"

enum
{
  SPAN = 3000
};

static void
geometric (double *g, size_t n, double base)
{
  for (size_t i = 0; i < n; i++)
    g[i] = pow (base, -(double) i / (double) n);
}

static void
kernel_is_within_its_bound (rw_arena *arena)
{
  static const size_t sizes[] = { 1, 3, 32, 64, 131, 256, 300 };
  static const int64_t froms[] = { 0, 16383, 1048575, (1 << 24) - SPAN, 1099511000000 };
  static double g[300], out[SPAN];
  uint64_t state = 20240523;
  for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++)
    {
      double worst = 0;
      const size_t n = sizes[k];
      rw_similarity *s = rw_similarity_take (arena, n);
      for (size_t i = 0; i < n; i++)
        g[i] = pow (10, uniform (&state, -6, 0));
      rw_similarity_set (s, g);
      for (size_t j = 0; j < sizeof froms / sizeof *froms; j++)
        {
          rw_similarity_run (s, froms[j], SPAN, out);
          for (int t = 0; t < SPAN; t += 37)
            worst
                = fmax (worst, fabs ((double) (out[t] - rw_similarity_exact (g, n, froms[j] + t))));
        }
      ok (worst <= rw_similarity_error (n) && worst < 1e-9,
          "%zu pairs up to 2^40: within the bound", n);
    }
}

static void
kernel_agrees_with_plain_cosines (rw_arena *arena)
{
  static double g[64], fast[SPAN], plain[SPAN];
  double worst = 0, sum = 0;
  rw_similarity *s = rw_similarity_take (arena, 64);
  geometric (g, 64, 10000);
  for (int i = 0; i < 64; i++)
    sum += g[i];
  rw_similarity_set (s, g);
  rw_similarity_run (s, 700, SPAN, fast);
  rw_similarity_plain (g, 64, 700, SPAN, plain);
  for (int j = 0; j < SPAN; j++)
    worst = fmax (worst, fabs (fast[j] - plain[j]));
  /* The plain angle is a rounded product.  */
  ok (worst <= rw_similarity_error (64) + (700 + SPAN) * sum * DBL_EPSILON,
      "the kernel agrees with the naive sum");
}

/* sum_{i<K} cos (i x) = 1/2 + sin ((K - 1/2) x) / (2 sin (x/2)): Dirichlet's kernel.  The
   frequencies i h and the angles m i h are exact for a short h.  */
static void
kernel_agrees_with_dirichlet (rw_arena *arena)
{
  static double g[48], out[SPAN];
  const double h = 0x1.3b5p-7;
  const int64_t from = 1000003;
  double worst = 0;
  rw_similarity *s = rw_similarity_take (arena, 48);
  for (int i = 0; i < 48; i++)
    g[i] = i * h;
  rw_similarity_set (s, g);
  rw_similarity_run (s, from, SPAN, out);
  for (int j = 0; j < SPAN; j++)
    {
      const long double x = (long double) (from + j) * h;
      const long double want = 0.5L + sinl (47.5L * x) / (2 * sinl (x / 2));
      worst = fmax (worst, fabs ((double) (out[j] - want) * fmin (1, fabs (sin ((double) x / 2)))));
    }
  ok (worst <= rw_similarity_error (48), "an arithmetic table gives Dirichlet's kernel");
}

static void
values_depend_on_m_alone (rw_arena *arena)
{
  static double g[96], whole[40000], part[40000];
  rw_similarity *s = rw_similarity_take (arena, 96);
  geometric (g, 96, 83467.5);
  rw_similarity_set (s, g);
  rw_similarity_run (s, 0, 40000, whole);
  int same = 1;
  for (int64_t from = 0; from < 40000; from += 1237)
    {
      rw_similarity_run (s, from, 1237 < 40000 - from ? 1237 : (size_t) (40000 - from), part);
      same
          &= !memcmp (part, whole + from, (size_t) (1237 < 40000 - from ? 1237 : 40000 - from) * 8);
    }
  ok (same, "a run in pieces has the same bits");
  for (rw_simd simd = RW_SIMD_PLAIN; simd <= rw_simd_get (); simd++)
    {
      rw_similarity_use (s, simd);
      rw_similarity_run (s, 0, 40000, part);
      ok (!memcmp (part, whole, sizeof whole), "the %s kernel gives the same bits",
          rw_simd_text (simd));
    }
}

static void
environment_lowers_the_kernel (void)
{
  setenv ("ROPEWALK_SIMD", "plain", 1);
  ok (rw_simd_get () == RW_SIMD_PLAIN, "ROPEWALK_SIMD=plain is obeyed");
  setenv ("ROPEWALK_SIMD", "avx2", 1);
  ok (rw_simd_get () <= RW_SIMD_AVX2, "ROPEWALK_SIMD=avx2 never means more");
  setenv ("ROPEWALK_SIMD", "abacus", 1);
  const rw_simd unknown = rw_simd_get ();
  unsetenv ("ROPEWALK_SIMD");
  ok (unknown == rw_simd_get (), "an unknown word is taken as not given");
}

/* cos m < 0 between pi/2 and 3 pi/2: counted by floors.  */
static void
one_pair_is_counted_by_floors (rw_arena *arena)
{
  const double g = 1;
  const int64_t last = 1234567;
  double count = 0;
  for (int k = 0; (2 * k + 0.5) * M_PI < last; k++)
    count += fmin (floor ((2 * k + 1.5) * M_PI), last) - floor ((2 * k + 0.5) * M_PI);
  rw_similarity *s = rw_similarity_take (arena, 1);
  rw_similarity_set (s, &g);
  rw_similarity_summary one, two;
  rw_similarity_scan (s, 0, last, 1, &one);
  rw_similarity_scan (s, 0, last, 2, &two);
  near (one.negative_count, count, 0, "negatives of one pair of frequency 1");
  near (one.first_negative, 2, 0, "the first is 2");
  near (one.min_at, 1146408, 0,
        "the minimum is at 364913 pi: a convergent, odd"); /* 1146408/364913 */
  near (one.min, (double) cosl (1146408), TOL0, "and is the cosine there");
  ok (!memcmp (&one, &two, sizeof one), "two threads give the same bits");
  near (rw_similarity_first_negative (s, 3, last, 2), 3, 0, "3 is the first from 3");
  near (rw_similarity_first_negative (s, 5, last, 2), 8, 0, "8 is the first from 5");
  near (rw_similarity_first_negative (s, 5, 7, 1), NAN, 0, "none from 5 to 7");
}

/* The double nearest to pi/2 lies below it: cos (m g) at odd m is a rounding residue of size
   m 6e-17 whose sign is that of sin (m pi/2) alone.  */
static void
residues_are_decided (rw_arena *arena)
{
  const double g = M_PI_2;
  rw_similarity *s = rw_similarity_take (arena, 1);
  rw_similarity_set (s, &g);
  rw_similarity_summary all;
  rw_similarity_scan (s, 0, 9999, 1, &all);
  near (all.negative_count, 5000, 0, "signs of residues: m = 2 and 3 mod 4");
  near (rw_similarity_first_negative (s, 3, 9999, 1), 3, 0, "3 has a residue below zero");
}

static void
edges (rw_arena *arena)
{
  const double still[5] = { 0 };
  rw_similarity *s = rw_similarity_take (arena, 5);
  rw_similarity_set (s, still);
  rw_similarity_summary all;
  rw_similarity_scan (s, 0, 70000, 2, &all);
  near (all.negative_count, 0, 0, "nothing turns, nothing is negative");
  near (all.first_negative, NAN, 0, "and there is no first");
  near (all.min, 5, 0, "and the minimum is the number of pairs");
  near (all.min_at, 0, 0, "first of equals");
  rw_similarity_scan (s, 5, 4, 1, &all);
  near (all.min, NAN, 0, "no integers, no minimum");
}

int
main (void)
{
  rw_arena *arena = rw_arena_new ();
  kernel_is_within_its_bound (arena);
  kernel_agrees_with_plain_cosines (arena);
  kernel_agrees_with_dirichlet (arena);
  values_depend_on_m_alone (arena);
  environment_lowers_the_kernel ();
  one_pair_is_counted_by_floors (arena);
  residues_are_decided (arena);
  edges (arena);
  rw_arena_free (arena);
  return tap_end ();
}
