/* trig_kernel: rows of cos and sin from one turn and a table of steps.

   Position j of n and pair i: (c + i s) = start_i step_{j,i}, one complex product in double: four
   products, a difference, a sum, none fused, whatever the instructions: all kernels give the same
   bits.  */
#ifndef RW_ROPE_TRIG_KERNEL_H
#define RW_ROPE_TRIG_KERNEL_H

#include "base/simd.h"

#include <stddef.h>

enum
{
  RW_TRIG_LINE = 16 /* pairs: `room` is a multiple, what lies beyond `pairs` is not looked at */
};

typedef struct
{
  size_t n, pairs, room;
  const double *start; /* (2, room): cos, sin */
  const double *step;  /* (n, 2, room) */
  ptrdiff_t row;       /* values from one position to the next in c and s */
  void *c, *s;
} rw_trig_rows;

typedef enum
{
  RW_TRIG_DOUBLE, /* c and s are double */
  RW_TRIG_FLOAT,  /* float, each value rounded once */
  RW_TRIG_STREAM  /* float, past the caches: c, s and rows on lines of 64 bytes, pairs % 16 = 0 */
} rw_trig_kind;

typedef void rw_trig_kernel (const rw_trig_rows *r);

rw_trig_kernel *rw_trig_kernel_of (rw_trig_kind kind, rw_simd simd);
void rw_trig_fence (void); /* after the last streaming kernel of a thread */

#endif
