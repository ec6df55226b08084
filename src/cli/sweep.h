/* sweep: a plan run to its result file, with its progress on stderr and Ctrl-C heeded; what `run`
   and `reproduce` share.  */
#ifndef RW_CLI_SWEEP_H
#define RW_CLI_SWEEP_H

#include "lab/run.h"

/* Everything is borrowed.  */
typedef struct
{
  const rw_plan *plan;
  const rw_inputs *inputs;
  const char *path;    /* of the result file */
  const char *command; /* as typed, for the file */
  bool quiet;
  int threads;          /* 0: what OpenMP says */
  size_t shard, shards; /* as in rw_run_options */
} sweep;

/* The store that sweep_measure fills.  RW_OK with *store NULL: everything is done already, *kept
   points.  */
rw_status sweep_open (const sweep *s, bool resume, bool force, rw_store **store, size_t *kept,
                      rw_error *err);

/* Whether a finished file at the path is of this plan's hash and of this build; *done: and no point
   of it failed and its figures are the config's, so that running again would give the same.  With
   any_build another build's is as good, with the figures it has.  */
bool sweep_current (const rw_plan *plan, const char *path, bool any_build, bool *done);
/* A store that goes on with what this build measured of this plan, and starts anything else over;
   NULL where that is everything.  */
rw_status sweep_renew (const sweep *s, rw_store **store, rw_error *err);

/* Measures what is to do and finishes the file.  RW_EPOINTS: it is finished, some points failed.
   Any other error leaves the part file, to go on with.  */
rw_status sweep_measure (const sweep *s, rw_store *store, rw_run_summary *sum, rw_error *err);

#endif
