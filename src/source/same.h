/* same: q and k that are one and the same row at every token.  Private to src/source.  */
#ifndef RW_SOURCE_SAME_H
#define RW_SOURCE_SAME_H

#include "source/source.h"

/* Makes q and k of in->length tokens that are all *row, (head_dim,) zeros, for the caller to fill;
   out owns it.  One row serves all tokens: the rows' stride is 0.  */
rw_status rw_same_rows (const rw_input *in, rw_qk *out, float **row, rw_error *err);

#endif
