/* reopen: a finished file in which points failed, that is one shard, or whose figures were declared
   anew, taken up again.

   Points that are done are copied, never measured again; that is right only where the same build
   measures the others.  The caller closes or finishes the store as any other.  */
#ifndef RW_LAB_REOPEN_H
#define RW_LAB_REOPEN_H

#include "lab/result.h"
#include "lab/store.h"

/* Whether this build of ropewalk made the file.  */
bool rw_result_of_this_build (const rw_result *result);

/* For a finished file of the plan's hash (rw_store_resume said RW_EEXIST).  Where every point of
   shard i of n (n 0: every point) is done, and the config is word for word the file's, or another
   build made it: RW_OK with *out NULL and *done their number.  Else a
   part file beside it that holds what was done: RW_OK with a store; the finished file stays until
   the new one replaces it.  RW_EMISMATCH where another build of ropewalk made it.  */
rw_status rw_store_reopen (const char *path, const rw_plan *plan, size_t shard, size_t shards,
                           size_t *done, rw_store **out, rw_error *err);

#endif
