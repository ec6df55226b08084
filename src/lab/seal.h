/* seal: the part file's last bytes, by which a resumed run knows that everything else is as made.

   After creation only the bytes of the variables change, and those of the second copy of the
   statuses (part_safe.c).  The seal, appended behind HDF5's own end of file (which HDF5 allows) and
   that copy, lists where these regions are and holds a SHA-256 of all other bytes, of the config's
   hash and of the build.  So a resumed run checks one digest instead of trusting HDF5 with a file
   that may be cut or damaged.  Lab-private.

     magic[16]  config_sha256[64]  build_id[64]  n  bytes before the seal  n x {offset, bytes}
     sha256[32]  bytes of the seal  magic[8]          (integers: 8 bytes, this machine's order)  */
#ifndef RW_LAB_SEAL_H
#define RW_LAB_SEAL_H

#include "base/mem.h"

#include <stdint.h>

typedef struct
{
  uint64_t offset, bytes;
} rw_seal_region;

typedef struct
{
  char config_sha256[65], build_id[65];
  uint64_t n, bytes;      /* bytes before the seal */
  rw_seal_region *region; /* (n,) in the outline's order, then the copy's; owned: rw_free */
} rw_seal;

/* Appends the seal behind seal->bytes.  */
rw_status rw_seal_write (int fd, const char *path, const rw_seal *seal, rw_error *err);
/* Reads and checks it: RW_EIO "damaged" where anything differs.  */
rw_status rw_seal_read (int fd, const char *path, rw_seal *seal, rw_error *err);

#endif
