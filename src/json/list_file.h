/* list_file: a list of numbers from a file: a JSON list, CSV, or NPY.  Private to src/json.

   Long tables of frequencies and factors stand in files of their own, written by other programs:
   every number must be finite, and nothing is guessed.  */
#ifndef RW_JSON_LIST_FILE_H
#define RW_JSON_LIST_FILE_H

#include "base/param.h"
#include "base/status.h"

enum
{
  RW_LIST_MAX = 1 << 16, /* numbers: more than any head has pairs */
  RW_LIST_BYTES = 4 << 20
};

/* Reads `file` (relative to `folder`, NULL for the current one); the format is told by its first
   bytes: "\x93NUMPY", "[", else CSV.  The caller frees out->v with rw_free.  */
rw_status rw_list_read (const char *file, const char *folder, rw_reals *out, rw_error *err);

#endif
