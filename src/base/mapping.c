/* mapping: a file's bytes, seen in place; see mapping.h.  The kernel's usual reading ahead fits: a
   head's rows follow each other, and so do the heads.  */
#include "base/mapping.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static int64_t
time_of (const struct stat *st)
{
  return (int64_t) st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec;
}

static rw_status
map (int fd, const char *path, rw_mapping *out, rw_error *err)
{
  struct stat st;
  if (fstat (fd, &st))
    return rw_fail (err, RW_EIO, "%s: %s", path, strerror (errno));
  if (!S_ISREG (st.st_mode))
    return rw_fail (err, RW_EIO, "%s: expected a file, got %s", path,
                    S_ISDIR (st.st_mode) ? "a folder" : "a pipe or device");
  if ((uintmax_t) st.st_size > PTRDIFF_MAX)
    return rw_fail (err, RW_EIO, "%s: larger than this machine's memory can be", path);
  void *data = st.st_size ? mmap (NULL, (size_t) st.st_size, PROT_READ, MAP_PRIVATE, fd, 0) : NULL;
  if (data == MAP_FAILED)
    return rw_fail (err, RW_EIO, "%s: cannot be mapped: %s", path, strerror (errno));
  *out = (rw_mapping){
    .data = data, .size = (size_t) st.st_size, .open = true, .fd = fd, .changed = time_of (&st)
  };
  return RW_OK;
}

rw_status
rw_mapping_open (const char *path, rw_mapping *out, rw_error *err)
{
  *out = (rw_mapping){ 0 };
  /* O_NONBLOCK: a pipe would wait for its writer before it can be refused */
  const int fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0)
    return rw_fail (err, RW_EIO, "%s: %s", path, strerror (errno));
  const rw_status s = map (fd, path, out, err);
  if (s)
    close (fd);
  return s;
}

rw_status
rw_mapping_check (const rw_mapping *mapping, const char *path, rw_error *err)
{
  struct stat st;
  if (fstat (mapping->fd, &st) == 0 && (size_t) st.st_size == mapping->size
      && time_of (&st) == mapping->changed)
    return RW_OK;
  rw_fail (err, RW_EIO, "%s: the file has changed since it was opened", path);
  return rw_hint (err, "run again when nothing writes to it any more");
}

void
rw_mapping_close (rw_mapping *mapping)
{
  if (!mapping)
    return;
  if (mapping->data)
    munmap ((void *) mapping->data, mapping->size);
  if (mapping->open)
    close (mapping->fd);
  *mapping = (rw_mapping){ 0 };
}
