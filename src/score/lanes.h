/* lanes: eight channel pairs of q or k as eight complex sequences side by side (score/fft.h).  */
#ifndef RW_SCORE_LANES_H
#define RW_SCORE_LANES_H

#include "base/tensor.h"
#include "rope/geometry.h"

/* Lane i is channels (re + i, im + i), or, woven, (re + 2i, re + 2i + 1).  Lanes without a channel
   are 0.  */
typedef struct
{
  const rw_rows *rows;
  size_t re, n_re, im, n_im;
  bool woven;
} rw_lanes;

/* The g-th eight of the rotary pairs.  */
rw_lanes rw_lanes_pairs (const rw_rows *rows, rw_layout layout, size_t pairs, size_t g);
/* The g-th sixteen of the channels from `first` on, two a lane: the real part of the product of one
   with the conjugate of another is the sum of both channels' products.  */
rw_lanes rw_lanes_rest (const rw_rows *rows, size_t first, size_t g);

/* Tokens from .. from + n - 1 in double: out is (n, 2, RW_LANES).  `scale` (rows->n,) multiplies
   the tokens; NULL: 1.  */
void rw_lanes_read (const rw_lanes *l, const double *scale, size_t from, size_t n, double *out);

#endif
