/* part_resume: a part file taken up again: whose it is, whether it is whole, what is done.  */
#include "config.h"

#include "lab/build_id.h"
#include "lab/disk.h"
#include "lab/finish.h"
#include "lab/part.h"
#include "lab/result.h"
#include "lab/seal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static rw_status
mismatch (rw_error *err, const char *path, const char *what, const char *has, const char *wants)
{
  rw_fail (err, RW_EMISMATCH, "%s: made with another %s (%.12s, now %.12s)", path, what, has,
           wants);
  rw_hint (err, "start over with --force, or choose another output with -o");
  return RW_EMISMATCH;
}

static rw_status
damaged (rw_error *err, const char *path, const char *why)
{
  rw_fail (err, RW_EIO, "%s: damaged: %s", path, why);
  rw_hint (err, "start over with --force");
  return RW_EIO;
}

static rw_status
take_seal (rw_store *s, const rw_seal *seal, rw_error *err)
{
  if (strcmp (seal->config_sha256, s->plan->sha256) != 0)
    return mismatch (err, s->part, "config", seal->config_sha256, s->plan->sha256);
  if (strcmp (seal->build_id, RW_BUILD_ID) != 0)
    return mismatch (err, s->part, "build of ropewalk", seal->build_id, RW_BUILD_ID);
  const size_t n = s->outline->n_vars;
  if (seal->n != n + 1 || seal->region[n].bytes != rw_part_safe_bytes (s))
    return damaged (err, s->part, "it has another number of variables");
  s->safe_at = seal->region[n].offset;
  for (size_t k = 0; k < n; k++)
    {
      if (seal->region[k].bytes != s->outline->vars[k].total * rw_part_item (&s->outline->vars[k]))
        return damaged (err, s->part, s->outline->vars[k].name);
      s->at[k] = seal->region[k].offset;
    }
  return RW_OK;
}

static rw_status
read_state (rw_store *s, rw_error *err)
{
  rw_status status = rw_disk_read (s->fd, s->part, s->state, s->plan->n_points, s->at[0], err);
  if (!status)
    status = rw_part_safe_read (s, err);
  for (size_t i = 0; i < s->plan->n_points && !status; i++)
    if (s->state[i] > RW_FAILED || s->safe[i] > RW_FAILED)
      return damaged (err, s->part, "a status is none of 0, 1, 2");
  return status ? status : rw_part_safe_settle (s, err);
}

static rw_status
open_part (rw_store *s, rw_error *err)
{
  rw_seal seal;
  if (!rw_disk_lock (s->fd))
    return rw_part_busy (err, s->part);
  rw_status status = rw_seal_read (s->fd, s->part, &seal, err);
  if (status)
    return status;
  status = take_seal (s, &seal, err);
  rw_free (seal.region);
  if (!status)
    status = read_state (s, err);
  return status ? status : rw_finish_stamp (s->outline, "", err);
}

/* No part file: a finished one of the same hash, of another, or none.  */
static rw_status
look_at_finished (const char *path, const rw_plan *plan, rw_error *err)
{
  rw_result *r;
  if (!rw_disk_exists (path))
    return RW_OK;
  rw_status s = rw_result_open (path, &r, err);
  if (s)
    return s;
  const char *hash = rw_outline_get (r->outline, "config_sha256");
  if (strcmp (hash, plan->sha256) != 0)
    s = mismatch (err, path, "config", hash, plan->sha256);
  else
    s = rw_fail (err, RW_EEXIST, "%s: finished already", path);
  rw_result_close (r);
  return s;
}

rw_status
rw_store_resume (const char *path, const rw_plan *plan, rw_store **out, rw_error *err)
{
  rw_store *s = NULL;
  *out = NULL;
  rw_status status = rw_part_new (path, plan, &s, err);
  if (status)
    return status;
  status = rw_disk_plain (s->path, err);
  if (!status)
    status = rw_disk_plain (s->part, err);
  s->fd = status ? -1 : open (s->part, O_RDWR | O_CLOEXEC);
  if (status)
    ; /* said already */
  else if (s->fd >= 0)
    status = open_part (s, err);
  else if (errno == ENOENT)
    status = look_at_finished (path, plan, err);
  else
    status = rw_fail (err, RW_EIO, "%s: %s", s->part, strerror (errno));
  if (status || s->fd < 0)
    rw_store_close (s);
  else
    *out = s;
  return status;
}
