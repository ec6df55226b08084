/* finish: a whole result file in one ordered pass, under a temporary name until it is complete.
   Lab-private; the store's and the merge's way to the finished file.  */
#ifndef RW_LAB_FINISH_H
#define RW_LAB_FINISH_H

#include "lab/outline.h"

/* A run of a variable's values in row-major order; also the hyperslab first[] + count[].  */
typedef struct
{
  size_t at, n; /* first value and their number */
  size_t rank, first[RW_RANK_MAX], count[RW_RANK_MAX];
} rw_block;

/* Where the values come from: fills out with block->n doubles (bytes, where the variable is of
   bytes).  */
typedef rw_status (*rw_block_read) (void *data, size_t var, const rw_block *block, void *out,
                                    rw_error *err);

/* Sets `created`, `host` and (where not NULL) `command`, writes PATH.tmp, syncs it and renames it
   to PATH.  On failure nothing is left.  */
rw_status rw_finish (const char *path, rw_outline *outline, const char *command, rw_block_read read,
                     void *data, rw_error *err);
/* The three, without writing: for the part file.  */
rw_status rw_finish_stamp (rw_outline *outline, const char *command, rw_error *err);

#endif
