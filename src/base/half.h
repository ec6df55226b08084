/* half: one value of the two 16-bit formats, plain C: what every kernel of dtype must agree with.

   Rounding once from double goes through a float32 rounded to odd: toward zero, then the last bit
   is set where anything was lost.  24 such bits hold what a rounding to at most 22 must know, so
   that the second rounding, to nearest even, is that of the double itself (Boldo and Melquiond,
   IEEE Transactions on Computers 57 (2008) 462, Theorem 3); float32's subnormals reach 16 and 125
   bits below those of bfloat16 and float16.  */
#ifndef RW_BASE_HALF_H
#define RW_BASE_HALF_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#define RW_FLOAT_NAN 0x7fc00000u /* the NaN that is written: quiet, no sign, no payload */

static inline uint32_t
rw_float_bits (float x)
{
  uint32_t bits;
  memcpy (&bits, &x, sizeof bits);
  return bits;
}

static inline float
rw_float_of (uint32_t bits)
{
  float x;
  memcpy (&x, &bits, sizeof x);
  return x;
}

/* The bits of x rounded to odd.  */
static inline uint32_t
rw_float_odd (double x)
{
  const float near = (float) x;
  const double back = (double) near;
  const uint32_t bits = rw_float_bits (near);
  if (isnan (x))
    return RW_FLOAT_NAN;
  return back == x ? bits : (bits - (fabs (back) > fabs (x))) | 1;
}

static inline float
rw_bfloat16_read (uint16_t h)
{
  return rw_float_of ((uint32_t) h << 16);
}

/* A half's exponent counts from 15, a float's from 127: the product moves it, and makes normal
   numbers of subnormal ones.  A signalling NaN becomes quiet, as the instructions have it.  */
static inline float
rw_float16_read (uint16_t h)
{
  const uint32_t sign = (uint32_t) (h & 0x8000) << 16, low = (uint32_t) (h & 0x7fff) << 13;
  if (low >= 0x7c00u << 13)
    return rw_float_of (sign | low | 0x7f800000 | (low > 0x7c00u << 13 ? 0x00400000 : 0));
  return rw_float_of (sign | rw_float_bits (rw_float_of (low) * 0x1p112F));
}

static inline uint16_t
rw_bfloat16_write (double x)
{
  const uint32_t odd = rw_float_odd (x);
  return (uint16_t) ((odd + 0x7fff + (odd >> 16 & 1)) >> 16);
}

/* Below 2^-14 the sum with 1/2 has the half's last place as its own and rounds by itself.  From
   2^16 on all is infinite.  */
static inline uint16_t
rw_float16_write (double x)
{
  const uint32_t odd = rw_float_odd (x), sign = odd >> 16 & 0x8000, size = odd & 0x7fffffff;
  if (size > 0x7f800000)
    return 0x7e00;
  if (size >= 143u << 23)
    return (uint16_t) (sign | 0x7c00);
  if (size < 113u << 23)
    return (uint16_t) (sign | (rw_float_bits (rw_float_of (size) + 0.5F) - (126u << 23)));
  return (uint16_t) (sign | (size - (112u << 23) + 0xfff + (size >> 13 & 1)) >> 13);
}

#endif
