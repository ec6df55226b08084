/* gram: the kernels of `moments`: rows of Z, and their sum of outer products; and the scores of
   `direct`, which are the same product of panels; private.

   Rows of Z come in blocks of 256, in panels of 16 coordinates: the real parts of eight pairs and
   their imaginary parts.  A block is (panels, 256, 16) floats, the sum of outer products
   (blocks, 16, 16) floats: 16 x 16 blocks of the upper triangle, (0,0), (0,1) .. (1,1) and so on.
   Every element of the sum is one chain of fused multiply-adds in the order of the rows, so AVX2
   and AVX-512 agree to the bit; the plain kernels round products and sums apart.  */
#ifndef RW_SCORE_GRAM_H
#define RW_SCORE_GRAM_H

#include "base/simd.h"

#include <stddef.h>

enum
{
  RW_GRAM_ROWS = 256,                          /* rows a block */
  RW_GRAM_PANEL = 16,                          /* coordinates a panel */
  RW_GRAM_PAIRS = RW_GRAM_PANEL / 2,           /* pairs a panel */
  RW_GRAM_STEP = RW_GRAM_ROWS * RW_GRAM_PANEL, /* floats of a panel in a block of Z */
  RW_GRAM_SQUARE = RW_GRAM_PANEL * RW_GRAM_PANEL
};

/* Planar rows of q and k, two by two.  Beyond n the pointers repeat the last row: they may be
   prefetched.  */
typedef struct
{
  size_t n;
  const float *q[RW_GRAM_ROWS], *k[RW_GRAM_ROWS];
} rw_gram_rows;

typedef struct
{
  size_t panels, rest; /* rest: unrotated channels, a multiple of 8 */
  const float *centre; /* (panels, 16), and one of the rest: taken away from Z */
  float *z;            /* (panels, 256, 16) */
  float *u;            /* (256,) products of the rest; not touched where rest is 0 */
  /* Added to: the sums of Z and u (16 panels + 1); of u Z, and of u u in the last place.  */
  double *sum, *cross;
} rw_gram_block;

/* 16 x 16 blocks of the upper triangle.  */
size_t rw_gram_squares (size_t panels);

/* Z of these rows.  */
void rw_gram_fill (rw_simd simd, const rw_gram_rows *rows, const rw_gram_block *b);

/* sum (squares, 16, 16) += Z^T Z of the first n rows, n >= 1; meanwhile the rows `next`, of
   `lines` cache lines each, are prefetched.  */
void rw_gram_add (rw_simd simd, size_t panels, size_t n, const float *z, const rw_gram_rows *next,
                  size_t lines, float *sum);

/* Scores of 16 rows against `width` panels of 16, 1 to 3: sum (width, 16, 16) += over n channels of
   x (n, 16) and y (width panels `step` apart, each (n, 16)).  Meanwhile ahead (256,) is prefetched.
 */
void rw_gram_scores (rw_simd simd, size_t n, const float *x, const float *y, size_t step,
                     size_t width, const float *const *ahead, float *sum);

#endif
