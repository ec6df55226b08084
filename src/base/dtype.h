/* dtype: the number formats that q, k and tables are stored in.

   float32 and float64 are IEEE 754's; float16 is binary16; bfloat16 is the upper half of a
   float32.  Every conversion rounds once, to nearest, ties to even, straight from double, so that
   no value is rounded twice; overflow gives infinity, NaN stays NaN (written ones lose their sign
   and payload).  Vector kernels and plain C give the same bits.  */
#ifndef RW_BASE_DTYPE_H
#define RW_BASE_DTYPE_H

#include "base/simd.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum
{
  RW_FLOAT32,
  RW_BFLOAT16,
  RW_FLOAT16,
  RW_FLOAT64
} rw_dtype;

size_t rw_dtype_size (rw_dtype type);      /* bytes of a value */
const char *rw_dtype_text (rw_dtype type); /* "float32", "bfloat16", "float16", "float64" */
/* By its name, or safetensors' ("F32", "BF16", "F16", "F64"); false where there is none.  */
bool rw_dtype_find (const char *name, rw_dtype *out);

double rw_dtype_round (rw_dtype type, double x); /* the value that x becomes in `type` */
/* n values at `from`, `stride` values apart, to float32 (a float64 is rounded) and to double.  */
void rw_dtype_read (rw_dtype type, const void *from, ptrdiff_t stride, size_t n, float *to);
void rw_dtype_read_double (rw_dtype type, const void *from, ptrdiff_t stride, size_t n, double *to);
/* n values to `to`, which holds `type`.  */
void rw_dtype_write (rw_dtype type, const double *from, size_t n, void *to);

/* The kernels behind them, for values side by side and callers that choose the instructions
   once (rw_simd_get () as a rule).  */
typedef void rw_dtype_reader (const void *from, size_t n, float *to);
typedef void rw_dtype_writer (const double *from, size_t n, void *to);
rw_dtype_reader *rw_dtype_reader_of (rw_dtype type, rw_simd simd);
rw_dtype_writer *rw_dtype_writer_of (rw_dtype type, rw_simd simd);

#endif
