/* tensor_help: files of arrays, made byte by byte.  */
#ifndef RW_TESTS_TENSOR_HELP_H
#define RW_TESTS_TENSOR_HELP_H

#include "base/tensor.h"
#include "tap.h"

#include <stdint.h>

/* Element i of every array: small eighths, so that every type holds it; i is the row-major place.
 */
__attribute__ ((unused)) static double
element (size_t i)
{
  return (double) ((i * 7 + 3) % 101) / 8 - 5.375;
}

/* A growing file.  */
typedef struct
{
  unsigned char bytes[1 << 16];
  size_t n;
} bytes;

__attribute__ ((unused)) static void
add (bytes *b, const void *p, size_t n)
{
  memcpy (b->bytes + b->n, p, n);
  b->n += n;
}

__attribute__ ((unused)) static void
add_text (bytes *b, const char *text)
{
  add (b, text, strlen (text));
}

__attribute__ ((unused)) static void
add_little (bytes *b, uint64_t x, size_t size)
{
  for (size_t i = 0; i < size; i++, x >>= 8)
    b->bytes[b->n++] = (unsigned char) x;
}

/* n elements of the type, in the order in which they are numbered.  */
__attribute__ ((unused)) static void
add_elements (bytes *b, rw_dtype type, size_t from, size_t n)
{
  for (size_t i = 0; i < n; i++)
    {
      const double x = element (from + i);
      rw_dtype_write (type, &x, 1, b->bytes + b->n);
      b->n += rw_dtype_size (type);
    }
}

/* An NPY file's beginning; the header is padded as NumPy does.  */
__attribute__ ((unused)) static void
add_npy (bytes *b, int version, const char *dict)
{
  const size_t length_size = version == 1 ? 2 : 4, n = strlen (dict);
  const size_t pad = 63 - (8 + length_size + n) % 64;
  b->n = 0;
  add (b, "\x93NUMPY", 6);
  add_little (b, (uint64_t) version, 2);
  add_little (b, n + pad + 1, length_size);
  add_text (b, dict);
  for (size_t i = 0; i < pad; i++)
    add (b, " ", 1);
  add (b, "\n", 1);
}

/* A safetensors file's beginning, with single quotes for double ones.  */
__attribute__ ((unused)) static void
add_safetensors (bytes *b, const char *header)
{
  b->n = 0;
  add_little (b, strlen (header), 8);
  for (const char *c = header; *c; c++)
    add (b, *c == '\'' ? "\"" : c, 1);
}

__attribute__ ((unused)) static void
write_file (const char *path, const bytes *b)
{
  FILE *f = fopen (path, "wb");
  if (!f || fwrite (b->bytes, 1, b->n, f) != b->n || fclose (f))
    {
      ok (0, "%s can be written", path);
      exit (tap_end ());
    }
}

/* Every element is where shape and strides say?  */
__attribute__ ((unused)) static int
whole (const rw_tensor *t)
{
  size_t n = 1;
  for (size_t d = 0; d < t->rank; d++)
    n *= t->shape[d];
  for (size_t i = 0; i < n; i++)
    {
      ptrdiff_t at = 0;
      size_t left = i;
      double x;
      for (size_t d = t->rank; d-- > 0; left /= t->shape[d])
        at += (ptrdiff_t) (left % t->shape[d]) * t->stride[d];
      const unsigned char *data = t->data;
      rw_dtype_read_double (t->type, data + at * (ptrdiff_t) rw_dtype_size (t->type), 1, 1, &x);
      if (x != element (i))
        return 0;
    }
  return 1;
}

#endif
