/* bootstrap: how far a mean over text could be off: whole blocks of text drawn again and again.

   Tokens of a text are not independent, so that blocks of it are drawn, never tokens (Künsch 1989;
   doc/metrics.md, "Intervals over text").  The draws depend on the seed alone: means of several
   schedules over the same blocks are drawn alike.  */
#ifndef RW_METRIC_BOOTSTRAP_H
#define RW_METRIC_BOOTSTRAP_H

#include "base/mem.h"

#include <stdint.h>

enum
{
  RW_RESAMPLES = 2000
};

/* Sums and weights by block; the mean is sum of sums over sum of weights.  */
typedef struct
{
  size_t n;
  double *sum, *weight; /* (n,) */
} rw_block_sums;

rw_status rw_block_sums_new (size_t n, rw_arena *scratch, rw_block_sums *out, rw_error *err);
void rw_block_sums_add (rw_block_sums *b, size_t block, double value); /* of weight 1 */

/* NaN where nothing was added.  */
double rw_block_mean (const rw_block_sums *b);
/* The 2.5 and 97.5 % quantiles of the resampled means; NaN where fewer than two blocks hold
   anything, or one holds a NaN.  */
rw_status rw_block_interval (const rw_block_sums *b, uint64_t seed, rw_arena *scratch, double *low,
                             double *high, rw_error *err);

#endif
