/* shelf: the experiments there are: the folders of experiments/ that hold a config.json.

   They are looked for in the folder of what comes with ropewalk (rw_datadir), sorted by name.  A
   name on the command line is a folder's name, the beginning of one ("04"), or a path to a folder
   elsewhere.  */
#ifndef RW_CLAIM_SHELF_H
#define RW_CLAIM_SHELF_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct
{
  char *name;   /* "04-base-bounds" */
  char *folder; /* path */
  bool claims;  /* has an expected.json */
} rw_experiment;

typedef struct
{
  size_t n;
  rw_experiment *item; /* (n,) */
} rw_shelf;

/* All of them (n_names 0), or those named, each once; an unknown or ambiguous name lists the known
   ones.  The caller frees.  */
rw_status rw_shelf_open (const char *const *names, size_t n_names, rw_shelf *out, rw_error *err);
void rw_shelf_free (rw_shelf *shelf); /* zeroes it */

#endif
