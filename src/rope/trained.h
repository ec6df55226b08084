/* trained: the trained frequency of every pair of a table, whatever the table's length.

   A schedule's table has d/2 pairs as a rule, and then the trained frequencies are the model's own,
   f_i = b^(-2i/d).  Two kinds of tables differ:
   - `proportional` has h/2 pairs (h = head_dim), of which the first d/2 rotate with the exponents
     of h: f_i = b^(-2i/h) for i < d/2, and 0 for the others, which never rotated;
   - a block with its own partial_rotary_factor has another d: its pairs keep the model's f_i by
     their index, and pairs that the model does not have get NaN.  */
#ifndef RW_ROPE_TRAINED_H
#define RW_ROPE_TRAINED_H

#include "rope/geometry.h"

#include <stdbool.h>

/* Whether a table of n pairs counts its exponents in head_dim (the first kind above).  */
bool rw_trained_whole_head (const rw_geometry *m, size_t n);

/* inv_freq is (n,) radians per token.  */
void rw_trained_fill (const rw_geometry *m, size_t n, double *inv_freq);

#endif
