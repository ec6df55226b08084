/* tensor: an array of numbers that somebody else keeps: mapped from a file, or in memory.

   A plain value, copied freely; what it points at is borrowed and lives as long as its file or
   memory.  Any alignment: read values through rw_dtype_read.  */
#ifndef RW_BASE_TENSOR_H
#define RW_BASE_TENSOR_H

#include "base/dtype.h"
#include "base/status.h"

enum
{
  RW_TENSOR_RANK = 8 /* dimensions a tensor */
};

/* What a file says of itself: "layout", "head_dim", ...  */
typedef struct
{
  const char *key, *text;
} rw_tensor_note;

typedef struct rw_tensor
{
  const void *data; /* NULL where the values must be unpacked first: see load */
  rw_dtype type;
  size_t rank;
  size_t shape[RW_TENSOR_RANK];     /* outermost first */
  ptrdiff_t stride[RW_TENSOR_RANK]; /* values between neighbours */
  size_t n_notes;
  const rw_tensor_note *note; /* (n_notes,) */
  /* Where data is NULL: copies the box that begins at `from` and has `count` places along every
     dimension, last one fastest.  May be called by several threads at once.  */
  rw_status (*load) (const struct rw_tensor *t, const size_t *from, const size_t *count, void *out,
                     rw_error *err);
  const void *origin; /* of load */
} rw_tensor;

/* Shape and strides of values that lie side by side, the last dimension fastest, or the first
   (Fortran's order).  False where the number of bytes has no size_t; else *bytes is it.  */
bool rw_tensor_lay (rw_tensor *t, bool fortran, size_t *bytes);
/* The text of a note, NULL where there is none of this key.  */
const char *rw_tensor_says (const rw_tensor *t, const char *key);
/* "float32 (32, 4096, 128)", for errors.  */
char *rw_tensor_text (const rw_tensor *t, char *buf, size_t size);
/* RW_EINVAL: the file has no tensor of this name (NULL: it has not just one); lists what it has.
   `noun` is the file's word for a tensor; `known (i, data)` is name i, or NULL at the end.  */
rw_status rw_tensor_unknown (const char *file, const char *noun, const char *name,
                             const char *(*known) (size_t i, const void *data), const void *data,
                             rw_error *err);

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
