/* worker: what one thread of a run owns, so that a point is measured without allocating.

   A worker holds its own point, frequency table, scratch arena and value buffers, and what its
   sources keep from group to group (rw_input.memo).  A *bench* is the schedule-free work of one
   group, made by one worker and read by all: its q and k, made once by the source, and what the
   metrics' `prepare` made of them.  Neither sees frequencies, so no result depends on which cells
   share a bench; where a source asks for them (RW_NEEDS_FREQS), every cell has a bench of its own.
   Private to the lab.  */
#ifndef RW_LAB_WORKER_H
#define RW_LAB_WORKER_H

#include "lab/inputs.h"

#include <signal.h>

typedef struct rw_worker rw_worker;

/* Prepared work of a group; `made` metrics of it own something.  */
typedef struct
{
  rw_qk qk;     /* of the group's source */
  bool sourced; /* qk was made */
  void *work[RW_METRICS_MAX];
  size_t made;
  rw_status status; /* of the preparing: where it is not RW_OK, every cell of the group fails */
  rw_error err;
  double seconds; /* the preparing took; the runner makes it a cell's share */
} rw_bench;

/* `inputs` may be NULL where the plan reads nothing; `stop` may be NULL.  */
rw_status rw_worker_new (const rw_plan *plan, const rw_inputs *inputs,
                         const volatile sig_atomic_t *stop, rw_worker **out, rw_error *err);
void rw_worker_free (rw_worker *worker); /* NULL-safe */

/* Makes q and k of the group of `cell`, where a metric needs them, and prepares every metric, with
   so many threads inside a source or metric.  The caller frees the bench with rw_bench_free, also
   where status is an error.  */
void rw_worker_prepare (rw_worker *worker, size_t cell, int threads, rw_bench *bench);
void rw_bench_free (const rw_plan *plan, rw_bench *bench);

/* Measures one cell.  *value is (plan->n_fields,) as rw_store_put wants it, borrowed until the next
   call; *seconds is what the cell cost, the preparing left out.  */
rw_status rw_worker_measure (rw_worker *worker, size_t cell, int threads, const rw_bench *bench,
                             double *const **value, double *seconds, rw_error *err);

#endif
