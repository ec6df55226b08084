/* rotate_help: random rotations for the tests: shapes, tables, memory of exactly their size.

   Every buffer ends where its last value ends, so that the address sanitizer sees a read or write
   beyond; strides leave gaps, which hold bytes that must stay.  */
#ifndef RW_TESTS_ROTATE_HELP_H
#define RW_TESTS_ROTATE_HELP_H

#include "rope/rotate.h"
#include "tap.h"

static const double unit_roundoff = 0x1p-24; /* of float32 */

__attribute__ ((unused)) static double
uniform (uint64_t *state, double low, double high)
{
  *state = *state * 6364136223846793005U + 1442695040888963407U; /* Knuth's MMIX */
  return low + (high - low) * (double) (*state >> 11) * 0x1p-53;
}

/* An integer of from .. to.  */
__attribute__ ((unused)) static size_t
among (uint64_t *state, size_t from, size_t to)
{
  return from + (size_t) uniform (state, 0, (double) (to - from) + 0.999);
}

/* A block of memory with `n` bytes at an odd place, random ones.  */
typedef struct
{
  char *owned, *at;
  size_t n;
} bytes;

__attribute__ ((unused)) static bytes
bytes_new (uint64_t *state, size_t n, size_t shift)
{
  bytes b = { .owned = malloc (n + shift + 1), .n = n };
  b.at = b.owned + 1 + shift;
  for (size_t i = 0; i < n; i++)
    b.at[i] = (char) among (state, 0, 255);
  return b;
}

__attribute__ ((unused)) static bytes
bytes_copy (const bytes *of, size_t shift)
{
  bytes b = { .owned = malloc (of->n + shift + 1), .n = of->n };
  b.at = b.owned + 1 + shift;
  memcpy (b.at, of->at, of->n);
  return b;
}

__attribute__ ((unused)) static double
value_at (rw_dtype type, const char *p)
{
  double x;
  rw_dtype_read_double (type, p, 1, 1, &x);
  return x;
}

__attribute__ ((unused)) static void
set_value (rw_dtype type, char *p, double x)
{
  rw_dtype_write (type, &x, 1, p);
}

/* The rows of e^{i m g} a at the positions `from`, from + step, ..., `row` values apart.  The
   caller frees t.cos and t.sin.  */
__attribute__ ((unused)) static rw_trig
table_new (const double *g, size_t pairs, double a, double from, double step, size_t n, size_t row)
{
  const size_t room = n ? (n - 1) * row + pairs : 0;
  rw_trig t = { .type = RW_FLOAT32, .n = n, .pairs = pairs, .row = (ptrdiff_t) row };
  float *cos = malloc (room * sizeof *cos + 1), *sin = malloc (room * sizeof *sin + 1);
  for (size_t m = 0; m < n; m++)
    for (size_t i = 0; i < pairs; i++)
      {
        const long double angle = ((long double) from + (long double) step * m) * g[i];
        cos[m * row + i] = (float) (a * cosl (angle));
        sin[m * row + i] = (float) (a * sinl (angle));
      }
  t.cos = cos;
  t.sin = sin;
  return t;
}

__attribute__ ((unused)) static void
table_free (rw_trig *t)
{
  free (t->cos);
  free (t->sin);
}

#endif
