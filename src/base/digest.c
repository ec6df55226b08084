/* digest: what a file holds, in 64 hex digits; see digest.h.  */
#include "base/digest.h"
#include "base/mapping.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <sha2.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

/* pread, not the mapping: what is read once need not stay in this process's memory.  */
static rw_status
add_piece (SHA2_CTX *sha, const rw_mapping *file, uint64_t at, size_t n, unsigned char *buf,
           const char *path, rw_error *err)
{
  while (n)
    {
      const ssize_t got = pread (file->fd, buf, n, (off_t) at);
      if (got < 0 && errno == EINTR)
        continue;
      if (got <= 0)
        return rw_fail (err, RW_EIO, "%s: %s", path,
                        got ? strerror (errno) : "the file is being cut while it is read");
      SHA256Update (sha, buf, (size_t) got);
      at += (uint64_t) got;
      n -= (size_t) got;
    }
  return RW_OK;
}

static rw_status
add_whole (SHA2_CTX *sha, const rw_mapping *file, unsigned char *buf, const char *path,
           rw_error *err)
{
  rw_status s = RW_OK;
  for (size_t at = 0; !s && at < file->size; at += RW_DIGEST_PIECE)
    {
      const size_t left = file->size - at;
      s = add_piece (sha, file, at, left < RW_DIGEST_PIECE ? left : RW_DIGEST_PIECE, buf, path,
                     err);
    }
  return s;
}

static rw_status
add_sample (SHA2_CTX *sha, const rw_mapping *file, unsigned char *buf, const char *path,
            rw_error *err)
{
  const uint64_t last = file->size - RW_DIGEST_PIECE, gaps = RW_DIGEST_PIECES - 1;
  unsigned char size[8];
  rw_status s = RW_OK;
  for (size_t i = 0; i < sizeof size; i++)
    size[i] = (unsigned char) ((uint64_t) file->size >> 8 * i);
  SHA256Update (sha, size, sizeof size);
  for (uint64_t i = 0; !s && i < RW_DIGEST_PIECES; i++) /* at i last / gaps, without overflow */
    s = add_piece (sha, file, last / gaps * i + last % gaps * i / gaps, RW_DIGEST_PIECE, buf, path,
                   err);
  return s;
}

rw_status
rw_digest_file (const char *path, char hex[65], uint64_t *bytes, rw_error *err)
{
  rw_mapping file;
  SHA2_CTX sha;
  rw_status s = rw_mapping_open (path, &file, err);
  if (s)
    return s;
  unsigned char *buf = rw_new (RW_DIGEST_PIECE, 1);
  SHA256Init (&sha);
  if (!buf)
    s = rw_nomem (err, RW_DIGEST_PIECE);
  else
    s = (file.size > RW_DIGEST_WHOLE ? add_sample : add_whole) (&sha, &file, buf, path, err);
  *bytes = file.size;
  SHA256End (&sha, hex);
  rw_free (buf);
  rw_mapping_close (&file);
  return s;
}
