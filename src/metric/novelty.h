/* novelty: how far the rotation of a distance is from every rotation seen in training.

   nu (delta)^2 = min over integers t, 0 <= t < L, of (1/K) sum_i 2 (1 - cos (delta g_i - t f_i)):
   the mean squared chord between delta under the table g and t under the trained f, 0 (seen) to
   2 (every pair opposite).  The t that reaches it is the trained distance that delta looks like. */
#ifndef RW_METRIC_NOVELTY_H
#define RW_METRIC_NOVELTY_H

#include "metric/metric.h"

/* trained (f->n,): a pair that is NaN there takes no part.  Writes nu and t for every entry of the
   distance axis from 0 to the length, and leaves the others as they are.  Costs
   distances x L x pairs products.  */
rw_status rw_novelty_find (const rw_input *in, const double *trained, const rw_freqs *f,
                           double *novelty, double *lookalike, rw_error *err);

#endif
