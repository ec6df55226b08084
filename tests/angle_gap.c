/* angle_gap of coverage: against a loop over all pairs of positions, and what Resonance RoPE
   promises (arXiv 2403.00071, section 4).  */
#include "metric_help.h"

#include <math.h>
#include <string.h>

static void
open_gap (bench *b, double trained, double length, const char *angles)
{
  bench_open (b, "coverage");
  b->geometry.original_length = trained;
  b->in.length = length;
  bench_set (b, "angle_gap", RW_TRUE_VALUE);
  bench_set (b, "angles", RW_TEXT_VALUE (angles));
}

static void
run (bench *b, const rw_freqs *f, const char *what)
{
  rw_error err = { 0 };
  ok (!bench_run (b, f, &err), "%s runs%s%s", what, *err.text ? ": " : "", err.text);
}

/* The definition, with whole angles in long double.  */
static double
naive (double trained, int n, double target, int m)
{
  const long double turn = 2 * acosl (-1);
  long double most = 0;
  for (int j = 0; j < m; j++)
    {
      long double least = turn;
      for (int t = 0; t < n; t++)
        least = fminl (
            least, fabsl (remainderl ((long double) j * target - (long double) t * trained, turn)));
      most = fmaxl (most, least);
    }
  return (double) most;
}

static void
gap_is_the_definition (const char *angles)
{
  enum
  {
    L = 97,
    LONG = 311,
    PAIRS = 16
  };
  const int own = strcmp (angles, "own") == 0;
  uint64_t state = 2385;
  bench b;
  rw_freqs f = { 0 };
  rw_error err = { 0 };
  double worst = 0, most = 0, alone[PAIRS];
  open_gap (&b, L - 0.25, LONG - 0.5, angles); /* positions are whole, lengths need not be */
  b.geometry.head_dim = b.geometry.rotary_dim = 2 * PAIRS;
  b.pairs = PAIRS + 3;
  rw_freqs_size (&f, PAIRS, &err);
  for (int i = 0; i < PAIRS; i++)
    f.inv_freq[i] = i == 5 ? 0 : pow (10, uniform (&state, -4, 0.5));
  run (&b, &f, angles);
  for (int i = 0; i < PAIRS; i++)
    {
      const double trained = own ? f.inv_freq[i] : pow (1e4, -i / (double) PAIRS);
      const double want = naive (trained, L, f.inv_freq[i], LONG);
      worst = fmax (worst, fabs (bench_field (&b, "angle_gap")[i] - want));
      most = fmax (most, want);
    }
  /* A frequency's last bit, 311 times over.  */
  ok (worst < 311 * TOL0 && most > 1, "%s: as a loop over all has it: %g of %g", angles, worst,
      most);
  near (bench_field (&b, "angle_gap")[5], 0, 0, "a pair that stands still shows only angle 0");
  ok (isnan (bench_field (&b, "angle_gap")[PAIRS]), "pairs that do not exist are NaN");
  memcpy (alone, bench_field (&b, "angle_gap"), sizeof alone);
  b.in.threads = 3;
  run (&b, &f, "on three threads");
  ok (!memcmp (alone, bench_field (&b, "angle_gap"), sizeof alone), "the same bits");
  rw_freqs_free (&f);
  bench_close (&b);
}

/* With wavelengths of whole tokens, a pair that went round in training has shown all its angles;
   plain RoPE's pairs never do.  */
static void
whole_wavelengths_show_nothing_new (void)
{
  enum
  {
    L = 4096
  };
  double seen = 0, unseen = HUGE_VAL, plain = HUGE_VAL;
  size_t complete = 0;
  bench b;
  rw_freqs f = { 0 };
  open_gap (&b, L, 4 * L, "own");
  table (&b, "resonance", NAN, &f);
  run (&b, &f, "resonance");
  for (size_t i = 0; i < f.n; i++)
    if (rint (2 * M_PI / f.inv_freq[i]) <= L)
      {
        seen = fmax (seen, bench_field (&b, "angle_gap")[i]);
        complete++;
      }
    else
      unseen = fmin (unseen, bench_field (&b, "angle_gap")[i]);
  ok (complete == 46, "46 pairs of Llama-2 go round within its length: %zu", complete);
  /* Two positions W apart differ by the rounding of 2 pi / W, up to 16384 times.  */
  ok (seen < 4 * L * TOL1, "they show no new angle: %g", seen);
  ok (unseen > 0.01, "the others do: %g", unseen);
  table (&b, "default", NAN, &f);
  run (&b, &f, "plain RoPE");
  for (size_t i = 0; i < f.n; i++)
    plain = fmin (plain, bench_field (&b, "angle_gap")[i]);
  ok (plain > 1e-6, "every pair of plain RoPE shows new angles: %g", plain);
  b.in.length = L;
  run (&b, &f, "the trained length");
  int none = 1;
  for (size_t i = 0; i < f.n; i++)
    none &= bench_field (&b, "angle_gap")[i] == 0;
  ok (none, "which shows nothing new");
  rw_freqs_free (&f);
  bench_close (&b);
}

/* Interpolation by 2 stands half a step between two trained angles at every odd position.  */
static void
interpolation_is_half_a_step_away (void)
{
  bench b;
  rw_freqs f = { 0 };
  open_gap (&b, 4096, 8192, "trained");
  table (&b, "linear", 2, &f);
  run (&b, &f, "linear");
  /* The slowest pair turns less than once: 8191 is half a step past the last trained angle.  */
  near (bench_field (&b, "angle_gap")[63], pow (1e4, -126.0 / 128) / 2, 4096 * TOL0,
        "half the trained frequency, as exactly as 4096 times a last bit");
  bench_set (&b, "angle_gap", RW_FALSE_VALUE);
  run (&b, &f, "without it");
  ok (!bench_field (&b, "angle_gap"), "the field is not there");
  rw_freqs_free (&f);
  bench_close (&b);
}

static void
long_ones_are_refused (void)
{
  bench b;
  rw_freqs f = { 0 };
  rw_error err = { 0 };
  open_gap (&b, 4096, 16777217, "trained");
  table (&b, "default", NAN, &f);
  ok (bench_run (&b, &f, &err) == RW_EDOMAIN && strstr (err.text, "16777217"),
      "2^24 positions at most: %s", err.text);
  bench_set (&b, "angle_gap", RW_FALSE_VALUE);
  ok (!bench_run (&b, &f, &err), "which is the gap's limit alone");
  rw_freqs_free (&f);
  bench_close (&b);
}

int
main (void)
{
  gap_is_the_definition ("trained");
  gap_is_the_definition ("own");
  whole_wavelengths_show_nothing_new ();
  interpolation_is_half_a_step_away ();
  long_ones_are_refused ();
  return tap_end ();
}
