/* part: what the files of the store share: the store's state, and its parts.  Lab-private.  */
#ifndef RW_LAB_PART_H
#define RW_LAB_PART_H

#include "lab/outline.h"
#include "lab/store.h"

struct rw_store
{
  const rw_plan *plan; /* borrowed */
  rw_outline *outline;
  char *path, *part;
  int fd;         /* PATH.part, locked */
  uint64_t *at;   /* (n_vars,) where each variable's bytes begin */
  uint8_t *state; /* (n_points,) status, as in the file */
};

/* A store without its file; rw_store_close frees it.  */
rw_status rw_part_new (const char *path, const rw_plan *plan, rw_store **out, rw_error *err);
size_t rw_part_item (const rw_outline_var *var); /* bytes of one value */
/* RW_EIO: another run has the file.  */
rw_status rw_part_busy (rw_error *err, const char *path);

#endif
