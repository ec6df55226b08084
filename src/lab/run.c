/* run: the sweep over a plan's groups; see run.h.

   Where threads go: over the groups where at least GROUPS_PER_THREAD of them are left for each
   thread and the q and k of that many groups fit beside each other, else over the schedules of a
   group, else inside the metric; always inside it where a metric wants the memory of one point at a
   time (RW_ALONE).  Every point is measured by one worker from the same inputs in the same order,
   so the bits do not depend on the way.  Where a source sees frequencies (RW_NEEDS_FREQS) every
   point is prepared for itself.  */
#include "lab/run.h"
#include "lab/inputs.h"
#include "lab/worker.h"

#include <pthread.h>
#include <stdio.h>
#include <time.h>
#ifdef _OPENMP
#  include <omp.h>
#else
#  define omp_get_max_threads() 1
#  define omp_get_thread_num() 0
#endif

enum
{
  GROUPS_PER_THREAD = 4 /* enough that a thread rarely waits for the last group */
};
_Static_assert(__builtin_types_compatible_p (sig_atomic_t, int), "rw_input.stop is one");
static const double progress_every = 0.2, sync_every = 1; /* seconds */
/* q and k that all threads together may hold: what any machine has to spare.  */
static const double beside_bytes = 1e9;

typedef struct
{
  const rw_plan *plan;
  rw_store *store;
  const rw_run_options *options;
  rw_run_summary *summary;
  const unsigned char *status; /* (n_points,) of the store; a byte is read by who runs its point */
  double **blank;              /* (n_fields,) NULLs: the values of a failed point */
  rw_worker **worker;          /* (n_workers,) */
  int n_workers;               /* never more than points to do */
  int threads;
  bool alone;          /* one point at a time, with all threads */
  bool large;          /* one group at a time */
  size_t cells;        /* of a group */
  size_t n_groups;     /* of this shard */
  size_t total;        /* points of this shard */
  size_t first_failed; /* smallest index of a failed point; n_points for none */
  double start, told, synced;
  bool syncing;
  rw_status fatal; /* what ends the run early; read without the lock: late is harmless */
  rw_error *err;
  pthread_mutex_t lock; /* of everything above that changes */
} sweep;

static double
now (void)
{
  struct timespec t;
  clock_gettime (CLOCK_MONOTONIC, &t);
  return (double) t.tv_sec + 1e-9 * (double) t.tv_nsec;
}

static size_t
group_at (const sweep *s, size_t i)
{
  const size_t shards = s->options->shards;
  return shards ? s->options->shard + i * shards : i;
}

static bool
ended (const sweep *s)
{
  return __atomic_load_n (&s->fatal, __ATOMIC_RELAXED) || (s->options->stop && *s->options->stop);
}

static void
end_with (sweep *s, rw_status status, const rw_error *err)
{
  pthread_mutex_lock (&s->lock);
  if (!s->fatal)
    {
      if (s->err)
        *s->err = *err;
      __atomic_store_n (&s->fatal, status, __ATOMIC_RELAXED);
    }
  pthread_mutex_unlock (&s->lock);
}

/* Now and then, after a point: tells the progress under the lock, syncs the store outside it, so
   that one thread waits for the disk and the others go on.  */
static void
tick (sweep *s, size_t cell)
{
  const rw_run_summary *sum = s->summary;
  const double t = now ();
  const size_t done = sum->kept + sum->done + sum->failed;
  if (s->options->progress && (t - s->told >= progress_every || done == s->total))
    {
      s->told = t;
      s->options->progress (s->options->data, done, s->total, t - s->start, cell);
    }
  if (s->syncing || t - s->synced < sync_every)
    return;
  s->syncing = true;
  pthread_mutex_unlock (&s->lock);
  rw_error err = { 0 };
  const rw_status status = rw_store_sync (s->store, &err);
  if (status)
    end_with (s, status, &err);
  pthread_mutex_lock (&s->lock);
  s->syncing = false;
  s->synced = now ();
}

static void
count (sweep *s, size_t cell, rw_status status, const rw_error *err)
{
  pthread_mutex_lock (&s->lock);
  if (status == RW_OK)
    s->summary->done++;
  else
    s->summary->failed++;
  if (status != RW_OK && cell < s->first_failed)
    {
      char label[256];
      s->first_failed = cell;
      snprintf (s->summary->first_failure, sizeof s->summary->first_failure,
                "point %zu (%s): %.700s", cell, rw_plan_label (s->plan, cell, label, sizeof label),
                err->text);
    }
  tick (s, cell);
  pthread_mutex_unlock (&s->lock);
}

/* Measures one cell and stores it.  A point's own fault is stored and counted; want of memory or of
   a disk ends the run and leaves the point to do, and so does a metric that was asked to stop.  */
static void
run_cell (sweep *s, rw_worker *worker, size_t cell, int threads, const rw_bench *bench)
{
  rw_error err = bench->err;
  rw_status status = bench->status;
  double *const *value = NULL;
  double seconds = 0;
  if (!status)
    status = rw_worker_measure (worker, cell, threads, bench, &value, &seconds, &err);
  seconds += bench->seconds;
  if (status == RW_ENOMEM)
    end_with (s, status, &err);
  if (status == RW_ENOMEM || status == RW_EINTR)
    return;
  rw_error put = { 0 };
  const rw_status stored = rw_store_put (s->store, cell, status ? s->blank : value, seconds,
                                         status ? RW_FAILED : RW_DONE, &put);
  if (stored)
    end_with (s, stored, &put);
  else
    count (s, cell, status, &err);
}

static bool
is_done (const sweep *s, size_t g, size_t k)
{
  return s->status[rw_plan_cell (s->plan, g, k)] == RW_DONE;
}

/* The first cell of a group, from its k-th on, that is not done; s->cells where there is none.  */
static size_t
next_cell (const sweep *s, size_t g, size_t k)
{
  while (k < s->cells && is_done (s, g, k))
    k++;
  return k;
}

static size_t
cells_left (const sweep *s, size_t g)
{
  size_t left = 0;
  for (size_t k = next_cell (s, g, 0); k < s->cells; k = next_cell (s, g, k + 1))
    left++;
  return left;
}

/* One cell with a bench of its own.  */
static void
run_lone (sweep *s, rw_worker *worker, size_t cell, int threads)
{
  rw_bench bench;
  rw_worker_prepare (worker, cell, threads, &bench);
  run_cell (s, worker, cell, threads, &bench);
  rw_bench_free (s->plan, &bench);
}

/* A group by one thread.  */
static void
run_group (sweep *s, rw_worker *worker, size_t g, int threads)
{
  size_t k = next_cell (s, g, 0);
  if (s->plan->needs & RW_NEEDS_FREQS)
    {
      for (; k < s->cells && !ended (s); k = next_cell (s, g, k + 1))
        run_lone (s, worker, rw_plan_cell (s->plan, g, k), threads);
      return;
    }
  if (k == s->cells || ended (s))
    return;
  rw_bench bench;
  rw_worker_prepare (worker, rw_plan_cell (s->plan, g, k), threads, &bench);
  bench.seconds /= (double) cells_left (s, g);
  for (; k < s->cells && !ended (s); k = next_cell (s, g, k + 1))
    run_cell (s, worker, rw_plan_cell (s->plan, g, k), threads, &bench);
  rw_bench_free (s->plan, &bench);
}

/* A group by all threads, each a schedule at a time.  */
static void
share_group (sweep *s, size_t g)
{
  rw_bench bench;
  rw_worker_prepare (s->worker[0], rw_plan_cell (s->plan, g, next_cell (s, g, 0)), s->threads,
                     &bench);
  bench.seconds /= (double) cells_left (s, g);
#pragma omp parallel for schedule(dynamic, 1) num_threads(s->n_workers)
  for (size_t k = 0; k < s->cells; k++)
    if (!is_done (s, g, k) && !ended (s))
      run_cell (s, s->worker[omp_get_thread_num ()], rw_plan_cell (s->plan, g, k), 1, &bench);
  rw_bench_free (s->plan, &bench);
}

static void
run_all (sweep *s, size_t groups_left)
{
  const size_t threads = (size_t) s->threads;
  if (!s->large && threads > 1 && groups_left >= GROUPS_PER_THREAD * threads)
    {
#pragma omp parallel for schedule(dynamic, 1) num_threads(s->n_workers)
      for (size_t i = 0; i < s->n_groups; i++)
        run_group (s, s->worker[omp_get_thread_num ()], group_at (s, i), 1);
      return;
    }
  for (size_t i = 0; i < s->n_groups && !ended (s); i++)
    {
      const size_t g = group_at (s, i), left = cells_left (s, g);
      if (!s->alone && !(s->plan->needs & RW_NEEDS_FREQS) && threads > 1 && left > 1
          && 2 * left >= threads)
        share_group (s, g);
      else
        run_group (s, s->worker[0], g, s->threads);
    }
}

/* The run's verdict, once all threads are back.  */
static rw_status
verdict (const sweep *s, rw_error *err)
{
  const rw_run_summary *sum = s->summary;
  const size_t reached = sum->kept + sum->done + sum->failed;
  if (s->fatal)
    return s->fatal;
  if (reached < s->total)
    return rw_fail (err, RW_EINTR, "interrupted after %zu of %zu points", reached, s->total);
  if (sum->failed)
    return rw_fail (err, RW_EPOINTS, "%zu of %zu points failed; the first is %s", sum->failed,
                    s->total, sum->first_failure);
  return RW_OK;
}

/* Counts what is left; returns the groups that have something to do.  */
static size_t
survey (sweep *s)
{
  size_t groups_left = 0, left = 0;
  for (size_t i = 0; i < s->n_groups; i++)
    {
      const size_t n = cells_left (s, group_at (s, i));
      left += n;
      groups_left += n > 0;
    }
  s->total = s->n_groups * s->cells;
  s->summary->kept = s->total - left;
  s->n_workers = s->alone ? 1 : left < (size_t) s->threads ? (int) left : s->threads;
  s->n_workers += s->n_workers == 0;
  return groups_left;
}

static rw_status
workers_new (sweep *s, rw_error *err)
{
  s->blank = rw_new (s->plan->n_fields, sizeof *s->blank);
  s->worker = rw_new ((size_t) s->n_workers, sizeof *s->worker);
  rw_status status = s->blank && s->worker ? RW_OK : rw_nomem (err, sizeof *s->worker);
  for (int i = 0; !status && i < s->n_workers; i++)
    status = rw_worker_new (s->plan, s->options->inputs, s->options->stop, &s->worker[i], err);
  return status;
}

static void
workers_free (sweep *s)
{
  for (int i = 0; s->worker && i < s->n_workers; i++)
    rw_worker_free (s->worker[i]);
  rw_free (s->worker);
  rw_free (s->blank);
}

rw_status
rw_run (const rw_plan *plan, rw_store *store, const rw_run_options *options,
        rw_run_summary *summary, rw_error *err)
{
  const size_t shards = options->shards ? options->shards : 1;
  const size_t shard = options->shards ? options->shard : 0;
  *summary = (rw_run_summary){ 0 };
  if (shard >= shards)
    return rw_fail (err, RW_EINVAL, "shard %zu of %zu: they are counted from 0", shard, shards);
  sweep s = { .plan = plan,
              .store = store,
              .options = options,
              .summary = summary,
              .status = rw_store_status (store),
              .threads = options->threads > 0 ? options->threads : omp_get_max_threads (),
              .cells = plan->n_points / plan->n_groups,
              .n_groups = plan->n_groups / shards + (shard < plan->n_groups % shards),
              .first_failed = plan->n_points,
              .start = now (),
              .err = err,
              .lock = PTHREAD_MUTEX_INITIALIZER };
  s.told = s.synced = s.start;
  s.alone = plan->needs & RW_ALONE;
  s.large = s.alone || rw_inputs_bytes (plan) * s.threads > beside_bytes;
  const size_t groups_left = survey (&s);
  rw_status status = workers_new (&s, err);
  if (!status)
    {
      if (options->progress)
        options->progress (options->data, summary->kept, s.total, 0, 0);
      run_all (&s, groups_left);
      status = verdict (&s, err);
    }
  workers_free (&s);
  if (status == RW_OK || status == RW_EPOINTS || status == RW_EINTR)
    {
      const rw_status synced = rw_store_sync (store, err);
      status = synced ? synced : status;
    }
  summary->seconds = now () - s.start;
  return status;
}
