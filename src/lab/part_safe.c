/* part_safe: what of a part file survives the machine's own death; see part.h.

   A killed process loses nothing that it wrote: the kernel has it.  A machine that loses power
   writes pages in any order, so a status may reach the disk and its point's values not.  Therefore
   every sync first makes all values durable and then writes a second copy of the statuses as they
   were before, outside of HDF5's part of the file, beside the kernel's boot id.  A resumed run
   under the same boot id trusts the statuses; under another one it trusts the copy, and does the
   points of the last second again.  */
#include "config.h"

#include "lab/disk.h"
#include "lab/part.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* This boot's id; zeros, which equal no boot, where there is none to be had.  */
static void
boot_id (char id[RW_PART_BOOT])
{
  memset (id, 0, RW_PART_BOOT);
  const int fd = open ("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return;
  if (read (fd, id, RW_PART_BOOT - 1) < 0)
    memset (id, 0, RW_PART_BOOT);
  close (fd);
}

uint64_t
rw_part_safe_bytes (const rw_store *s)
{
  return RW_PART_BOOT + s->plan->n_points;
}

rw_status
rw_part_safe_write (rw_store *s, const char *path, rw_error *err)
{
  char id[RW_PART_BOOT];
  boot_id (id);
  memcpy (s->safe, s->state, s->plan->n_points);
  const rw_status status
      = rw_disk_write (s->fd, path, s->safe, s->plan->n_points, s->safe_at + RW_PART_BOOT, err);
  return status ? status : rw_disk_write (s->fd, path, id, sizeof id, s->safe_at, err);
}

/* Writes the run of statuses that changed since the last time.  `now` was taken before the values
   were made durable.  */
rw_status
rw_part_safe_update (rw_store *s, const uint8_t *now, rw_error *err)
{
  size_t first = 0, end = s->plan->n_points;
  while (first < end && now[first] == s->safe[first])
    first++;
  while (end > first && now[end - 1] == s->safe[end - 1])
    end--;
  if (first == end)
    return RW_OK;
  memcpy (s->safe + first, now + first, end - first);
  return rw_disk_write (s->fd, s->part, s->safe + first, end - first,
                        s->safe_at + RW_PART_BOOT + first, err);
}

rw_status
rw_part_safe_read (rw_store *s, rw_error *err)
{
  return rw_disk_read (s->fd, s->part, s->safe, s->plan->n_points, s->safe_at + RW_PART_BOOT, err);
}

rw_status
rw_part_safe_settle (rw_store *s, rw_error *err)
{
  char then[RW_PART_BOOT], now[RW_PART_BOOT];
  boot_id (now);
  rw_status status = rw_disk_read (s->fd, s->part, then, sizeof then, s->safe_at, err);
  if (status || (now[0] && memcmp (then, now, sizeof now) == 0))
    return status;
  memcpy (s->state, s->safe, s->plan->n_points);
  status = rw_disk_write (s->fd, s->part, s->state, s->plan->n_points, s->at[0], err);
  if (!status)
    status = rw_disk_sync (s->fd, s->part, err);
  return status ? status : rw_disk_write (s->fd, s->part, now, sizeof now, s->safe_at, err);
}
