/* attend_kernel: the inner loops of attention, one table of them a kind of vector.  Private.

   Both products of attention are the same one: c (r, j) = sum_k a (r, k) b (k, j), of up to six
   rows and of whole lines of 16 columns.  Scores: a is queries, b (channel, key).  Values: a is
   weights, b (key, channel).  Every c is one chain of fused multiply-adds in the order of k, so
   that its bits depend on nothing beside it; AVX2 and AVX-512 give the same, the plain kernel
   rounds twice.  */
#ifndef RW_MODEL_ATTEND_KERNEL_H
#define RW_MODEL_ATTEND_KERNEL_H

#include "base/simd.h"

#include <stddef.h>

enum
{
  RW_ATTEND_GROUP = 6, /* rows of a product: 6 x 4 vectors of sums fill the registers */
  RW_ATTEND_LINE = 16, /* floats of the widest vector */
  RW_ATTEND_PANEL = 64 /* columns at once */
};

typedef enum
{
  RW_ATTEND_SET,  /* c is the sum */
  RW_ATTEND_ADD,  /* c grows by the sum */
  RW_ATTEND_GO_ON /* c is where the sum begins */
} rw_attend_mode;

typedef struct
{
  const float *a[RW_ATTEND_GROUP];
  float *c[RW_ATTEND_GROUP];
  const float *b;
  size_t b_row, b_panel; /* from one row to the next; from a panel's columns to those of the next */
  size_t depth, lines;
  rw_attend_mode mode;
} rw_attend_product;

/* Places of scores and weights n are multiples of RW_ATTEND_LINE.  */
typedef struct
{
  void (*rows6) (const rw_attend_product *p);
  void (*rows3) (const rw_attend_product *p);
  void (*rows1) (const rw_attend_product *p);
  float (*top) (const float *s, size_t n); /* the largest; a NaN may be passed over */
  /* w becomes 2^(s - ref), 0 below 2^-64; returns the sum, and the largest s in *top.  */
  float (*power) (const float *s, size_t n, float ref, float *w, float *top);
  void (*cap) (float *s, size_t n, float by);       /* s becomes by tanh (s) */
  void (*scale) (float *o, size_t n, float by);     /* o *= by */
  void (*add) (float *o, const float *x, size_t n); /* o += x */
  void (*fold) (double *o, const float *x, size_t n, double keep, double by); /* o keep + x by */
  void (*write) (float *out, const double *o, size_t n, double by);           /* o by, any n */
  void (*write_only) (float *out, const float *o, size_t n, double by); /* the same of floats */
} rw_attend_kernels;

extern const rw_attend_kernels *const rw_attend_kernels_of[]; /* by rw_simd */

#endif
