/* tally: number, sum, sum of squares, least and greatest of scores; private.  */
#ifndef RW_SCORE_TALLY_H
#define RW_SCORE_TALLY_H

#include "base/simd.h"
#include "score/gram.h"

/* Sums are of score - shift, for some shift near the mean.  {0} is an empty one.  */
typedef struct
{
  double n, sum, square, min, max;
} rw_tally;

/* A tile of float32 scores (width panels, 16 rows, 16), of each row those from .. to - 1, to at
   most 16 width; a score is `factor` of its row times what stands there.  */
typedef struct
{
  const float *sum;
  int from[RW_GRAM_PANEL], to[RW_GRAM_PANEL];
  double factor[RW_GRAM_PANEL];
} rw_tally_tile;

void rw_tally_add (rw_tally *t, double shift, double score);
void rw_tally_add_tile (rw_simd simd, rw_tally *t, double shift, const rw_tally_tile *tile);
/* Adds b, whose shift is `from`, to a, whose shift is `to`.  */
void rw_tally_join (rw_tally *a, double to, const rw_tally *b, double from);
double rw_tally_mean (const rw_tally *t, double shift); /* NaN of none, as the next */
double rw_tally_variance (const rw_tally *t);

/* sum x y over n channels, a multiple of 16.  */
float rw_tally_dot (rw_simd simd, const float *x, const float *y, size_t n);

#endif
