/* norm: RMS and layer normalisation of rows; private.

     RMS:   y = x / sqrt (mean x^2 + eps) * w
     layer: y = (x - mean x) / sqrt (mean (x - mean x)^2 + eps) * w + b

   Sums are double, each row's by itself, so that a row's bits depend on nothing else.  */
#ifndef RW_MODEL_NORM_H
#define RW_MODEL_NORM_H

#include "base/simd.h"
#include "model/hyper.h"

typedef struct
{
  rw_norm kind;
  size_t n;       /* values of a row */
  const float *w; /* (n,) */
  const float *b; /* (n,) or NULL */
  double eps;
  int threads;
  rw_simd simd;
} rw_norm_ask;

/* `from[r]`, or r where that is NULL, is the row of x that becomes row r of y; y may be x.  */
void rw_norm_run (const rw_norm_ask *ask, size_t rows, const float *x, size_t xs,
                  const size_t *from, float *y, size_t ys);

#endif
