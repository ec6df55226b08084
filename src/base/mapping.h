/* mapping: a file's bytes, seen in place: nothing is copied, and pages come and go as memory has
   room for them, so that ten gigabytes are read in one.

   Read-only and private.  The size is taken when the file is opened, and every reader checks what
   it takes against it.  A file that another program cuts while it is mapped cannot be survived (the
   kernel sends SIGBUS): rw_mapping_check, called before values are read, finds one that changed
   before that.  */
#ifndef RW_BASE_MAPPING_H
#define RW_BASE_MAPPING_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct
{
  const void *data; /* NULL for an empty file */
  size_t size;      /* bytes */
  bool open;
  int fd;          /* kept open, for the check */
  int64_t changed; /* nanoseconds: the file's time when it was opened */
} rw_mapping;

/* Regular files only.  The caller closes it with rw_mapping_close.  */
rw_status rw_mapping_open (const char *path, rw_mapping *out, rw_error *err);
/* RW_EIO where the file's size or time is another one than when it was opened.  */
rw_status rw_mapping_check (const rw_mapping *mapping, const char *path, rw_error *err);
void rw_mapping_close (rw_mapping *mapping); /* NULL-safe; zeroes it */

#endif
