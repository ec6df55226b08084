/* direct: mean, variance, least and greatest score at chosen distances, score by score.

   The second way to every statistic of `correlation` and `moments`, and the only one where these do
   not reach: least and greatest values, rules whose angle is no function of the distance
   (self_extend, dual_chunk, jet_long, start).  q and k are rotated once a frame of the rule, then
   each distance is a run of dot products, blocked so that rows are read from the cache; bins of 32
   distances and more go by tiles, 2 h FLOP a pair of positions (h: channels), but under a bias.
   Where the distance alone decides and the rule has many frames (map), queries are turned anew for
   each distance.

   Scores are float32: q and k are rotated by tables rounded once, and multiplied.  With e = 2^-24
   each differs from the exact one by at most (h + 8) e c sigma tau max (1, a^2) |q_m| |k_n|: 8 e
   for the two rotations (tables, products and one sum each), h e for the sum of the products; in
   practice a tenth of it.  Least and greatest values are those of these scores.  All sums over
   scores are double, of differences from a score near the mean, so mean and variance keep the
   scores' own accuracy; they do not depend on the number of threads.

   Memory: a float32 copy of k for each frame, and of 8,192 queries for each span.  */
#ifndef RW_SCORE_DIRECT_H
#define RW_SCORE_DIRECT_H

#include "rope/freqs.h"
#include "rope/qk.h"

typedef struct
{
  const rw_geometry *geometry;
  const rw_qk *qk;
  const rw_freqs *freqs; /* with rule and query scale */
  double length;
  size_t n_bins;
  const int64_t *first, *last; /* (n_bins,) distances first .. last; one where equal */
  size_t every;                /* 1: every query; s: every s-th, jittered (score/sample.h) */
  size_t n_sink;               /* the first keys, left out */
  uint64_t seed, group;        /* of the sample */
  int threads;
  rw_arena *scratch;
} rw_direct_ask;

/* Each (n_bins,), NULL where not wanted; over all pairs of positions of the bin, NaN where none.
   Sums in double.  */
typedef struct
{
  double *mean, *variance, *min, *max;
} rw_direct_result;

rw_status rw_direct_run (const rw_direct_ask *ask, rw_direct_result *out, rw_error *err);

#endif
