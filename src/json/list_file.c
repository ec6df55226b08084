/* list_file: a list of numbers from a file; see list_file.h.

   JSON: a list of numbers.  CSV: numbers separated by commas, semicolons, white space or line ends;
   lines that begin with # are left out; under a header (a first line that begins with a letter)
   only the column inv_freq is read, or the first where none has this name.  NPY: versions 1 to 3,
   one dimension, little-endian float32 or float64 (NEP 1).  */
#include "json/list_file.h"
#include "base/mem.h"
#include "json/json.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char npy_magic[] = "\x93NUMPY";

static rw_status
take (rw_reals *out, double x, const char *where, rw_error *err)
{
  if (!isfinite (x))
    return rw_fail (err, RW_EINVAL, "%s: number %zu is not finite", where, out->n);
  if (out->n == RW_LIST_MAX)
    return rw_fail (err, RW_EINVAL, "%s: more than %d numbers", where, RW_LIST_MAX);
  out->v[out->n++] = x;
  return RW_OK;
}

static rw_status
read_json (const char *path, const rw_text *text, rw_reals *out, rw_error *err)
{
  cJSON *tree = NULL;
  rw_status s = rw_json_parse (path, text->s, text->n, &tree, err);
  if (!s && !cJSON_IsArray (tree))
    s = rw_fail (err, RW_EINVAL, "%s: expected a list of numbers, got %s", path,
                 rw_json_kind (tree));
  for (const cJSON *c = s ? NULL : tree->child; c && !s; c = c->next)
    if (!cJSON_IsNumber (c))
      s = rw_fail (err, RW_EINVAL, "%s: [%zu]: expected a number, got %s", path, out->n,
                   rw_json_kind (c));
    else
      s = take (out, c->valuedouble, path, err);
  cJSON_Delete (tree);
  return s;
}

/* The column of a header line that holds the frequencies: the one named inv_freq, else the first.
 */
static size_t
csv_column (const char *line, const char *end)
{
  size_t column = 0;
  for (const char *p = line; p < end; p++)
    {
      if ((size_t) (end - p) >= 8 && memcmp (p, "inv_freq", 8) == 0)
        return column;
      column += *p == ',' || *p == ';';
    }
  return 0;
}

static rw_status
csv_number (const char *path, size_t line, const char **p, const char *end, double *x,
            rw_error *err)
{
  char *after;
  *x = strtod (*p, &after); /* the text ends with a NUL */
  if (after == *p || (after < end && (!*after || !strchr (",; \t\r\n", *after))))
    return rw_fail (err, RW_EINVAL, "%s:%zu: expected a number, got '%.16s'", path, line, *p);
  *p = after;
  return RW_OK;
}

static rw_status
read_csv (const char *path, const rw_text *text, rw_reals *out, rw_error *err)
{
  const char *p = rw_text_get (text), *const end = p + text->n;
  size_t line = 1, column = 0, wanted = 0;
  bool at_start = true, has_header = false;
  while (p < end)
    {
      const bool header = line == 1 && isalpha ((unsigned char) *p);
      if (at_start && (*p == '#' || header))
        {
          const char *stop = memchr (p, '\n', (size_t) (end - p));
          stop = stop ? stop : end;
          wanted = header ? csv_column (p, stop) : wanted;
          has_header |= header;
          p = stop;
          continue;
        }
      at_start = *p == '\n';
      if (*p && strchr (",; \t\r\n", *p))
        {
          line += *p == '\n';
          column = *p == '\n' ? 0 : column + (*p == ',' || *p == ';');
          p++;
          continue;
        }
      double x;
      rw_status s = csv_number (path, line, &p, end, &x, err);
      if (!s && (!has_header || column == wanted))
        s = take (out, x, path, err);
      if (s)
        return s;
    }
  return RW_OK;
}

/* The value of 'key': in the header's Python dict, or NULL.  */
static const char *
npy_field (const char *header, const char *key)
{
  const char *p = strstr (header, key);
  if (!p)
    return NULL;
  p += strlen (key);
  return p + strspn (p, " :");
}

/* The header's words: type, order and shape.  Returns the bytes of an item, 0 with an error.  */
static size_t
npy_header (const char *path, const char *header, uint64_t *n, rw_error *err)
{
  const char *descr = npy_field (header, "'descr'");
  const char *order = npy_field (header, "'fortran_order'");
  const char *shape = npy_field (header, "'shape'");
  if (!descr || !order || !shape || *shape != '(')
    {
      rw_fail (err, RW_EINVAL, "%s: the NPY header lacks descr, fortran_order or shape", path);
      return 0;
    }
  char *after;
  errno = 0;
  *n = strtoull (shape + 1, &after, 10);
  after += strspn (after, " ");
  if (*after == ',')
    after++;
  after += strspn (after, " ");
  if (errno || !isdigit ((unsigned char) shape[1]) || *after != ')')
    {
      rw_fail (err, RW_EINVAL, "%s: the NPY array must have one dimension", path);
      return 0;
    }
  if (strncmp (descr, "'<f8'", 5) == 0)
    return 8;
  if (strncmp (descr, "'<f4'", 5) == 0)
    return 4;
  rw_fail (err, RW_EINVAL, "%s: NPY type %.12s; expected '<f4' or '<f8'", path, descr);
  return 0;
}

static uint64_t
little (const unsigned char *p, size_t n)
{
  uint64_t x = 0;
  for (size_t i = n; i-- > 0;)
    x = x << 8 | p[i];
  return x;
}

static double
npy_item (const unsigned char *p, size_t size)
{
  if (size == 4)
    {
      float x;
      const uint32_t bits = (uint32_t) little (p, 4);
      memcpy (&x, &bits, 4);
      return (double) x;
    }
  double x;
  const uint64_t bits = little (p, 8);
  memcpy (&x, &bits, 8);
  return x;
}

static rw_status
read_npy (const char *path, const rw_text *text, rw_reals *out, rw_error *err)
{
  enum
  {
    VERSION_AT = 6, /* magic, then two bytes of version, then the header's length */
    LENGTH_AT = 8,
    HEADER_MAX = 4096
  };
  const unsigned char *s = (const unsigned char *) text->s;
  const size_t length_size = text->n > VERSION_AT && s[VERSION_AT] == 1 ? 2 : 4;
  const size_t begin = LENGTH_AT + length_size;
  if (text->n < begin || s[VERSION_AT] < 1 || s[VERSION_AT] > 3)
    return rw_fail (err, RW_EINVAL, "%s: a cut NPY file, or not version 1, 2 or 3", path);
  const uint64_t length = little (s + LENGTH_AT, length_size);
  if (length > HEADER_MAX || length > text->n - begin)
    return rw_fail (err, RW_EINVAL, "%s: the NPY header is cut", path);
  char header[HEADER_MAX + 1];
  memcpy (header, s + begin, length);
  header[length] = 0;
  uint64_t n = 0;
  const size_t size = npy_header (path, header, &n, err);
  if (!size)
    return RW_EINVAL;
  const size_t left = text->n - begin - length;
  if (n > left / size)
    return rw_fail (err, RW_EINVAL, "%s: the NPY header says %llu numbers, the file has %zu", path,
                    (unsigned long long) n, left / size);
  rw_status st = RW_OK;
  for (size_t i = 0; i < n && !st; i++)
    st = take (out, npy_item (s + begin + length + i * size, size), path, err);
  return st;
}

/* The whole file, NUL after it.  */
static rw_status
slurp (const char *path, rw_text *text, rw_error *err)
{
  char part[1 << 14];
  size_t got;
  FILE *file = fopen (path, "rb");
  if (!file)
    return rw_fail (err, RW_EIO, "%s: %s", path, strerror (errno));
  while (!text->failed && text->n <= RW_LIST_BYTES && (got = fread (part, 1, sizeof part, file)))
    rw_text_addn (text, part, got);
  const bool bad = ferror (file);
  const int error = errno;
  fclose (file);
  if (bad)
    return rw_fail (err, RW_EIO, "%s: %s", path, strerror (error));
  if (text->failed)
    return rw_nomem (err, text->n);
  if (text->n > RW_LIST_BYTES)
    return rw_fail (err, RW_EINVAL, "%s: more than %d bytes for a list of frequencies", path,
                    RW_LIST_BYTES);
  return RW_OK;
}

rw_status
rw_list_read (const char *file, const char *folder, rw_reals *out, rw_error *err)
{
  rw_text text = { 0 };
  *out = (rw_reals){ 0 };
  char *path = file[0] == '/' || !folder ? rw_strdup (file) : rw_format ("%s/%s", folder, file);
  rw_status s = path ? slurp (path, &text, err) : rw_nomem (err, strlen (file));
  if (!s && !(out->v = rw_new (RW_LIST_MAX, sizeof *out->v)))
    s = rw_nomem (err, RW_LIST_MAX * sizeof *out->v);
  if (!s)
    {
      const char *p = rw_text_get (&text);
      const size_t space = strspn (p, " \t\r\n");
      if (text.n >= sizeof npy_magic - 1 && memcmp (p, npy_magic, sizeof npy_magic - 1) == 0)
        s = read_npy (path, &text, out, err);
      else if (p[space] == '[')
        s = read_json (path, &text, out, err);
      else
        s = read_csv (path, &text, out, err);
    }
  if (!s && out->n == 0)
    s = rw_fail (err, RW_EINVAL, "%s: no numbers", path);
  if (s)
    {
      rw_free (out->v);
      *out = (rw_reals){ 0 };
    }
  rw_text_free (&text);
  rw_free (path);
  return s;
}
