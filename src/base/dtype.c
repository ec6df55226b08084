/* dtype: conversions between number formats; see dtype.h.  */
#include "base/dtype.h"
#include "base/half.h"

#include <string.h>

static const struct
{
  const char *name, *safetensors;
  size_t size;
} types[] = {
  [RW_FLOAT32] = { "float32", "F32", 4 },
  [RW_BFLOAT16] = { "bfloat16", "BF16", 2 },
  [RW_FLOAT16] = { "float16", "F16", 2 },
  [RW_FLOAT64] = { "float64", "F64", 8 },
};

size_t
rw_dtype_size (rw_dtype type)
{
  return types[type].size;
}

const char *
rw_dtype_text (rw_dtype type)
{
  return types[type].name;
}

bool
rw_dtype_find (const char *name, rw_dtype *out)
{
  for (size_t i = 0; i < sizeof types / sizeof *types; i++)
    if (strcmp (name, types[i].name) == 0 || strcmp (name, types[i].safetensors) == 0)
      {
        *out = (rw_dtype) i;
        return true;
      }
  return false;
}

double
rw_dtype_round (rw_dtype type, double x)
{
  switch (type)
    {
    case RW_FLOAT32:
      return (double) (float) x;
    case RW_BFLOAT16:
      return (double) rw_bfloat16_read (rw_bfloat16_write (x));
    case RW_FLOAT16:
      return (double) rw_float16_read (rw_float16_write (x));
    default:
      return x;
    }
}

/* Asking which instructions there are takes as long as a few values; the bits are the same.  */
static rw_simd
simd_for (size_t n)
{
  static const size_t FEW = 256;
  return n < FEW ? RW_SIMD_PLAIN : rw_simd_get ();
}

static double
value_at (rw_dtype type, const unsigned char *p)
{
  uint16_t h;
  float f;
  double d;
  switch (type)
    {
    case RW_FLOAT32:
      memcpy (&f, p, sizeof f);
      return (double) f;
    case RW_FLOAT64:
      memcpy (&d, p, sizeof d);
      return d;
    default:
      memcpy (&h, p, sizeof h);
      return (double) (type == RW_BFLOAT16 ? rw_bfloat16_read (h) : rw_float16_read (h));
    }
}

void
rw_dtype_read (rw_dtype type, const void *from, ptrdiff_t stride, size_t n, float *to)
{
  const unsigned char *p = from;
  const ptrdiff_t step = stride * (ptrdiff_t) types[type].size;
  if (stride == 1)
    rw_dtype_reader_of (type, simd_for (n)) (from, n, to);
  else
    for (size_t i = 0; i < n; i++, p += step)
      to[i] = (float) value_at (type, p);
}

void
rw_dtype_read_double (rw_dtype type, const void *from, ptrdiff_t stride, size_t n, double *to)
{
  const unsigned char *p = from;
  const ptrdiff_t step = stride * (ptrdiff_t) types[type].size;
  for (size_t i = 0; i < n; i++, p += step)
    to[i] = value_at (type, p);
}

void
rw_dtype_write (rw_dtype type, const double *from, size_t n, void *to)
{
  rw_dtype_writer_of (type, simd_for (n)) (from, n, to);
}
