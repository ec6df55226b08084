/* head_help: q and k of one attention head, made from a small generator, for the tests.  */
#ifndef RW_TESTS_HEAD_HELP_H
#define RW_TESTS_HEAD_HELP_H

#include "rope/qk.h"
#include "tap.h"

/* Numbers in [0, 1) (Knuth's MMIX): the same in every run.  */
static uint64_t head_state = 20251122;
__attribute__ ((unused)) static double
drawn (void)
{
  head_state = head_state * 6364136223846793005u + 1442695040888963407u;
  return (double) (head_state >> 11) * 0x1p-53;
}

__attribute__ ((unused)) static int64_t
drawn_whole (int64_t lo, int64_t hi)
{
  return lo + (int64_t) (drawn () * (double) (hi - lo + 1));
}

__attribute__ ((unused)) static double
drawn_normal (void)
{
  const double r = sqrt (-2 * log (1 - drawn ()));
  return r * cos (2 * M_PI * drawn ());
}

/* n rows of dim channels stored as `type`, `stride` values apart, rounded to it once.  */
static rw_rows
head_rows (rw_dtype type, size_t n, size_t dim, ptrdiff_t stride, const double *x, void **owned)
{
  const size_t size = rw_dtype_size (type);
  unsigned char *data = *owned = rw_new (n * (size_t) stride, size);
  for (size_t i = 0; i < n; i++)
    rw_dtype_write (type, x + i * dim, dim, data + i * (size_t) stride * size);
  return (rw_rows){ .data = data, .type = type, .n = n, .dim = dim, .stride = stride };
}

/* A head from numbers, q and k (n, dim); the caller frees it.  */
__attribute__ ((unused)) static rw_qk
head_of (rw_dtype type, size_t n, size_t dim, ptrdiff_t stride, const double *q, const double *k)
{
  rw_qk qk = { .sink = -INFINITY };
  qk.q = head_rows (type, n, dim, stride, q, &qk.owned[0]);
  qk.k = head_rows (type, n, dim, stride, k, &qk.owned[1]);
  return qk;
}

/* Normal channels with means of their own: scores of a few units.  `size` is their scale.  */
__attribute__ ((unused)) static rw_qk
head_drawn (rw_dtype type, size_t n, size_t dim, ptrdiff_t stride, double size)
{
  double *q = rw_new (n * dim, sizeof *q), *k = rw_new (n * dim, sizeof *k);
  for (size_t c = 0; c < dim; c++)
    {
      const double a = 0.5 * drawn_normal (), b = 0.5 * drawn_normal ();
      for (size_t i = 0; i < n; i++)
        {
          q[i * dim + c] = size * (a + drawn_normal ());
          k[i * dim + c] = size * (b + drawn_normal ());
        }
    }
  const rw_qk qk = head_of (type, n, dim, stride, q, k);
  rw_free (q);
  rw_free (k);
  return qk;
}

#endif
