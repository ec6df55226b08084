/* store: the result file while it is written, and its finishing.

   While running, FILE.part holds contiguous, unfiltered datasets allocated at creation with NaN
   fill.  After creation only raw bytes are written in place, a point's data before its status, so
   that a process killed at any moment leaves a file from which a resumed run reaches the same bits.
   The plan is borrowed until the store is finished or closed.  A file-size limit kills a process
   that does not ignore SIGXFSZ (the program does; the library leaves signals alone); a full disk is
   RW_EIO.  rw_store_finish makes the final file in one ordered pass (chunks near 1 MiB, shuffle,
   deflate, fletcher32) under a temporary name, syncs it and renames it.  See doc/format.md.  */
#ifndef RW_LAB_STORE_H
#define RW_LAB_STORE_H

#include "plan/plan.h"

enum
{
  RW_TODO = 0,
  RW_DONE = 1,
  RW_FAILED = 2
};

typedef struct rw_store rw_store;

/* Creates PATH.part (refused with RW_EEXIST where PATH or PATH.part exists, unless `force`).  */
rw_status rw_store_create (const char *path, const rw_plan *plan, bool force, rw_store **out,
                           rw_error *err);
/* Opens PATH.part to go on: RW_EMISMATCH where its config hash or build id is another's, RW_EIO
   where it is damaged (each with what to do).  RW_EEXIST with *out NULL where PATH is already a
   finished file of the same hash; a missing part file is RW_OK with *out NULL (start fresh).  */
rw_status rw_store_resume (const char *path, const rw_plan *plan, rw_store **out, rw_error *err);

/* (n_points,) status of every point as stored; borrowed.  */
const unsigned char *rw_store_status (const rw_store *store);

/* Writes a point: value[k] is (plan->fields[k].size,) or NULL for NaN; then `seconds`, then its
   status.  Thread-safe, in any order.  A full disk is RW_EIO.  */
rw_status rw_store_put (rw_store *store, size_t point, double *const *value, double seconds,
                        unsigned char status, rw_error *err);
rw_status rw_store_sync (rw_store *store, rw_error *err); /* fsync; about once a second is right */

/* Writes the final file and removes the part file; frees the store in every case.  With
   `command` the command line as typed, for provenance.  */
rw_status rw_store_finish (rw_store *store, const char *command, rw_error *err);
void rw_store_close (rw_store *store); /* keeps the part file for a resume; NULL-safe */

/* Joins finished shards of one plan into a new file (all of the same hash and build; each point
   done in at most one, or equal in all: else RW_EMISMATCH).  RW_EPOINTS: the file was written, but
   some points failed or are in no part; the text counts them.  */
rw_status rw_store_merge (const char *out, const char *const *parts, size_t n, bool force,
                          rw_error *err);

#endif
