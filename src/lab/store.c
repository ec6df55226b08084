/* store: the part file while a run writes it; see store.h.

   Invariants: PATH.part appears under its name only when complete (part_create.c), so that a run
   killed at any moment leaves either none or one that a resumed run can use (part_resume.c); HDF5
   is closed by then, and from there on only bytes inside the variables' regions are written, a
   point's values before its status.  */
#include "config.h"

#include "lab/disk.h"
#include "lab/finish.h"
#include "lab/part.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

enum
{
  NANS = 512 /* doubles a write for a value that a point does not have */
};

size_t
rw_part_item (const rw_outline_var *var)
{
  return var->bytes ? 1 : sizeof (double);
}

rw_status
rw_part_busy (rw_error *err, const char *path)
{
  rw_fail (err, RW_EIO, "%s: another run is writing it", path);
  rw_hint (err, "wait for that run to end, or choose another output with -o");
  return RW_EIO;
}

/* ---- a store without its file ---- */

rw_status
rw_part_new (const char *path, const rw_plan *plan, rw_store **out, rw_error *err)
{
  rw_store *s = rw_new (1, sizeof *s);
  if (!s)
    return rw_nomem (err, sizeof *s);
  s->fd = -1;
  pthread_mutex_init (&s->sync, NULL);
  s->plan = plan;
  const rw_status status = rw_outline_new (plan, &s->outline, err);
  if (status)
    {
      rw_store_close (s);
      return status;
    }
  s->path = rw_strdup (path);
  s->part = rw_format ("%s.part", path);
  s->at = rw_new (s->outline->n_vars, sizeof *s->at);
  s->state = rw_new (plan->n_points, 1);
  s->safe = rw_new (plan->n_points, 1);
  if (!s->path || !s->part || !s->at || !s->state || !s->safe)
    {
      rw_store_close (s);
      return rw_nomem (err, plan->n_points);
    }
  *out = s;
  return RW_OK;
}

void
rw_store_close (rw_store *store)
{
  if (!store)
    return;
  if (store->fd >= 0)
    {
      rw_store_sync (store, NULL); /* best effort: every put has told its own errors */
      close (store->fd);
    }
  rw_outline_free (store->outline);
  rw_free (store->path);
  rw_free (store->part);
  rw_free (store->at);
  rw_free (store->state);
  rw_free (store->safe);
  pthread_mutex_destroy (&store->sync);
  rw_free (store);
}

/* ---- points ---- */

const unsigned char *
rw_store_status (const rw_store *store)
{
  return store->state;
}

static rw_status
put_nan (rw_store *s, uint64_t at, size_t n, rw_error *err)
{
  double nans[NANS];
  for (size_t i = 0; i < NANS && i < n; i++)
    nans[i] = NAN;
  for (size_t i = 0; i < n; i += NANS)
    {
      const size_t now = n - i < NANS ? n - i : NANS;
      const rw_status status
          = rw_disk_write (s->fd, s->part, nans, now * sizeof *nans, at + i * sizeof *nans, err);
      if (status)
        return status;
    }
  return RW_OK;
}

rw_status
rw_store_put (rw_store *store, size_t point, double *const *value, double seconds,
              unsigned char status, rw_error *err)
{
  const rw_outline *l = store->outline;
  if (point >= l->n_points || status > RW_FAILED)
    return rw_fail (err, RW_EINVAL, "point %zu of %zu, status %d", point, l->n_points, status);
  rw_status s = RW_OK;
  for (size_t k = RW_SHARED_VARS; k < l->n_vars && !s; k++)
    {
      const double *v = value ? value[k - RW_SHARED_VARS] : NULL;
      const size_t n = l->vars[k].size;
      const uint64_t at = store->at[k] + point * n * sizeof *v;
      s = v ? rw_disk_write (store->fd, store->part, v, n * sizeof *v, at, err)
            : put_nan (store, at, n, err);
    }
  if (!s)
    s = rw_disk_write (store->fd, store->part, &seconds, sizeof seconds,
                       store->at[1] + point * sizeof seconds, err);
  if (!s)
    s = rw_disk_write (store->fd, store->part, &status, 1, store->at[0] + point, err);
  if (!s)
    __atomic_store_n (&store->state[point], status, __ATOMIC_RELEASE);
  return s;
}

/* Statuses are looked at before the values are made durable: every one that is set then stands for
   values that are written.  */
rw_status
rw_store_sync (rw_store *store, rw_error *err)
{
  const size_t n = store->outline->n_points;
  uint8_t *now = rw_new (n, 1);
  if (!now)
    return rw_nomem (err, n);
  pthread_mutex_lock (&store->sync);
  for (size_t i = 0; i < n; i++)
    now[i] = __atomic_load_n (&store->state[i], __ATOMIC_ACQUIRE);
  rw_status s = rw_disk_sync (store->fd, store->part, err);
  if (!s)
    s = rw_part_safe_update (store, now, err);
  pthread_mutex_unlock (&store->sync);
  rw_free (now);
  return s;
}

/* ---- finishing ---- */

static rw_status
read_block (void *data, size_t k, const rw_block *block, void *out, rw_error *err)
{
  const rw_store *s = data;
  const size_t size = rw_part_item (&s->outline->vars[k]);
  return rw_disk_read (s->fd, s->part, out, block->n * size, s->at[k] + block->at * size, err);
}

rw_status
rw_store_finish (rw_store *store, const char *command, rw_error *err)
{
  const rw_status s
      = rw_finish (store->path, store->outline, command ? command : "", read_block, store, err);
  if (!s)
    unlink (store->part);
  rw_store_close (store);
  return s;
}
