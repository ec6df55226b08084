/* direct: mean, variance, least and greatest score at chosen distances, score by score.

   The second way to every statistic of `correlation` and `moments`, and the only one where these do
   not reach: least and greatest values, rules whose angle is no function of the distance
   (self_extend, dual_chunk, jet_long, start).  q and k are rotated once a frame of the rule, then
   each distance is a run of dot products, blocked so that rows are read from the cache.  */
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
  const int64_t *first, *last; /* (n_bins,) distances first .. last, rising; one where equal */
  size_t every;                /* 1: every pair of positions; s: every s-th query, jittered */
  size_t n_sink;               /* the first keys, left out */
  uint64_t seed, group;
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
