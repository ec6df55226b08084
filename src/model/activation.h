/* activation: the feed-forward layer's function of its hidden values; private.

     SiLU: x / (1 + e^-x);  GELU: x Phi (x);  its tanh form: x / (1 + e^-2u),
     u = sqrt (2 / pi) (x + 0.044715 x^3)

   The error is below RW_ACTIVATION_ERROR |x|: far to the left, where values vanish, 1 + erf and its
   like are differences in float32, as in the models' own implementations.  */
#ifndef RW_MODEL_ACTIVATION_H
#define RW_MODEL_ACTIVATION_H

#include "base/simd.h"
#include "model/hyper.h"

#define RW_ACTIVATION_ERROR 2.5e-7

/* x (rows, n), rows `stride` apart: x = act (x), times `gate_of` where that is not NULL (the
   same shape): act (gate) up.  */
void rw_activation_run (rw_act act, rw_simd simd, size_t rows, size_t n, float *x, size_t stride,
                        const float *up, int threads);

#endif
