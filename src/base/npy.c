/* npy: NumPy's file of one array; see npy.h.

   NEP 1 and numpy/lib/format.py: the magic, two bytes of version, the length of the header (two
   bytes in version 1, else four), then the header: a Python dict of exactly descr, fortran_order
   and shape, spaces up to a line end; then the values.  */
#include "base/npy.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* Where the header is being read; never past `end`.  */
typedef struct
{
  const char *name;
  const char *p, *end;
  rw_error *err;
} header;

/* What was found so far.  */
typedef struct
{
  rw_npy_head *out;
  bool seen[3]; /* descr, fortran_order, shape */
} facts;

static void
skip_space (header *h)
{
  while (h->p < h->end && (*h->p == ' ' || *h->p == '\n'))
    h->p++;
}

/* What stands at the place, as far as it can be printed.  */
static rw_status
expected (const header *h, const char *what)
{
  char got[24];
  size_t n = 0;
  for (const char *p = h->p; p < h->end && isprint ((unsigned char) *p) && n + 1 < sizeof got;)
    got[n++] = *p++;
  got[n] = 0;
  return rw_fail (h->err, RW_EINVAL, "%s: NPY header: expected %s, got %s%s%s", h->name, what,
                  n ? "'" : "", n ? got : "its end", n ? "'" : "");
}

static bool
take (header *h, char c)
{
  skip_space (h);
  if (h->p == h->end || *h->p != c)
    return false;
  h->p++;
  return true;
}

static bool
take_word (header *h, const char *word)
{
  const size_t n = strlen (word);
  skip_space (h);
  if ((size_t) (h->end - h->p) < n || memcmp (h->p, word, n) != 0)
    return false;
  h->p += n;
  return true;
}

/* A text in single or double quotes, without escapes.  */
static rw_status
read_text (header *h, const char *what, char *out, size_t size)
{
  skip_space (h);
  if (h->p == h->end || (*h->p != '\'' && *h->p != '"'))
    return expected (h, what);
  const char quote = *h->p, *from = h->p + 1;
  const char *to = memchr (from, quote, (size_t) (h->end - from));
  if (!to || (size_t) (to - from) >= size)
    return expected (h, what);
  memcpy (out, from, (size_t) (to - from));
  out[to - from] = 0;
  h->p = to + 1;
  return RW_OK;
}

static rw_status
read_shape (header *h, rw_npy_head *out)
{
  if (!take (h, '('))
    return expected (h, "'(' of the shape");
  out->rank = 0;
  while (!take (h, ')'))
    {
      size_t n = 0;
      if (h->p == h->end || !isdigit ((unsigned char) *h->p))
        return expected (h, "a number of the shape");
      if (out->rank == RW_TENSOR_RANK)
        return rw_fail (h->err, RW_EINVAL, "%s: NPY: more than %d dimensions", h->name,
                        RW_TENSOR_RANK);
      for (; h->p < h->end && isdigit ((unsigned char) *h->p); h->p++)
        if (__builtin_mul_overflow (n, (size_t) 10, &n)
            || __builtin_add_overflow (n, (size_t) (*h->p - '0'), &n))
          return rw_fail (h->err, RW_EINVAL, "%s: NPY: dimension %zu is beyond 2^64", h->name,
                          out->rank);
      out->shape[out->rank++] = n;
      take (h, 'L'); /* Python 2 */
      if (!take (h, ',') && (h->p == h->end || *h->p != ')'))
        return expected (h, "',' or ')' in the shape");
    }
  return RW_OK;
}

static rw_status
read_item (header *h, facts *f)
{
  static const char *const keys[] = { "descr", "fortran_order", "shape" };
  char key[32];
  size_t k = 0;
  rw_status s = read_text (h, "the key descr, fortran_order or shape", key, sizeof key);
  if (s)
    return s;
  while (k < 3 && strcmp (keys[k], key) != 0)
    k++;
  if (k == 3 || f->seen[k])
    return rw_fail (h->err, RW_EINVAL, "%s: NPY header: key '%s' %s", h->name, key,
                    k == 3 ? "is not of the format" : "stands there twice");
  f->seen[k] = true;
  if (!take (h, ':'))
    return expected (h, "':' after the key");
  if (k == 0)
    return read_text (h, "a type such as '<f4'", f->out->type, sizeof f->out->type);
  if (k == 2)
    return read_shape (h, f->out);
  f->out->fortran = take_word (h, "True");
  return f->out->fortran || take_word (h, "False") ? RW_OK : expected (h, "True or False");
}

static rw_status
read_dict (header *h, facts *f)
{
  if (!take (h, '{'))
    return expected (h, "'{'");
  while (!take (h, '}'))
    {
      rw_status s = read_item (h, f);
      if (s)
        return s;
      if (!take (h, ',') && (skip_space (h), h->p == h->end || *h->p != '}'))
        return expected (h, "',' or '}' after a value");
    }
  skip_space (h);
  if (h->p < h->end)
    return expected (h, "the end after '}'");
  for (size_t k = 0; k < 3; k++)
    if (!f->seen[k])
      return rw_fail (h->err, RW_EINVAL, "%s: the NPY header lacks descr, fortran_order or shape",
                      h->name);
  return RW_OK;
}

static rw_status
find_type (const char *name, const char *type, rw_dtype *out, rw_error *err)
{
  static const struct
  {
    const char *npy;
    rw_dtype type;
  } rows[] = { { "<f4", RW_FLOAT32 }, { "<f2", RW_FLOAT16 }, { "<f8", RW_FLOAT64 } };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    if (strcmp (rows[i].npy, type) == 0)
      {
        *out = rows[i].type;
        return RW_OK;
      }
  rw_fail (err, RW_EINVAL, "%s: NPY type '%s'; expected '<f2', '<f4' or '<f8'", name, type);
  return rw_hint (err, "numpy.save (file, array.astype ('<f4')); bfloat16 goes into safetensors");
}

/* Finds the header in the file.  */
static rw_status
find_header (header *h, const unsigned char *s, size_t n)
{
  enum
  {
    MAGIC = sizeof RW_NPY_MAGIC - 1,
    VERSION_AT = MAGIC,
    LENGTH_AT = VERSION_AT + 2
  };
  if (n < MAGIC || memcmp (s, RW_NPY_MAGIC, MAGIC) != 0)
    return rw_fail (h->err, RW_EINVAL, "%s: does not begin as an NPY file does", h->name);
  const int version = n > VERSION_AT ? s[VERSION_AT] : 1;
  if (version < 1 || version > 3)
    return rw_fail (h->err, RW_EINVAL, "%s: NPY version %d; expected 1, 2 or 3", h->name, version);
  const size_t begin = LENGTH_AT + (version == 1 ? 2 : 4);
  size_t length = 0;
  for (size_t i = begin; n >= begin && i-- > LENGTH_AT;)
    length = length << 8 | s[i];
  if (n < begin || (length > n - begin && length <= RW_NPY_HEADER_MAX))
    return rw_fail (h->err, RW_EINVAL, "%s: the NPY header is cut: the file has %zu bytes", h->name,
                    n);
  if (length > RW_NPY_HEADER_MAX)
    return rw_fail (h->err, RW_EINVAL, "%s: an NPY header of %zu bytes; expected at most %d",
                    h->name, length, RW_NPY_HEADER_MAX);
  h->p = (const char *) s + begin;
  h->end = h->p + length;
  return RW_OK;
}

rw_status
rw_npy_head_read (const char *name, const void *bytes, size_t n, rw_npy_head *out, rw_error *err)
{
  header h = { .name = name, .err = err };
  facts f = { .out = out };
  *out = (rw_npy_head){ .type = "" };
  rw_status s = find_header (&h, bytes, n);
  if (!s)
    s = read_dict (&h, &f);
  if (s)
    return s;
  out->data = h.end;
  out->bytes = n - (size_t) (h.end - (const char *) bytes);
  return RW_OK;
}

rw_status
rw_npy_read (const char *name, const void *bytes, size_t n, rw_tensor *out, rw_error *err)
{
  rw_npy_head head;
  size_t want = 0;
  char text[256];
  *out = (rw_tensor){ 0 };
  rw_status s = rw_npy_head_read (name, bytes, n, &head, err);
  if (!s)
    s = find_type (name, head.type, &out->type, err);
  if (s)
    return s;
  out->rank = head.rank;
  memcpy (out->shape, head.shape, sizeof head.shape);
  rw_tensor_text (out, text, sizeof text);
  if (!rw_tensor_lay (out, head.fortran, &want))
    return rw_fail (err, RW_EINVAL, "%s: NPY: %s has more bytes than memory", name, text);
  if (want != head.bytes)
    return rw_fail (err, RW_EINVAL, "%s: NPY: %s has %zu bytes, the file has %zu after its header",
                    name, text, want, head.bytes);
  out->data = head.data;
  return RW_OK;
}
