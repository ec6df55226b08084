/* result: reading a result file; see result.h.  */
#include "config.h"

#include "lab/result.h"
#include "base/text.h"
#include "lab/disk.h"
#include "lab/h5.h"
#include "lab/rehearse.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- open and close ---- */

/* Where there is a part file, the run has not been finished.  */
static rw_status
not_there (rw_error *err, const char *path)
{
  char *part = rw_format ("%s.part", path);
  if (part && rw_disk_exists (part))
    rw_hint (err, "%s is there: its run was stopped; go on with --resume", part);
  rw_free (part);
  return RW_EIO;
}

static rw_status
open_quietly (const char *path, rw_result *r, rw_error *err)
{
  r->file = rw_h5_open (path);
  if (r->file >= 0)
    return rw_h5_read_outline (r->file, path, &r->outline, err);
  rw_h5_fail (err, path, "not a readable HDF5 file");
  return not_there (err, path);
}

/* A fault below HDF5's objects: in what lies in the file, not in what was asked of it.  */
static herr_t
note_depth (unsigned n, const H5E_error2_t *e, void *met)
{
  (void) n;
  if (e->maj_num == H5E_CACHE || e->maj_num == H5E_HEAP || e->maj_num == H5E_BTREE
      || e->maj_num == H5E_IO)
    *(bool *) met = true;
  return 0;
}

/* Called by HDF5 for every fault it meets, also those after which it goes on.  */
static herr_t
note_fault (hid_t stack, void *met)
{
  return H5Ewalk2 (stack, H5E_WALK_UPWARD, note_depth, met);
}

/* All that HDF5 has to find its way through: names, attributes, texts, and the trees that say where
   the chunks lie.  The values behind them are checked by fletcher32 as they are read.  */
static rw_status
walk (const char *path, rw_error *err)
{
  rw_result r = { .file = -1 };
  bool fault = false;
  H5Eset_auto2 (H5E_DEFAULT, note_fault, &fault);
  rw_status s = open_quietly (path, &r, err);
  if (!s && fault)
    {
      rw_fail (err, RW_EIO, "%s: the file is damaged: an attribute cannot be read", path);
      s = rw_hint (err, "take it from a backup, or run its config again with --force");
    }
  for (size_t k = 0; !s && k < r.outline->n_vars; k++)
    {
      const hid_t set = H5Dopen2 (r.file, r.outline->vars[k].name, H5P_DEFAULT);
      hsize_t n = 0;
      H5Dget_num_chunks (set, H5S_ALL, &n); /* fails, which is fine, where there are none */
      H5Dclose (set);
    }
  if (r.file >= 0)
    H5Fclose (r.file); /* which frees what HDF5 may have made of damaged bytes */
  return s;
}

rw_status
rw_result_open (const char *path, rw_result **out, rw_error *err)
{
  *out = NULL;
  if (access (path, R_OK))
    {
      rw_fail (err, RW_EIO, "%s: %s", path, strerror (errno));
      return not_there (err, path);
    }
  if (rw_disk_plain (path, err))
    return RW_EIO;
  rw_result *r = rw_new (1, sizeof *r);
  if (!r || !(r->path = rw_strdup (path)))
    {
      rw_free (r);
      return rw_nomem (err, sizeof *r);
    }
  const rw_h5_voice voice = rw_h5_quiet ();
  r->file = -1;
  rw_status s = rw_rehearse (path, walk, err);
  if (!s)
    s = open_quietly (path, r, err);
  if (!s && !(r->set = rw_new (r->outline->n_vars, sizeof *r->set)))
    s = rw_nomem (err, r->outline->n_vars * sizeof *r->set);
  for (size_t k = 0; !s && k < r->outline->n_vars; k++)
    r->set[k] = -1;
  rw_h5_loud (voice);
  if (s)
    rw_result_close (r);
  else
    *out = r;
  return s;
}

void
rw_result_close (rw_result *result)
{
  if (!result)
    return;
  if (result->file >= 0)
    H5Fclose (result->file); /* and with it every dataset */
  rw_outline_free (result->outline);
  rw_free (result->path);
  rw_free (result->set);
  rw_free (result);
}

/* ---- coordinates ---- */

const rw_outline_coord *
rw_result_scale (const rw_result *result, size_t dim)
{
  const rw_outline *l = result->outline;
  for (size_t i = 0; i < l->n_coords; i++)
    if (l->coords[i].scale && l->coords[i].dim == dim)
      return &l->coords[i];
  return NULL;
}

const char *
rw_coord_text (const rw_outline_coord *coord, size_t i, char buf[32])
{
  return coord->labels ? coord->labels[i] : rw_number_text (coord->values[i], buf);
}

/* The index of the label, or of the only label that begins so; n where there is none.  */
static size_t
find_label (const rw_outline_coord *coord, size_t n, const char *text)
{
  size_t found = n, times = 0;
  for (size_t i = 0; i < n; i++)
    {
      if (strcmp (coord->labels[i], text) == 0)
        return i;
      if (strncmp (coord->labels[i], text, strlen (text)) == 0)
        {
          found = i;
          times++;
        }
    }
  return times == 1 ? found : n;
}

static size_t
find_number (const rw_outline_coord *coord, size_t n, const char *text)
{
  char *end;
  const double x = strtod (text, &end);
  for (size_t i = 0; i < n && end != text && *end == 0; i++)
    if (coord->values[i] == x)
      return i;
  return n;
}

rw_status
rw_coord_find (const rw_result *result, const rw_outline_coord *coord, const char *text,
               size_t *index, rw_error *err)
{
  enum
  {
    SHOWN = 24 /* values that an error lists */
  };
  const size_t n = result->outline->dims[coord->dim].n;
  *index = coord->labels ? find_label (coord, n, text) : find_number (coord, n, text);
  if (*index < n)
    return RW_OK;
  rw_text list = { 0 };
  char buf[32];
  for (size_t i = 0; i < n && i < SHOWN; i++)
    rw_text_addf (&list, "%s%s", i ? ", " : "", rw_coord_text (coord, i, buf));
  if (n > SHOWN)
    rw_text_addf (&list, ", ... (%zu in all)", n);
  rw_fail (err, RW_EINVAL, "%s: no value '%s'; there are: %s", coord->name, text,
           rw_text_get (&list));
  rw_text_free (&list);
  return RW_EINVAL;
}

/* ---- values ---- */

void
rw_result_whole (const rw_result *result, size_t var, rw_span span[RW_RANK_MAX])
{
  const rw_outline_var *v = &result->outline->vars[var];
  for (size_t d = 0; d < v->n_dims; d++)
    span[d] = (rw_span){ 0, result->outline->dims[v->dim[d]].n };
}

size_t
rw_span_size (const rw_span *span, size_t n)
{
  size_t size = 1;
  for (size_t d = 0; d < n; d++)
    size *= span[d].count;
  return size;
}

/* Both dataspaces of a selection; the caller closes them.  */
static bool
select_span (hid_t set, const rw_span *span, size_t rank, hid_t *stored, hid_t *memory)
{
  hsize_t first[RW_RANK_MAX], count[RW_RANK_MAX];
  for (size_t d = 0; d < rank; d++)
    {
      first[d] = span[d].first;
      count[d] = span[d].count;
    }
  *stored = H5Dget_space (set);
  *memory = rank ? H5Screate_simple ((int) rank, count, NULL) : H5Screate (H5S_SCALAR);
  return !rank || H5Sselect_hyperslab (*stored, H5S_SELECT_SET, first, NULL, count, NULL) >= 0;
}

rw_status
rw_result_read (const rw_result *result, size_t var, const rw_span *span, double *out,
                rw_error *err)
{
  const rw_outline_var *v = &result->outline->vars[var];
  rw_span whole[RW_RANK_MAX];
  rw_result_whole (result, var, whole);
  for (size_t d = 0; span && d < v->n_dims; d++)
    if (!span[d].count || span[d].count > whole[d].count
        || span[d].first > whole[d].count - span[d].count)
      return rw_fail (err, RW_EINVAL, "%s: dimension %s has %zu values; asked for %zu from %zu",
                      v->name, result->outline->dims[v->dim[d]].name, whole[d].count, span[d].count,
                      span[d].first);
  const rw_h5_voice voice = rw_h5_quiet ();
  hid_t stored = -1, memory = -1;
  /* Left open: a closed dataset forgets its chunk, and point by point each read would unpack one
     again.  */
  if (result->set[var] < 0)
    result->set[var] = H5Dopen2 (result->file, v->name, H5P_DEFAULT);
  const hid_t set = result->set[var];
  rw_status s = RW_OK;
  if (set < 0 || !select_span (set, span ? span : whole, v->n_dims, &stored, &memory)
      || H5Dread (set, H5T_NATIVE_DOUBLE, memory, stored, H5P_DEFAULT, out) < 0)
    s = rw_h5_fail (err, result->path, v->name);
  if (memory >= 0)
    H5Sclose (memory);
  if (stored >= 0)
    H5Sclose (stored);
  rw_h5_loud (voice);
  return s;
}
