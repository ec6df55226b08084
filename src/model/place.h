/* place: the rows of a tile go to their places: y = x, y += x, and a bias; private.

   Sums are rounded one by one, x + y first, so that bits do not depend on the vectors.  */
#ifndef RW_MODEL_PLACE_H
#define RW_MODEL_PLACE_H

#include "base/simd.h"

#include <stdbool.h>
#include <stddef.h>

/* y = (add ? y : 0) + x + bias, n values; bias may be NULL.  */
typedef void rw_placer (size_t n, const float *x, const float *bias, bool add, float *y);
rw_placer *rw_place_of (rw_simd simd);

#endif
