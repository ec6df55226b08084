/* reproduce_run: what the sweeps of the studies would take, and their running; see reproduce.h.  */
#include "config.h"

#include "cli/cost.h"
#include "cli/reproduce.h"
#include "cli/sweep.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static bool
in_part (const reproduce *r, const study_trial *t)
{
  return r->part == PART_ALL || (r->part == PART_MODEL) == t->model;
}

static bool
to_run (const reproduce *r, const study *s, const study_trial *t)
{
  return s->chosen && in_part (r, t) && t->plan && !t->cached && !t->reason;
}

static void
say_without (const reproduce *r, const study *s, const study_trial *t)
{
  if (!r->quiet)
    fprintf (stderr, "%s/%s: not run: %s\n", s->name, t->config, t->reason);
}

/* What a sweep reads may lie on another machine: that is told, and stops no other.  */
static rw_status
open_inputs (const reproduce *r, const study *s, study_trial *t, rw_inputs *inputs, rw_error *err)
{
  const rw_status status = rw_inputs_open (t->plan, inputs, err);
  if (status != RW_EIO)
    return status;
  rw_error why = *err;
  const rw_status copied = trial_without (t, why.text, why.hint, err);
  if (!copied)
    say_without (r, s, t);
  return copied;
}

/* ---- cost ---- */

typedef struct
{
  size_t sweeps;
  double seconds;
} bill;

static rw_status
add_trial (const reproduce *r, const study *s, study_trial *t, bill *to, rw_error *err)
{
  rw_inputs inputs = { 0 };
  rw_status status = open_inputs (r, s, t, &inputs, err);
  if (!status && !t->reason)
    {
      const double cost = cost_sweep (t->plan, &inputs);
      to->seconds += isnan (cost) ? 0 : cost;
      to->sweeps++;
    }
  rw_inputs_close (&inputs);
  return status;
}

static void
say_bill (const char *what, const bill *b, bool more)
{
  char buf[32];
  fprintf (stderr, "%s%s: %zu sweep%s, ~%s", more ? "; " : "to measure: ", what, b->sweeps,
           b->sweeps > 1 ? "s" : "", b->seconds < 1 ? "1 s" : cost_time (b->seconds, buf));
}

rw_status
reproduce_cost (const reproduce *r, rw_error *err)
{
  bill closed = { 0 }, model = { 0 };
  rw_status status = RW_OK;
  for (size_t i = 0; i < r->n; i++)
    for (size_t k = 0; !status && k < r->study[i].n_trials; k++)
      {
        study_trial *t = &r->study[i].trial[k];
        if (to_run (r, &r->study[i], t))
          status = add_trial (r, &r->study[i], t, t->model ? &model : &closed, err);
        else if (r->study[i].chosen && in_part (r, t) && t->reason)
          say_without (r, &r->study[i], t);
      }
  if (status || r->quiet)
    return status;
  if (closed.sweeps)
    say_bill ("closed form", &closed, false);
  if (model.sweeps)
    say_bill ("with a model", &model, closed.sweeps);
  fputs (closed.sweeps || model.sweeps ? " on one core\n" : "nothing to measure\n", stderr);
  return RW_OK;
}

/* ---- run ---- */

rw_status
reproduce_folders (const reproduce *r, const study *s, rw_error *err)
{
  const char *const folder[] = { r->dir, s ? s->results : r->dir };
  for (size_t i = 0; i < 2; i++)
    if (mkdir (folder[i], 0777) && errno != EEXIST)
      return rw_fail (err, RW_EIO, "%s: %s", folder[i], strerror (errno));
  return RW_OK;
}

static rw_status
measure (const reproduce *r, study_trial *t, const rw_inputs *inputs, rw_error *err)
{
  rw_store *store = NULL;
  rw_run_summary sum;
  const sweep w = { .plan = t->plan,
                    .inputs = inputs,
                    .path = t->file,
                    .command = r->command,
                    .quiet = r->quiet,
                    .threads = r->threads };
  rw_status status = sweep_renew (&w, &store, err);
  if (!status && store)
    status = sweep_measure (&w, store, &sum, err);
  t->current = !status || status == RW_EPOINTS;
  return status;
}

static rw_status
run_trial (const reproduce *r, const study *s, study_trial *t, rw_error *err)
{
  rw_inputs inputs = { 0 };
  rw_status status = open_inputs (r, s, t, &inputs, err);
  if (status || t->reason)
    return status;
  if (!r->quiet)
    {
      const door_common common = { .quiet = false };
      fprintf (stderr, "%s/%s\n", s->name, t->config);
      door_warn (&common, &t->plan->notes);
    }
  status = measure (r, t, &inputs, err);
  rw_inputs_close (&inputs);
  if (status == RW_EPOINTS)
    fprintf (stderr, "%s/%s: %s\n", s->name, t->config, err->text);
  return status;
}

rw_status
reproduce_run (const reproduce *r, study *s, rw_error *err)
{
  rw_status status = RW_OK;
  bool failed = false;
  for (size_t k = 0; !status && k < s->n_trials; k++)
    {
      study_trial *t = &s->trial[k];
      if (!to_run (r, s, t))
        continue;
      status = reproduce_folders (r, s, err);
      if (!status)
        status = run_trial (r, s, t, err);
      failed = failed || status == RW_EPOINTS;
      status = status == RW_EPOINTS ? RW_OK : status;
    }
  return status ? status : failed ? RW_EPOINTS : RW_OK;
}
