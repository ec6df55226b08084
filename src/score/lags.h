/* lags: correlations of eight pairs of complex sequences at every lag, by blocks of transforms.

   x(delta) = sum_m q_m conj (k_{m-delta}), m from delta to n - 1, in each lane.  The error is about
   2e-16 of the largest x at every lag, so a mean over few pairs of tokens at the end has more of
   it: 1e-11 at a million tokens.  */
#ifndef RW_SCORE_LAGS_H
#define RW_SCORE_LAGS_H

#include "score/lanes.h"

#include <stdbool.h>

typedef struct rw_lags rw_lags;

/* For n tokens.  `block`, a power of two, is the size of the transforms; 0: chosen.  `sums`: more
   than one eight of lanes will be summed.  Holds 400 bytes a token, 530 with sums, whatever the
   threads.  The caller frees it with rw_lags_free.  */
rw_status rw_lags_new (size_t n, size_t block, bool sums, int threads, rw_lags **out,
                       rw_error *err);
void rw_lags_free (rw_lags *l); /* NULL-safe */

/* The sum over `eights` (1 without sums) of q and k; `scale` is that of rw_lanes_read for q.  The
   bits do not depend on the threads.  */
void rw_lags_run (rw_lags *l, const rw_lanes *q, const rw_lanes *k, size_t eights,
                  const double *scale);

/* Lags from .. from + n - 1 <= tokens - 1: out is (n, 2, RW_LANES).  Many threads may read.  */
void rw_lags_read (const rw_lags *l, size_t from, size_t n, double *out);

#endif
