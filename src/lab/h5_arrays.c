/* h5_arrays: the datasets of an HDF5 file as tensors; see h5_arrays.h.  */
#include "config.h"

#include "lab/h5_arrays.h"
#include "base/mem.h"
#include "base/text.h"
#include "lab/h5.h"
#include "lab/rehearse.h"

#include <string.h>

enum
{
  NAMES_MAX = 1 << 16 /* datasets a file: far above any capture */
};

typedef struct
{
  const rw_h5_arrays *home;
  char *name;      /* without a slash in front; in the arena */
  const char *why; /* it is not readable; NULL where it is */
  rw_tensor tensor;
} entry;

struct rw_h5_arrays
{
  char *path;
  hid_t file;
  rw_arena *arena;
  entry *entry; /* (n,) */
  size_t n, room;
  rw_status status; /* of listing them */
  rw_tensor_note note[8];
  size_t n_notes;
  const rw_mapping *mapping; /* NULL in the rehearsal */
};

/* ---- what a dataset is ---- */

/* IEEE 754's binary16, which HDF5 1.10 has no name for.  */
static hid_t
half_type (void)
{
  enum
  {
    SIGN_AT = 15,
    EXPONENT_AT = 10,
    EXPONENT_BITS = 5,
    BIAS = 15
  };
  const hid_t type = H5Tcopy (H5T_IEEE_F32LE);
  H5Tset_fields (type, SIGN_AT, EXPONENT_AT, EXPONENT_BITS, 0, EXPONENT_AT);
  H5Tset_size (type, 2);
  H5Tset_ebias (type, BIAS);
  return type;
}

static bool
find_type (hid_t set, rw_dtype *out)
{
  const hid_t half = half_type (), type = H5Dget_type (set);
  const hid_t types[]
      = { [RW_FLOAT32] = H5T_IEEE_F32LE, [RW_FLOAT16] = half, [RW_FLOAT64] = H5T_IEEE_F64LE };
  bool found = false;
  for (size_t i = 0; !found && i < sizeof types / sizeof *types; i++)
    if (types[i] && H5Tequal (type, types[i]) > 0)
      {
        *out = (rw_dtype) i;
        found = true;
      }
  H5Tclose (type);
  H5Tclose (half);
  return found;
}

static const char *
find_shape (hid_t set, rw_tensor *t)
{
  hsize_t shape[H5S_MAX_RANK];
  size_t bytes;
  const hid_t space = H5Dget_space (set);
  const int rank = H5Sget_simple_extent_dims (space, shape, NULL);
  const bool simple = H5Sget_simple_extent_type (space) != H5S_NULL;
  H5Sclose (space);
  if (rank < 0 || !simple)
    return "it has no shape";
  if (rank > RW_TENSOR_RANK)
    return "it has more than 8 dimensions";
  t->rank = (size_t) rank;
  for (size_t d = 0; d < t->rank; d++)
    t->shape[d] = (size_t) shape[d];
  return rw_tensor_lay (t, false, &bytes) ? NULL : "its shape has more values than memory";
}

/* How it lies: contiguous bytes inside the mapped file are shown in place.  */
static const char *
find_place (hid_t set, const rw_mapping *mapping, rw_tensor *t)
{
  size_t bytes = 0;
  hsize_t chunks;
  const hid_t made = H5Dget_create_plist (set);
  const H5D_layout_t layout = H5Pget_layout (made);
  const bool outside = H5Pget_external_count (made) != 0 || layout == H5D_VIRTUAL;
  H5Pclose (made);
  if (outside)
    return "its values lie in other files";
  if (layout == H5D_CHUNKED)
    H5Dget_num_chunks (set, H5S_ALL,
                       &chunks); /* walks the chunks' tree: the rehearsal's business */
  const haddr_t at = layout == H5D_CONTIGUOUS ? H5Dget_offset (set) : HADDR_UNDEF;
  rw_tensor_lay (t, false, &bytes);
  if (at == HADDR_UNDEF || !mapping)
    return NULL;
  if (at > mapping->size || bytes > mapping->size - at)
    return "it reaches beyond the file's end: the file is cut";
  t->data = (const unsigned char *) mapping->data + at;
  return NULL;
}

/* ---- unpacking ---- */

static rw_status
read_box (const entry *e, const size_t *from, const size_t *count, void *out, rw_error *err)
{
  const rw_h5_arrays *f = e->home;
  hsize_t start[RW_TENSOR_RANK] = { 0 }, n[RW_TENSOR_RANK] = { 0 };
  const rw_h5_voice voice = rw_h5_quiet ();
  const hid_t set = H5Dopen2 (f->file, e->name, H5P_DEFAULT);
  const hid_t space = H5Dget_space (set), type = H5Dget_type (set);
  for (size_t d = 0; d < e->tensor.rank; d++)
    {
      start[d] = from[d];
      n[d] = count[d];
    }
  const int rank = (int) e->tensor.rank;
  const hid_t memory = rank ? H5Screate_simple (rank, n, NULL) : H5Screate (H5S_SCALAR);
  const bool good
      = (!rank || H5Sselect_hyperslab (space, H5S_SELECT_SET, start, NULL, n, NULL) >= 0)
        && H5Dread (set, type, memory, space, H5P_DEFAULT, out) >= 0;
  rw_status s = good ? RW_OK : rw_h5_fail (err, f->path, e->name);
  H5Sclose (memory);
  H5Tclose (type);
  H5Sclose (space);
  H5Dclose (set);
  rw_h5_loud (voice);
  return s;
}

/* H5Dread keeps no state of ours, but the library as Debian builds it is not thread-safe.  */
static rw_status
load (const rw_tensor *t, const size_t *from, const size_t *count, void *out, rw_error *err)
{
  rw_status s;
#pragma omp critical(rw_hdf5)
  s = read_box (t->origin, from, count, out, err);
  return s;
}

/* ---- opening ---- */

#if H5_VERSION_GE(1, 12, 0)
typedef H5O_info1_t object_info;
#else
typedef H5O_info_t object_info;
#endif

/* Makes the next entry, called `name`; NULL where there is no room.  */
static entry *
next_entry (rw_h5_arrays *f, const char *name)
{
  if (f->n == f->room)
    {
      const size_t room = 2 * f->room + 16;
      f->status = rw_grow ((void **) &f->entry, f->room, room, sizeof *f->entry, NULL);
      f->room = f->status ? f->room : room;
    }
  entry *e = f->status ? NULL : &f->entry[f->n];
  if (e && !(e->name = rw_arena_take (f->arena, strlen (name) + 1, 1)))
    f->status = RW_ENOMEM;
  return f->status ? NULL : e;
}

static herr_t
visit (hid_t file, const char *name, const object_info *info, void *data)
{
  rw_h5_arrays *f = data;
  if (info->type != H5O_TYPE_DATASET)
    return 0;
  const hid_t set = f->n < NAMES_MAX ? H5Dopen2 (file, name, H5P_DEFAULT) : -1;
  entry *e = set < 0 ? NULL : next_entry (f, name);
  if (e)
    {
      strcpy (e->name, name);
      e->home = f;
      if (!find_type (set, &e->tensor.type))
        e->why = "its type is not little-endian float16, float32 or float64";
      else if (!(e->why = find_shape (set, &e->tensor)))
        e->why = find_place (set, f->mapping, &e->tensor);
      f->n++;
    }
  if (set >= 0)
    H5Dclose (set);
  return e ? 0 : -1;
}

/* The attributes of / that a source asks for; what is not there is left out.  */
static void
read_notes (rw_h5_arrays *f)
{
  static const char *const keys[] = { "layout", "head_dim", "rotary_dim", "heads", NULL };
  rw_outline texts = { .arena = f->arena };
  for (const char *const *k = keys; *k; k++)
    {
      double x;
      char *text = rw_h5_get_text (&texts, f->file, *k);
      if (!text && rw_h5_get_numbers (f->file, *k, 1, &x)
          && (text = rw_arena_take (f->arena, 32, 1)))
        rw_number_text (x, text);
      if (text)
        f->note[f->n_notes++] = (rw_tensor_note){ *k, text };
    }
}

static rw_status
open_all (rw_h5_arrays *f, rw_error *err)
{
  const rw_h5_voice voice = rw_h5_quiet ();
  rw_status s = RW_OK;
  if ((f->file = rw_h5_open (f->path)) < 0)
    {
      s = rw_h5_fail (err, f->path, "not a readable HDF5 file");
      rw_hint (err, "is it whole, and of no newer HDF5 than this one (in h5py: libver=\"v110\")?");
    }
  else if (H5Ovisit2 (f->file, H5_INDEX_NAME, H5_ITER_INC, visit, f, H5O_INFO_BASIC) < 0)
    s = f->status ? rw_nomem (err, sizeof (entry))
                  : rw_h5_fail (err, f->path, "listing its datasets");
  else
    read_notes (f);
  rw_h5_loud (voice);
  return s;
}

static rw_status
new_arrays (const char *path, const rw_mapping *mapping, rw_h5_arrays **out, rw_error *err)
{
  rw_h5_arrays *f = *out = rw_new (1, sizeof *f);
  if (!f)
    return rw_nomem (err, sizeof *f);
  f->file = -1;
  f->mapping = mapping;
  f->path = rw_strdup (path);
  f->arena = rw_arena_new ();
  return f->path && f->arena ? RW_OK : rw_nomem (err, strlen (path));
}

static rw_status
open_file (const char *path, const rw_mapping *mapping, rw_h5_arrays **out, rw_error *err)
{
  rw_status s = new_arrays (path, mapping, out, err);
  if (!s)
    s = open_all (*out, err);
  if (!s)
    return s;
  rw_h5_arrays_free (*out);
  *out = NULL;
  return s;
}

static rw_status
walk (const char *path, rw_error *err)
{
  rw_h5_arrays *f;
  const rw_status s = open_file (path, NULL, &f, err);
  rw_h5_arrays_free (f);
  return s;
}

rw_status
rw_h5_arrays_open (const char *path, const rw_mapping *mapping, rw_h5_arrays **out, rw_error *err)
{
  rw_status s;
  *out = NULL;
#pragma omp critical(rw_hdf5)
  {
    s = rw_rehearse (path, walk, err);
    if (!s)
      s = open_file (path, mapping, out, err);
  }
  return s;
}

void
rw_h5_arrays_free (rw_h5_arrays *f)
{
  if (!f)
    return;
  if (f->file >= 0)
    H5Fclose (f->file);
  rw_arena_free (f->arena);
  rw_free (f->entry);
  rw_free (f->path);
  rw_free (f);
}

/* ---- looking one up ---- */

static const char *
name_at (size_t i, const void *data)
{
  const rw_h5_arrays *f = data;
  return i < f->n ? f->entry[i].name : NULL;
}

rw_status
rw_h5_arrays_get (const rw_h5_arrays *f, const char *name, rw_tensor *out, rw_error *err)
{
  const entry *e = !name && f->n == 1 ? f->entry : NULL;
  *out = (rw_tensor){ 0 };
  name = name ? name + strspn (name, "/") : NULL;
  for (size_t i = 0; name && !e && i < f->n; i++)
    if (strcmp (f->entry[i].name, name) == 0)
      e = &f->entry[i];
  if (!e)
    return rw_tensor_unknown (f->path, "dataset", name, name_at, f, err);
  if (e->why)
    return rw_fail (err, RW_EINVAL, "%s: dataset '%.100s': %s", f->path, e->name, e->why);
  *out = e->tensor;
  out->note = f->note;
  out->n_notes = f->n_notes;
  out->load = e->tensor.data ? NULL : load;
  out->origin = e;
  return RW_OK;
}
