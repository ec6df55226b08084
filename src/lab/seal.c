/* seal: the digest at the end of a part file; see seal.h.  */
#include "config.h"

#include "lab/seal.h"
#include "lab/disk.h"

#include <sha2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum
{
  TEXT = 64,
  READ = 1 << 16 /* bytes a read while digesting */
};

static const char magic[16] = "ropewalk part 1\n", tail[8] = "rw seal\n";

typedef struct
{
  char magic[16], config_sha256[TEXT], build_id[TEXT];
  uint64_t n, bytes;
} head;

typedef struct
{
  uint8_t sha256[SHA256_DIGEST_LENGTH];
  uint64_t seal_bytes;
  char magic[8];
} foot;

static int
by_offset (const void *a, const void *b)
{
  const rw_seal_region *x = a, *y = b;
  return (x->offset > y->offset) - (x->offset < y->offset);
}

/* A copy of the regions by rising offset; NULL when out of memory.  */
static rw_seal_region *
sorted (const rw_seal *seal)
{
  rw_seal_region *r = rw_new (seal->n, sizeof *r);
  if (r)
    {
      memcpy (r, seal->region, seal->n * sizeof *r);
      qsort (r, seal->n, sizeof *r, by_offset);
    }
  return r;
}

static rw_status
digest_gap (int fd, const char *path, SHA2_CTX *sha, uint64_t from, uint64_t to, rw_error *err)
{
  uint8_t buf[READ];
  while (from < to)
    {
      const size_t now = to - from < READ ? (size_t) (to - from) : READ;
      const rw_status s = rw_disk_read (fd, path, buf, now, from, err);
      if (s)
        return s;
      SHA256Update (sha, buf, now);
      from += now;
    }
  return RW_OK;
}

/* The digest of every byte outside the regions, then of the head and the regions.  */
static rw_status
digest (int fd, const char *path, const rw_seal *seal, const head *h,
        uint8_t out[SHA256_DIGEST_LENGTH], rw_error *err)
{
  SHA2_CTX sha;
  rw_seal_region *r = sorted (seal);
  if (!r)
    return rw_nomem (err, seal->n * sizeof *r);
  SHA256Init (&sha);
  uint64_t at = 0;
  rw_status s = RW_OK;
  for (uint64_t i = 0; i <= seal->n && !s; i++)
    {
      const uint64_t to = i < seal->n ? r[i].offset : seal->bytes;
      s = digest_gap (fd, path, &sha, at, to, err);
      at = i < seal->n ? to + r[i].bytes : to;
    }
  SHA256Update (&sha, (const uint8_t *) h, sizeof *h);
  SHA256Update (&sha, (const uint8_t *) seal->region, seal->n * sizeof *seal->region);
  SHA256Final (out, &sha);
  rw_free (r);
  return s;
}

rw_status
rw_seal_write (int fd, const char *path, const rw_seal *seal, rw_error *err)
{
  head h = { .n = seal->n, .bytes = seal->bytes };
  memcpy (h.magic, magic, sizeof magic);
  memcpy (h.config_sha256, seal->config_sha256, TEXT);
  memcpy (h.build_id, seal->build_id, TEXT);
  const size_t table = seal->n * sizeof *seal->region;
  foot f = { .seal_bytes = sizeof h + table + sizeof f };
  memcpy (f.magic, tail, sizeof tail);
  uint64_t at = seal->bytes;
  rw_status s = digest (fd, path, seal, &h, f.sha256, err);
  if (!s)
    s = rw_disk_write (fd, path, &h, sizeof h, at, err);
  if (!s)
    s = rw_disk_write (fd, path, seal->region, table, at + sizeof h, err);
  if (!s)
    s = rw_disk_write (fd, path, &f, sizeof f, at + sizeof h + table, err);
  return s;
}

/* ---- reading: nothing is believed before the digest agrees ---- */

static rw_status
damaged (rw_error *err, const char *path, const char *why)
{
  rw_fail (err, RW_EIO, "%s: damaged, or not a part file of ropewalk: %s", path, why);
  rw_hint (err, "start over with --force");
  return RW_EIO;
}

/* Regions must lie inside the file and apart from each other.  */
static rw_status
check_regions (const char *path, const rw_seal *seal, rw_error *err)
{
  rw_seal_region *r = sorted (seal);
  if (!r)
    return rw_nomem (err, seal->n * sizeof *r);
  bool good = true;
  uint64_t at = 0;
  for (uint64_t i = 0; i < seal->n && good; i++)
    {
      good = r[i].offset >= at && r[i].offset <= seal->bytes
             && r[i].bytes <= seal->bytes - r[i].offset;
      at = r[i].offset + r[i].bytes;
    }
  rw_free (r);
  return good ? RW_OK : damaged (err, path, "its variables overlap or lie outside it");
}

static rw_status
read_table (int fd, const char *path, uint64_t size, rw_seal *seal, head *h, foot *f, rw_error *err)
{
  if (size < sizeof *h + sizeof *f)
    return damaged (err, path, "too short");
  rw_status s = rw_disk_read (fd, path, f, sizeof *f, size - sizeof *f, err);
  if (s)
    return s;
  if (memcmp (f->magic, tail, sizeof tail) != 0 || f->seal_bytes > size
      || f->seal_bytes < sizeof *h + sizeof *f)
    return damaged (err, path, "its end is missing");
  s = rw_disk_read (fd, path, h, sizeof *h, size - f->seal_bytes, err);
  if (s)
    return s;
  const uint64_t table = f->seal_bytes - sizeof *h - sizeof *f;
  if (memcmp (h->magic, magic, sizeof magic) != 0 || table % sizeof (rw_seal_region)
      || h->n != table / sizeof (rw_seal_region) || h->bytes != size - f->seal_bytes)
    return damaged (err, path, "its table does not fit");
  seal->n = h->n;
  seal->bytes = h->bytes;
  memcpy (seal->config_sha256, h->config_sha256, TEXT);
  memcpy (seal->build_id, h->build_id, TEXT);
  seal->region = rw_new (seal->n, sizeof *seal->region);
  if (!seal->region)
    return rw_nomem (err, table);
  return rw_disk_read (fd, path, seal->region, table, h->bytes + sizeof *h, err);
}

rw_status
rw_seal_read (int fd, const char *path, rw_seal *seal, rw_error *err)
{
  struct stat st;
  head h;
  foot f;
  uint8_t sha[SHA256_DIGEST_LENGTH];
  *seal = (rw_seal){ 0 };
  if (fstat (fd, &st) || !S_ISREG (st.st_mode))
    return damaged (err, path, "not a regular file");
  rw_status s = read_table (fd, path, (uint64_t) st.st_size, seal, &h, &f, err);
  if (!s)
    s = check_regions (path, seal, err);
  if (!s)
    s = digest (fd, path, seal, &h, sha, err);
  if (!s && memcmp (sha, f.sha256, sizeof sha) != 0)
    s = damaged (err, path, "its digest differs");
  if (s)
    {
      rw_free (seal->region);
      *seal = (rw_seal){ 0 };
    }
  return s;
}
