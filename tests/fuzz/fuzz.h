/* fuzz: what the targets share.  */
#ifndef RW_TESTS_FUZZ_H
#define RW_TESTS_FUZZ_H

#include "base/tensor.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

/* Reads every value, row by row along the last dimension, by the strides.  */
static inline void
touch (const rw_tensor *t)
{
  size_t n = 1;
  double x;
  for (size_t d = 0; d < t->rank; d++)
    n *= t->shape[d];
  for (size_t i = 0; i < n; i++)
    {
      ptrdiff_t at = 0;
      size_t left = i;
      for (size_t d = t->rank; d-- > 0; left /= t->shape[d])
        at += (ptrdiff_t) (left % t->shape[d]) * t->stride[d];
      const unsigned char *p = t->data;
      rw_dtype_read_double (t->type, p + at * (ptrdiff_t) rw_dtype_size (t->type), 1, 1, &x);
    }
  for (size_t i = 0; i < t->n_notes; i++)
    rw_tensor_says (t, t->note[i].key);
}

#endif
