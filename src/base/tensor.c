/* tensor: how an array lies, and its rows, read; see tensor.h.  */
#include "base/tensor.h"
#include "base/text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

bool
rw_tensor_lay (rw_tensor *t, bool fortran, size_t *bytes)
{
  size_t n = 1;
  bool empty = false;
  for (size_t i = 0; i < t->rank; i++)
    {
      const size_t d = fortran ? i : t->rank - 1 - i;
      t->stride[d] = (ptrdiff_t) n;
      empty |= t->shape[d] == 0; /* which must not hide that the others overflow */
      if (t->shape[d] && __builtin_mul_overflow (n, t->shape[d], &n))
        return false;
    }
  if (__builtin_mul_overflow (n, rw_dtype_size (t->type), bytes) || *bytes > PTRDIFF_MAX)
    return false;
  *bytes = empty ? 0 : *bytes;
  return true;
}

const char *
rw_tensor_says (const rw_tensor *t, const char *key)
{
  for (size_t i = 0; i < t->n_notes; i++)
    if (strcmp (t->note[i].key, key) == 0)
      return t->note[i].text;
  return NULL;
}

char *
rw_tensor_text (const rw_tensor *t, char *buf, size_t size)
{
  size_t used = (size_t) snprintf (buf, size, "%s (", rw_dtype_text (t->type));
  for (size_t d = 0; d < t->rank && used < size; d++)
    used += (size_t) snprintf (buf + used, size - used, "%s%zu", d ? ", " : "", t->shape[d]);
  if (used < size)
    snprintf (buf + used, size - used, ")");
  return buf;
}

rw_status
rw_tensor_unknown (const char *file, const char *noun, const char *name,
                   const char *(*known) (size_t i, const void *data), const void *data,
                   rw_error *err)
{
  enum
  {
    LISTED = 8
  };
  rw_text list = { 0 };
  char near[160];
  size_t n = 0;
  for (const char *k; (k = known (n, data)); n++)
    if (n < LISTED)
      rw_text_addf (&list, "%s%.60s", n ? ", " : "", k);
  if (n > LISTED)
    rw_text_addf (&list, " and %zu more", n - LISTED);
  if (name)
    rw_fail (err, RW_EINVAL, "%s: no %s '%.100s'; known: %s%s", file, noun, name,
             n ? rw_text_get (&list) : "none",
             rw_did_you_mean (near, sizeof near, name, known, data));
  else
    rw_fail (err, RW_EINVAL, "%s: expected the name of one of its %zu %ss: %s", file, n, noun,
             n ? rw_text_get (&list) : "none");
  rw_text_free (&list);
  return RW_EINVAL;
}

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
