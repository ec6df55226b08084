/* part_create: a new part file: datasets, NaN, seal, lock, and only then its name.  */
#include "config.h"

#include "lab/build_id.h"
#include "lab/disk.h"
#include "lab/finish.h"
#include "lab/h5.h"
#include "lab/part.h"
#include "lab/seal.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum
{
  BUFFER = 1 << 17, /* doubles a write while filling: 1 MiB */
  SLACK = 1 << 20   /* bytes of names, attributes and seal, beside coordinates and values */
};

static rw_status
may_create (const rw_store *s, bool force, rw_error *err)
{
  rw_status plain = rw_disk_plain (s->path, err);
  if (!plain)
    plain = rw_disk_plain (s->part, err);
  if (plain)
    return plain;
  const char *there = rw_disk_exists (s->path)   ? s->path
                      : rw_disk_exists (s->part) ? s->part
                                                 : NULL;
  if (!force && there)
    {
      rw_fail (err, RW_EEXIST, "%s: exists", there);
      rw_hint (err, "go on with --resume, start over with --force, or choose another output "
                    "with -o");
      return RW_EEXIST;
    }
  const int fd = open (s->part, O_RDWR | O_CLOEXEC);
  const bool free = fd < 0 || rw_disk_lock (fd);
  if (fd >= 0)
    close (fd);
  return free ? RW_OK : rw_part_busy (err, s->part);
}

/* Opens and locks the temporary file.  Between the two another run may have renamed it into place:
   then the name is no longer this file's.  */
static rw_status
open_tmp (rw_store *s, const char *tmp, rw_error *err)
{
  struct stat by_fd, by_name;
  s->fd = open (tmp, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (s->fd < 0)
    {
      rw_fail (err, RW_EIO, "%s: %s", tmp, strerror (errno));
      rw_hint (err, "choose an output in a folder that can be written, with -o FILE.h5");
      return RW_EIO;
    }
  if (!rw_disk_lock (s->fd) || fstat (s->fd, &by_fd) || stat (tmp, &by_name)
      || by_fd.st_ino != by_name.st_ino || by_fd.st_dev != by_name.st_dev)
    return rw_part_busy (err, s->part);
  return RW_OK;
}

static uint64_t
bytes_needed (const rw_store *s)
{
  const rw_outline *outline = s->outline;
  uint64_t bytes = SLACK;
  for (size_t i = 0; i < outline->n_coords; i++)
    bytes += outline->dims[outline->coords[i].dim].n * sizeof (double);
  for (size_t i = 0; i < outline->n_vars; i++)
    bytes += outline->vars[i].total * rw_part_item (&outline->vars[i]);
  return bytes + rw_part_safe_bytes (s);
}

static rw_status
make_datasets (rw_store *s, const char *tmp, rw_error *err)
{
  rw_h5_fault fault;
  const hid_t file = rw_h5_create (tmp, &fault);
  rw_status status = file < 0 ? RW_EIO : rw_h5_write_outline (file, tmp, s->outline, false, err);
  for (size_t k = 0; k < s->outline->n_vars && !status; k++)
    {
      const hid_t set = H5Dopen2 (file, s->outline->vars[k].name, H5P_DEFAULT);
      const haddr_t at = set < 0 ? HADDR_UNDEF : H5Dget_offset (set);
      if (at == HADDR_UNDEF)
        status = rw_h5_fail (err, tmp, s->outline->vars[k].name);
      s->at[k] = at;
      if (set >= 0)
        H5Dclose (set);
    }
  return rw_h5_finish (file, tmp, &fault, status, err);
}

/* NaN everywhere, status 0: written, not left to holes, so that the room is really taken.  */
static rw_status
fill (rw_store *s, const char *tmp, rw_error *err)
{
  double *nans = rw_new (BUFFER, sizeof *nans);
  rw_status status = nans ? RW_OK : rw_nomem (err, BUFFER * sizeof *nans);
  for (size_t i = 0; nans && i < BUFFER; i++)
    nans[i] = NAN;
  for (size_t k = 0; k < s->outline->n_vars && !status; k++)
    {
      const rw_outline_var *var = &s->outline->vars[k];
      if (var->bytes)
        status = rw_disk_write (s->fd, tmp, s->state, s->plan->n_points, s->at[k], err);
      for (size_t i = 0; !var->bytes && i < var->total && !status; i += BUFFER)
        {
          const size_t n = var->total - i < BUFFER ? var->total - i : BUFFER;
          status = rw_disk_write (s->fd, tmp, nans, n * sizeof *nans, s->at[k] + i * sizeof *nans,
                                  err);
        }
    }
  rw_free (nans);
  return status;
}

static rw_status
seal (rw_store *s, const char *tmp, rw_error *err)
{
  struct stat st;
  rw_seal seal = { .n = s->outline->n_vars + 1 };
  if (fstat (s->fd, &st))
    return rw_fail (err, RW_EIO, "%s: %s", tmp, strerror (errno));
  s->safe_at = (uint64_t) st.st_size;
  seal.bytes = s->safe_at + rw_part_safe_bytes (s);
  snprintf (seal.config_sha256, sizeof seal.config_sha256, "%s", s->plan->sha256);
  snprintf (seal.build_id, sizeof seal.build_id, "%s", RW_BUILD_ID);
  seal.region = rw_new (seal.n, sizeof *seal.region);
  if (!seal.region)
    return rw_nomem (err, seal.n * sizeof *seal.region);
  for (size_t k = 0; k < s->outline->n_vars; k++)
    seal.region[k] = (rw_seal_region){ s->at[k], s->outline->vars[k].total
                                                     * rw_part_item (&s->outline->vars[k]) };
  seal.region[seal.n - 1] = (rw_seal_region){ s->safe_at, rw_part_safe_bytes (s) };
  rw_status status = rw_part_safe_write (s, tmp, err);
  if (!status)
    status = rw_seal_write (s->fd, tmp, &seal, err);
  rw_free (seal.region);
  return status;
}

static rw_status
make_file (rw_store *s, const char *tmp, rw_error *err)
{
  rw_status status = open_tmp (s, tmp, err);
  if (status)
    return status;
  status = rw_disk_reserve (s->fd, tmp, bytes_needed (s), err);
  if (!status)
    {
      const rw_h5_voice voice = rw_h5_quiet ();
      status = make_datasets (s, tmp, err);
      rw_h5_loud (voice);
    }
  if (!status)
    status = fill (s, tmp, err);
  if (!status)
    status = seal (s, tmp, err);
  if (!status)
    status = rw_disk_sync (s->fd, tmp, err);
  if (!status && rename (tmp, s->part))
    status = rw_fail (err, RW_EIO, "%s: %s", s->part, strerror (errno));
  if (status)
    unlink (tmp);
  return status ? status : rw_disk_sync_folder (s->part, err);
}

rw_status
rw_store_create (const char *path, const rw_plan *plan, bool force, rw_store **out, rw_error *err)
{
  rw_store *s = NULL;
  *out = NULL;
  rw_status status = rw_part_new (path, plan, &s, err);
  if (status)
    return status;
  status = may_create (s, force, err);
  if (!status)
    status = rw_finish_stamp (s->outline, "", err);
  if (!status)
    {
      char *tmp = rw_format ("%s.tmp", s->part);
      status = tmp ? make_file (s, tmp, err) : rw_nomem (err, strlen (path));
      rw_free (tmp);
    }
  if (status)
    rw_store_close (s);
  else
    *out = s;
  return status;
}
