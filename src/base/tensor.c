/* tensor: rows of an array, read; see tensor.h.  */
#include "base/tensor.h"

#include <math.h>

static const void *
row (const rw_rows *rows, size_t i)
{
  const unsigned char *data = rows->data;
  return data + (ptrdiff_t) i * rows->stride * (ptrdiff_t) rw_dtype_size (rows->type);
}

void
rw_rows_read (const rw_rows *rows, size_t from, size_t n, float *out)
{
  if (rows->stride == (ptrdiff_t) rows->dim)
    rw_dtype_read (rows->type, row (rows, from), 1, n * rows->dim, out);
  else
    for (size_t i = 0; i < n; i++)
      rw_dtype_read (rows->type, row (rows, from + i), 1, rows->dim, out + i * rows->dim);
}

void
rw_rows_at (const rw_rows *rows, size_t i, double *out)
{
  rw_dtype_read_double (rows->type, row (rows, i), 1, rows->dim, out);
}

bool
rw_rows_flaw (const rw_rows *rows, size_t *token, size_t *channel)
{
  enum
  {
    PIECE = 512
  };
  float x[PIECE];
  for (size_t i = 0; i < rows->n; i++)
    for (size_t c = 0; c < rows->dim; c += PIECE)
      {
        const size_t n = rows->dim - c < PIECE ? rows->dim - c : PIECE;
        const unsigned char *data = row (rows, i);
        rw_dtype_read (rows->type, data + c * rw_dtype_size (rows->type), 1, n, x);
        for (size_t j = 0; j < n; j++)
          if (!isfinite (x[j]))
            {
              *token = i;
              *channel = c + j;
              return true;
            }
      }
  return false;
}
