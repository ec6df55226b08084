/* part: what the files of the store share: the store's state, and its parts.  Lab-private.

   A store is one part file: part_create.c makes it, part_resume.c opens one that a run left,
   store.c puts points into it and finishes it, part_safe.c keeps a second copy of the statuses.
   store.h has what the rest of the lab may call.  */
#ifndef RW_LAB_PART_H
#define RW_LAB_PART_H

#include "lab/outline.h"
#include "lab/store.h"

#include <pthread.h>

enum
{
  RW_PART_BOOT = 48 /* bytes of a kernel's boot id, padded with zeros */
};

/* An open part file; made by rw_part_new.  */
struct rw_store
{
  const rw_plan *plan; /* borrowed */
  rw_outline *outline;
  char *path, *part;
  int fd;               /* PATH.part, locked */
  uint64_t *at;         /* (n_vars,) where each variable's bytes begin */
  uint8_t *state;       /* (n_points,) status, as in the file */
  uint64_t safe_at;     /* where the second copy lies: boot id, then statuses */
  uint8_t *safe;        /* (n_points,) status as of the last sync, as in the file */
  pthread_mutex_t sync; /* one sync at a time */
};

/* A store without its file; rw_store_close frees it.  */
rw_status rw_part_new (const char *path, const rw_plan *plan, rw_store **out, rw_error *err);
size_t rw_part_item (const rw_outline_var *var); /* bytes of one value */
/* RW_EIO: another run has the file.  */
rw_status rw_part_busy (rw_error *err, const char *path);

/* The second copy of the statuses, for a machine that dies; see part_safe.c.  */
uint64_t rw_part_safe_bytes (const rw_store *store);
rw_status rw_part_safe_write (rw_store *store, const char *path, rw_error *err);
rw_status rw_part_safe_update (rw_store *store, const uint8_t *now, rw_error *err);
rw_status rw_part_safe_read (rw_store *store, rw_error *err);
/* Takes the copy for the statuses where the machine was started anew since.  */
rw_status rw_part_safe_settle (rw_store *store, rw_error *err);

#endif
