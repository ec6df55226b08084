/* float_exp: e^x of vectors of 16 floats, a template for kernels; private.

   FLOAT_EXP (name, attribute) defines the function `name`.  e^x = 2^n e^r with n = round (x / ln 2)
   and |r| <= ln 2 / 2, r taken off in two parts (Cody, Waite); e^r is its Taylor series to r^7,
   whose rest is below r^8 / 8! = 6e-9.  So the result is within 2 ulp, 3 where the processor does
   not fuse.  x is held within [-87, 88], where e^x is a normal number; NaN stays NaN.  */
#ifndef RW_MODEL_FLOAT_EXP_H
#define RW_MODEL_FLOAT_EXP_H

#include <stdint.h>

enum
{
  FLOAT_LANES = 16
};
typedef float floats __attribute__ ((vector_size (4 * FLOAT_LANES)));
typedef int32_t ints __attribute__ ((vector_size (4 * FLOAT_LANES)));

/* a where the comparison held, else b; C has no vector ?: before GCC 15.  */
#define FLOAT_SELECT(mask, a, b) ((floats) (((mask) & (ints) (a)) | (~(mask) & (ints) (b))))
#define FLOAT_ALL(c) ((floats){ 0 } + (c))

/* In place: a vector by value would be another calling convention in every instruction set.  */
#define FLOAT_EXP(name, attribute)                                                                 \
  attribute static inline void name (floats *at)                                                   \
  {                                                                                                \
    const float round = 12582912; /* 3 2^22: adding it leaves the nearest whole number */          \
    floats x = FLOAT_SELECT (*at < -87.0f, FLOAT_ALL (-87.0f), *at);                               \
    x = FLOAT_SELECT (x > 88.0f, FLOAT_ALL (88.0f), x);                                            \
    const floats t = x * 0x1.715476p+0f + round, n = t - round;                                    \
    const floats r = x - n * 0x1.62e400p-1f - n * 0x1.7f7d1cp-20f;                                 \
    floats p = r * (1 / 5040.0f) + 1 / 720.0f;                                                     \
    p = p * r + 1 / 120.0f;                                                                        \
    p = p * r + 1 / 24.0f;                                                                         \
    p = p * r + 1 / 6.0f;                                                                          \
    p = p * r + 0.5f;                                                                              \
    p = p * r + 1.0f;                                                                              \
    p = p * r + 1.0f;                                                                              \
    const ints power = ((ints) t << 23) + (127 << 23);                                             \
    *at = p * (floats) power;                                                                      \
  }

#endif
