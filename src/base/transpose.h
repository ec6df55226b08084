/* transpose: 4 x 4 floats turned over, the step of every packing.  */
#ifndef RW_BASE_TRANSPOSE_H
#define RW_BASE_TRANSPOSE_H

#include <stddef.h>
#if defined __x86_64__
#  include <immintrin.h>
#endif

enum
{
  RW_TRANSPOSE = 4
};

/* Values at `from`, rows from_row apart, to the columns of `to`, rows to_row apart.  */
static inline void
rw_transpose (const float *from, size_t from_row, float *to, size_t to_row)
{
#if defined __x86_64__
  __m128 a = _mm_loadu_ps (from), b = _mm_loadu_ps (from + from_row);
  __m128 c = _mm_loadu_ps (from + 2 * from_row), d = _mm_loadu_ps (from + 3 * from_row);
  _MM_TRANSPOSE4_PS (a, b, c, d);
  _mm_storeu_ps (to, a), _mm_storeu_ps (to + to_row, b);
  _mm_storeu_ps (to + 2 * to_row, c), _mm_storeu_ps (to + 3 * to_row, d);
#else
  for (size_t j = 0; j < RW_TRANSPOSE; j++)
    for (size_t c = 0; c < RW_TRANSPOSE; c++)
      to[c * to_row + j] = from[j * from_row + c];
#endif
}

#endif
