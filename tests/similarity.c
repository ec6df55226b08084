/* similarity: the kernel against long double, closed forms, itself in pieces; then the metric
   against naive sums and a published table.  */
#include "rope/similarity.h"
#include "metric_help.h"
#include "rule/rule.h"

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
  ok (rw_similarity_pairs (s) == 48, "it knows its number of pairs");
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
one_value_agrees_with_a_run (rw_arena *arena)
{
  static double g[64], out[SPAN];
  double worst = 0;
  rw_similarity *s = rw_similarity_take (arena, 64);
  geometric (g, 64, 23662397);
  rw_similarity_set (s, g);
  rw_similarity_run (s, 777777777, SPAN, out);
  for (int j = 0; j < SPAN; j += 7)
    worst = fmax (worst, fabs (out[j] - rw_similarity_one (g, NULL, 64, 777777777.0 + j)));
  ok (worst <= 2 * rw_similarity_error (64), "a single value agrees with a run");
  const double two[2] = { 1, 0.4 };
  near (rw_similarity_one (two, NULL, 2, 2.5),
        (double) (cosl (2.5L) + cosl (2.5L * (long double) 0.4)), TOL1,
        "and need not be at an integer");
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

/* ---- the metric ---- */

/* The second way of every field: long double cosines, one by one.  */
static long double
naive (const rw_freqs *f, int64_t m)
{
  long double sum = 0;
  for (size_t i = 0; i < f->n; i++)
    sum += cosl ((long double) m * f->inv_freq[i]);
  return sum;
}

static void
metric_agrees_with_naive_sums (void)
{
  static double distance[107];
  bench b;
  rw_freqs f = { 0 };
  rw_error err = { 0 };
  double worst = 0, count = 0, first = NAN, least = INFINITY;
  for (int k = 0; k < 100; k++) /* a streak, then leaps, then beyond the length */
    distance[k] = k < 50 ? k : floor (50 * pow (1.05, k - 49));
  for (int k = 0; k < 7; k++)
    distance[100 + k] = 2500 + 400 * k;
  bench_open (&b, "similarity");
  b.in.distance = distance, b.in.n_distances = 107;
  b.in.length = 4243;
  table (&b, "linear", 1.375, &f);
  ok (!bench_run (&b, &f, &err), "the metric runs: %s", err.text);
  const double *got = bench_field (&b, "similarity");
  for (int k = 0; k < 107; k++)
    if (distance[k] <= 4243)
      worst = fmax (worst, fabs ((double) (got[k] - naive (&f, (int64_t) distance[k]))));
  ok (worst <= rw_similarity_error (64), "values at the distances are the naive sums");
  ok (isnan (got[105]) && isnan (got[106]) && !isnan (got[104]), "and NaN beyond the length");
  for (int64_t m = 0; m <= 4243; m++)
    {
      const double x = (double) naive (&f, m);
      least = fmin (least, x);
      first = x < 0 && isnan (first) ? (double) m : first;
      count += x < 0;
    }
  near (bench_field (&b, "similarity_negative_count")[0], count, 0, "negatives are counted");
  near (bench_field (&b, "similarity_first_negative")[0], first, 0, "the first is found");
  near (bench_field (&b, "similarity_min")[0], least, TOL2, "the least is found"); /* 64 terms */
  ok (count > 0, "and there are some");
  rw_freqs_free (&f);
  bench_close (&b);
}

static void
bins_are_means (void)
{
  static const double distance[] = { 0, 1, 5, 17, 3000 };
  bench b;
  rw_freqs f = { 0 };
  rw_error err = { 0 };
  bench_open (&b, "similarity");
  bench_set (&b, "bin", RW_TRUE_VALUE);
  bench_set (&b, "scan", RW_FALSE_VALUE);
  b.in.distance = distance, b.in.n_distances = 5;
  table (&b, "linear", 2.75, &f);
  bench_run (&b, &f, &err);
  for (int k = 0; k < 4; k++)
    {
      long double sum = 0;
      for (int64_t m = (int64_t) distance[k]; m < (int64_t) distance[k + 1]; m++)
        sum += naive (&f, m);
      /* 64 terms a value */
      near (bench_field (&b, "similarity")[k], (double) sum / (distance[k + 1] - distance[k]), TOL2,
            "a bin is the mean over its integers");
    }
  ok (!bench_field (&b, "similarity_min") && !bench_field (&b, "similarity_negative_count")
          && !bench_field (&b, "similarity_first_negative"),
      "without a scan its fields are left out");
  rw_freqs_free (&f);
  bench_close (&b);
}

/* Men et al., Table 4: two ways to lower the lowest frequencies of Llama-2; k is 1024.  */
static void
published_counts (void)
{
  static const double want[2][2] = { { 0, 0 }, { 97, 2554 } }, length[2] = { 15 * 1024, 30 * 1024 };
  bench b;
  rw_freqs f = { 0 };
  rw_error err = { 0 };
  bench_open (&b, "similarity");
  rw_freqs_size (&f, 64, &err);
  for (int method = 0; method < 2; method++)
    for (int k = 0; k < 2; k++)
      {
        for (int i = 0; i < 64; i++)
          f.inv_freq[i] = method == 0 ? pow (5e6, -i / 64.0)
                          : i < 44    ? pow (1e4 * pow (8, 128 / 88.0), -i / 64.0)
                                      : pow (1e4, -i / 64.0) / 8;
        b.in.length = length[k];
        b.in.threads = 2;
        bench_run (&b, &f, &err);
        near (bench_field (&b, "similarity_negative_count")[0], want[method][k], 0,
              "Men et al., Table 4");
      }
  rw_freqs_free (&f);
  bench_close (&b);
}

static void
rule_is_obeyed (void)
{
  static const double distance[] = { 3, 900, 4096 };
  bench b;
  rw_freqs f = { 0 };
  rw_error err = { 0 };
  const rw_module *module = NULL;
  rw_object *rule = NULL;
  bench_open (&b, "similarity");
  b.in.distance = distance, b.in.n_distances = 3;
  table (&b, "linear", 4, &f);
  rw_kind_find (&rw_rules, "start", &module, &err);
  rw_object_new (module, &rule, &err);
  rw_object_set (rule, "n_hat", &RW_NUMBER_VALUE (901), NULL, &err);
  f.rule = rule;
  ok (!bench_run (&b, &f, &err), "a rule is measured: %s", err.text);
  /* Positions below n_hat keep the trained frequencies, 4 times these.  64 angles of size 900
     with one rounding more.  */
  near (bench_field (&b, "similarity")[0], (double) naive (&f, 12), TOL3, "below n_hat: trained");
  near (bench_field (&b, "similarity")[1], (double) naive (&f, 3600), 1e-10, "up to its end");
  near (bench_field (&b, "similarity")[2], (double) naive (&f, 4096), 1e-10, "above: the table");
  double count = 0, least = INFINITY, first = NAN;
  for (int64_t m = 0; m <= 4096; m++)
    {
      const double x = (double) naive (&f, m < 901 ? 4 * m : m);
      least = fmin (least, x);
      first = x < 0 && isnan (first) ? (double) m : first;
      count += x < 0;
    }
  near (bench_field (&b, "similarity_negative_count")[0], count, 0, "negatives under a rule");
  near (bench_field (&b, "similarity_first_negative")[0], first, 0, "the first");
  near (bench_field (&b, "similarity_min")[0], least, 1e-10, "the least"); /* as above */
  b.geometry.head_dim = 256;
  b.geometry.rotary_dim = 96; /* the last 16 pairs of the table have no trained frequency */
  bench_run (&b, &f, &err);
  near (bench_field (&b, "similarity")[0], NAN, 0, "no value without a trained frequency");
  near (bench_field (&b, "similarity_negative_count")[0], NAN, 0, "and no count");
  near (bench_field (&b, "similarity_min")[0], NAN, 0, "and no least");
  rw_object_free (rule);
  rw_freqs_free (&f);
  bench_close (&b);
}

static void
long_scans_are_refused (void)
{
  static const double distance[] = { 7, 1e9 };
  bench b;
  rw_freqs f = { 0 };
  rw_error err = { 0 };
  bench_open (&b, "similarity");
  b.in.distance = distance, b.in.n_distances = 2;
  b.in.length = 0x1p31;
  table (&b, "linear", 1.5, &f);
  ok (bench_run (&b, &f, &err) == RW_EDOMAIN, "2^31 integers are not scanned");
  has (err.hint, "scan", "and the hint says what to leave out");
  bench_set (&b, "scan", RW_FALSE_VALUE);
  ok (!bench_run (&b, &f, &err), "without the scan any length will do");
  near (bench_field (&b, "similarity")[1],
        (double) rw_similarity_exact (f.inv_freq, f.n, 1000000000), TOL2, "exact at 1e9 tokens");
  rw_freqs_free (&f);
  bench_close (&b);
}

int
main (void)
{
  rw_arena *arena = rw_arena_new ();
  kernel_is_within_its_bound (arena);
  kernel_agrees_with_plain_cosines (arena);
  kernel_agrees_with_dirichlet (arena);
  one_value_agrees_with_a_run (arena);
  values_depend_on_m_alone (arena);
  environment_lowers_the_kernel ();
  one_pair_is_counted_by_floors (arena);
  residues_are_decided (arena);
  edges (arena);
  metric_agrees_with_naive_sums ();
  bins_are_means ();
  published_counts ();
  rule_is_obeyed ();
  long_scans_are_refused ();
  rw_arena_free (arena);
  return tap_end ();
}
