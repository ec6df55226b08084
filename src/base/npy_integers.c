/* npy_integers: NPY files of integers; see npy.h.

   A type is the byte order (<, >, or | where there is none), i or u, and the bytes of a number.  */
#include "base/npy.h"

#include <string.h>

static bool
read_type (const char *type, rw_npy_integers *out)
{
  static const char sizes[] = "1248";
  if (strlen (type) != 3 || !strchr ("<>|", type[0]) || !strchr ("iu", type[1])
      || !strchr (sizes, type[2]))
    return false;
  out->size = (size_t) (type[2] - '0');
  out->negative = type[1] == 'i';
  out->big = type[0] == '>';
  return type[0] != '|' || out->size == 1;
}

rw_status
rw_npy_integers_read (const char *name, const void *bytes, size_t n, rw_npy_integers *out,
                      rw_error *err)
{
  rw_npy_head head;
  *out = (rw_npy_integers){ 0 };
  rw_status s = rw_npy_head_read (name, bytes, n, &head, err);
  if (s)
    return s;
  if (!read_type (head.type, out))
    {
      rw_fail (err, RW_EINVAL, "%s: NPY type '%s'; expected integers, such as '<i4'", name,
               head.type);
      return rw_hint (err, "numpy.save (file, array.astype ('<i4'))");
    }
  size_t want = out->size;
  bool fits = true;
  out->rank = head.rank;
  out->data = head.data;
  memcpy (out->shape, head.shape, sizeof head.shape);
  for (size_t i = 0; i < head.rank; i++)
    {
      const size_t d = head.fortran ? i : head.rank - 1 - i;
      out->stride[d] = want / out->size;
      fits = fits && !__builtin_mul_overflow (want, head.shape[d], &want);
    }
  if (!fits || want != head.bytes)
    return rw_fail (err, RW_EINVAL,
                    "%s: NPY: the shape wants %s%zu bytes, the file has %zu after "
                    "its header",
                    name, fits ? "" : "more than ", fits ? want : SIZE_MAX, head.bytes);
  return RW_OK;
}

bool
rw_npy_integer (const rw_npy_integers *a, size_t at, int64_t *out)
{
  const unsigned char *p = a->data + at * a->size;
  uint64_t bits = 0;
  for (size_t i = 0; i < a->size; i++)
    bits = bits << 8 | p[a->big ? i : a->size - 1 - i];
  const uint64_t sign = (uint64_t) 1 << (8 * a->size - 1);
  if (a->negative && bits & sign)
    *out = -(int64_t) (~bits & (sign - 1)) - 1;
  else
    *out = (int64_t) bits;
  return a->negative || bits <= INT64_MAX;
}
