/* finish: the ordered pass; see finish.h.

   A variable's chunks are written in their order, each once, from a run of values that is
   contiguous in the source; so neither the bytes nor their order depend on how the values came
   about.  */
#include "config.h"

#include "lab/finish.h"
#include "lab/disk.h"
#include "lab/h5.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

rw_status
rw_finish_stamp (rw_outline *outline, const char *command, rw_error *err)
{
  char now[32], host[256] = "";
  struct tm utc;
  const time_t t = time (NULL);
  strftime (now, sizeof now, "%Y-%m-%dT%H:%M:%SZ", gmtime_r (&t, &utc));
  gethostname (host, sizeof host - 1);
  rw_status s = rw_outline_set (outline, "created", now, err);
  if (!s)
    s = rw_outline_set (outline, "host", host, err);
  if (!s && command)
    s = rw_outline_set (outline, "command", command, err);
  return s;
}

/* ---- blocks ---- */

typedef struct
{
  const rw_outline_var *var;
  rw_h5_shape shape;
  size_t lead;  /* runs: the product of the dimensions before the split one */
  size_t step;  /* of the split dimension, a block */
  size_t along; /* length of the split dimension; 1 for a scalar */
  size_t tail;  /* values behind one step of it */
} walk;

static walk
walk_of (const rw_outline *outline, const rw_outline_var *var)
{
  walk w = { .var = var, .lead = 1, .tail = 1, .along = 1, .step = 1 };
  rw_h5_shape_of (outline, var, true, &w.shape);
  const bool chunked = w.shape.rank && w.shape.chunk[0];
  for (size_t d = 0; d < w.shape.rank; d++)
    if (d < w.shape.split)
      w.lead *= w.shape.shape[d];
    else if (d > w.shape.split)
      w.tail *= w.shape.shape[d];
  if (w.shape.rank)
    w.along = w.shape.shape[w.shape.split];
  w.step = chunked ? w.shape.chunk[w.shape.split] : w.along;
  return w;
}

static rw_block
block_at (const walk *w, size_t lead, size_t at)
{
  rw_block b = { .rank = w->shape.rank };
  const size_t n = w->along - at < w->step ? w->along - at : w->step;
  b.at = (lead * w->along + at) * w->tail;
  b.n = n * w->tail;
  for (size_t d = w->shape.rank; d-- > 0;)
    {
      b.first[d] = d == w->shape.split ? at : 0;
      b.count[d] = d == w->shape.split ? n : w->shape.shape[d];
      if (d >= w->shape.split)
        continue;
      b.first[d] = lead % w->shape.shape[d];
      b.count[d] = 1;
      lead /= w->shape.shape[d];
    }
  return b;
}

static herr_t
put_block (hid_t set, hid_t space, const rw_outline_var *var, const rw_block *b, const void *values)
{
  hsize_t first[RW_RANK_MAX], count[RW_RANK_MAX];
  const hsize_t n = b->n;
  for (size_t d = 0; d < b->rank; d++)
    {
      first[d] = b->first[d];
      count[d] = b->count[d];
    }
  if (b->rank && H5Sselect_hyperslab (space, H5S_SELECT_SET, first, NULL, count, NULL) < 0)
    return -1;
  const hid_t memory = b->rank ? H5Screate_simple (1, &n, NULL) : H5Screate (H5S_SCALAR);
  const herr_t e = H5Dwrite (set, var->bytes ? H5T_NATIVE_UINT8 : H5T_NATIVE_DOUBLE, memory, space,
                             H5P_DEFAULT, values);
  H5Sclose (memory);
  return e;
}

static rw_status
write_values (hid_t file, const char *path, const rw_outline *outline, size_t k, rw_block_read read,
              void *data, rw_error *err)
{
  const rw_outline_var *var = &outline->vars[k];
  const walk w = walk_of (outline, var);
  const size_t room = w.step * w.tail;
  double *values = rw_new (room, sizeof *values);
  if (!values)
    return rw_nomem (err, room * sizeof *values);
  const hid_t set = H5Dopen2 (file, var->name, H5P_DEFAULT);
  const hid_t space = set < 0 ? -1 : H5Dget_space (set);
  rw_status s = space < 0 ? rw_h5_fail (err, path, var->name) : RW_OK;
  for (size_t lead = 0; lead < w.lead && !s; lead++)
    for (size_t at = 0; at < w.along && !s; at += w.step)
      {
        const rw_block b = block_at (&w, lead, at);
        s = read (data, k, &b, values, err);
        if (!s && put_block (set, space, var, &b, values) < 0)
          s = rw_h5_fail (err, path, var->name);
      }
  if (space >= 0)
    H5Sclose (space);
  if (set >= 0)
    H5Dclose (set);
  rw_free (values);
  return s;
}

/* ---- the file ---- */

static rw_status
write_file (const char *path, const rw_outline *outline, rw_block_read read, void *data,
            rw_error *err)
{
  rw_h5_fault fault;
  const hid_t file = rw_h5_create (path, &fault);
  rw_status s = file < 0 ? RW_EIO : rw_h5_write_outline (file, path, outline, true, err);
  for (size_t k = 0; k < outline->n_vars && !s && !fault.error.status; k++)
    s = write_values (file, path, outline, k, read, data, err);
  return rw_h5_finish (file, path, &fault, s, err);
}

static rw_status
sync_file (const char *path, rw_error *err)
{
  const int fd = open (path, O_RDWR | O_CLOEXEC);
  if (fd < 0)
    return rw_fail (err, RW_EIO, "%s: %s", path, strerror (errno));
  const rw_status s = rw_disk_sync (fd, path, err);
  close (fd);
  return s;
}

rw_status
rw_finish (const char *path, rw_outline *outline, const char *command, rw_block_read read,
           void *data, rw_error *err)
{
  rw_status s = rw_finish_stamp (outline, command, err);
  char *tmp = rw_format ("%s.tmp", path);
  if (!tmp || s)
    {
      rw_free (tmp);
      return s ? s : rw_nomem (err, strlen (path));
    }
  const rw_h5_voice voice = rw_h5_quiet ();
  s = write_file (tmp, outline, read, data, err);
  rw_h5_loud (voice);
  if (!s)
    s = sync_file (tmp, err);
  if (!s && rename (tmp, path))
    s = rw_fail (err, RW_EIO, "%s: %s", path, strerror (errno));
  if (s)
    unlink (tmp);
  else
    s = rw_disk_sync_folder (path, err);
  rw_free (tmp);
  return s;
}
