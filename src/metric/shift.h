/* shift: how much a score changes when query and key move together.

   An exact rotation makes S(m + D, n + D) the same for every shift D.  Here positions are rounded
   to a number format and all else is float32, as transformers computes it; the sum is double, so
   that nothing but positions, angles, cosines and sines errs.  After Wang et al., When Precision
   Meets Position (arXiv 2411.13476).  */
#ifndef RW_METRIC_SHIFT_H
#define RW_METRIC_SHIFT_H

#include "base/dtype.h"
#include "rope/freqs.h"
#include "rope/qk.h"

/* Unit queries and keys; made by rw_shift_vectors_new, freed by rw_shift_vectors_free.  */
typedef struct
{
  size_t n, dim;
  double *q, *k; /* (n, dim) */
} rw_shift_vectors;

/* n pairs of head_dim random numbers, or (`source`) as many of rows of in->qk, drawn at random; of
   length 1, and 0 where they were 0.  From the group's own stream: never from frequencies.  */
rw_status rw_shift_vectors_new (const rw_input *in, size_t n, bool source, rw_shift_vectors **out,
                                rw_error *err);
void rw_shift_vectors_free (rw_shift_vectors *v); /* NULL-safe */

/* out (in->n_distances,): the largest |S(delta + D, D) - S| of all vectors over `shifts` shifts D
   from 0 to length - 1 - delta, one drawn from each of as many equal parts; S is the rotated part
   without its scale, a^2 sum_i Re (q_i conj k_i e^{j delta g_i}).  NaN at a distance that the
   sequence does not have, everywhere where its last position does not fit the type, and under a
   position rule, for which a shift means something else.  Bits do not depend on in->threads.  */
rw_status rw_shift_errors (const rw_freqs *f, const rw_input *in, const rw_shift_vectors *v,
                           size_t shifts, rw_dtype type, double *out, rw_error *err);

#endif
