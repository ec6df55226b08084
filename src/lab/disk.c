/* disk: whole reads and writes, room, locks; see disk.h.  */
#include "config.h"

#include "lab/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* Too large a request is split: Linux moves at most this much a call.  */
static const size_t most = 0x7ffff000;

static rw_status
fail (rw_error *err, const char *path, const char *doing, uint64_t bytes, int why)
{
  rw_fail (err, RW_EIO, "%s: %s %llu bytes: %s", path, doing, (unsigned long long) bytes,
           strerror (why));
  if (why == ENOSPC || why == EDQUOT)
    rw_hint (err, "free space there and run again with --resume, or choose another place with -o");
  else if (why == EFBIG)
    rw_hint (err, "raise the limit on file sizes (ulimit -f) and run again with --resume");
  return RW_EIO;
}

rw_status
rw_disk_write (int fd, const char *path, const void *data, size_t n, uint64_t at, rw_error *err)
{
  const char *p = data;
  size_t done = 0;
  while (done < n)
    {
      const size_t now = n - done < most ? n - done : most;
      const ssize_t k = pwrite (fd, p + done, now, (off_t) (at + done));
      if (k > 0)
        done += (size_t) k;
      else if (k == 0 || errno != EINTR)
        return fail (err, path, "writing", n - done, k == 0 ? ENOSPC : errno);
    }
  return RW_OK;
}

rw_status
rw_disk_read (int fd, const char *path, void *data, size_t n, uint64_t at, rw_error *err)
{
  char *p = data;
  size_t done = 0;
  while (done < n)
    {
      const size_t now = n - done < most ? n - done : most;
      const ssize_t k = pread (fd, p + done, now, (off_t) (at + done));
      if (k > 0)
        done += (size_t) k;
      else if (k == 0)
        return rw_fail (err, RW_EIO, "%s: ends %zu bytes too early", path, n - done);
      else if (errno != EINTR)
        return fail (err, path, "reading", n - done, errno);
    }
  return RW_OK;
}

rw_status
rw_disk_reserve (int fd, const char *path, uint64_t bytes, rw_error *err)
{
#ifdef FALLOC_FL_KEEP_SIZE /* Linux's own call: glibc's posix_fallocate would write every block */
  int e;
  while ((e = fallocate (fd, 0, 0, (off_t) bytes)) && errno == EINTR)
    continue;
  if (e && (errno == ENOSPC || errno == EDQUOT || errno == EFBIG))
    return fail (err, path, "making room for", bytes, errno);
#else
  (void) fd, (void) path, (void) bytes, (void) err;
#endif
  return RW_OK;
}

rw_status
rw_disk_sync (int fd, const char *path, rw_error *err)
{
  int e;
  while ((e = fdatasync (fd)) && errno == EINTR)
    continue;
  /* Pipes and some mounts have nothing to sync.  */
  if (e && errno != EINVAL && errno != EROFS && errno != ENOSYS)
    return rw_fail (err, RW_EIO, "%s: syncing: %s", path, strerror (errno));
  return RW_OK;
}

rw_status
rw_disk_sync_folder (const char *path, rw_error *err)
{
  char copy[PATH_MAX];
  if (snprintf (copy, sizeof copy, "%s", path) >= (int) sizeof copy)
    return rw_fail (err, RW_EIO, "%s: path too long", path);
  const char *folder = dirname (copy);
  const int fd = open (folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0)
    return rw_fail (err, RW_EIO, "%s: %s", folder, strerror (errno));
  const rw_status s = rw_disk_sync (fd, folder, err);
  close (fd);
  return s;
}

/* An open-file-description lock where there is one: HDF5 readers take flock locks, and looking at
   a part file while it is written must stay possible.  A mount without locks counts as free.  */
bool
rw_disk_lock (int fd)
{
#ifdef F_OFD_SETLK
  struct flock all = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
  if (fcntl (fd, F_OFD_SETLK, &all) == 0)
    return true;
  return errno != EAGAIN && errno != EACCES;
#else
  return flock (fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK;
#endif
}

bool
rw_disk_exists (const char *path)
{
  struct stat s;
  return lstat (path, &s) == 0;
}

rw_status
rw_disk_plain (const char *path, rw_error *err)
{
  struct stat st;
  if (stat (path, &st) || S_ISREG (st.st_mode))
    return RW_OK;
  rw_fail (err, RW_EIO, "%s: %s, not a file", path,
           S_ISDIR (st.st_mode)    ? "a folder"
           : S_ISFIFO (st.st_mode) ? "a pipe"
                                   : "a device");
  rw_hint (err, "results are HDF5 files, which a program reads and writes at any place");
  return RW_EIO;
}
