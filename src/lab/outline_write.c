/* outline_write: a outline into an HDF5 file: coordinates, variables, attributes; see h5.h.

   Chunks of the finished file are runs of the row-major order: of each variable's dimensions the
   first ones count 1, one is split, the later ones are whole.  So the ordered pass reads the part
   file front to back and never meets a chunk twice.  */
#include "config.h"

#include "lab/h5.h"

#include <hdf5_hl.h>
#include <math.h>
#include <string.h>

enum
{
  CHUNK_BYTES = 1 << 20, /* near this; one chunk is one read, one filter pass */
  SMALL_BYTES = 1 << 12, /* below: contiguous and plain, where filters cost more than they save */
  DEFLATE_LEVEL = 1      /* measured on frequencies: level 6 wins 2 % of the size */
};

void
rw_h5_shape_of (const rw_outline *outline, const rw_outline_var *var, bool chunked,
                rw_h5_shape *out)
{
  const size_t item = var->bytes ? 1 : sizeof (double);
  size_t shape[RW_RANK_MAX];
  *out = (rw_h5_shape){ .rank = rw_outline_shape (outline, var, shape) };
  for (size_t i = 0; i < out->rank; i++)
    out->shape[i] = shape[i];
  if (!chunked || var->total * item < SMALL_BYTES)
    return;
  size_t bytes = item, i = out->rank;
  while (i > 0 && bytes * shape[i - 1] <= CHUNK_BYTES)
    {
      bytes *= shape[--i];
      out->chunk[i] = shape[i];
    }
  out->split = i > 0 ? i - 1 : 0;
  if (i > 0)
    out->chunk[i - 1] = CHUNK_BYTES / bytes > 1 ? CHUNK_BYTES / bytes : 1;
  while (i > 1)
    out->chunk[--i - 1] = 1;
}

/* ---- datasets ---- */

static hid_t
storage (const rw_outline_var *var, const rw_h5_shape *shape, bool chunked)
{
  const double nan = NAN;
  const hid_t made = H5Pcreate (H5P_DATASET_CREATE);
  H5Pset_attr_creation_order (made, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED);
  H5Pset_obj_track_times (made, false);
  if (!var)
    return made;
  if (!var->bytes)
    H5Pset_fill_value (made, H5T_NATIVE_DOUBLE, &nan);
  if (!chunked)
    {
      H5Pset_alloc_time (made, H5D_ALLOC_TIME_EARLY);
      H5Pset_fill_time (made, H5D_FILL_TIME_NEVER); /* the store fills: it can tell a full disk */
    }
  if (shape->rank && shape->chunk[0])
    {
      H5Pset_chunk (made, (int) shape->rank, shape->chunk);
      H5Pset_shuffle (made);
      H5Pset_deflate (made, DEFLATE_LEVEL);
      H5Pset_fletcher32 (made);
    }
  return made;
}

static herr_t
describe (hid_t dataset, const char *unit, const char *long_name, const char *kind,
          const char *cite)
{
  if (rw_h5_put_text (dataset, "units", unit ? unit : "1") < 0
      || rw_h5_put_text (dataset, "long_name", long_name ? long_name : "") < 0
      || rw_h5_put_text (dataset, "kind", kind ? kind : "exact") < 0
      || rw_h5_put_text (dataset, "cite", cite ? cite : "ropewalk") < 0)
    return -1;
  return 0;
}

static hid_t
scale_of (hid_t file, const rw_outline *outline, size_t dim)
{
  return H5Dopen2 (file, outline->dims[dim].name, H5P_DEFAULT);
}

static herr_t
attach (hid_t file, const rw_outline *outline, hid_t dataset, size_t dim, size_t place)
{
  const hid_t scale = scale_of (file, outline, dim);
  const herr_t e = scale < 0 ? -1 : H5DSattach_scale (dataset, scale, (unsigned) place);
  if (scale >= 0)
    H5Dclose (scale);
  return e;
}

static herr_t
write_coord (hid_t file, const rw_outline *outline, const rw_outline_coord *coord)
{
  const hsize_t n = outline->dims[coord->dim].n;
  const hid_t text = rw_h5_text_type (), space = H5Screate_simple (1, &n, NULL);
  const hid_t made = storage (NULL, NULL, false);
  const hid_t set = H5Dcreate2 (file, coord->name, coord->labels ? text : H5T_IEEE_F64LE, space,
                                H5P_DEFAULT, made, H5P_DEFAULT);
  herr_t e = set < 0 ? -1
                     : H5Dwrite (set, coord->labels ? text : H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL,
                                 H5P_DEFAULT,
                                 coord->labels ? (const void *) coord->labels : coord->values);
  if (e >= 0)
    e = describe (set, coord->unit, coord->long_name ? coord->long_name : coord->name, "coordinate",
                  NULL);
  if (e >= 0)
    e = coord->scale ? H5DSset_scale (set, coord->name)
                     : attach (file, outline, set, coord->dim, 0);
  if (set >= 0)
    H5Dclose (set);
  H5Pclose (made);
  H5Sclose (space);
  H5Tclose (text);
  return e;
}

/* CF's `coordinates`: the linked ones on this variable's dimensions, which xarray would otherwise
   take for data.  */
static herr_t
write_linked (hid_t dataset, const rw_outline *outline)
{
  char text[1024] = "";
  for (size_t i = 0; i < outline->n_coords; i++)
    if (!outline->coords[i].scale
        && strlen (text) + strlen (outline->coords[i].name) + 2 < sizeof text)
      {
        if (text[0])
          strcat (text, " ");
        strcat (text, outline->coords[i].name);
      }
  return text[0] ? rw_h5_put_text (dataset, "coordinates", text) : 0;
}

static herr_t
write_var (hid_t file, const rw_outline *outline, const rw_outline_var *var, bool chunked)
{
  /* The part file is written by this machine's own stores, so it has this machine's type.  */
  const hid_t type = var->bytes ? H5T_STD_U8LE : chunked ? H5T_IEEE_F64LE : H5T_NATIVE_DOUBLE;
  rw_h5_shape shape;
  rw_h5_shape_of (outline, var, chunked, &shape);
  const hid_t space = shape.rank ? H5Screate_simple ((int) shape.rank, shape.shape, NULL)
                                 : H5Screate (H5S_SCALAR);
  const hid_t made = storage (var, &shape, chunked);
  const hid_t set = H5Dcreate2 (file, var->name, type, space, H5P_DEFAULT, made, H5P_DEFAULT);
  herr_t e = set < 0 ? -1 : describe (set, var->unit, var->long_name, var->kind, var->cite);
  if (e >= 0)
    e = rw_h5_put_text (set, "metric", var->metric);
  if (e >= 0)
    e = write_linked (set, outline);
  for (size_t d = 0; d < var->n_dims && e >= 0; d++)
    e = attach (file, outline, set, var->dim[d], d);
  if (set >= 0)
    H5Dclose (set);
  H5Pclose (made);
  H5Sclose (space);
  return e;
}

/* ---- attributes of / ---- */

static herr_t
write_root (hid_t file, const rw_outline *outline)
{
  const char *swept[RW_AXES_MAX];
  const int64_t schema = RW_SCHEMA_VERSION;
  for (size_t d = 0; d < outline->n_swept; d++)
    swept[d] = outline->dims[d].name;
  herr_t e = rw_h5_put_text (file, "NX_class", "NXroot");
  if (e >= 0)
    e = rw_h5_put_number (file, "schema_version", H5T_NATIVE_INT64, &schema);
  if (e >= 0 && outline->n_swept)
    e = rw_h5_put_texts (file, "axes", outline->n_swept, swept);
  if (e >= 0)
    e = rw_h5_put_number (file, "seed", H5T_NATIVE_UINT64, &outline->seed);
  if (e >= 0)
    e = rw_h5_put_number (file, "trained_length", H5T_NATIVE_DOUBLE, &outline->trained_length);
  for (size_t i = 0; i < outline->n_notes && e >= 0; i++)
    e = rw_h5_put_text (file, outline->notes[i].name, outline->notes[i].text);
  return e;
}

rw_status
rw_h5_write_outline (hid_t file, const char *path, const rw_outline *outline, bool chunked,
                     rw_error *err)
{
  if (write_root (file, outline) < 0)
    return rw_h5_fail (err, path, "writing the attributes");
  for (size_t i = 0; i < outline->n_coords; i++)
    if (write_coord (file, outline, &outline->coords[i]) < 0)
      return rw_h5_fail (err, path, outline->coords[i].name);
  for (size_t i = 0; i < outline->n_vars; i++)
    if (write_var (file, outline, &outline->vars[i], chunked) < 0)
      return rw_h5_fail (err, path, outline->vars[i].name);
  return rw_h5_write_figures (file, path, outline, err);
}
