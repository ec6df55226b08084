/* npy: NumPy's file of one array (NEP 1): the header read, the values left where they are.

   Versions 1 to 3, little-endian float16, float32 and float64, C and Fortran order, up to
   RW_TENSOR_RANK dimensions.  Strict: the header is exactly the dict that NumPy writes, and the
   file ends where the array ends.  */
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

#endif
