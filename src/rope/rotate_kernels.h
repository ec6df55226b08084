/* rotate_kernels: the kernels of rotate.c: one token's pairs turned in all its heads; private.

   A token's row of cos and sin stays in the nearest cache while its heads pass by.  The kernels
   come in three instruction sets from the same text (rotate_lanes.h, rotate_ladder.h): a value is
   two rounded products and their rounded sum,

       y_re = x_re cos - x_im sin,   y_im = x_re sin + x_im cos,

   in vectors of any width and without fused operations, which the baseline does not have; so all
   give the same bits (of a NaN, only that it is one).  The fourth product would be free if fused,
   but memory is what these loops wait for.  */
#ifndef RW_ROPE_ROTATE_KERNELS_H
#define RW_ROPE_ROTATE_KERNELS_H

#include "base/dtype.h"
#include "base/simd.h"

/* Strides and gap in bytes; x and y the same memory or none of it.  */
typedef struct
{
  const char *x;            /* the first pair's first channel, in the first head */
  char *y;                  /* its place */
  ptrdiff_t x_head, y_head; /* from head to head */
  ptrdiff_t gap;            /* half: from a pair's first channel to its second */
  size_t heads, n;          /* n: pairs; of a tail: channels */
  const float *cos, *sin;   /* (n,) the row */
  float scale;              /* of a tail */
} rw_rotate_heads;

typedef struct
{
  /* By layout and type; the row is cos and sin as the kernel is to use them.  */
  void (*turn[2][3]) (const rw_rotate_heads *t);
  /* By type: channels that do not turn, times scale.  */
  void (*tail[3]) (const rw_rotate_heads *t);
  /* The row of a scaled rotation: (n,) to `cos` and `sin`: times scale.  */
  void (*scale) (const rw_rotate_heads *row, float *cos, float *sin);
  /* The row of the inverse: cos and -sin, each over scale (cos^2 + sin^2); in double, rounded
     once.  */
  void (*undo) (const rw_rotate_heads *row, float *cos, float *sin);
} rw_rotate_kernels;

extern const rw_rotate_kernels rw_rotate_kernels_plain;
#if defined __x86_64__
extern const rw_rotate_kernels rw_rotate_kernels_avx2, rw_rotate_kernels_avx512;
#endif

#endif
