/* run: the sweep: every group prepared once, every schedule of it measured, every point stored.

   Threads share the work over groups where there are many, over the schedules of a group or inside
   a metric where there are few or q and k are large; results do not depend on how.  */
#ifndef RW_LAB_RUN_H
#define RW_LAB_RUN_H

#include "lab/inputs.h"
#include "lab/store.h"
#include "plan/plan.h"

#include <signal.h>

typedef struct
{
  int threads;             /* 0: what OpenMP says */
  size_t shard, shards;    /* groups g with g mod shards == shard; shards 0 means all */
  const rw_inputs *inputs; /* what the sweep reads; NULL where it reads nothing */
  /* Not 0: finish the points in flight and return RW_EINTR; what takes minutes may leave its point
     to do.  Or NULL.  */
  const volatile sig_atomic_t *stop;
  /* OPTIONAL, called from one thread at a time, at most a few times a second.  */
  void (*progress) (void *data, size_t done, size_t total, double seconds, size_t point);
  void *data;
} rw_run_options;

typedef struct
{
  size_t done, failed, kept; /* this run's; kept were done before */
  double seconds;
  char first_failure[1024]; /* text of the first failed point's error, "" if none */
} rw_run_summary;

/* Runs every point that is not done (failed ones are tried again).  RW_EPOINTS where some failed.
 */
rw_status rw_run (const rw_plan *plan, rw_store *store, const rw_run_options *options,
                  rw_run_summary *summary, rw_error *err);

#endif
