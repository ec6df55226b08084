/* qk_help: queries, keys and values of one head for the tests, from a small generator of its own.

   Channels are normal-looking (a sum of uniforms) around a mean of their own, so that no pair is
   like another.  */
#ifndef RW_TESTS_QK_HELP_H
#define RW_TESTS_QK_HELP_H

#include "rope/qk.h"
#include "tap.h"

__attribute__ ((unused)) static double
any_number (uint64_t *state)
{
  double sum = -2;
  for (int i = 0; i < 4; i++)
    {
      *state = *state * 6364136223846793005u + 1442695040888963407u; /* Knuth's MMIX */
      sum += (double) (*state >> 11) * 0x1p-53;
    }
  return sum;
}

/* n rows of `dim` channels as float32; the caller frees them with rw_qk_free.  */
static rw_rows
any_rows (size_t n, size_t dim, double size, double mean, uint64_t seed, void **owned)
{
  float *x = rw_new (n * dim, sizeof *x);
  uint64_t state = seed * 7919 + 13;
  if (!x)
    exit (1);
  for (size_t j = 0; j < n * dim; j++)
    x[j] = (float) (size * any_number (&state)
                    + mean * cos (1.3 * (double) (j % dim) + (double) seed));
  *owned = x;
  return (rw_rows){ .data = x, .type = RW_FLOAT32, .n = n, .dim = dim, .stride = (ptrdiff_t) dim };
}

/* dim_v 0: no v.  */
__attribute__ ((unused)) static rw_qk
any_qk (size_t n, size_t dim, size_t dim_v, double size, double mean, uint64_t seed)
{
  rw_qk qk = { .sink = -INFINITY };
  qk.q = any_rows (n, dim, size, mean, 3 * seed, &qk.owned[0]);
  qk.k = any_rows (n, dim, size, mean, 3 * seed + 1, &qk.owned[1]);
  if (dim_v)
    qk.v = any_rows (n, dim_v, size, mean, 3 * seed + 2, &qk.owned[2]);
  return qk;
}

/* Channels of pair i of `pairs`.  */
__attribute__ ((unused)) static size_t
first_of (rw_layout layout, size_t i)
{
  return layout == RW_HALF ? i : 2 * i;
}

__attribute__ ((unused)) static size_t
second_of (rw_layout layout, size_t pairs, size_t i)
{
  return layout == RW_HALF ? i + pairs : 2 * i + 1;
}

#endif
