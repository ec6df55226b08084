/* rotate_kernels: the kernels of rotate.c: pairs of channels turned by rows of cos and sin;
   private.

   The kernels come in three instruction sets from the same text (rotate_lanes.h, rotate_ladder.h):
   a value is two rounded products and their rounded sum,

       y_re = x_re cos - x_im sin,   y_im = x_re sin + x_im cos,

   in vectors of any width and without fused operations, which the baseline does not have; so all
   give the same bits (of a NaN, only that it is one).  The fourth product would be free if fused,
   but memory is what these loops wait for.  */
#ifndef RW_ROPE_ROTATE_KERNELS_H
#define RW_ROPE_ROTATE_KERNELS_H

#include "base/dtype.h"
#include "base/simd.h"

/* Rows of x: the heads of a token, or the tokens of a head.  Steps, distances and the gap in bytes,
   but that of cos and sin in values: 0 where all rows take the same.  */
typedef struct
{
  size_t rows, n;                     /* n: pairs; of a tail: channels */
  ptrdiff_t x_step, y_step, row_step; /* from row to row */
  ptrdiff_t gap;                      /* half: from a pair's first channel to its second */
  ptrdiff_t x_next, y_next;           /* to the row that is fetched meanwhile; 0 for none */
} rw_rotate_run;

typedef void rw_rotate_turn (const rw_rotate_run *run, const char *x, char *y, const float *cos,
                             const float *sin);
typedef void rw_rotate_row (size_t n, const float *cos, const float *sin, float scale, float *to,
                            size_t room);

typedef struct
{
  /* By layout and type: x to y, the same memory or none of it.  `stream` is for y that lies at
     multiples of 64 bytes, row by row and gap by gap, and goes past the caches.  */
  rw_rotate_turn *turn[2][3], *stream[2][3];
  void (*fence) (void); /* after the last `stream` of a thread */
  /* By type: channels that do not turn, times scale.  */
  void (*tail[3]) (const rw_rotate_run *run, const char *x, char *y, float scale);
  /* n cos and sin to `to` (2, room): times scale; or those of the inverse: cos and -sin, each over
     scale (cos^2 + sin^2), in double, rounded once.  */
  rw_rotate_row *scale, *undo;
} rw_rotate_kernels;

extern const rw_rotate_kernels rw_rotate_kernels_plain;
#if defined __x86_64__
extern const rw_rotate_kernels rw_rotate_kernels_avx2, rw_rotate_kernels_avx512;
#endif

#endif
