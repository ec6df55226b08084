/* rng: Philox against Random123's known answers, and the streams made of it.  */
#include "base/rng.h"
#include "tap.h"

/* kat_vectors of Random123 1.14, "philox4x32 10": counter, key, result.  A stream's counter is
   block, purpose, group; its key the seed.  */
static const struct
{
  uint32_t counter[4], key[2], result[4];
} known[] = {
  { { 0, 0, 0, 0 }, { 0, 0 }, { 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8 } },
  { { 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff },
    { 0xffffffff, 0xffffffff },
    { 0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd } },
  { { 0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344 },
    { 0xa4093822, 0x299f31d0 },
    { 0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1 } },
};

static void
philox_gives_the_known_answers (void)
{
  for (size_t i = 0; i < sizeof known / sizeof *known; i++)
    {
      const uint32_t *c = known[i].counter, *k = known[i].key;
      rw_stream s
          = rw_stream_new ((uint64_t) k[1] << 32 | k[0], (uint64_t) c[3] << 32 | c[2], c[1]);
      s.block = c[0];
      int same = 1;
      for (int j = 0; j < 4; j++)
        same = same && rw_stream_word (&s) == known[i].result[j];
      ok (same, "known answer %zu", i);
    }
}

static void
streams_differ_by_every_part_of_their_name (void)
{
  rw_stream s[] = { rw_stream_new (1, 2, 3),          rw_stream_new (2, 2, 3),
                    rw_stream_new (1, 3, 3),          rw_stream_new (1, 2, 4),
                    rw_stream_new (1ull << 32, 2, 3), rw_stream_new (1, 1ull << 32, 3) };
  uint32_t first[6];
  int differ = 1;
  for (int i = 0; i < 6; i++)
    first[i] = rw_stream_word (&s[i]);
  for (int i = 0; i < 6; i++)
    for (int j = 0; j < i; j++)
      differ = differ && first[i] != first[j];
  ok (differ, "seed, group and purpose each make another stream");
  rw_stream again = rw_stream_new (1, 2, 3);
  ok (rw_stream_word (&again) == first[0], "the same name makes the same stream");
  rw_stream copy = again;
  ok (rw_stream_uniform (&copy) == rw_stream_uniform (&again), "a copy reads the same numbers");
}

/* Moments of n draws lie within five standard errors of the law's: a chance of 1e-6 that the fixed
   seed was an unlucky one, which it is not.  */
static void
moments_are_the_laws (void)
{
  enum
  {
    N = 200000
  };
  rw_stream s = rw_stream_new (2385, 7, 1);
  double sum[4] = { 0 }, lowest = 1, highest = 0;
  for (int i = 0; i < N; i++)
    {
      const double u = rw_stream_uniform (&s);
      lowest = fmin (lowest, u), highest = fmax (highest, u);
      sum[0] += u;
    }
  ok (lowest >= 0 && highest < 1, "a uniform lies in [0, 1)");
  ok (fabs (sum[0] / N - 0.5) < 5 * sqrt (1.0 / 12 / N), "its mean is 1/2");
  sum[0] = 0;
  for (int i = 0; i < N; i++)
    {
      const double x = rw_stream_normal (&s), p[] = { x, x * x, x * x * x, x * x * x * x };
      for (int k = 0; k < 4; k++)
        sum[k] += p[k];
    }
  static const double mean[] = { 0, 1, 0, 3 }, variance[] = { 1, 2, 15, 96 };
  for (int k = 0; k < 4; k++)
    ok (fabs (sum[k] / N - mean[k]) < 5 * sqrt (variance[k] / N), "moment %d of the normal", k + 1);
}

/* The groups of normals, in long double from the same words.  */
static void
groups_are_box_and_mullers (void)
{
  enum
  {
    GROUPS = 300
  };
  static double x[GROUPS * RW_NORMALS];
  const rw_stream s = rw_stream_new (2385, 7, 1);
  const long double turn = 8 * atanl (1);
  double worst = 0;
  rw_stream_normals (&s, 40, GROUPS, rw_simd_get (), x);
  for (uint32_t b = 0; b < 8 * GROUPS; b++)
    for (int k = 0; k < 4; k += 2)
      {
        rw_stream at = s;
        at.block = 8 * 40 + b;
        uint32_t w[4];
        for (int i = 0; i < 4; i++)
          w[i] = rw_stream_word (&at);
        const long double r = sqrtl (-2 * logl (((long double) w[k] + 0.5L) * 0x1p-32L));
        const long double angle = turn * (long double) w[k + 1] * 0x1p-32L;
        const double *got = x + b / 8 * RW_NORMALS + b % 8 + 8 * k;
        worst = fmax (worst, (double) (fabsl ((long double) got[0] - r * cosl (angle)) / r));
        worst = fmax (worst, (double) (fabsl ((long double) got[8] - r * sinl (angle)) / r));
      }
  ok (worst <= TOL0, "groups of normals are Box and Muller's of the stream's words (%.2g)", worst);
}

static void
groups_do_not_depend_on_the_way (void)
{
  enum
  {
    GROUPS = 9
  };
  static double x[GROUPS * RW_NORMALS], y[GROUPS * RW_NORMALS];
  rw_stream s = rw_stream_new (2385, 1ull << 40, 1);
  rw_stream_normals (&s, 7, GROUPS, RW_SIMD_PLAIN, x);
  rw_stream_word (&s);
  for (rw_simd simd = RW_SIMD_PLAIN; simd <= rw_simd_get (); simd++)
    {
      rw_stream_normals (&s, 7, GROUPS, simd, y);
      ok (!memcmp (x, y, sizeof x), "%s: the same bits", rw_simd_text (simd));
    }
  for (uint32_t g = 0; g < GROUPS; g++)
    rw_stream_normals (&s, 7 + g, 1, rw_simd_get (), y + g * RW_NORMALS);
  ok (!memcmp (x, y, sizeof x), "one group at a time: the same bits");
}

static void
moments_of_groups_are_the_laws (void)
{
  enum
  {
    GROUPS = 20000
  };
  static double x[GROUPS * RW_NORMALS];
  const double n = GROUPS * RW_NORMALS;
  const rw_stream s = rw_stream_new (2385, 8, 1);
  double sum[4] = { 0 }, beside[RW_NORMALS] = { 0 };
  rw_stream_normals (&s, 0, GROUPS, rw_simd_get (), x);
  for (size_t i = 0; i < GROUPS * RW_NORMALS; i++)
    {
      const double p[] = { x[i], x[i] * x[i], x[i] * x[i] * x[i], x[i] * x[i] * x[i] * x[i] };
      for (int k = 0; k < 4; k++)
        sum[k] += p[k];
      for (size_t d = 1; d < RW_NORMALS && i >= d; d++)
        beside[d] += x[i] * x[i - d];
    }
  static const double mean[] = { 0, 1, 0, 3 }, variance[] = { 1, 2, 15, 96 };
  for (int k = 0; k < 4; k++)
    ok (fabs (sum[k] / n - mean[k]) < 5 * sqrt (variance[k] / n), "moment %d of the groups", k + 1);
  double worst = 0;
  for (size_t d = 1; d < RW_NORMALS; d++)
    worst = fmax (worst, fabs (beside[d]) / sqrt (n));
  ok (worst < 5, "normals of a group do not know of each other (%.2g standard errors)", worst);
}

int
main (void)
{
  philox_gives_the_known_answers ();
  streams_differ_by_every_part_of_their_name ();
  moments_are_the_laws ();
  groups_are_box_and_mullers ();
  groups_do_not_depend_on_the_way ();
  moments_of_groups_are_the_laws ();
  return tap_end ();
}
