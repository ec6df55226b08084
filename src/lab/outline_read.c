/* outline_read: a outline from an HDF5 file: what a dataset is follows from what it says of itself.

   A dimension scale is a dimension with its coordinate; a dataset whose kind is "coordinate" is
   one that is linked to a dimension; any other dataset whose first dimensions are the sweep's is a
   variable.  Foreign datasets are passed over.  Nothing read is trusted: shapes must agree.  */
#include "config.h"

#include "lab/h5.h"

#include <hdf5_hl.h>
#include <math.h>
#include <string.h>

typedef struct
{
  rw_outline *outline;
  const char *swept[RW_AXES_MAX];
  size_t n_swept, room; /* room: datasets in / */
  bool nomem;
} visit;

static bool
in_list (const visit *v, const char *name)
{
  for (size_t i = 0; i < v->n_swept; i++)
    if (strcmp (v->swept[i], name) == 0)
      return true;
  return false;
}

/* ---- coordinates ---- */

static const char *const *
read_labels (visit *v, hid_t set, hid_t space, size_t n)
{
  const hid_t type = rw_h5_text_type ();
  char **got = rw_arena_take (v->outline->arena, n, sizeof *got);
  const char **labels = rw_arena_take (v->outline->arena, n, sizeof *labels);
  bool good = got && labels && H5Dread (set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, got) >= 0;
  for (size_t i = 0; good && i < n; i++)
    good = (labels[i] = rw_outline_text (v->outline, got[i] ? got[i] : "")) != NULL;
  if (got)
    H5Dvlen_reclaim (type, space, H5P_DEFAULT, got);
  H5Tclose (type);
  return good ? labels : NULL;
}

static bool
read_coord (visit *v, hid_t set, const char *name, size_t dim, size_t n, bool scale)
{
  rw_outline *l = v->outline;
  const hid_t type = H5Dget_type (set), space = H5Dget_space (set);
  rw_outline_coord c = { .name = rw_outline_text (l, name), .dim = dim, .scale = scale };
  if (H5Tget_class (type) == H5T_STRING && H5Tis_variable_str (type) > 0)
    c.labels = read_labels (v, set, space, n);
  else if (H5Tget_class (type) != H5T_STRING)
    {
      double *values = rw_arena_take (l->arena, n, sizeof *values);
      if (values && H5Dread (set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0)
        c.values = values;
    }
  H5Tclose (type);
  H5Sclose (space);
  c.unit = rw_h5_get_text (l, set, "units");
  c.long_name = rw_h5_get_text (l, set, "long_name");
  if (!c.name || !c.unit || !c.long_name || (!c.labels && !c.values))
    return false;
  l->coords[l->n_coords++] = c;
  return true;
}

/* ---- variables ---- */

/* The name that a scale gave itself is its dimension's name.  */
static herr_t
scale_name (hid_t set, unsigned place, hid_t scale, void *data)
{
  (void) set, (void) place;
  return H5DSget_scale_name (scale, data, 256) > 0 ? 1 : 0;
}

/* The file's dimension that dimension `place` of the dataset is; n_dims where there is none.  */
static size_t
dim_of (const rw_outline *outline, hid_t set, unsigned place)
{
  char name[256] = "";
  if (H5DSiterate_scales (set, place, NULL, scale_name, name) < 1)
    return outline->n_dims;
  name[sizeof name - 1] = 0;
  return rw_outline_dim_find (outline, name);
}

/* Fills dims; false where the shape is not one of ours.  */
static bool
read_dims (const rw_outline *outline, hid_t set, rw_outline_var *var)
{
  hsize_t shape[H5S_MAX_RANK];
  const hid_t space = H5Dget_space (set);
  const int rank = H5Sget_simple_extent_ndims (space);
  const bool known
      = rank >= 0 && rank <= RW_RANK_MAX && H5Sget_simple_extent_dims (space, shape, NULL) == rank;
  H5Sclose (space);
  if (!known)
    return false;
  var->size = var->total = 1;
  for (size_t d = 0; d < (size_t) rank; d++)
    {
      const size_t dim = dim_of (outline, set, (unsigned) d);
      if (dim >= outline->n_dims || outline->dims[dim].n != shape[d]
          || __builtin_mul_overflow (var->total, outline->dims[dim].n, &var->total))
        return false;
      var->dim[var->n_dims++] = dim;
      if (!outline->dims[dim].swept)
        var->size *= outline->dims[dim].n;
    }
  return true;
}

static void
read_var (visit *v, hid_t set, const char *name)
{
  rw_outline *l = v->outline;
  const hid_t type = H5Dget_type (set);
  const H5T_class_t class = H5Tget_class (type);
  rw_outline_var var = { .bytes = class == H5T_INTEGER && H5Tget_size (type) == 1 };
  H5Tclose (type);
  if ((class != H5T_FLOAT && !var.bytes) || !read_dims (l, set, &var))
    return;
  for (size_t d = 0; d < l->n_swept; d++)
    if (var.n_dims <= d || var.dim[d] != d)
      return;
  var.name = rw_outline_text (l, name);
  var.unit = rw_h5_get_text (l, set, "units");
  var.long_name = rw_h5_get_text (l, set, "long_name");
  var.kind = rw_h5_get_text (l, set, "kind");
  var.cite = rw_h5_get_text (l, set, "cite");
  var.metric = rw_h5_get_text (l, set, "metric");
  if (var.name && var.unit && var.long_name && var.kind && var.cite && var.metric)
    l->vars[l->n_vars++] = var;
}

/* ---- passes over / ---- */

static size_t
length_of (hid_t set)
{
  hsize_t n = 0;
  const hid_t space = H5Dget_space (set);
  const bool flat
      = H5Sget_simple_extent_ndims (space) == 1 && H5Sget_simple_extent_dims (space, &n, NULL) == 1;
  H5Sclose (space);
  return flat ? n : 0;
}

static herr_t
visit_scale (hid_t file, const char *name, const H5L_info_t *info, void *data)
{
  visit *v = data;
  rw_outline *l = v->outline;
  (void) info;
  const hid_t set = H5Dopen2 (file, name, H5P_DEFAULT);
  const size_t n = set >= 0 && H5DSis_scale (set) > 0 ? length_of (set) : 0;
  if (n && l->n_dims < v->room && read_coord (v, set, name, l->n_dims, n, true))
    l->dims[l->n_dims++]
        = (rw_outline_dim){ l->coords[l->n_coords - 1].name, n, in_list (v, name) };
  if (set >= 0)
    H5Dclose (set);
  return 0;
}

static herr_t
visit_rest (hid_t file, const char *name, const H5L_info_t *info, void *data)
{
  visit *v = data;
  rw_outline *l = v->outline;
  (void) info;
  const hid_t set = H5Dopen2 (file, name, H5P_DEFAULT);
  if (set < 0)
    return 0;
  if (H5DSis_scale (set) <= 0 && l->n_coords + l->n_vars < v->room)
    {
      const char *kind = rw_h5_get_text (l, set, "kind");
      const size_t dim = dim_of (l, set, 0);
      if (!kind || strcmp (kind, "coordinate") != 0)
        read_var (v, set, name);
      else if (dim < l->n_dims && length_of (set) == l->dims[dim].n)
        read_coord (v, set, name, dim, l->dims[dim].n, false);
    }
  H5Dclose (set);
  return 0;
}

static herr_t
visit_note (hid_t file, const char *name, const H5A_info_t *info, void *data)
{
  visit *v = data;
  (void) info;
  char *text = rw_h5_get_text (v->outline, file, name);
  if (text && strcmp (name, "NX_class") != 0 && strcmp (name, "default") != 0
      && strcmp (name, "axes") != 0 && rw_outline_set (v->outline, name, text, NULL) == RW_ENOMEM)
    v->nomem = true;
  return 0;
}

/* The sweep's dimensions must be there, first and in the order of @axes.  */
static bool
agree (visit *v)
{
  rw_outline *l = v->outline;
  l->n_points = 1;
  l->n_swept = v->n_swept;
  for (size_t d = 0; d < v->n_swept; d++)
    if (d >= l->n_dims || strcmp (l->dims[d].name, v->swept[d]) != 0
        || __builtin_mul_overflow (l->n_points, l->dims[d].n, &l->n_points))
      return false;
  return true;
}

static rw_status
read_all (hid_t file, const char *path, visit *v, rw_error *err)
{
  H5G_info_t group;
  rw_outline *l = v->outline;
  if (H5Gget_info (file, &group) < 0)
    return rw_h5_fail (err, path, "reading /");
  v->room = group.nlinks;
  l->dims = rw_arena_take (l->arena, v->room, sizeof *l->dims);
  l->coords = rw_arena_take (l->arena, v->room, sizeof *l->coords);
  l->vars = rw_arena_take (l->arena, v->room, sizeof *l->vars);
  if (!l->dims || !l->coords || !l->vars)
    return rw_nomem (err, v->room * sizeof *l->vars);
  uint64_t seed = 0;
  const hid_t a = H5Aexists (file, "seed") > 0 ? H5Aopen (file, "seed", H5P_DEFAULT) : -1;
  if (a >= 0)
    {
      H5Aread (a, H5T_NATIVE_UINT64, &seed);
      H5Aclose (a);
    }
  l->seed = seed;
  l->trained_length = rw_h5_get_number (file, "trained_length", NAN);
  v->n_swept = rw_h5_get_texts (l, file, "axes", RW_AXES_MAX, v->swept);
  if (H5Aiterate2 (file, H5_INDEX_CRT_ORDER, H5_ITER_INC, NULL, visit_note, v) < 0
      || H5Literate (file, H5_INDEX_CRT_ORDER, H5_ITER_INC, NULL, visit_scale, v) < 0 || !agree (v)
      || H5Literate (file, H5_INDEX_CRT_ORDER, H5_ITER_INC, NULL, visit_rest, v) < 0)
    return v->nomem ? rw_nomem (err, 0) : rw_h5_fail (err, path, "its axes and datasets disagree");
  return rw_h5_read_figures (file, path, l, err);
}

rw_status
rw_h5_read_outline (hid_t file, const char *path, rw_outline **out, rw_error *err)
{
  *out = NULL;
  if (!(H5Aexists (file, "schema_version") > 0 && H5Aexists (file, "config_sha256") > 0))
    return rw_fail (err, RW_EIO, "%s: not a result file of ropewalk", path);
  const double schema = rw_h5_get_number (file, "schema_version", NAN);
  if (!(schema <= RW_SCHEMA_VERSION))
    return rw_fail (err, RW_EIO, "%s: schema %g, this build reads up to %d", path, schema,
                    RW_SCHEMA_VERSION);
  rw_outline *outline = rw_new (1, sizeof *outline);
  if (!outline || !(outline->arena = rw_arena_new ()))
    {
      rw_outline_free (outline);
      return rw_nomem (err, sizeof *outline);
    }
  visit v = { .outline = outline };
  const rw_status s = read_all (file, path, &v, err);
  if (s)
    rw_outline_free (outline);
  else
    *out = outline;
  return s;
}
