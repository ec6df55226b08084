/* loss: what one row of logits says of a target: -ln p, rank, margin; private.

     nll = ln sum_j e^(l_j - max) + max - l_target

   Exponentials are float32 (2 ulp), sums double: within 2e-7 nat of the row's exact value.  */
#ifndef RW_MODEL_LOSS_H
#define RW_MODEL_LOSS_H

#include "base/simd.h"

#include <stddef.h>
#include <stdint.h>

typedef struct
{
  double nll;
  int32_t rank;  /* tokens with a larger logit; n where the target's is NaN */
  double margin; /* NaN where there is no other token */
} rw_loss;

rw_loss rw_loss_of (const float *logit, size_t n, size_t target, rw_simd simd);
/* The first of the largest; -1 where all are NaN.  */
int32_t rw_loss_best (const float *logit, size_t n);

#endif
