/* precision: phase errors against long double and a rounding written otherwise; shift errors
   against a loop over every shift; what must stay small and what must grow.  */
#include "metric_help.h"
#include "rope/trig.h"
#include "rule/rule.h"

#include <stdint.h>

enum
{
  TYPES = 3,
  FLOAT32 = 0,
  BFLOAT16 = 1,
  FLOAT16 = 2
};
static const int bits_of[TYPES] = { 24, 8, 11 };
static const int low_of[TYPES] = { -126, -126, -14 }; /* exponent of the least normal number */

static void
open_precision (bench *b, double length)
{
  bench_open (b, "precision");
  bench_dim (b, "dtype", TYPES);
  b->in.length = length;
  b->in.seed = 2385;
}

/* x to the type: nearbyint in units of the last place; infinity above the greatest number.  */
static double
rounded (int type, double x)
{
  const int e = x == 0 ? 0 : ilogb (x), p = bits_of[type];
  const int unit = (e < low_of[type] ? low_of[type] : e) - p + 1;
  const double y = ldexp (nearbyint (ldexp (x, -unit)), unit);
  return type == FLOAT16 && fabs (y) > 65504 ? INFINITY : y;
}

/* ---- phases ---- */

static double
chord_angle (int type, const rw_freqs *f, double m, size_t i)
{
  long double c, s;
  rw_trig_one (f, m, i, &c, &s);
  const long double a = f->attention_factor;
  const long double tc = rounded (type, (double) c), ts = rounded (type, (double) s);
  const long double size = hypotl (tc, ts);
  return (double) (2 * asinl (hypotl (tc / size - c / a, ts / size - s / a) / 2));
}

static void
phases_agree_with_the_long_way (void)
{
  static const double position[]
      = { 0, 1, 17, 255, 257, 2049, 4097, 32769, 65503, 65519, 65520, 131071, 16777217, 33554433 };
  enum
  {
    N = sizeof position / sizeof *position
  };
  bench b;
  rw_freqs f = { 0 };
  rw_error err = { 0 };
  double worst[3] = { 0 }, most[TYPES] = { 0 };
  int lost = 0;
  open_precision (&b, 0x1p26);
  b.in.position = position, b.in.n_positions = N;
  b.pairs = 70; /* the sweep has a larger table */
  table (&b, "linear", 1.375, &f);
  f.attention_factor = 1.1386;
  ok (!bench_run (&b, &f, &err), "the metric runs: %s", err.text);
  for (int t = 0; t < TYPES; t++)
    for (size_t k = 0; k < N; k++)
      for (size_t i = 0; i < f.n; i++)
        {
          const size_t at = (size_t) t * N * 70 + k * 70 + i;
          const double m = position[k], g = f.inv_freq[i], p = rounded (t, m);
          const double got[3] = { bench_field (&b, "phase_error_position")[at],
                                  bench_field (&b, "phase_error_table")[at],
                                  bench_field (&b, "phase_error_product")[at] };
          const long double exact = (long double) m * g;
          const double product = rounded (t, m * rounded (t, g));
          const double want[3] = { (double) fabsl ((p - (long double) m) * g),
                                   chord_angle (t, &f, m, i), (double) fabsl (product - exact) };
          /* long double keeps m g to 2^-64, so to 2^-40 of the error; the chord of a small
             angle keeps 1e-16 */
          const double room[3] = { TOL1 * want[0], 1e-15, 0x1p-62 * m * g + TOL1 * want[2] };
          for (int w = 0; w < 3; w++)
            if (isfinite (w == 0 ? p : w == 2 ? product : 0))
              worst[w] = fmax (worst[w], isnan (got[w])      ? INFINITY
                                         : got[w] == want[w] ? 0
                                                             : fabs (got[w] - want[w]) / room[w]);
            else
              lost += !isnan (got[w]);
          most[t] = fmax (most[t], got[1]);
        }
  ok (worst[0] <= 1, "positions: |T(m) - m| g");
  ok (worst[1] <= 1, "tables: the angle to the exact turn");
  ok (worst[2] <= 1, "products: |T(m T(g)) - m g|");
  ok (!lost, "NaN where the type cannot hold the position or the angle");
  for (int t = 0; t < TYPES; t++)
    ok (most[t] > ldexp (0.5, -bits_of[t]) && most[t] < ldexp (1.01, -bits_of[t]),
        "a table of %d bits errs by %.3g at most, at any position", bits_of[t], most[t]);
  const double *at = bench_field (&b, "phase_error_position");
  near (at[(FLOAT16 * N + 9) * 70], 15 * f.inv_freq[0], TOL0, "float16 holds 65519 as 65504");
  near (at[(FLOAT16 * N + 10) * 70], NAN, 0, "and no 65520");
  near (at[(FLOAT32 * N + 12) * 70], f.inv_freq[0], TOL0, "float32 has no 16777217");
  near (at[64], NAN, 0, "a pair that the table does not have is NaN");
  rw_freqs_free (&f);
  bench_close (&b);
}

static void
positions_end_with_the_length (void)
{
  static const double position[] = { 1000, 1001 };
  bench b;
  rw_freqs f = { 0 };
  rw_error err = { 0 };
  open_precision (&b, 1000);
  b.in.position = position, b.in.n_positions = 2;
  table (&b, "default", NAN, &f);
  bench_run (&b, &f, &err);
  ok (bench_field (&b, "phase_error_table")[1] > 0, "position 1000 of 1000 has errors");
  near (bench_field (&b, "phase_error_table")[64], NAN, 0, "1001 has none");
  rw_freqs_free (&f);
  bench_close (&b);
}

/* ---- shifts ---- */

/* S of two positions, as transformers rotates: float32 by position, the sum in long double.  */
static long double
score (const rw_freqs *f, rw_layout layout, const double *q, const double *k, double m, double n)
{
  long double sum = 0;
  for (size_t i = 0; i < f->n; i++)
    {
      const size_t re = layout == RW_HALF ? i : 2 * i,
                   im = layout == RW_HALF ? i + f->n : 2 * i + 1;
      const float g = (float) f->inv_freq[i], a = (float) f->attention_factor;
      const float x = (float) m * g, y = (float) n * g;
      const long double cq = cosf (x) * a, sq = sinf (x) * a, ck = cosf (y) * a, sk = sinf (y) * a;
      sum += (q[re] * cq - q[im] * sq) * (k[re] * ck - k[im] * sk)
             + (q[re] * sq + q[im] * cq) * (k[re] * sk + k[im] * ck);
    }
  return sum;
}

static long double
exact_score (const rw_freqs *f, rw_layout layout, const double *q, const double *k, double delta)
{
  long double sum = 0;
  for (size_t i = 0; i < f->n; i++)
    {
      const size_t re = layout == RW_HALF ? i : 2 * i,
                   im = layout == RW_HALF ? i + f->n : 2 * i + 1;
      long double c, s;
      rw_trig_one (f, delta, i, &c, &s);
      sum += ((q[re] * c - q[im] * s) * k[re] + (q[re] * s + q[im] * c) * k[im]);
    }
  return sum * f->attention_factor;
}

/* A source of one row: then the vectors are known; and at distances with as many places as divide
   the number of shifts, every shift is tried.  */
static void
shifts_agree_with_a_loop_over_all (rw_layout layout)
{
  enum
  {
    SHIFTS = 60,
    DIM = 80
  };
  static const double places[] = { 60, 30, 20, 12, 10, 5, 3, 1 }, length = 70001.5;
  static double distance[8];
  double q[DIM], k[DIM], sum_q = 0, sum_k = 0;
  uint64_t state = 6;
  bench b;
  rw_freqs f = { 0 };
  rw_error err = { 0 };
  double worst = 0;
  open_precision (&b, length);
  for (size_t i = 0; i < DIM; i++)
    {
      q[i] = uniform (&state, -1, 3), k[i] = uniform (&state, -2, 1);
      sum_q += q[i] * q[i], sum_k += k[i] * k[i];
    }
  const rw_qk qk = { .q = { q, RW_FLOAT64, 1, DIM, DIM }, .k = { k, RW_FLOAT64, 1, DIM, DIM } };
  for (size_t d = 0; d < 8; d++)
    distance[d] = floor (length) - places[d];
  b.geometry.head_dim = DIM, b.geometry.rotary_dim = 64, b.geometry.layout = layout;
  b.in.qk = &qk;
  b.in.distance = distance, b.in.n_distances = 8;
  table (&b, "linear", 2.5, &f);
  f.attention_factor = 1.21;
  bench_set (&b, "shifts", RW_NUMBER_VALUE (SHIFTS));
  bench_set (&b, "vectors", RW_NUMBER_VALUE (2));
  bench_set (&b, "content", RW_TEXT_VALUE ("source"));
  ok (rw_metric_needs (b.object) & RW_NEEDS_QK, "content of a source needs one");
  ok (!bench_run (&b, &f, &err), "the metric runs on it: %s", err.text);
  for (int t = 0; t < FLOAT16; t++)
    for (size_t d = 0; d < 8; d++)
      {
        const long double exact = exact_score (&f, layout, q, k, distance[d]);
        long double most = 0;
        for (double shift = 0; shift < places[d]; shift++)
          most = fmaxl (most, fabsl (score (&f, layout, q, k, rounded (t, distance[d] + shift),
                                            rounded (t, shift))
                                     - exact));
        const double want = (double) (most / sqrtl ((long double) sum_q * sum_k));
        worst = fmax (worst, fabs (bench_field (&b, "shift_error")[(size_t) t * 8 + d] - want));
      }
  ok (worst <= 1e-14, "%s: as a loop over all shifts: %.2g", rw_layout_text (layout), worst);
  for (size_t d = 0; d < 8; d++)
    if (!isnan (bench_field (&b, "shift_error")[FLOAT16 * 8 + d]))
      worst = INFINITY;
  ok (worst < 1, "float16 cannot hold position 70000: NaN");
  rw_freqs_free (&f);
  bench_close (&b);
}

/* ---- distinct positions ---- */

/* Counts by a loop over every position, all of which the type holds.  */
static double
count_of (int type, double n)
{
  double count = 0, last = -1;
  for (double m = 0; m < n; m++)
    {
      const double r = rounded (type, m);
      count += r > last;
      last = r;
    }
  return count;
}

static void
distinct_positions_are_counted (void)
{
  static const double position[]
      = { 0,    1,    255,  256,   257,   258,   259,    385,    511,    512,          513,
          2049, 4095, 4099, 40000, 65520, 65521, 131071, 131072, 200000, 16777216 + 5, 0x1p30 };
  enum
  {
    N = sizeof position / sizeof *position
  };
  bench b;
  rw_freqs f = { 0 };
  rw_error err = { 0 };
  int good = 1;
  open_precision (&b, 0x1p29);
  b.in.position = position, b.in.n_positions = N;
  table (&b, "default", NAN, &f);
  ok (!bench_run (&b, &f, &err), "the metric runs: %s", err.text);
  const double *got = bench_field (&b, "distinct_positions");
  for (int t = 0; t < TYPES; t++)
    for (size_t k = 0; k < N - 1; k++)
      if (t != FLOAT16 || position[k] <= 65520)
        good &= got[t * N + k] == count_of (t, position[k]);
  ok (good, "as a loop over all positions counts them");
  near (got[BFLOAT16 * N + 3], 256, 0, "bfloat16 keeps 256 positions apart");
  near (got[BFLOAT16 * N + 18], 256 + 9 * 128 + 1, 0,
        "and 128 an octave from there, and 131072, to which 131071 goes");
  ok (isnan (got[FLOAT16 * N + 16]), "float16 does not hold position 65520");
  ok (isnan (got[N - 1]), "positions end with the length");
  rw_freqs_free (&f);
  bench_close (&b);
}

/* The errors of `length`, at 0, 1, 100 and length/2, one type after the other.  */
static void
errors_at (double length, int threads, uint64_t group, double out[TYPES * 4])
{
  const double distance[4] = { 0, 1, 100, length / 2 };
  bench b;
  rw_freqs f = { 0 };
  rw_error err = { 0 };
  open_precision (&b, length);
  b.in.distance = distance, b.in.n_distances = 4;
  b.in.threads = threads, b.in.group = group;
  table (&b, "default", NAN, &f);
  bench_run (&b, &f, &err);
  memcpy (out, bench_field (&b, "shift_error"), TYPES * 4 * sizeof *out);
  rw_freqs_free (&f);
  bench_close (&b);
}

static void
bfloat16_positions_break_what_float32_keeps (void)
{
  static const double length[] = { 256, 2048, 16384, 65536 };
  double e[4][TYPES * 4], again[TYPES * 4];
  int small = 1, grows = 1;
  for (size_t k = 0; k < 4; k++)
    {
      errors_at (length[k], 1, 0, e[k]);
      /* |q||k| = 1, so no more than the worst pair: two angles of at most `length`, each with a
         rounded frequency and a rounded product, and some roundings of cos and sin. */
      for (size_t d = 0; d < 4; d++)
        small &= e[k][d] <= 4 * 0x1p-24 * length[k] + 0x1p-21;
    }
  ok (small, "float32 stays at its rounding: %.2g at %g tokens", e[3][3], length[3]);
  ok (!memcmp (e[0], e[0] + 4, 32) && !memcmp (e[0], e[0] + 8, 32),
      "up to 256 all three hold every position: the same bits");
  ok (!memcmp (e[1], e[1] + 8, 32), "float16 does up to 2048");
  for (size_t k = 1; k < 4; k++)
    {
      grows &= e[k][4 + 3] > 30 * e[k][3]; /* against float32 */
      grows &= k == 1 || e[k][4 + 2] >= e[k - 1][4 + 2];
    }
  ok (grows && e[2][4 + 1] > 0.05, "bfloat16 positions break: %.2g, %.2g, %.2g at distance 100",
      e[1][6], e[2][6], e[3][6]);
  ok (e[3][4] < 0x1p-22, "but not at distance 0, where both positions are one");
  ok (e[2][8 + 1] > 100 * e[2][1] && isnan (e[3][8 + 1]),
      "float16 breaks beyond 2048, and holds no position 65535");
  errors_at (length[2], 3, 0, again);
  ok (!memcmp (again, e[2], sizeof again), "three threads: the same bits");
  errors_at (length[2], 1, 1, again);
  ok (again[1] != e[2][1] && again[5] != e[2][5], "another group: other vectors and shifts");
}

static void
what_is_not_there (void)
{
  static const double distance[] = { 5, 999, 1000, 2000 };
  bench b;
  rw_freqs f = { 0 };
  rw_error err = { 0 };
  const rw_module *module = NULL;
  rw_object *rule = NULL;
  open_precision (&b, 1000);
  b.in.distance = distance, b.in.n_distances = 4;
  table (&b, "default", NAN, &f);
  bench_run (&b, &f, &err);
  const double *e = bench_field (&b, "shift_error");
  ok (e[1] >= 0 && isnan (e[2]) && isnan (e[3]), "1000 tokens have distances to 999");
  rw_kind_find (&rw_rules, "start", &module, &err);
  rw_object_new (module, &rule, &err);
  rw_object_set (rule, "n_hat", &RW_NUMBER_VALUE (17), NULL, &err);
  f.rule = rule;
  ok (!bench_run (&b, &f, &err), "a rule is no error");
  near (bench_field (&b, "shift_error")[0], NAN, 0, "but a shift means something else under it");
  rw_dim d;
  ok (b.metric->dim (b.object->self, 4096, "dtype", NULL, &d, &err) == RW_OK && d.n == TYPES
          && !strcmp (d.labels[1], "bfloat16"),
      "the dimension has the names of the types");
  ok (b.metric->dim (b.object->self, 4096, "depth", NULL, &d, &err) == RW_EINVAL,
      "there is no other");
  rw_object_free (rule);
  rw_freqs_free (&f);
  bench_close (&b);
}

int
main (void)
{
  phases_agree_with_the_long_way ();
  positions_end_with_the_length ();
  distinct_positions_are_counted ();
  shifts_agree_with_a_loop_over_all (RW_HALF);
  shifts_agree_with_a_loop_over_all (RW_INTERLEAVED);
  bfloat16_positions_break_what_float32_keeps ();
  what_is_not_there ();
  return tap_end ();
}
