/* bootstrap: intervals of resampled blocks against what normal numbers must give.  */
#include "base/rng.h"
#include "metric/bootstrap.h"
#include "tap.h"

enum
{
  BLOCKS = 400,
  TRIALS = 300
};

static rw_arena *arena;

static rw_block_sums
normals (size_t n, size_t each, double mean, double sd, uint32_t purpose)
{
  rw_stream stream = rw_stream_new (2385, 1, purpose);
  rw_block_sums b;
  if (rw_block_sums_new (n, arena, &b, NULL))
    exit (1);
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j < each; j++)
      rw_block_sums_add (&b, i, mean + sd * rw_stream_normal (&stream));
  return b;
}

/* Mean of n blocks of k numbers: normal with deviation sd / sqrt (n k), so the interval is
   2 * 1.96 of those wide; the deviation is itself estimated from 400 blocks (3.5 %), and the
   quantiles from 2000 draws (2 % each).  */
static void
width (void)
{
  rw_block_sums b = normals (BLOCKS, 3, 2.385, 0.7, 101);
  double low, high;
  rw_block_interval (&b, 5, arena, &low, &high, NULL);
  const double want = 2 * 1.959964 * 0.7 / sqrt (3.0 * BLOCKS);
  near ((high - low) / want, 1, 0.12, "the width is that of the normal law, to three deviations");
  ok (low < rw_block_mean (&b) && rw_block_mean (&b) < high, "the mean lies inside");
}

/* 300 samples of 60 blocks: 95 % of the intervals hold the truth, less 1 % of a percentile
   interval's bias at this size; three deviations of a binomial are 3.8 %.  */
static void
coverage (void)
{
  int held = 0;
  for (uint32_t t = 0; t < TRIALS; t++)
    {
      rw_block_sums b = normals (60, 1, -1.25, 3, 1000 + t);
      double low, high;
      rw_block_interval (&b, t, arena, &low, &high, NULL);
      held += low <= -1.25 && -1.25 <= high;
      rw_arena_reset (arena);
    }
  ok (held > 0.90 * TRIALS && held < 0.985 * TRIALS,
      "the interval holds the truth 95 %% of the time");
  printf ("# %d of %d\n", held, TRIALS);
}

/* A block of zero weight is as if it were not there; blocks count by their weight.  */
static void
weights (void)
{
  rw_block_sums a, b;
  double low[2], high[2];
  rw_block_sums_new (3, arena, &a, NULL);
  rw_block_sums_new (5, arena, &b, NULL);
  const double value[3] = { 0.3, 1.7, 2.9 };
  for (size_t i = 0; i < 3; i++)
    for (size_t j = 0; j <= i; j++)
      {
        rw_block_sums_add (&a, i, value[i]);
        rw_block_sums_add (&b, 2 * i, value[i]);
      }
  near (rw_block_mean (&a), (0.3 + 2 * 1.7 + 3 * 2.9) / 6, TOL1, "blocks count by their weight");
  rw_block_interval (&a, 1, arena, &low[0], &high[0], NULL);
  rw_block_interval (&b, 1, arena, &low[1], &high[1], NULL);
  ok (low[0] == low[1] && high[0] == high[1], "an empty block does not count");
  near (low[0], 0.3, TOL1, "one in 27 draws of three is one block alone: the least");
  near (high[0], 2.9, TOL1, "and the greatest");
}

static void
edges (void)
{
  rw_block_sums b;
  double low = 0, high = 0;
  rw_block_sums_new (4, arena, &b, NULL);
  ok (isnan (rw_block_mean (&b)), "nothing has no mean");
  rw_block_interval (&b, 1, arena, &low, &high, NULL);
  ok (isnan (low) && isnan (high), "and no interval");
  rw_block_sums_add (&b, 2, 1.5);
  rw_block_interval (&b, 1, arena, &low, &high, NULL);
  ok (isnan (low) && isnan (high), "nor has a single block");
  rw_block_sums_add (&b, 0, 1.5);
  rw_block_interval (&b, 1, arena, &low, &high, NULL);
  ok (low == 1.5 && high == 1.5, "two that agree have an interval of no width");
  rw_block_sums_add (&b, 0, NAN);
  rw_block_interval (&b, 1, arena, &low, &high, NULL);
  ok (isnan (low) && isnan (high), "a NaN is not hidden");
}

static void
draws (void)
{
  rw_block_sums b = normals (20, 1, 0, 1, 7);
  double low[3], high[3];
  const uint64_t seed[3] = { 4, 4, 5 };
  for (int i = 0; i < 3; i++)
    rw_block_interval (&b, seed[i], arena, &low[i], &high[i], NULL);
  ok (low[0] == low[1] && high[0] == high[1], "the same seed draws the same");
  ok (low[0] != low[2], "another seed does not");
  rw_block_sums shifted = normals (20, 1, 0, 1, 7);
  for (size_t i = 0; i < 20; i++)
    shifted.sum[i] += 3;
  rw_block_interval (&shifted, 4, arena, &low[1], &high[1], NULL);
  ok (fabs (low[1] - low[0] - 3) < 1e-14 && fabs (high[1] - high[0] - 3) < 1e-14,
      "schedules are drawn alike: a shift of all blocks shifts the interval");
}

int
main (void)
{
  arena = rw_arena_new ();
  width ();
  coverage ();
  weights ();
  edges ();
  draws ();
  rw_arena_free (arena);
  return tap_end ();
}
