/* tensor: an array of numbers that somebody else keeps: mapped from a file, or in memory.

   A plain value, copied freely; `data` is borrowed and lives as long as its file or memory.  Any
   alignment: read values through rw_dtype_read.  */
#ifndef RW_BASE_TENSOR_H
#define RW_BASE_TENSOR_H

#include "base/dtype.h"

enum
{
  RW_TENSOR_RANK = 8 /* dimensions a tensor */
};

typedef struct
{
  const void *data;
  rw_dtype type;
  size_t rank;
  size_t shape[RW_TENSOR_RANK];     /* outermost first */
  ptrdiff_t stride[RW_TENSOR_RANK]; /* values between neighbours */
} rw_tensor;

/* One row a token: what q, k and v of one head are.  */
typedef struct
{
  const void *data;
  rw_dtype type;
  size_t n;         /* tokens */
  size_t dim;       /* channels */
  ptrdiff_t stride; /* values between tokens; channels lie side by side */
} rw_rows;

/* Rows from .. from + n - 1 as float32, side by side: out is (n, dim).  */
void rw_rows_read (const rw_rows *rows, size_t from, size_t n, float *out);
/* One row in double: out is (dim,).  */
void rw_rows_at (const rw_rows *rows, size_t i, double *out);
/* The first value that is not finite: false where there is none.  */
bool rw_rows_flaw (const rw_rows *rows, size_t *token, size_t *channel);

#endif
