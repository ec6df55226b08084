/* tensors: the arrays of files that the sources of a sweep read; see tensors.h.  */
#include "lab/tensors.h"
#include "base/mapping.h"
#include "base/npy.h"
#include "json/safetensors.h"
#include "lab/blame.h"
#include "lab/h5_arrays.h"

#include <string.h>

typedef struct
{
  char *path;
  rw_mapping mapping;
  rw_tensor one;           /* NPY's; data NULL for the others */
  rw_safetensors *several; /* NULL for the others */
  rw_h5_arrays *datasets;  /* NULL for the others */
} tensor_file;

/* Grows while threads look things up in it: every use is inside `critical`.  */
typedef struct
{
  tensor_file **file; /* (n,) */
  size_t n, room;
} shelf;

struct rw_tensors
{
  const rw_plan *plan;
  shelf *shelf;
};

/* ---- one file ---- */

/* HDF5's signature stands at 0, or at 512, 1024, 2048, ... behind bytes of the user's.  */
static bool
is_hdf5 (const rw_mapping *m)
{
  static const char magic[] = "\x89HDF\r\n\x1a\n";
  const size_t n = sizeof magic - 1;
  for (size_t at = 0; at < m->size && m->size - at >= n; at = at ? 2 * at : 512)
    if (memcmp ((const char *) m->data + at, magic, n) == 0)
      return true;
  return false;
}

static bool
begins_with (const rw_mapping *m, const char *magic, size_t n)
{
  return m->size >= n && memcmp (m->data, magic, n) == 0;
}

/* What else people have at hand.  */
static rw_status
fail_format (const char *path, const rw_mapping *m, rw_error *err)
{
  const bool zip = begins_with (m, "PK\3\4", 4), gguf = begins_with (m, "GGUF", 4);
  rw_fail (err, RW_EINVAL, "%s: expected an NPY, safetensors or HDF5 file, got %s", path,
           !m->size ? "an empty one"
           : zip    ? "a ZIP archive (NPZ, or torch.save)"
           : gguf   ? "GGUF: a model's weights"
                    : "something else");
  return rw_hint (err, "%s",
                  zip ? "write each array with numpy.save, or all with safetensors.numpy.save_file"
                      : "scripts/capture_qk.py writes q, k and v of a model to safetensors");
}

static rw_status
read_file (tensor_file *f, rw_error *err)
{
  const rw_mapping *m = &f->mapping;
  enum
  {
    HEADER_AT = 8 /* safetensors: behind its length */
  };
  if (begins_with (m, RW_NPY_MAGIC, sizeof RW_NPY_MAGIC - 1))
    return rw_npy_read (f->path, m->data, m->size, &f->one, err);
  if (is_hdf5 (m))
    return rw_h5_arrays_open (f->path, m, &f->datasets, err);
  if (m->size > HEADER_AT && ((const char *) m->data)[HEADER_AT] == '{')
    return rw_safetensors_open (f->path, m->data, m->size, &f->several, err);
  return fail_format (f->path, m, err);
}

static void
close_file (tensor_file *f)
{
  if (!f)
    return;
  rw_safetensors_free (f->several);
  rw_h5_arrays_free (f->datasets);
  rw_mapping_close (&f->mapping);
  rw_free (f->path);
  rw_free (f);
}

static rw_status
open_file (const char *path, tensor_file **out, rw_error *err)
{
  tensor_file *f = *out = rw_new (1, sizeof *f);
  if (!f || !(f->path = rw_strdup (path)))
    return rw_nomem (err, sizeof *f);
  rw_status s = rw_mapping_open (path, &f->mapping, err);
  if (!s)
    s = read_file (f, err);
  return rw_blame_file (s, err);
}

static rw_status
find_in (const tensor_file *f, const char *name, rw_tensor *out, rw_error *err)
{
  rw_status s = rw_mapping_check (&f->mapping, f->path, err);
  if (s)
    return s;
  if (f->several)
    return rw_safetensors_get (f->several, name, out, err);
  if (f->datasets)
    return rw_h5_arrays_get (f->datasets, name, out, err);
  if (name)
    {
      rw_fail (err, RW_EINVAL, "%s: an NPY file holds one array, without a name; got the name '%s'",
               f->path, name);
      return rw_hint (err, "give the folder as path and the file as name: \"q\": \"q.npy\"");
    }
  *out = f->one;
  return RW_OK;
}

/* ---- all of them ---- */

static rw_status
find_file (shelf *all, const char *path, const tensor_file **out, rw_error *err)
{
  tensor_file *f = NULL;
  rw_status s = RW_OK;
  for (size_t i = 0; i < all->n; i++)
    if (strcmp (all->file[i]->path, path) == 0)
      {
        *out = all->file[i];
        return RW_OK;
      }
  if (all->n == all->room)
    {
      const size_t room = 2 * all->room + 4;
      s = rw_grow ((void **) &all->file, all->room, room, sizeof (tensor_file *), err);
      all->room = s ? all->room : room;
    }
  if (!s)
    s = open_file (path, &f, err);
  if (s)
    close_file (f);
  else
    *out = all->file[all->n++] = f;
  return s;
}

rw_status
rw_tensors_get (const rw_tensors *tensors, const rw_source_wish *wish, size_t layer, rw_tensor *out,
                rw_error *err)
{
  rw_text path, name;
  const tensor_file *f = NULL;
  rw_status s = rw_plan_file (tensors->plan, wish, layer, &path, &name, err);
  if (s)
    return s;
#pragma omp critical(rw_tensors)
  s = find_file (tensors->shelf, rw_text_get (&path), &f, err);
  if (!s)
    s = find_in (f, name.n ? name.s : NULL, out, err);
  rw_text_free (&path);
  rw_text_free (&name);
  return rw_within (err, s, "%s", wish->what);
}

static rw_status
open_source (const rw_plan *plan, rw_point *point, void *data, rw_error *err)
{
  (void) plan;
  const rw_source *type = (const rw_source *) point->source->module;
  rw_source_wish wish[RW_SOURCE_TENSORS];
  const size_t n = type->wishes ? type->wishes (point->source->self, wish) : 0;
  rw_tensor tensor;
  rw_status s = RW_OK;
  for (size_t i = 0; !s && i < n; i++)
    s = rw_tensors_get (data, &wish[i], point->layer, &tensor, err);
  return rw_within (err, s, "source '%s'", type->as.name);
}

rw_status
rw_tensors_new (const rw_plan *plan, rw_tensors **out, rw_error *err)
{
  rw_tensors *tensors = rw_new (1, sizeof *tensors);
  *out = NULL;
  if (!tensors || !(tensors->shelf = rw_new (1, sizeof *tensors->shelf)))
    {
      rw_free (tensors);
      return rw_nomem (err, sizeof *tensors);
    }
  tensors->plan = plan;
  const rw_status s = rw_plan_walk_sources (plan, open_source, tensors, err);
  if (s)
    rw_tensors_free (tensors);
  else
    *out = tensors;
  return s;
}

void
rw_tensors_free (rw_tensors *tensors)
{
  if (!tensors)
    return;
  for (size_t i = 0; i < tensors->shelf->n; i++)
    close_file (tensors->shelf->file[i]);
  rw_free (tensors->shelf->file);
  rw_free (tensors->shelf);
  rw_free (tensors);
}
