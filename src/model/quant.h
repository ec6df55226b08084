/* quant: the tensor types of GGUF files and their values as float32.

   Rows are whole blocks: a row of Q4_K has a multiple of 256 values.  Every value is exactly the
   one that the gguf Python package's dequantization gives (float32 arithmetic in its order).  */
#ifndef RW_MODEL_QUANT_H
#define RW_MODEL_QUANT_H

#include "base/simd.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum
{
  RW_QUANT_F32,
  RW_QUANT_F16,
  RW_QUANT_BF16,
  RW_QUANT_F64,
  RW_QUANT_Q4_0,
  RW_QUANT_Q4_1,
  RW_QUANT_Q5_0,
  RW_QUANT_Q5_1,
  RW_QUANT_Q8_0,
  RW_QUANT_Q4_K,
  RW_QUANT_Q5_K,
  RW_QUANT_Q6_K,
  RW_QUANTS
} rw_quant;

const char *rw_quant_text (rw_quant type);              /* "Q4_K" */
bool rw_quant_find (uint32_t ggml_type, rw_quant *out); /* by GGUF's number */
/* GGUF's name of any number that it has had, known here or not ("IQ2_XS"), for errors; NULL.  */
const char *rw_quant_ggml_text (uint32_t ggml_type);
/* Values and bytes of its blocks; false for a number that it never had.  */
bool rw_quant_ggml_size (uint32_t ggml_type, size_t *block, size_t *bytes);
size_t rw_quant_block (rw_quant type); /* values a block: 1, 32 or 256 */
size_t rw_quant_bytes (rw_quant type); /* bytes a block */

/* n values, a multiple of the block, from `from` (any alignment) as float32.  The bits do not
   depend on `simd`.  */
typedef void rw_quant_reader (const void *from, size_t n, float *to);
rw_quant_reader *rw_quant_reader_of (rw_quant type, rw_simd simd);

#endif
