/* planar: the rows of one head as the kernels of this room read them.

   A row is float32: the real parts of all pairs, their imaginary parts, the unrotated channels;
   the pairs filled up with zeros to a multiple of 8, and the channels too.  Rows that are so in
   memory (half layout, float32, whole eights) are read where they lie; others are copied once,
   which costs 4 bytes a value.  */
#ifndef RW_SCORE_PLANAR_H
#define RW_SCORE_PLANAR_H

#include "rope/qk.h"

enum
{
  RW_PLANAR_STEP = 8 /* pairs and channels come in eights: half an AVX-512 vector */
};

typedef struct
{
  const rw_rows *rows;
  rw_layout layout;
  size_t pairs;
  const double *scale;  /* (rows->n,) factor of each row, or NULL */
  const int64_t *token; /* (n,) which rows, or NULL: all */
  size_t n;
  int threads;
} rw_planar_ask;

typedef struct
{
  size_t n;          /* rows */
  size_t pairs;      /* a multiple of 8 */
  size_t rest;       /* unrotated channels, a multiple of 8 */
  const float *data; /* (n, >= 2 pairs + rest) */
  ptrdiff_t stride;  /* values between rows */
  void *owned;       /* NULL where the rows are read in place */
} rw_planar;

/* The caller frees it with rw_planar_free.  Fails on missing memory only.  */
rw_status rw_planar_make (const rw_planar_ask *ask, rw_planar *out, rw_error *err);
void rw_planar_free (rw_planar *p); /* NULL-safe */

#endif
