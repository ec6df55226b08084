/* gguf_stream: bytes of a new file; see gguf_stream.h.  */
#define _GNU_SOURCE /* copy_file_range */
#include "model/gguf_stream.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum
{
  PIECE = 64 << 20, /* bytes a call: the stop flag is looked at between them */
  MODE = 0666       /* less the umask, as any new file */
};

static rw_status
fail (const rw_gguf_stream *s, const char *doing, int why)
{
  rw_fail (s->err, RW_EIO, "%s: %s: %s", s->path, doing, strerror (why));
  if (why == ENOSPC || why == EDQUOT)
    rw_hint (s->err, "nothing was written: free space there, or choose another place with -o");
  else if (why == EFBIG)
    rw_hint (s->err, "nothing was written: raise the limit on file sizes (ulimit -f)");
  return RW_EIO;
}

static bool
no_room (int why)
{
  return why == ENOSPC || why == EDQUOT || why == EFBIG;
}

static rw_status
reserve (const rw_gguf_stream *s, uint64_t bytes)
{
  int e;
  while ((e = fallocate (s->fd, 0, 0, (off_t) bytes)) && errno == EINTR)
    continue;
  return e && no_room (errno) ? fail (s, "making room for it", errno) : RW_OK;
}

rw_status
rw_gguf_stream_open (rw_gguf_stream *s, const char *path, uint64_t bytes, rw_error *err)
{
  *s = (rw_gguf_stream){ .path = path, .fd = -1, .by_kernel = true, .err = err };
  s->part = rw_format ("%s.part.%ld", path, (long) getpid ());
  if (!s->part)
    return rw_nomem (err, strlen (path));
  s->fd = open (s->part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, MODE);
  const rw_status st = s->fd < 0 ? fail (s, "making it", errno) : reserve (s, bytes);
  return st ? rw_gguf_stream_close (s, st, false) : RW_OK;
}

static rw_status
check_stop (const rw_gguf_stream *s)
{
  if (s->stop && *s->stop)
    return rw_fail (s->err, RW_EINTR, "%s: interrupted: nothing was written", s->path);
  return RW_OK;
}

rw_status
rw_gguf_stream_write (rw_gguf_stream *s, const void *data, uint64_t n)
{
  const char *p = data;
  rw_status st = RW_OK;
  while (n && !st)
    {
      const ssize_t k = pwrite (s->fd, p, n < PIECE ? n : PIECE, (off_t) s->at);
      if (k < 0 && errno != EINTR)
        return fail (s, errno == EFAULT ? "reading the model, which was cut" : "writing it", errno);
      p += k > 0 ? k : 0;
      s->at += k > 0 ? (uint64_t) k : 0;
      n -= k > 0 ? (uint64_t) k : 0;
      st = check_stop (s);
    }
  return st;
}

/* What is left of n for another way: none where the kernel copied all.  */
static rw_status
copy_by_kernel (rw_gguf_stream *s, int from, off_t at, uint64_t *n)
{
  rw_status st = RW_OK;
  while (*n && !st)
    {
      off_t to = (off_t) s->at;
      const ssize_t k = copy_file_range (from, &at, s->fd, &to, *n < PIECE ? *n : PIECE, 0);
      if (k < 0 && no_room (errno))
        return fail (s, "writing it", errno);
      if (k <= 0 && !(k < 0 && errno == EINTR))
        {
          s->by_kernel = false;
          return RW_OK;
        }
      s->at += k > 0 ? (uint64_t) k : 0;
      *n -= k > 0 ? (uint64_t) k : 0;
      st = check_stop (s);
    }
  return st;
}

rw_status
rw_gguf_stream_copy (rw_gguf_stream *s, const rw_mapping *mapping, const void *data, uint64_t n)
{
  const uint64_t whole = n;
  if (mapping && s->by_kernel)
    {
      const off_t at = (const char *) data - (const char *) mapping->data;
      const rw_status st = copy_by_kernel (s, mapping->fd, at, &n);
      if (st)
        return st;
    }
  return rw_gguf_stream_write (s, (const char *) data + (whole - n), n);
}

rw_status
rw_gguf_stream_pad (rw_gguf_stream *s, uint64_t alignment)
{
  static const char zeros[4096];
  uint64_t n = (alignment - s->at % alignment) % alignment;
  rw_status st = RW_OK;
  for (; n && !st; n -= n < sizeof zeros ? n : sizeof zeros)
    st = rw_gguf_stream_write (s, zeros, n < sizeof zeros ? n : sizeof zeros);
  return st;
}

rw_status
rw_gguf_stream_sync (rw_gguf_stream *s)
{
  return fsync (s->fd) ? fail (s, "writing it", errno) : RW_OK;
}

/* The name, which must be free unless it may be replaced: link says so in one step, where the file
   system has links.  */
static rw_status
give_name (const rw_gguf_stream *s, bool replace)
{
  if (!replace)
    {
      if (link (s->part, s->path) == 0)
        return RW_OK;
      if (errno == EEXIST)
        return rw_fail (s->err, RW_EEXIST, "%s: exists", s->path);
    }
  return rename (s->part, s->path) ? fail (s, "naming it", errno) : RW_OK;
}

rw_status
rw_gguf_stream_close (rw_gguf_stream *s, rw_status st, bool replace)
{
  if (s->fd >= 0 && close (s->fd) && !st)
    st = fail (s, "writing it", errno);
  if (!st)
    st = give_name (s, replace);
  if (s->part && s->fd >= 0)
    unlink (s->part); /* its second name, or all of it */
  rw_free (s->part);
  s->part = NULL;
  s->fd = -1;
  return st;
}
