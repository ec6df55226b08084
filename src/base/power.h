/* power: 2^t for vectors of float, the exponential of every softmax here.

   t = n + f with n the nearest integer (t + 1.5 2^23 + 127 holds it in its last bits, as the
   exponent of 2^n) and 2^f a polynomial of degree 6, minimax in the relative error on |f| <= 1/2
   with 2^0 = 1 kept: 1.8e-8 with these float coefficients, 8.2e-8 with the rounding.  For -126 <= t
   <= 127; NaN gives NaN.

   A kernel has its own vector types and its own fused multiply-add:
     v         vector of float
     bits      vector of as many uint32_t
     FUSE      FUSE (a, b, c) is a b + c
   and RW_POWER declares w = 2^t.  */
#ifndef RW_BASE_POWER_H
#define RW_BASE_POWER_H

#define RW_POWER_EXPONENT 23 /* bits below a float's exponent */
#define RW_POWER_NEAREST (0x1.8p23F + 127)
#define RW_POWER_C1 0x1.62e432p-1F
#define RW_POWER_C2 0x1.ebfbd6p-3F
#define RW_POWER_C3 0x1.c6ae5cp-5F
#define RW_POWER_C4 0x1.3b322ap-7F
#define RW_POWER_C5 0x1.5f75a6p-10F
#define RW_POWER_C6 0x1.3e7d38p-13F

#define RW_POWER(w, t)                                                                             \
  const v w##_n = (t) + RW_POWER_NEAREST, w##_f = (t) - (w##_n - RW_POWER_NEAREST);                \
  v w = (v){ 0 } + RW_POWER_C6;                                                                    \
  w = FUSE (w, w##_f, (v){ 0 } + RW_POWER_C5);                                                     \
  w = FUSE (w, w##_f, (v){ 0 } + RW_POWER_C4);                                                     \
  w = FUSE (w, w##_f, (v){ 0 } + RW_POWER_C3);                                                     \
  w = FUSE (w, w##_f, (v){ 0 } + RW_POWER_C2);                                                     \
  w = FUSE (w, w##_f, (v){ 0 } + RW_POWER_C1);                                                     \
  w = FUSE (w, w##_f, (v){ 0 } + 1);                                                               \
  w *= (v) ((bits) w##_n << RW_POWER_EXPONENT);

#endif
