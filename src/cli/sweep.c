/* sweep: opens a store, fills it, finishes it; see sweep.h.  */
#include "config.h"

#include "cli/sweep.h"
#include "cli/door.h"
#include "cli/progress.h"
#include "lab/reopen.h"
#include "lab/result.h"

#include <stdint.h>
#include <string.h>

static rw_status
not_an_input (const sweep *s, rw_error *err)
{
  if (!rw_plan_reads (s->plan, s->path))
    return RW_OK;
  rw_fail (err, RW_EEXIST, "%s: the config reads this file", s->path);
  return rw_hint (err, "choose another output with -o");
}

/* What was begun or finished of the same plan; *kept is SIZE_MAX where there is nothing.  */
static rw_status
resume_store (const sweep *s, rw_store **store, size_t *kept, rw_error *err)
{
  *kept = SIZE_MAX;
  const rw_status status = rw_store_resume (s->path, s->plan, store, err);
  if (status == RW_EEXIST)
    return rw_store_reopen (s->path, s->plan, s->shard, s->shards, kept, store, err);
  return status;
}

rw_status
sweep_open (const sweep *s, bool resume, bool force, rw_store **store, size_t *kept, rw_error *err)
{
  rw_status status = not_an_input (s, err);
  if (status)
    return status;
  if (!resume)
    return rw_store_create (s->path, s->plan, force, store, err);
  status = resume_store (s, store, kept, err);
  if (status || *store || *kept < SIZE_MAX)
    return status;
  return rw_store_create (s->path, s->plan, false, store, err);
}

/* ---- kept where nothing changed ---- */

static bool
of_plan (const rw_result *result, const rw_plan *plan)
{
  return strcmp (rw_outline_get (result->outline, "config_sha256"), plan->sha256) == 0
         && result->outline->n_points == plan->n_points;
}

static bool
all_done (const rw_result *result)
{
  const size_t n = result->outline->n_points;
  double *status = rw_new (n, sizeof *status);
  bool done = status && rw_result_read (result, 0, NULL, status, NULL) == RW_OK;
  for (size_t i = 0; done && i < n; i++)
    done = status[i] == RW_DONE;
  rw_free (status);
  return done;
}

bool
sweep_current (const rw_plan *plan, const char *path, bool any_build, bool *done)
{
  rw_result *result = NULL;
  *done = false;
  if (rw_result_open (path, &result, NULL))
    return false;
  const bool own = rw_result_of_this_build (result);
  const bool same = of_plan (result, plan) && (own || any_build);
  *done = same && all_done (result)
          && (!own || strcmp (rw_outline_get (result->outline, "config"), plan->config) == 0);
  rw_result_close (result);
  return same;
}

rw_status
sweep_renew (const sweep *s, rw_store **store, rw_error *err)
{
  bool done;
  size_t kept;
  rw_status status = not_an_input (s, err);
  if (status)
    return status;
  if (sweep_current (s->plan, s->path, false, &done) && done)
    {
      *store = NULL;
      return RW_OK;
    }
  status = resume_store (s, store, &kept, err);
  if (!status && *store)
    return RW_OK;
  /* nothing there, or another config's, another build's, a damaged one */
  return rw_store_create (s->path, s->plan, true, store, err);
}

/* ---- the run ---- */

rw_status
sweep_measure (const sweep *s, rw_store *store, rw_run_summary *sum, rw_error *err)
{
  rw_error unfinished;
  progress shown = progress_begin (s->plan, s->quiet);
  const rw_run_options how = { .threads = s->threads,
                               .shard = s->shard,
                               .shards = s->shards,
                               .inputs = s->inputs,
                               .stop = door_stop (),
                               .progress = progress_step,
                               .data = &shown };
  const rw_status ran = rw_run (s->plan, store, &how, sum, err);
  progress_end (&shown);
  if (ran && ran != RW_EPOINTS)
    {
      rw_store_close (store);
      return ran;
    }
  if (rw_store_finish (store, s->command, &unfinished) == RW_OK)
    return ran;
  if (err)
    *err = unfinished;
  return unfinished.status;
}
