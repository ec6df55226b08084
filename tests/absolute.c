/* absolute: scores by distance follow the sum of cosines, or are white; see tests/sources.c for the
   six standard errors.  */
#include "metric_help.h"
#include "source_help.h"

enum
{
  TOKENS = 3000,
  DIM = 128
};

static const size_t distances[] = { 0, 1, 2, 7, 60, 333, 1999 };
enum
{
  DISTANCES = sizeof distances / sizeof *distances
};

/* sum_i cos (d base^(-2i/h)), the naive way.  */
static double
cosines (double base, double d)
{
  long double sum = 0;
  for (int i = 0; i < DIM / 2; i++)
    sum += cosl (d * powl (base, -2.0L * i / DIM));
  return (double) sum;
}

static double
dot (const rw_rows *a, size_t m, const rw_rows *b, size_t n)
{
  double sum = 0;
  for (size_t c = 0; c < a->dim; c++)
    sum += value_at (a, m, c) * value_at (b, n, c);
  return sum;
}

/* The mean score by distance, over all pairs of positions.  */
static double
mean_score (const rw_qk *qk, size_t d)
{
  double sum = 0;
  for (size_t m = d; m < qk->q.n; m++)
    sum += dot (&qk->q, m, &qk->k, m - d);
  return sum / (double) (qk->q.n - d);
}

static void
positions_alone_are_the_sum_of_cosines (void)
{
  rw_object *o = give (give (source ("absolute"), "deviation", 0), "amplitude", 1.375);
  give (o, "base", 2385);
  rw_qk qk = made (o, input_of (&any_head, TOKENS, 3));
  double worst = 0, first = 0;
  for (size_t j = 0; j < DISTANCES; j++)
    for (size_t m = distances[j]; m < TOKENS; m += 97)
      worst = fmax (worst, fabs (dot (&qk.q, m, &qk.k, m - distances[j])
                                 - 1.375 * 1.375 * cosines (2385, (double) distances[j])));
  for (size_t c = 0; c < DIM; c++)
    {
      const double angle = 2047 * pow (2385, -(double) (c / 2 * 2) / DIM);
      first = fmax (first,
                    fabs (value_at (&qk.q, 2047, c) - 1.375 * (c % 2 ? cos (angle) : sin (angle))));
    }
  ok (first < FLT_EPSILON, "sines and cosines take turns: float32's rounding, %g", first);
  ok (worst < 1.9 * DIM * (double) FLT_EPSILON, /* 128 products of two rounded numbers */
      "every score is A^2 sum cos ((m - n) w_i): %g", worst);
  rw_qk_free (&qk);
  rw_object_free (o);
}

/* A query's content meets a key's position and the other way round: each adds sigma^2 A^2 h/2.  */
static void
content_adds_noise_and_no_bias (void)
{
  const double s2 = 0.7 * 0.7, a2 = 1.25 * 1.25;
  rw_object *o = give (give (source ("absolute"), "deviation", 0.7), "amplitude", 1.25);
  rw_qk qk = made (o, input_of (&any_head, TOKENS, 4));
  for (size_t j = 0; j < DISTANCES; j++)
    {
      const size_t d = distances[j];
      const double want = a2 * cosines (1e4, (double) d), got = mean_score (&qk, d);
      const double error = sqrt (DIM * (s2 * s2 + s2 * a2) / (double) (TOKENS - d));
      ok (fabs (got - want) <= 6 * error, "distance %zu: %.4g is %.4g within 6 x %.2g", d, got,
          want, error);
    }
  rw_qk_free (&qk);
  rw_object_free (o);
}

static void
learned_positions_are_white (void)
{
  const double s2 = 0.7 * 0.7 + 1.25 * 1.25 / 2, shared = 1.25 * 1.25 / 2;
  rw_object *o = give (give (source ("absolute"), "deviation", 0.7), "amplitude", 1.25);
  give_text (o, "positions", "learned");
  rw_qk qk = made (o, input_of (&any_head, TOKENS, 4));
  for (size_t j = 0; j < DISTANCES; j++)
    {
      const size_t d = distances[j];
      const double want = d ? 0 : DIM * shared, got = mean_score (&qk, d);
      const double error
          = sqrt (DIM * (s2 * s2 + (d ? 0 : shared * shared)) / (double) (TOKENS - d));
      ok (fabs (got - want) <= 6 * error, "learned, distance %zu: %.4g is %.4g within 6 x %.2g", d,
          got, want, error);
    }
  rw_qk_free (&qk);
  rw_object_free (o);
}

/* What is left of both kinds without their content, which is gauss's own.  */
static void
positions_are_added_to_content (const char *kind)
{
  rw_object *plain = give (give (source ("gauss"), "correlation", 0.3), "length_scale", 20);
  rw_object *o = give (give (source ("absolute"), "correlation", 0.3), "length_scale", 20);
  give_text (o, "positions", kind);
  give_true (o, "values");
  give_true (plain, "values");
  rw_qk gauss = made (plain, input_of (&any_head, 1500, 7));
  rw_qk with = made (o, input_of (&any_head, 1500, 7));
  double worst = 0, square = 0;
  for (size_t m = 0; m < 1500; m++)
    for (size_t c = 0; c < DIM; c++)
      {
        const double q = value_at (&with.q, m, c) - value_at (&gauss.q, m, c);
        const double k = value_at (&with.k, m, c) - value_at (&gauss.k, m, c);
        worst = fmax (worst, fabs (q - k));
        square += q * q;
      }
  ok (worst <= 8 * (double) FLT_EPSILON, /* sums of up to 8, rounded */
      "%s: query and key of a token carry the same: %g", kind, worst);
  /* Sines and cosines to rounding, normals to 6 sqrt (2 / n).  */
  ok (fabs (square / (1500 * DIM) - 0.5) < (*kind == 's' ? 1e-6 : 3 * sqrt (2 / (1500.0 * DIM))),
      "%s: of mean square 1/2: %.6f", kind, square / (1500 * DIM));
  ok (!memcmp (with.v.data, gauss.v.data, 1500 * DIM * sizeof (float)),
      "%s: values are content alone", kind);
  rw_qk none = made (give (o, "amplitude", 0), input_of (&any_head, 1500, 7));
  ok (!memcmp (none.q.data, gauss.q.data, 1500 * DIM * sizeof (float))
          && !memcmp (none.k.data, gauss.k.data, 1500 * DIM * sizeof (float)),
      "%s: amplitude 0 is gauss", kind);
  rw_qk shorter = made (give (o, "amplitude", 1), input_of (&any_head, 700, 7));
  ok (!memcmp (shorter.q.data, with.q.data, 700 * DIM * sizeof (float)),
      "%s: a longer sequence begins like the shorter", kind);
  rw_qk_free (&gauss);
  rw_qk_free (&with);
  rw_qk_free (&none);
  rw_qk_free (&shorter);
  rw_object_free (plain);
  rw_object_free (o);
}

static void
what_there_is_none_of (void)
{
  rw_object *o = give_text (source ("absolute"), "positions", "learned");
  rw_geometry odd = any_head;
  odd.head_dim = 129;
  ok (!*refusal (o, input_of (&any_head, 4096, 0)), "the trained length has its rows");
  has (refusal (o, input_of (&any_head, 4097, 0)),
       "a row for each of the 4096 trained positions and none beyond",
       "a length beyond it is refused");
  ok (!*refusal (o, input_of (&odd, 100, 0)), "rows can have any width");
  give_text (o, "positions", "sinusoidal");
  ok (!*refusal (o, input_of (&any_head, 1e6, 0)), "sines and cosines go on");
  has (refusal (o, input_of (&odd, 100, 0)), "head_dim 129", "but come in pairs");
  rw_object_free (o);
}

/* From one end to the other: schedule none, the profile's mean.  */
static void
profile_without_rotation_shows_them (void)
{
  static const double distance[] = { 0, 1, 10, 100, 500 };
  rw_object *o = give (source ("absolute"), "deviation", 0);
  bench b;
  rw_freqs f = { 0 };
  rw_error err = { 0 };
  bench_open (&b, "score_profile");
  rw_qk qk = made (o, input_of (&b.geometry, 600, 3));
  bench_set (&b, "variance", RW_FALSE_VALUE);
  bench_dim (&b, "moment_distance", 1);
  b.in.length = b.in.longest = 600;
  b.in.distance = distance, b.in.n_distances = 5;
  b.in.qk = &qk;
  table (&b, "none", NAN, &f);
  ok (!bench_run (&b, &f, &err), "the profile runs: %s", err.text);
  double worst = 0;
  for (size_t k = 0; k < 5; k++)
    worst = fmax (
        worst, fabs (bench_field (&b, "score_mean")[k] - cosines (1e4, distance[k]) / sqrt (DIM)));
  ok (worst < 1e-5, "score_mean is the sum of cosines over sqrt (h), in float32: %g", worst);
  rw_freqs_free (&f);
  rw_qk_free (&qk);
  rw_object_free (o);
  bench_close (&b);
}

int
main (void)
{
  positions_alone_are_the_sum_of_cosines ();
  content_adds_noise_and_no_bias ();
  learned_positions_are_white ();
  positions_are_added_to_content ("sinusoidal");
  positions_are_added_to_content ("learned");
  what_there_is_none_of ();
  profile_without_rotation_shows_them ();
  return tap_end ();
}
