/* quant: the table of tensor types; see quant.h.

   Numbers, names and sizes: enum ggml_type of ggml.h, and gguf-py's GGML_QUANT_SIZES (0.19).
   Numbers that ggml has taken back (Q4_2, the interleaved Q4_0_4_4 ...) are no types.  */
#include "model/quant.h"
#include "base/dtype.h"
#include "model/quant_part.h"

static const struct
{
  uint32_t number;
  const char *name;
  size_t block, bytes;
  rw_quant type; /* RW_QUANTS: not read here */
} rows[] = {
  { 0, "F32", 1, 4, RW_QUANT_F32 },
  { 1, "F16", 1, 2, RW_QUANT_F16 },
  { 2, "Q4_0", RW_QUANT_SMALL, RW_Q4_0_BYTES, RW_QUANT_Q4_0 },
  { 3, "Q4_1", RW_QUANT_SMALL, RW_Q4_1_BYTES, RW_QUANT_Q4_1 },
  { 6, "Q5_0", RW_QUANT_SMALL, RW_Q5_0_BYTES, RW_QUANT_Q5_0 },
  { 7, "Q5_1", RW_QUANT_SMALL, RW_Q5_1_BYTES, RW_QUANT_Q5_1 },
  { 8, "Q8_0", RW_QUANT_SMALL, RW_Q8_0_BYTES, RW_QUANT_Q8_0 },
  { 9, "Q8_1", 32, 40, RW_QUANTS },
  { 10, "Q2_K", 256, 84, RW_QUANTS },
  { 11, "Q3_K", 256, 110, RW_QUANTS },
  { 12, "Q4_K", RW_QUANT_LARGE, RW_Q4_K_BYTES, RW_QUANT_Q4_K },
  { 13, "Q5_K", RW_QUANT_LARGE, RW_Q5_K_BYTES, RW_QUANT_Q5_K },
  { 14, "Q6_K", RW_QUANT_LARGE, RW_Q6_K_BYTES, RW_QUANT_Q6_K },
  { 15, "Q8_K", 256, 292, RW_QUANTS },
  { 16, "IQ2_XXS", 256, 66, RW_QUANTS },
  { 17, "IQ2_XS", 256, 74, RW_QUANTS },
  { 18, "IQ3_XXS", 256, 98, RW_QUANTS },
  { 19, "IQ1_S", 256, 50, RW_QUANTS },
  { 20, "IQ4_NL", 32, 18, RW_QUANTS },
  { 21, "IQ3_S", 256, 110, RW_QUANTS },
  { 22, "IQ2_S", 256, 82, RW_QUANTS },
  { 23, "IQ4_XS", 256, 136, RW_QUANTS },
  { 24, "I8", 1, 1, RW_QUANTS },
  { 25, "I16", 1, 2, RW_QUANTS },
  { 26, "I32", 1, 4, RW_QUANTS },
  { 27, "I64", 1, 8, RW_QUANTS },
  { 28, "F64", 1, 8, RW_QUANT_F64 },
  { 29, "IQ1_M", 256, 56, RW_QUANTS },
  { 30, "BF16", 1, 2, RW_QUANT_BF16 },
  { 34, "TQ1_0", 256, 54, RW_QUANTS },
  { 35, "TQ2_0", 256, 66, RW_QUANTS },
  { 39, "MXFP4", 32, 17, RW_QUANTS },
  { 40, "NVFP4", 64, 36, RW_QUANTS },
  { 41, "Q1_0", 128, 18, RW_QUANTS },
};

enum
{
  ROWS = sizeof rows / sizeof *rows
};

/* The row of a number; ROWS where there is none.  */
static size_t
row_of_number (uint32_t number)
{
  size_t i = 0;
  while (i < ROWS && rows[i].number != number)
    i++;
  return i;
}

static size_t
row_of (rw_quant type)
{
  size_t i = 0;
  while (i + 1 < ROWS && rows[i].type != type)
    i++;
  return i;
}

bool
rw_quant_find (uint32_t ggml_type, rw_quant *out)
{
  const size_t i = row_of_number (ggml_type);
  if (i == ROWS || rows[i].type == RW_QUANTS)
    return false;
  *out = rows[i].type;
  return true;
}

const char *
rw_quant_ggml_text (uint32_t ggml_type)
{
  const size_t i = row_of_number (ggml_type);
  return i < ROWS ? rows[i].name : NULL;
}

bool
rw_quant_ggml_size (uint32_t ggml_type, size_t *block, size_t *bytes)
{
  const size_t i = row_of_number (ggml_type);
  if (i == ROWS)
    return false;
  *block = rows[i].block;
  *bytes = rows[i].bytes;
  return true;
}

const char *
rw_quant_text (rw_quant type)
{
  return rows[row_of (type)].name;
}

size_t
rw_quant_block (rw_quant type)
{
  return rows[row_of (type)].block;
}

size_t
rw_quant_bytes (rw_quant type)
{
  return rows[row_of (type)].bytes;
}

rw_quant_reader *
rw_quant_reader_of (rw_quant type, rw_simd simd)
{
  static rw_quant_reader *const *const readers[] = { [RW_SIMD_PLAIN] = rw_quant_plain,
                                                     [RW_SIMD_AVX2] = rw_quant_avx2,
                                                     [RW_SIMD_AVX512] = rw_quant_avx512 };
  static const rw_dtype dtypes[] = { [RW_QUANT_F32] = RW_FLOAT32,
                                     [RW_QUANT_F16] = RW_FLOAT16,
                                     [RW_QUANT_BF16] = RW_BFLOAT16,
                                     [RW_QUANT_F64] = RW_FLOAT64 };
  if (type < sizeof dtypes / sizeof *dtypes)
    return rw_dtype_reader_of (dtypes[type], simd);
  return readers[simd][type];
}
