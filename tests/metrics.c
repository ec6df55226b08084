/* Coverage, novelty and decay: published numbers, analytic values and naive second ways.  */
#include "metric/bins.h"
#include "rope/trained.h"
#include "metric_help.h"

#include <math.h>
#include <string.h>

static const double TURN = 2 * M_PI;

static void
run (bench *b, const rw_freqs *f, const char *what)
{
  rw_error err = { 0 };
  ok (!bench_run (b, f, &err), "%s runs%s%s", what, *err.text ? ": " : "", err.text);
}

/* A table of n frequencies between 1e-5 and 1; 0 at `still` where that is below n.  */
static void
random_table (uint64_t *state, size_t n, size_t still, rw_freqs *f)
{
  rw_error err = { 0 };
  rw_freqs_size (f, n, &err);
  for (size_t i = 0; i < n; i++)
    f->inv_freq[i] = i == still ? 0 : pow (10, uniform (state, -5, 0));
}

/* ---- coverage ---- */

/* g (L' - 1) = f (sL - 1) / s exceeds f (L - 1) by f (1 - 1/s): a shade below 1 where the trained
   arc is not a whole turn.  */
static void
coverage_of_interpolation (void)
{
  bench b;
  rw_freqs f = { 0 };
  int full = 1;
  double worst = 0;
  bench_open (&b, "coverage");
  b.in.length = 4 * 4096;
  table (&b, "linear", 4, &f);
  run (&b, &f, "coverage of linear");
  for (size_t i = 0; i < 64; i++)
    {
      const double theta = pow (1e4, -(double) i / 64), got = bench_field (&b, "coverage")[i];
      if (theta * 4095 >= TURN)
        full &= got == 1;
      else
        worst = fmax (worst, fabs (got - 4095 / ((4 * 4096 - 1) / 4.0)));
    }
  ok (full, "complete_pairs_are_covered");
  ok (worst <= TOL0, "interpolated_pairs_miss_only_the_last_step");
  b.in.length = 4096;
  table (&b, "default", NAN, &f);
  run (&b, &f, "coverage of plain RoPE");
  for (size_t i = 0; i < 64; i++)
    full &= bench_field (&b, "coverage")[i] == 1;
  ok (full, "the_trained_length_is_covered");
  rw_freqs_free (&f);
  bench_close (&b);
}

static void
coverage_is_the_definition (void)
{
  uint64_t state = 17;
  for (int k = 0; k < 4; k++)
    {
      bench b;
      rw_freqs f = { 0 };
      double worst = 0;
      bench_open (&b, "coverage");
      b.geometry.rotary_dim = b.geometry.head_dim = 80;
      b.geometry.rope_theta = uniform (&state, 10, 1e6);
      b.geometry.original_length = floor (uniform (&state, 1, 9000));
      b.in.length = floor (uniform (&state, 1, 90000));
      b.pairs = 47; /* the file's dimension is the largest of the plan */
      random_table (&state, 40, 7, &f);
      run (&b, &f, "coverage");
      for (int i = 0; i < 40; i++)
        {
          const long double theta = powl (b.geometry.rope_theta, -2.0L * i / 80);
          const long double a = fminl (TURN, theta * (b.geometry.original_length - 1));
          const long double t = fminl (TURN, f.inv_freq[i] * (b.in.length - 1));
          const long double c = t == 0 ? 1 : fminl (1, a / t);
          const long double r = theta * b.geometry.original_length / (long double) TURN;
          worst = fmax (worst, (double) fabsl (bench_field (&b, "coverage")[i] - c));
          worst = fmax (worst, (double) fabsl (bench_field (&b, "rotations_trained")[i] / r - 1));
        }
      ok (worst < TOL1, "coverage_is_the_definition: %g", worst);
      ok (isnan (bench_field (&b, "coverage")[40]) && isnan (bench_field (&b, "coverage")[46])
              && isnan (bench_field (&b, "rotations_trained")[40]),
          "pairs_that_do_not_exist_are_nan");
      rw_freqs_free (&f);
      bench_close (&b);
    }
}

static void
critical_pair_is_as_published (void)
{
  static const struct
  {
    double base, length, pair;
    int64_t dim;
    const char *name;
  } rows[] = { { 1e4, 4096, 46, 128, "Llama-2: 92 / 2 (2310.05209)" },
               { 5e5, 8192, 35, 128, "LLaMA-3-8B: 35 (2502.20082)" },
               { 1e4, 2048, 31, 96, "Phi-3-mini: 31 (2502.20082)" } };
  for (size_t k = 0; k < 3; k++)
    {
      bench b;
      rw_freqs f = { 0 };
      bench_open (&b, "coverage");
      b.geometry.head_dim = b.geometry.rotary_dim = rows[k].dim;
      b.geometry.rope_theta = rows[k].base;
      b.geometry.original_length = rows[k].length;
      table (&b, "linear", 2.385, &f);
      run (&b, &f, "critical pair");
      near (bench_field (&b, "critical_pair")[0], rows[k].pair, 0, rows[k].name);
      rw_freqs_free (&f);
      bench_close (&b);
    }
}

static void
tables_of_other_lengths (void)
{
  bench b;
  rw_freqs f = { 0 };
  rw_error err = { 0 };
  double trained[64];
  bench_open (&b, "coverage");
  b.geometry.rotary_dim = 32;
  ok (rw_trained_whole_head (&b.geometry, 64) && !rw_trained_whole_head (&b.geometry, 16)
          && !rw_trained_whole_head (&b.geometry, 20),
      "half a head of pairs counts its exponents in the head");
  rw_trained_fill (&b.geometry, 64, trained);
  near (trained[15], pow (1e4, -30.0 / 128), TOL0, "rotating_pairs_have_the_head's_exponents");
  near (trained[16], 0, 0, "the_others_never_rotated");
  rw_trained_fill (&b.geometry, 20, trained);
  near (trained[15], pow (1e4, -30.0 / 32), TOL0, "another_count_keeps_the_model's_exponents");
  near (trained[16], NAN, 0, "as_far_as_the_model_has_pairs");
  b.in.length = 8192;
  rw_freqs_size (&f, 64, &err);
  for (int i = 0; i < 16; i++)
    f.inv_freq[i] = pow (1e4, -30.0 / 128);
  run (&b, &f, "a table over the whole head");
  near (bench_field (&b, "coverage")[63], 1, 0, "no_rotation_is_covered");
  near (bench_field (&b, "critical_pair")[0], 16, 0, "critical_pair_counts_rotating_pairs");
  f.inv_freq[20] = 0.1;
  f.n = 21;
  run (&b, &f, "a table of more pairs than were trained");
  near (bench_field (&b, "coverage")[20], NAN, 0, "untrained_pairs_are_nan");
  rw_freqs_free (&f);
  bench_close (&b);
}

/* ---- novelty ---- */

static void
naive_novelty (const bench *b, const rw_freqs *f, double delta, double *nu, double *t_best)
{
  long double best = HUGE_VALL;
  for (int t = 0; t < b->geometry.original_length; t++)
    {
      long double sum = 0;
      for (size_t i = 0; i < f->n; i++)
        {
          const double theta
              = pow (b->geometry.rope_theta, -2.0 * (double) i / (double) b->geometry.rotary_dim);
          const long double half
              = (delta * (long double) f->inv_freq[i] - t * (long double) theta) / 2;
          sum += 4 * sinl (half) * sinl (half); /* 2 (1 - cos x) */
        }
      if (sum < best)
        best = sum, *t_best = t;
    }
  *nu = (double) sqrtl (best / (long double) f->n);
}

static void
novelty_is_the_nearest_of_all (void)
{
  enum
  {
    N = 150 /* more than one pass of distances */
  };
  uint64_t state = 23;
  bench b;
  rw_freqs f = { 0 };
  double distance[N], worst = 0;
  int same = 1;
  bench_open (&b, "coverage");
  b.geometry.rotary_dim = b.geometry.head_dim = 40;
  b.geometry.original_length = 203; /* no multiple of a tile or of its lanes */
  b.in.length = 3000;
  b.in.distance = distance, b.in.n_distances = N;
  for (int k = 0; k < N; k++)
    distance[k] = k < 30 ? k : 23 * k;
  random_table (&state, 20, 3, &f);
  bench_set (&b, "novelty", RW_TRUE_VALUE);
  run (&b, &f, "novelty");
  for (int k = 0; k < N && distance[k] <= 3000; k++)
    {
      double nu = 0, t = 0;
      naive_novelty (&b, &f, distance[k], &nu, &t);
      worst = fmax (worst, fabs (bench_field (&b, "novelty")[k] - nu));
      same &= bench_field (&b, "novelty_lookalike")[k] == t;
    }
  ok (worst < 1e-13, "novelty_is_the_nearest_of_all: %g", worst);
  ok (same, "and_names_it");
  double nu[N], t[N];
  memcpy (nu, bench_field (&b, "novelty"), sizeof nu);
  memcpy (t, bench_field (&b, "novelty_lookalike"), sizeof t);
  b.in.threads = 9; /* more than there are tiles */
  run (&b, &f, "novelty by threads");
  ok (!memcmp (nu, bench_field (&b, "novelty"), sizeof nu)
          && !memcmp (t, bench_field (&b, "novelty_lookalike"), sizeof t),
      "threads_change_no_bit");
  ok (isnan (bench_field (&b, "novelty")[N - 1])
          && isnan (bench_field (&b, "novelty_lookalike")[131]),
      "distances_beyond_the_length_are_nan");
  bench_set (&b, "novelty", RW_FALSE_VALUE);
  run (&b, &f, "coverage alone");
  ok (!bench_field (&b, "novelty") && !bench_field (&b, "novelty_lookalike"),
      "novelty_is_not_stored_unless_asked_for");
  rw_freqs_free (&f);
  bench_close (&b);
}

static void
interpolated_distances_are_trained_ones (void)
{
  static const double distance[] = { 0, 2, 38, 2386, 4770, 8190 };
  bench b;
  rw_freqs f = { 0 };
  bench_open (&b, "coverage");
  b.in.length = 8192;
  b.in.distance = distance, b.in.n_distances = 6;
  bench_set (&b, "novelty", RW_TRUE_VALUE);
  table (&b, "linear", 2, &f);
  run (&b, &f, "novelty of linear");
  for (int k = 0; k < 6; k++)
    {
      near (bench_field (&b, "novelty_lookalike")[k], distance[k] / 2, 0, "half_the_distance");
      ok (bench_field (&b, "novelty")[k] < TOL1, "is_seen");
    }
  rw_freqs_free (&f);
  bench_close (&b);
}

/* ---- decay ---- */

static double
naive_decay (const rw_freqs *f, double s)
{
  long double re = 0, im = 0, sum = 0;
  for (size_t i = 0; i < f->n; i++)
    {
      re += cosl ((long double) s * f->inv_freq[i]);
      im += sinl ((long double) s * f->inv_freq[i]);
      sum += sqrtl (re * re + im * im);
    }
  return (double) (sum / f->n);
}

static void
decay_is_the_definition (void)
{
  enum
  {
    N = 60
  };
  bench b;
  rw_freqs f = { 0 };
  double distance[N], worst = 0, worst_mean = 0;
  bench_open (&b, "decay");
  b.in.length = 262144;
  b.in.distance = distance, b.in.n_distances = N;
  for (int k = 0; k < N; k++)
    distance[k] = k < 50 ? 5 * k : 30000.0 * (k - 49);
  table (&b, "linear", 1.385, &f);
  run (&b, &f, "decay");
  near (bench_field (&b, "decay_bound")[0], 65.0 / 2, TOL1,
        "at_no_distance_it_is_half_of_k_plus_1");
  int k = 0;
  for (; k < N && distance[k] <= b.in.length; k++)
    worst = fmax (worst,
                  fabs (bench_field (&b, "decay_bound")[k] / naive_decay (&f, distance[k]) - 1));
  ok (worst < 1e-13 /* the reference's own product far out */, "decay_is_the_definition: %g",
      worst);
  ok (k < N && isnan (bench_field (&b, "decay_bound")[k]), "beyond_the_length_it_is_nan");

  bench_set (&b, "bin", RW_TRUE_VALUE);
  b.in.length = 271;
  distance[50] = 1000; /* the bin from 245 ends with the sequence, at 271 */
  run (&b, &f, "decay in bins");
  for (k = 0; k < 50; k++)
    {
      const int end = k == 49 ? 272 : 5 * k + 5;
      double sum = 0;
      for (int s = 5 * k; s < end; s++)
        sum += naive_decay (&f, s);
      worst_mean = fmax (worst_mean,
                         fabs (bench_field (&b, "decay_bound")[k] / (sum / (end - 5 * k)) - 1));
    }
  ok (worst_mean < TOL2 /* up to 64 rotations by recurrence */, "bins_are_means: %g", worst_mean);
  ok (isnan (bench_field (&b, "decay_bound")[50]), "a_bin_beyond_the_length_is_nan");
  rw_freqs_free (&f);
  bench_close (&b);
}

static void
long_bins_do_not_drift (void)
{
  static const double distance[] = { 0, 5000 };
  bench b;
  rw_freqs f = { 0 };
  double sum = 0;
  bench_open (&b, "decay");
  b.in.length = 5000;
  b.in.distance = distance, b.in.n_distances = 2;
  table (&b, "default", NAN, &f);
  bench_set (&b, "bin", RW_TRUE_VALUE);
  run (&b, &f, "one long bin");
  for (int s = 0; s < 5000; s++)
    sum += naive_decay (&f, s) / 5000;
  near (bench_field (&b, "decay_bound")[0], sum, TOL2 /* 5000 terms */, "long_bins_do_not_drift");
  near (bench_field (&b, "decay_bound")[1], naive_decay (&f, 5000), TOL2 /* an angle of 5000 */,
        "the_last_entry_stands_for_itself");
  rw_freqs_free (&f);
  bench_close (&b);
}

static void
bins_of_an_uneven_axis (void)
{
  static const double distance[] = { 0, 0.5, 0.75, 2, 3.5 };
  const rw_input in = { .length = 3.25, .n_distances = 5, .distance = distance };
  ok (rw_bins_at (&in, true, 0).n == 1 && rw_bins_at (&in, true, 0).first == 0, "half_open");
  ok (rw_bins_at (&in, true, 1).n == 0, "no_integer_inside");
  ok (rw_bins_at (&in, true, 2).n == 1 && rw_bins_at (&in, true, 2).first == 1, "rounded_up");
  ok (rw_bins_at (&in, true, 3).n == 2, "cut_at_the_length");
  ok (rw_bins_at (&in, false, 1).n == 1 && rw_bins_at (&in, false, 1).first == 0.5,
      "without_bins_the_entry_itself");
  ok (rw_bins_at (&in, false, 4).n == 0, "and_nothing_beyond");
}

static void
interpolation_bounds (void)
{
  bench b;
  rw_freqs f = { 0 };
  bench_open (&b, "decay");
  table (&b, "default", NAN, &f);
  bench_set (&b, "h_max", RW_NUMBER_VALUE (2.385));
  run (&b, &f, "bounds");
  /* 32 ln 1e4 = 294.73, as the paper prints it.  */
  ok (fabs (128 * 2.385 / bench_field (&b, "interpolation_bound_printed")[0] - 294.73) < 0.005,
      "printed_bound");
  /* sum b^(-4i/d) = (1 - b^-2) / (1 - b^(-4/d)).  */
  const double sum = (1 - 1e-8) / -expm1 (-4 * log (1e4) / 128);
  near (bench_field (&b, "interpolation_bound")[0], 2.385 * sum / 8, TOL1,
        "supported_bound_is_a_geometric_series");
  table (&b, "linear", 4, &f);
  run (&b, &f, "bounds of linear");
  near (bench_field (&b, "interpolation_bound")[0], 2.385 * sum / 128, TOL1,
        "which_falls_with_the_square_of_the_factor");
  b.geometry.rope_theta = 1;
  run (&b, &f, "a base of 1");
  near (bench_field (&b, "interpolation_bound_printed")[0], NAN, 0, "has_no_printed_bound");
  rw_freqs_free (&f);
  bench_close (&b);
}

/* |a(s) - (a(m) + a(m+1)) / 2| at s = m + 1/2, a(x) = Re sum h_i e^{j x g_i}.  */
static double
midpoint_error (const rw_freqs *f, const double *re, const double *im, double m)
{
  long double sum = 0;
  for (size_t i = 0; i < f->n; i++)
    for (int k = 0; k < 3; k++)
      {
        const long double x = ((long double) m + k / 2.0L) * f->inv_freq[i];
        sum += (k == 1 ? 1 : -0.5L) * (re[i] * cosl (x) - im[i] * sinl (x));
      }
  return (double) fabsl (sum);
}

/* No random h passes it, the h that it names attains it, and so it disproves the printed bound.  */
static void
largest_interpolation_error (void)
{
  const double h_max = 2.385, m = 777;
  uint64_t state = 19;
  double re[64], im[64], most = 0;
  bench b;
  rw_freqs f = { 0 };
  bench_open (&b, "decay");
  table (&b, "default", NAN, &f);
  bench_set (&b, "h_max", RW_NUMBER_VALUE (h_max));
  run (&b, &f, "the largest error");
  const double largest = bench_field (&b, "interpolation_error")[0];
  for (int k = 0; k < 2000; k++)
    {
      const double at = floor (uniform (&state, 0, 4096));
      for (size_t i = 0; i < 64; i++)
        {
          const double size = h_max * sqrt (uniform (&state, 0, 1)),
                       turn = uniform (&state, 0, TURN);
          re[i] = size * cos (turn);
          im[i] = size * sin (turn);
        }
      most = fmax (most, midpoint_error (&f, re, im, at));
    }
  ok (most > 0.2 * largest && most < largest, "no_random_h_passes_it: %g of %g", most, largest);
  for (size_t i = 0; i < 64; i++)
    {
      re[i] = h_max * cos ((m + 0.5) * f.inv_freq[i]);
      im[i] = -h_max * sin ((m + 0.5) * f.inv_freq[i]);
    }
  /* cos and sin of angles of 777 are good to 777 last bits.  */
  near (midpoint_error (&f, re, im, m), largest, 777 * TOL0, "turned_back_h_attain_it");
  ok (largest > 1.13 * bench_field (&b, "interpolation_bound_printed")[0],
      "which_is_more_than_the_printed_bound");
  ok (largest < bench_field (&b, "interpolation_bound")[0], "but_less_than_the_proven_one");
  rw_freqs_free (&f);
  bench_close (&b);
}

int
main (void)
{
  coverage_of_interpolation ();
  coverage_is_the_definition ();
  critical_pair_is_as_published ();
  tables_of_other_lengths ();
  novelty_is_the_nearest_of_all ();
  interpolated_distances_are_trained_ones ();
  decay_is_the_definition ();
  long_bins_do_not_drift ();
  bins_of_an_uneven_axis ();
  interpolation_bounds ();
  largest_interpolation_error ();
  return tap_end ();
}
