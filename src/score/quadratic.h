/* quadratic: w^T S w and S w of a symmetric matrix kept as 16 x 16 squares of its upper triangle
   (gram.h), float32 kept, double computed; private.

   Every kernel adds in the same order without contraction: equal bits.  */
#ifndef RW_SCORE_QUADRATIC_H
#define RW_SCORE_QUADRATIC_H

#include "base/simd.h"

#include <stddef.h>

/* w is (16 panels,), 64-byte aligned, as is y.  */
double rw_quadratic_form (rw_simd simd, size_t panels, const float *s, const double *w);
void rw_quadratic_apply (rw_simd simd, size_t panels, const float *s, const double *w, double *y);

#endif
