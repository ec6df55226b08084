/* dtype: conversions between number formats; see dtype.h.  */
#include "base/dtype.h"

#include <math.h>
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

/* To `bits` significant bits with the least normal exponent `low` (2^low is the smallest normal
   number) and overflow from `limit` on.  Adding and taking away 1.5 2^52 units in the last place
   rounds to nearest, ties to even.  */
static double
round_to (double x, int bits, int low, double limit)
{
  int e;
  if (!isfinite (x) || x == 0)
    return x;
  frexp (x, &e); /* 2^(e-1) <= |x| < 2^e */
  const double unit = ldexp (0x1.8p52, (e - 1 < low ? low : e - 1) - bits + 1);
  volatile double sum = x + unit;
  const double y = copysign (sum - unit, x);
  return fabs (y) >= limit ? copysign (INFINITY, x) : y;
}

double
rw_dtype_round (rw_dtype type, double x)
{
  switch (type)
    {
    case RW_FLOAT32:
      return (double) (float) x;
    case RW_BFLOAT16:
      return round_to (x, 8, -126, 0x1p128);
    case RW_FLOAT16:
      return round_to (x, 11, -14, 0x1p16);
    default:
      return x;
    }
}

static float
from_bfloat16 (uint16_t h)
{
  const uint32_t bits = (uint32_t) h << 16;
  float x;
  memcpy (&x, &bits, sizeof x);
  return x;
}

static float
from_float16 (uint16_t h)
{
  const int e = h >> 10 & 31;
  const float m = (float) (h & 1023), sign = h & 0x8000 ? -1.0F : 1.0F;
  if (e == 31)
    return (h & 1023) != 0 ? NAN : sign * INFINITY;
  return sign * (e ? ldexpf (1024 + m, e - 25) : ldexpf (m, -24));
}

static uint16_t
to_bfloat16 (double x)
{
  const float y = (float) rw_dtype_round (RW_BFLOAT16, x); /* exact */
  uint32_t bits;
  memcpy (&bits, &y, sizeof bits);
  return isnan (x) ? 0x7fc0 : (uint16_t) (bits >> 16);
}

static uint16_t
to_float16 (double x)
{
  const double y = rw_dtype_round (RW_FLOAT16, x), a = fabs (y);
  const unsigned sign = signbit (x) ? 0x8000 : 0;
  int e;
  if (isnan (x))
    return 0x7e00;
  if (isinf (y))
    return (uint16_t) (sign | 0x7c00);
  if (a < 0x1p-14)
    return (uint16_t) (sign | (unsigned) (a * 0x1p24));
  const double m = frexp (a, &e); /* [1/2, 1) */
  return (uint16_t) (sign | (unsigned) (e + 14) << 10 | ((unsigned) (m * 2048) & 1023));
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
      return (double) (type == RW_BFLOAT16 ? from_bfloat16 (h) : from_float16 (h));
    }
}

void
rw_dtype_read (rw_dtype type, const void *from, ptrdiff_t stride, size_t n, float *to)
{
  const unsigned char *p = from;
  const ptrdiff_t step = stride * (ptrdiff_t) types[type].size;
  if (type == RW_FLOAT32 && stride == 1)
    memcpy (to, from, n * sizeof *to);
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
  unsigned char *p = to;
  for (size_t i = 0; i < n; i++, p += types[type].size)
    {
      const float f = (float) from[i];
      const uint16_t h = type == RW_BFLOAT16  ? to_bfloat16 (from[i])
                         : type == RW_FLOAT16 ? to_float16 (from[i])
                                              : 0;
      if (type == RW_FLOAT64)
        memcpy (p, &from[i], sizeof from[i]);
      else if (type == RW_FLOAT32)
        memcpy (p, &f, sizeof f);
      else
        memcpy (p, &h, sizeof h);
    }
}
