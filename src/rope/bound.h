/* bound: the smallest base for which the similarity stays non-negative up to a length.

   For theta_i = b^(-2i/d), B(m) = sum_i cos (m theta_i), the bound of a length L is
   inf { b > 1 : B(m) >= 0 for all integers 0 <= m <= L } (Men et al., arXiv 2405.14591,
   section 4.1).  The bases that satisfy it are a union of many narrow islands, so neither
   bisection nor a grid finds the first: the answer here is a bracket, proven at both ends.

   Nothing is kept between calls; results do not depend on `threads` or on the vector
   instructions.  */
#ifndef RW_ROPE_BOUND_H
#define RW_ROPE_BOUND_H

#include "base/status.h"
#include "rope/similarity.h"

#include <stdint.h>

#define RW_BOUND_LENGTH_MAX (1 << 20) /* tokens: minutes on two cores */
#define RW_BOUND_DIM_MAX 512          /* channels */
#define RW_BOUND_WIDTH 1e-6           /* relative width the bracket is asked to have */

typedef struct
{
  double excluded; /* every base of (1, excluded] violates some m */
  double infimum;  /* this base was verified at every m: the infimum lies in [excluded, infimum] */
} rw_bound;

/* rotary_dim: even, 2 to 512; length: 1 to 2^20 tokens.  Both NaN where no base satisfies the
   condition (d = 2 from length 2 on: B(m) = cos m whatever the base); both 1 where every base
   above 1 does (length 1).  The width is far below RW_BOUND_WIDTH but where two crossings meet
   within rounding: then the bracket is wider and still true.  */
rw_status rw_bound_find (int64_t rotary_dim, int64_t length, int threads, rw_bound *out,
                         rw_error *err);

/* The largest base found that violates the condition; see bound_last.c for the scan.  An
   estimate: narrow violations between the bases scanned can lie higher.  NaN where no base
   violates (length 1) or every one does (d = 2).  */
rw_status rw_bound_last_violation (int64_t rotary_dim, int64_t length, int threads, double *out,
                                   rw_error *err);

/* The largest length that a table satisfies: one less than the first m in [0, length] with B(m) <
   0; NaN where there is none.  */
double rw_bound_of_table (const rw_similarity *s, int64_t length, int threads);

#endif
