/* nxdata: the figures of a file: groups /figures/NAME of hard links; see h5.h.

   NeXus (NXdata, definition of 2024): @signal names the dataset that is drawn, @axes one
   coordinate a dimension, "." where the coordinate is text (viewers need numbers), `title`.
   h5web and silx follow @default from / and draw on opening.  Beside these stand, for `ropewalk
   plot`, the figure as declared: @x, @lines, @panels, @at_dims with @at_index.  */
#include "config.h"

#include "lab/h5.h"

#include <string.h>

/* ---- writing ---- */

static const rw_outline_coord *
scale (const rw_outline *outline, size_t dim)
{
  for (size_t i = 0; i < outline->n_coords; i++)
    if (outline->coords[i].scale && outline->coords[i].dim == dim)
      return &outline->coords[i];
  return NULL;
}

static herr_t
link_here (hid_t file, hid_t group, const char *name)
{
  return H5Lcreate_hard (file, name, group, name, H5P_DEFAULT, H5P_DEFAULT);
}

/* `title` is a dataset, as NXdata has it.  */
static herr_t
write_title (hid_t group, const char *title)
{
  const hid_t type = rw_h5_text_type (), space = H5Screate (H5S_SCALAR);
  const hid_t made = H5Pcreate (H5P_DATASET_CREATE);
  H5Pset_obj_track_times (made, false);
  const hid_t set = H5Dcreate2 (group, "title", type, space, H5P_DEFAULT, made, H5P_DEFAULT);
  const herr_t e = set < 0 ? -1 : H5Dwrite (set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, &title);
  if (set >= 0)
    H5Dclose (set);
  H5Pclose (made);
  H5Sclose (space);
  H5Tclose (type);
  return e;
}

static herr_t
write_axes (hid_t file, hid_t group, const rw_outline *outline, const rw_outline_figure *figure)
{
  const rw_outline_var *var = &outline->vars[figure->signal];
  const char *axes[RW_RANK_MAX];
  for (size_t d = 0; d < var->n_dims; d++)
    {
      const rw_outline_coord *coord = scale (outline, var->dim[d]);
      axes[d] = coord->labels ? "." : coord->name;
      if (link_here (file, group, coord->name) < 0)
        return -1;
    }
  if (var->n_dims && rw_h5_put_texts (group, "axes", var->n_dims, axes) < 0)
    return -1;
  /* The last dimension is what viewers take for a curve; say so where it is.  */
  if (var->n_dims && strcmp (outline->dims[var->dim[var->n_dims - 1]].name, figure->x) == 0)
    return rw_h5_put_text (group, "interpretation", "spectrum");
  return 0;
}

static herr_t
write_declared (hid_t group, const rw_outline *outline, const rw_outline_figure *figure)
{
  const char *panels[2], *at[RW_AXES_MAX];
  int64_t index[RW_AXES_MAX];
  size_t n = 0;
  for (size_t k = 0; k < 2; k++)
    if (figure->panels[k])
      panels[n++] = figure->panels[k];
  for (size_t k = 0; k < figure->n_at; k++)
    {
      at[k] = outline->dims[figure->at[k].dim].name;
      index[k] = (int64_t) figure->at[k].index;
    }
  if (rw_h5_put_text (group, "x", figure->x) < 0
      || (figure->lines && rw_h5_put_text (group, "lines", figure->lines) < 0)
      || (n && rw_h5_put_texts (group, "panels", n, panels) < 0))
    return -1;
  if (figure->n_at
      && (rw_h5_put_texts (group, "at_dims", figure->n_at, at) < 0
          || rw_h5_put_numbers (group, "at_index", H5T_NATIVE_INT64, figure->n_at, index) < 0))
    return -1;
  return 0;
}

static herr_t
write_figure (hid_t file, hid_t figures, const rw_outline *outline, const rw_outline_figure *figure)
{
  const hid_t group = rw_h5_group (figures, figure->name);
  const char *signal = outline->vars[figure->signal].name;
  herr_t e = group < 0 ? -1 : rw_h5_put_text (group, "NX_class", "NXdata");
  if (e >= 0)
    e = rw_h5_put_text (group, "signal", signal);
  if (e >= 0)
    e = link_here (file, group, signal);
  if (e >= 0)
    e = write_axes (file, group, outline, figure);
  if (e >= 0)
    e = write_title (group, figure->title);
  if (e >= 0)
    e = write_declared (group, outline, figure);
  if (group >= 0)
    H5Gclose (group);
  return e;
}

rw_status
rw_h5_write_figures (hid_t file, const char *path, const rw_outline *outline, rw_error *err)
{
  if (!outline->n_figures)
    return RW_OK;
  const hid_t figures = rw_h5_group (file, "figures");
  if (figures < 0 || rw_h5_put_text (file, "default", "figures") < 0
      || rw_h5_put_text (figures, "NX_class", "NXcollection") < 0
      || rw_h5_put_text (figures, "default", outline->figures[0].name) < 0)
    return rw_h5_fail (err, path, "figures");
  for (size_t i = 0; i < outline->n_figures; i++)
    if (write_figure (file, figures, outline, &outline->figures[i]) < 0)
      return rw_h5_fail (err, path, outline->figures[i].name);
  H5Gclose (figures);
  return RW_OK;
}

/* ---- reading ---- */

static char *
read_title (rw_outline *outline, hid_t group)
{
  const hid_t set = H5Dopen2 (group, "title", H5P_DEFAULT);
  if (set < 0)
    return NULL;
  const hid_t type = rw_h5_text_type (), space = H5Dget_space (set), is = H5Dget_type (set);
  char *text = NULL, *copy = NULL;
  if (H5Tis_variable_str (is) > 0 && H5Sget_simple_extent_npoints (space) == 1
      && H5Dread (set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, &text) >= 0)
    {
      copy = rw_outline_text (outline, text ? text : "");
      H5Dvlen_reclaim (type, space, H5P_DEFAULT, &text);
    }
  H5Tclose (is);
  H5Sclose (space);
  H5Tclose (type);
  H5Dclose (set);
  return copy;
}

/* False where the group is not a figure of ours.  */
static bool
read_figure (rw_outline *outline, hid_t group, const char *name, rw_outline_figure *out)
{
  const char *panels[2] = { NULL, NULL }, *at[RW_AXES_MAX];
  double index[RW_AXES_MAX];
  *out = (rw_outline_figure){ .name = rw_outline_text (outline, name),
                              .x = rw_h5_get_text (outline, group, "x"),
                              .lines = rw_h5_get_text (outline, group, "lines"),
                              .title = read_title (outline, group) };
  out->signal = rw_outline_var_find (outline, rw_h5_get_text (outline, group, "signal"));
  rw_h5_get_texts (outline, group, "panels", 2, panels);
  memcpy (out->panels, panels, sizeof panels);
  const size_t n = rw_h5_get_texts (outline, group, "at_dims", RW_AXES_MAX, at);
  if (rw_h5_get_numbers (group, "at_index", RW_AXES_MAX, index) != n)
    return false;
  for (size_t k = 0; k < n; k++)
    {
      const size_t dim = rw_outline_dim_find (outline, at[k]);
      if (dim >= outline->n_dims || !(index[k] >= 0) || index[k] >= (double) outline->dims[dim].n)
        return false;
      out->at[k].dim = dim;
      out->at[k].index = (size_t) index[k];
    }
  out->n_at = n;
  return out->name && out->x && out->title && out->signal < outline->n_vars
         && rw_outline_dim_find (outline, out->x) < outline->n_dims;
}

typedef struct
{
  rw_outline *outline;
  size_t room;
} visit;

static herr_t
visit_figure (hid_t figures, const char *name, const H5L_info_t *info, void *data)
{
  visit *v = data;
  (void) info;
  const hid_t group = H5Gopen2 (figures, name, H5P_DEFAULT);
  if (group < 0)
    return 0; /* something that another program put there */
  if (v->outline->n_figures < v->room
      && read_figure (v->outline, group, name, &v->outline->figures[v->outline->n_figures]))
    v->outline->n_figures++;
  H5Gclose (group);
  return 0;
}

rw_status
rw_h5_read_figures (hid_t file, const char *path, rw_outline *outline, rw_error *err)
{
  if (H5Lexists (file, "figures", H5P_DEFAULT) <= 0)
    return RW_OK;
  visit v = { outline, RW_FIGURES_MAX };
  outline->figures = rw_arena_take (outline->arena, v.room, sizeof *outline->figures);
  if (!outline->figures)
    return rw_nomem (err, v.room * sizeof *outline->figures);
  const hid_t figures = H5Gopen2 (file, "figures", H5P_DEFAULT);
  const herr_t e
      = figures < 0 ? -1
                    : H5Literate (figures, H5_INDEX_CRT_ORDER, H5_ITER_INC, NULL, visit_figure, &v);
  if (figures >= 0)
    H5Gclose (figures);
  return e < 0 ? rw_h5_fail (err, path, "figures") : RW_OK;
}
