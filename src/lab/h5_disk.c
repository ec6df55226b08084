/* h5_disk: the driver; see h5_disk.h.  */
#include "config.h"

#include "lab/h5_disk.h"
#include "base/mem.h"
#include "lab/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#if H5_VERSION_GE(1, 13, 0)
#  include <H5FDdevelop.h>
#endif

static const haddr_t most = ((haddr_t) 1 << 62) - 1;

typedef struct
{
  H5FD_t as; /* HDF5's own part; first */
  int fd;
  haddr_t eoa, eof;
  char *path;
  rw_h5_fault *fault;
} disk;

typedef struct
{
  rw_h5_fault *fault;
} info;

static void
note (disk *d, int why)
{
  if (!d->fault->error.status)
    rw_fail (&d->fault->error, RW_EIO, "%s: %s", d->path, strerror (why));
}

static int
access_flags (unsigned flags)
{
  return O_CLOEXEC | (flags & H5F_ACC_RDWR ? O_RDWR : O_RDONLY)
         | (flags & H5F_ACC_TRUNC ? O_TRUNC : 0) | (flags & H5F_ACC_CREAT ? O_CREAT : 0);
}

static void
disk_free (disk *d)
{
  if (d->fd >= 0 && close (d->fd))
    note (d, errno);
  rw_free (d->path);
  rw_free (d);
}

static H5FD_t *
disk_open (const char *path, unsigned flags, hid_t list, haddr_t max)
{
  const info *given = H5Pget_driver_info (list);
  struct stat st;
  (void) max;
  if (!given)
    return NULL;
  disk *d = rw_new (1, sizeof *d);
  char *name = rw_strdup (path);
  if (!d || !name)
    {
      rw_free (d);
      rw_free (name);
      rw_nomem (&given->fault->error, sizeof *d);
      return NULL;
    }
  d->fault = given->fault;
  d->path = name;
  d->fd = open (path, access_flags (flags), 0666);
  if (d->fd < 0 || fstat (d->fd, &st))
    {
      note (d, errno);
      disk_free (d);
      return NULL;
    }
  d->eof = (haddr_t) st.st_size;
  return &d->as;
}

static herr_t
disk_close (H5FD_t *file)
{
  disk_free ((disk *) file);
  return 0;
}

static herr_t
disk_query (const H5FD_t *file, unsigned long *flags)
{
  (void) file;
  *flags = H5FD_FEAT_AGGREGATE_METADATA | H5FD_FEAT_ACCUMULATE_METADATA | H5FD_FEAT_DATA_SIEVE
           | H5FD_FEAT_AGGREGATE_SMALLDATA | H5FD_FEAT_DEFAULT_VFD_COMPATIBLE;
  return 0;
}

static haddr_t
disk_get_eoa (const H5FD_t *file, H5FD_mem_t type)
{
  (void) type;
  return ((const disk *) file)->eoa;
}

static herr_t
disk_set_eoa (H5FD_t *file, H5FD_mem_t type, haddr_t at)
{
  (void) type;
  ((disk *) file)->eoa = at;
  return 0;
}

static haddr_t
disk_get_eof (const H5FD_t *file, H5FD_mem_t type)
{
  (void) type;
  return ((const disk *) file)->eof;
}

/* What was never written reads as zeros, as HDF5 expects of a driver.  */
static herr_t
disk_read (H5FD_t *file, H5FD_mem_t type, hid_t list, haddr_t at, size_t n, void *out)
{
  disk *d = (disk *) file;
  (void) type, (void) list;
  const haddr_t left = at < d->eof ? d->eof - at : 0;
  const size_t there = left < n ? (size_t) left : n;
  memset ((char *) out + there, 0, n - there);
  if (rw_disk_read (d->fd, d->path, out, there, at, NULL) && !d->fault->error.status)
    return -1;
  return 0;
}

static herr_t
disk_write (H5FD_t *file, H5FD_mem_t type, hid_t list, haddr_t at, size_t n, const void *data)
{
  disk *d = (disk *) file;
  (void) type, (void) list;
  if (!d->fault->error.status)
    rw_disk_write (d->fd, d->path, data, n, at, &d->fault->error);
  if (at + n > d->eof)
    d->eof = at + n;
  return 0;
}

static herr_t
disk_truncate (H5FD_t *file, hid_t list, hbool_t closing)
{
  disk *d = (disk *) file;
  (void) list, (void) closing;
  if (d->eoa == d->eof)
    return 0;
  if (!d->fault->error.status && ftruncate (d->fd, (off_t) d->eoa))
    note (d, errno);
  d->eof = d->eoa;
  return 0;
}

herr_t
rw_h5_disk_use (hid_t access_list, rw_h5_fault *fault)
{
  const H5FD_class_t class = {
#if H5_VERSION_GE(1, 13, 0)
    .version = H5FD_CLASS_VERSION,
    .value = (H5FD_class_value_t) 617, /* any number of the range for private drivers */
#endif
    .name = "ropewalk",
    .maxaddr = most,
    .fc_degree = H5F_CLOSE_WEAK,
    .fapl_size = sizeof (info),
    .open = disk_open,
    .close = disk_close,
    .query = disk_query,
    .get_eoa = disk_get_eoa,
    .set_eoa = disk_set_eoa,
    .get_eof = disk_get_eof,
    .read = disk_read,
    .write = disk_write,
    .truncate = disk_truncate,
    .fl_map = H5FD_FLMAP_DICHOTOMY,
  };
  const info mine = { fault };
  *fault = (rw_h5_fault){ .error = { .status = RW_OK } };
  const hid_t driver = H5FDregister (&class);
  if (driver < 0)
    return -1;
  const herr_t e = H5Pset_driver (access_list, driver, &mine);
  H5FDunregister (driver); /* the list and the file hold it from here on */
  return e;
}
