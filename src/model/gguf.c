/* gguf: opening a GGUF model, of one file or several, and looking things up; see gguf.h.

   A split model (llama.cpp, gguf-split): every part has split.no (from 0) and split.count, the
   first split.tensors.count too; metadata stands in the first, and the files are called
   PREFIX-00001-of-00003.gguf.  */
#include "model/gguf.h"
#include "base/mem.h"
#include "model/gguf_part.h"

#include <stdio.h>
#include <string.h>

enum
{
  SUFFIX = 20,       /* bytes of "-00001-of-00003.gguf" */
  PARTS_MOST = 65535 /* split.count has 16 bits */
};

/* A part, its name and its bytes.  */
typedef struct
{
  char *path;
  rw_mapping mapping; /* not open where the bytes are another's */
  rw_gguf_part part;
} file;

struct rw_gguf
{
  char *path;
  file *file; /* (n_files,) */
  size_t n_files;
  rw_gguf_tensor *tensor; /* (n_tensors,) of all files */
  size_t n_tensors;
  rw_gguf_entry *by_key, *by_name; /* sorted: values of the first file, tensors of all */
};

/* ---- files ---- */

static rw_status
add_file (rw_gguf *g, const char *path, rw_error *err)
{
  file *f = &g->file[g->n_files];
  f->path = rw_strdup (path);
  if (!f->path)
    return rw_nomem (err, strlen (path));
  g->n_files++;
  const rw_status s = rw_mapping_open (path, &f->mapping, err);
  if (s)
    return s;
  f->part = (rw_gguf_part){ .name = f->path, .data = f->mapping.data, .n = f->mapping.size };
  return rw_gguf_part_read (&f->part, err);
}

static void
close_file (file *f)
{
  rw_gguf_part_free (&f->part);
  rw_mapping_close (&f->mapping);
  rw_free (f->path);
}

/* split.KEY of a part; `other` where it is not there.  */
static double
split_number (const rw_gguf_part *part, const char *key, double other)
{
  double x;
  for (size_t i = 0; i < part->n_values; i++)
    if (rw_gguf_equal (part->value[i].key, key) && rw_gguf_number (&part->value[i], 0, &x))
      return x;
  return other;
}

static rw_status
check_split (const rw_gguf_part *part, size_t i, size_t n, rw_error *err)
{
  const double no = split_number (part, "split.no", -1);
  const double count = split_number (part, "split.count", -1);
  if (no == (double) i && count == (double) n)
    return RW_OK;
  return rw_fail (err, RW_EINVAL,
                  "%s: split.no and split.count say part %g of %g; expected %zu of %zu", part->name,
                  no + 1, count, i + 1, n);
}

/* The prefix of the parts' names from the name of part i of n.  */
static rw_status
split_prefix (const char *path, size_t i, size_t n, char **out, rw_error *err)
{
  char suffix[48];
  const size_t length = strlen (path);
  snprintf (suffix, sizeof suffix, "-%05zu-of-%05zu.gguf", i + 1, n);
  if (length <= SUFFIX || strcmp (path + length - SUFFIX, suffix) != 0)
    {
      rw_fail (err, RW_EINVAL, "%s: part %zu of %zu of a split model, but not called so", path,
               i + 1, n);
      return rw_hint (err, "call the files NAME-00001-of-%05zu.gguf and so on", n);
    }
  *out = rw_format ("%.*s", (int) (length - SUFFIX), path);
  return *out ? RW_OK : rw_nomem (err, length);
}

/* Opens part i of n; `given` is open already.  */
static rw_status
add_part (rw_gguf *g, const char *prefix, size_t i, size_t n, file *given, rw_error *err)
{
  if (split_number (&given->part, "split.no", -1) == (double) i && given->path)
    {
      g->file[g->n_files] = *given;
      *given = (file){ 0 };
      g->n_files++;
    }
  else
    {
      char *path = rw_format ("%s-%05zu-of-%05zu.gguf", prefix, i + 1, n);
      const rw_status s = path ? add_file (g, path, err) : rw_nomem (err, strlen (prefix));
      rw_free (path);
      if (s == RW_EIO)
        rw_hint (err, "all %zu parts of the model must lie beside each other", n);
      if (s)
        return s;
    }
  return check_split (&g->file[i].part, i, n, err);
}

/* The one file is open: opens its brothers.  */
static rw_status
add_brothers (rw_gguf *g, rw_error *err)
{
  const double count = split_number (&g->file[0].part, "split.count", 1);
  const double no = split_number (&g->file[0].part, "split.no", 0);
  char *prefix = NULL;
  if (count <= 1)
    return RW_OK;
  if (count > PARTS_MOST || !(no >= 0 && no < count))
    return rw_fail (err, RW_EINVAL, "%s: split.no %g of split.count %g is no part of a model",
                    g->path, no, count);
  const size_t n = (size_t) count;
  rw_status s = split_prefix (g->path, (size_t) no, n, &prefix, err);
  if (s)
    return s;
  file *one = g->file, given = *one;
  if ((g->file = rw_new (n, sizeof *g->file)))
    {
      rw_free (one);
      g->n_files = 0;
    }
  else
    {
      g->file = one;
      s = rw_nomem (err, n * sizeof *one);
      given = (file){ 0 };
    }
  for (size_t i = 0; i < n && !s; i++)
    s = add_part (g, prefix, i, n, &given, err);
  close_file (&given);
  rw_free (prefix);
  return s;
}

/* ---- names ---- */

static rw_status
gather_tensors (rw_gguf *g, rw_error *err)
{
  size_t n = 0;
  for (size_t i = 0; i < g->n_files; i++)
    n += g->file[i].part.n_tensors;
  const double said = split_number (&g->file[0].part, "split.tensors.count", (double) n);
  if (said != (double) n)
    return rw_fail (err, RW_EINVAL, "%s: split.tensors.count is %g, but the parts hold %zu",
                    g->path, said, n);
  if (!(g->tensor = rw_new (n, sizeof *g->tensor)))
    return rw_nomem (err, n * sizeof *g->tensor);
  for (size_t i = 0; i < g->n_files; i++)
    for (size_t t = 0; t < g->file[i].part.n_tensors; t++)
      g->tensor[g->n_tensors++] = g->file[i].part.tensor[t];
  return RW_OK;
}

/* Sorts both indices; names that stand there twice are refused.  */
static rw_status
index_names (rw_gguf *g, rw_error *err)
{
  const rw_gguf_part *first = &g->file[0].part;
  char shown[RW_GGUF_SHOWN + 4];
  g->by_key = rw_new (first->n_values, sizeof *g->by_key);
  g->by_name = rw_new (g->n_tensors, sizeof *g->by_name);
  if (!g->by_key || !g->by_name)
    return rw_nomem (err, (first->n_values + g->n_tensors) * sizeof *g->by_name);
  for (size_t i = 0; i < first->n_values; i++)
    g->by_key[i] = (rw_gguf_entry){ first->value[i].key, i };
  for (size_t i = 0; i < g->n_tensors; i++)
    g->by_name[i] = (rw_gguf_entry){ g->tensor[i].name, i };
  rw_gguf_sort (g->by_key, first->n_values);
  rw_gguf_sort (g->by_name, g->n_tensors);
  const rw_gguf_entry *key = rw_gguf_twice (g->by_key, first->n_values);
  const rw_gguf_entry *name = rw_gguf_twice (g->by_name, g->n_tensors);
  if (key)
    return rw_fail (err, RW_EINVAL, "%s: key '%s' stands there twice", g->path,
                    rw_gguf_show (key->name, shown));
  if (name)
    return rw_fail (err, RW_EINVAL, "%s: tensor '%s' stands there twice", g->path,
                    rw_gguf_show (name->name, shown));
  return RW_OK;
}

/* ---- opening ---- */

static rw_status
begin (const char *path, rw_gguf **out, rw_error *err)
{
  rw_gguf *g = rw_new (1, sizeof *g);
  if (g)
    {
      g->path = rw_strdup (path);
      g->file = rw_new (1, sizeof *g->file);
    }
  *out = g;
  return g && g->path && g->file ? RW_OK : rw_nomem (err, sizeof *g);
}

/* What was read is one model; *out is set where all went well, else closed.  */
static rw_status
finish (rw_status s, rw_gguf **out, rw_error *err)
{
  if (!s)
    s = gather_tensors (*out, err);
  if (!s)
    s = index_names (*out, err);
  if (s)
    {
      rw_gguf_close (*out);
      *out = NULL;
    }
  return s;
}

rw_status
rw_gguf_open (const char *path, rw_gguf **out, rw_error *err)
{
  rw_status s = begin (path, out, err);
  if (!s)
    s = add_file (*out, path, err);
  if (!s)
    s = add_brothers (*out, err);
  return finish (s, out, err);
}

rw_status
rw_gguf_parse (const char *name, const void *data, size_t n, rw_gguf **out, rw_error *err)
{
  rw_status s = begin (name, out, err);
  if (!s)
    {
      rw_gguf_part *part = &(*out)->file[0].part;
      (*out)->n_files = 1;
      *part = (rw_gguf_part){ .name = (*out)->path, .data = data, .n = n };
      s = rw_gguf_part_read (part, err);
      if (!s && split_number (part, "split.count", 1) > 1)
        s = rw_fail (err, RW_EINVAL, "%s: a part of a split model; expected a whole one", name);
    }
  return finish (s, out, err);
}

void
rw_gguf_close (rw_gguf *g)
{
  if (!g)
    return;
  for (size_t i = 0; i < g->n_files; i++)
    close_file (&g->file[i]);
  rw_free (g->file);
  rw_free (g->tensor);
  rw_free (g->by_key);
  rw_free (g->by_name);
  rw_free (g->path);
  rw_free (g);
}

/* ---- looking things up ---- */

const char *
rw_gguf_path (const rw_gguf *g)
{
  return g->path;
}

const rw_gguf_part *
rw_gguf_part_at (const rw_gguf *g, size_t i)
{
  return i < g->n_files ? &g->file[i].part : NULL;
}

const rw_mapping *
rw_gguf_part_mapping (const rw_gguf *g, size_t i)
{
  return i < g->n_files && g->file[i].mapping.open ? &g->file[i].mapping : NULL;
}

uint32_t
rw_gguf_version (const rw_gguf *g)
{
  return g->file[0].part.version;
}

size_t
rw_gguf_values (const rw_gguf *g)
{
  return g->file[0].part.n_values;
}

const rw_gguf_value *
rw_gguf_value_at (const rw_gguf *g, size_t i)
{
  return i < rw_gguf_values (g) ? &g->file[0].part.value[i] : NULL;
}

size_t
rw_gguf_tensors (const rw_gguf *g)
{
  return g->n_tensors;
}

const rw_gguf_tensor *
rw_gguf_tensor_at (const rw_gguf *g, size_t i)
{
  return i < g->n_tensors ? &g->tensor[i] : NULL;
}

const rw_gguf_value *
rw_gguf_find (const rw_gguf *g, const char *key)
{
  const rw_gguf_entry *e = rw_gguf_search (g->by_key, rw_gguf_values (g), key);
  return e ? &g->file[0].part.value[e->at] : NULL;
}

const rw_gguf_tensor *
rw_gguf_tensor_find (const rw_gguf *g, const char *name)
{
  const rw_gguf_entry *e = rw_gguf_search (g->by_name, g->n_tensors, name);
  return e ? &g->tensor[e->at] : NULL;
}
