/* pairs: means over the tokens of what each rotary pair of a head carries before rotation.

   Pair i of a vector is the complex number of its two channels by the layout; its norm is
   unchanged by rotation.  The alignment is the mean of Re (q_i conj (k_i)) over queries and keys of
   the same token, where every schedule turns by nothing.  */
#ifndef RW_SCORE_PAIRS_H
#define RW_SCORE_PAIRS_H

#include "rope/qk.h"

/* Each (pairs,), NULL where not wanted.  norm_v pairs v's channels like those of q and k; NaN where
   there is no v, or it is too narrow for a pair.  */
typedef struct
{
  double *norm_q, *norm_k, *norm_v, *alignment;
} rw_pairs_mean;

/* The first 2 * pairs channels are `pairs` pairs.  In double; the number of threads changes no
   bit.  NaN without tokens.  */
rw_status rw_pairs_run (const rw_qk *qk, rw_layout layout, size_t pairs, int threads,
                        rw_pairs_mean *out, rw_error *err);

#endif
