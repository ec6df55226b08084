/* npy: NumPy's file of one array (NEP 1): the header read, the values left where they are.

   Versions 1 to 3, little-endian float16, float32 and float64, integers of any kind, C and Fortran
   order, up to RW_TENSOR_RANK dimensions.  Strict: the header is exactly the dict that NumPy
   writes, and the file ends where the array ends.  */
#ifndef RW_BASE_NPY_H
#define RW_BASE_NPY_H

#include "base/tensor.h"

#define RW_NPY_MAGIC "\x93NUMPY"

enum
{
  RW_NPY_HEADER_MAX = 1 << 16 /* bytes: NumPy's own headers have 128 */
};

/* `bytes` (n of them) is the whole file, which *out points into; `name` begins the errors.  */
rw_status rw_npy_read (const char *name, const void *bytes, size_t n, rw_tensor *out,
                       rw_error *err);

/* What the header says, of any type.  */
typedef struct
{
  char type[32]; /* "<f4", "|u1", ... */
  bool fortran;
  size_t rank, shape[RW_TENSOR_RANK]; /* outermost first */
  const void *data;                   /* behind the header */
  size_t bytes;                       /* from there to the file's end */
} rw_npy_head;
rw_status rw_npy_head_read (const char *name, const void *bytes, size_t n, rw_npy_head *out,
                            rw_error *err);

/* Integers of any width and byte order, signed or not.  */
typedef struct
{
  const unsigned char *data;
  size_t size; /* bytes a number */
  bool negative, big;
  size_t rank, shape[RW_TENSOR_RANK], stride[RW_TENSOR_RANK]; /* strides in numbers */
} rw_npy_integers;
rw_status rw_npy_integers_read (const char *name, const void *bytes, size_t n, rw_npy_integers *out,
                                rw_error *err);
/* Number `at` (places times strides); false where it is above INT64_MAX.  */
bool rw_npy_integer (const rw_npy_integers *a, size_t at, int64_t *out);

#endif
