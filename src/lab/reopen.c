/* reopen: copies what is done from a finished file into a new part file; see reopen.h.  */
#include "config.h"

#include "lab/build_id.h"
#include "lab/reopen.h"
#include "lab/result.h"

#include <string.h>

enum
{
  STATUS, /* places of the shared variables in every outline */
  SECONDS
};

typedef struct
{
  const rw_result *result;
  const rw_plan *plan;
  rw_store *store;
  double *status, *seconds; /* (n_points,) */
  double *block;            /* values of one point, field after field */
  double **value;           /* (n_fields,) into block */
} copying;

/* How many points of the shard are done; *total is how many it has.  */
static size_t
count_done (const copying *c, size_t shard, size_t shards, size_t *total)
{
  const size_t cells = c->plan->n_points / c->plan->n_groups, step = shards ? shards : 1;
  size_t done = 0;
  *total = 0;
  for (size_t g = shards ? shard : 0; g < c->plan->n_groups; g += step)
    for (size_t k = 0; k < cells; k++, ++*total)
      done += c->status[rw_plan_cell (c->plan, g, k)] == RW_DONE;
  return done;
}

static rw_status
read_point (const copying *c, size_t point, rw_error *err)
{
  rw_status s = RW_OK;
  for (size_t k = 0; !s && k < c->plan->n_fields; k++)
    {
      rw_span span[RW_RANK_MAX];
      size_t left = point;
      rw_result_whole (c->result, RW_SHARED_VARS + k, span);
      for (size_t d = c->plan->n_dims; d-- > 0;)
        {
          span[d] = (rw_span){ .first = left % c->plan->shape[d], .count = 1 };
          left /= c->plan->shape[d];
        }
      s = rw_result_read (c->result, RW_SHARED_VARS + k, span, c->value[k], err);
    }
  return s;
}

static rw_status
copy_done (const copying *c, rw_error *err)
{
  rw_status s = RW_OK;
  for (size_t i = 0; !s && i < c->plan->n_points; i++)
    if (c->status[i] == RW_DONE)
      {
        s = read_point (c, i, err);
        if (!s)
          s = rw_store_put (c->store, i, c->value, c->seconds[i], RW_DONE, err);
      }
  return s ? s : rw_store_sync (c->store, err);
}

static rw_status
copying_new (copying *c, rw_error *err)
{
  size_t n = 0;
  for (size_t k = 0; k < c->plan->n_fields; k++)
    n += c->plan->fields[k].size;
  c->status = rw_new (c->plan->n_points, sizeof *c->status);
  c->seconds = rw_new (c->plan->n_points, sizeof *c->seconds);
  c->block = rw_new (n, sizeof *c->block);
  c->value = rw_new (c->plan->n_fields, sizeof *c->value);
  if (!c->status || !c->seconds || !c->block || !c->value)
    return rw_nomem (err, n * sizeof *c->block);
  n = 0;
  for (size_t k = 0; k < c->plan->n_fields; k++)
    {
      c->value[k] = c->block + n;
      n += c->plan->fields[k].size;
    }
  rw_status s = rw_result_read (c->result, STATUS, NULL, c->status, err);
  return s ? s : rw_result_read (c->result, SECONDS, NULL, c->seconds, err);
}

bool
rw_result_of_this_build (const rw_result *result)
{
  return strcmp (rw_outline_get (result->outline, "build_id"), RW_BUILD_ID) == 0;
}

static rw_status
check_file (const rw_result *result, const rw_plan *plan, rw_error *err)
{
  const rw_outline *o = result->outline;
  if (o->n_points != plan->n_points || o->n_vars != RW_SHARED_VARS + plan->n_fields)
    return rw_fail (err, RW_EIO, "%s: damaged: it has not the shape of its plan", result->path);
  if (rw_result_of_this_build (result))
    return RW_OK;
  rw_fail (err, RW_EMISMATCH, "%s: points are missing, and another build of ropewalk made it",
           result->path);
  return rw_hint (err, "start over with --force, or choose another output with -o");
}

/* Whether only the words of the config changed since, its figures for example.  */
static bool
retold (const rw_result *result, const rw_plan *plan)
{
  return strcmp (rw_outline_get (result->outline, "config"), plan->config) != 0
         && rw_result_of_this_build (result);
}

rw_status
rw_store_reopen (const char *path, const rw_plan *plan, size_t shard, size_t shards, size_t *done,
                 rw_store **out, rw_error *err)
{
  rw_result *result = NULL;
  copying c = { .plan = plan };
  size_t total = 0;
  bool anew = false;
  *out = NULL;
  rw_status s = rw_result_open (path, &result, err);
  c.result = result;
  if (!s)
    s = copying_new (&c, err);
  if (!s)
    {
      *done = count_done (&c, shard, shards, &total);
      anew = *done < total || retold (result, plan);
      if (anew)
        s = check_file (result, plan, err);
    }
  if (!s && anew)
    s = rw_store_create (path, plan, true, &c.store, err);
  if (!s && c.store)
    s = copy_done (&c, err);
  if (s)
    rw_store_close (c.store);
  else
    *out = c.store;
  rw_result_close (result);
  rw_free (c.status);
  rw_free (c.seconds);
  rw_free (c.block);
  rw_free (c.value);
  return s;
}
