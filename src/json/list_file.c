/* list_file: a list of numbers from a file; see list_file.h.

   JSON: a list of numbers.  CSV: numbers separated by commas, semicolons, white space or line ends;
   lines that begin with # are left out; under a header (a first line that begins with a letter)
   only the column inv_freq is read, or the first where none has this name.  NPY: one
   dimension of any type that base/npy.h reads.  */
#include "json/list_file.h"
#include "base/mem.h"
#include "base/npy.h"
#include "json/json.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

static rw_status
read_npy (const char *path, const rw_text *text, rw_reals *out, rw_error *err)
{
  rw_tensor t;
  double x;
  char shape[256];
  rw_status s = rw_npy_read (path, text->s, text->n, &t, err);
  if (!s && t.rank != 1)
    s = rw_fail (err, RW_EINVAL, "%s: the NPY array must have one dimension, got %s", path,
                 rw_tensor_text (&t, shape, sizeof shape));
  for (size_t i = 0; !s && i < t.shape[0]; i++)
    {
      const char *p = t.data;
      rw_dtype_read_double (t.type, p + i * rw_dtype_size (t.type), 1, 1, &x);
      s = take (out, x, path, err);
    }
  return s;
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
      if (text.n >= sizeof RW_NPY_MAGIC - 1
          && memcmp (p, RW_NPY_MAGIC, sizeof RW_NPY_MAGIC - 1) == 0)
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
