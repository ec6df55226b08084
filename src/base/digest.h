/* digest: what a file holds, in 64 hex digits.

   Up to RW_DIGEST_WHOLE bytes the SHA-256 (FIPS 180-4) of all of it.  Larger files would keep every
   start waiting: there it is the SHA-256 of the size (8 bytes, little-endian) and of
   RW_DIGEST_PIECES pieces of RW_DIGEST_PIECE bytes, evenly spaced, the first at the beginning and
   the last at the end.  A change between the pieces is not seen.  */
#ifndef RW_BASE_DIGEST_H
#define RW_BASE_DIGEST_H

#include "base/status.h"

#include <stdint.h>

enum
{
  RW_DIGEST_WHOLE = 256 << 20,
  RW_DIGEST_PIECE = 1 << 20,
  RW_DIGEST_PIECES = 64
};

/* *bytes is the file's size.  */
rw_status rw_digest_file (const char *path, char hex[65], uint64_t *bytes, rw_error *err);

#endif
