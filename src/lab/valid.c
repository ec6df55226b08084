/* valid: everything that can be wrong with a cell, found before anything is written.

   What a cell's schedule is depends on some of the dimensions only, and so for every metric; each
   check walks the distinct combinations of those and leaves the others at 0.  */
#include "base/text.h"
#include "lab/parts.h"
#include "schedule/schedule.h"

#include <stdio.h>
#include <string.h>

enum
{
  WALK_MAX = 1 << 20 /* combinations a walk visits: beyond it evenly spread ones stand for all */
};

static size_t
masked_cells (const rw_plan *plan, const bool *mask)
{
  size_t n = 1;
  for (size_t d = 0; d < plan->n_dims; d++)
    n *= mask[d] ? plan->shape[d] : 1;
  return n;
}

/* Cell of combination j: the masked dimensions unravel j, the others are 0.  */
static size_t
masked_cell (const rw_plan *plan, const bool *mask, size_t j)
{
  size_t at[RW_AXES_MAX] = { 0 }, i = 0;
  for (size_t d = plan->n_dims; d--;)
    if (mask[d])
      {
        at[d] = j % plan->shape[d];
        j /= plan->shape[d];
      }
  for (size_t d = 0; d < plan->n_dims; d++)
    i = i * plan->shape[d] + at[d];
  return i;
}

/* "axes.schedule[2] with factor 0.5": where on the masked dimensions the walk stands.  */
static void
write_place (const rw_plan *plan, const bool *mask, size_t cell, rw_text *t)
{
  size_t at[RW_AXES_MAX];
  char path[RW_PATH_TEXT], number[32];
  bool first = true;
  for (size_t d = plan->n_dims; d--; cell /= plan->shape[d])
    at[d] = cell % plan->shape[d];
  for (size_t a = 0; a < plan->n_axes; a++)
    {
      const rw_axis *axis = &plan->axes[a];
      if (!mask[axis->dim])
        continue;
      rw_text_addf (t, "%s%s (%s)", first ? "" : ", ", rw_axis_path (plan, a, at[axis->dim], path),
                    rw_axis_text (axis, at[axis->dim], number));
      first = false;
    }
}

rw_status
rw_valid_walk (const rw_plan *plan, const bool *mask, size_t most, rw_visit *visit, void *data,
               rw_error *err)
{
  const size_t n = masked_cells (plan, mask), step = (n + most - 1) / most;
  rw_point *point = NULL;
  rw_status s = rw_point_new (plan, &point, err);
  for (size_t j = 0; !s && j < n; j = j + step < n || j == n - 1 ? j + step : n - 1)
    {
      const size_t cell = masked_cell (plan, mask, j);
      s = rw_plan_point (plan, cell, point, err);
      if (!s)
        s = visit (plan, point, data, err);
      if (s && s != RW_ENOMEM)
        {
          rw_text where = { 0 };
          write_place (plan, mask, cell, &where);
          if (where.n)
            rw_within (err, s, "%s", rw_text_get (&where));
          rw_text_free (&where);
        }
    }
  rw_point_free (point);
  return s;
}

void
rw_valid_mask (const rw_plan *plan, size_t role, bool *mask)
{
  for (size_t a = 0; a < plan->n_axes; a++)
    {
      const rw_column *c = &plan->parts->column[a];
      const bool block = c->is == RW_COLUMN_BLOCK || c->is == RW_COLUMN_PARAM;
      if (block && c->role == role)
        mask[plan->axes[a].dim] = true;
    }
}

/* The dimensions that choose a model and a rope.  */
static void
mask_rope (const rw_plan *plan, bool *mask)
{
  for (size_t a = 0; a < plan->n_axes; a++)
    {
      const rw_column_is is = plan->parts->column[a].is;
      if (is == RW_COLUMN_MODEL || is == RW_COLUMN_STACK || is == RW_COLUMN_LAYER
          || is == RW_COLUMN_LAYER_TYPE)
        mask[plan->axes[a].dim] = true;
    }
}

/* ---- schedules ---- */

typedef struct
{
  rw_plan *plan;
  size_t pairs; /* the largest so far */
} schedules;

static rw_status
check_schedule (const rw_plan *plan, rw_point *point, void *data, rw_error *err)
{
  schedules *all = data;
  rw_notes notes = { 0 };
  const rw_geometry *m = &point->rope->geometry;
  const bool listen = plan->notes.n < RW_WARNINGS_MAX;
  rw_status s = rw_schedule_check (point->schedule, m, listen ? &notes : NULL, err);
  if (s)
    s = rw_within (err, s, "schedule '%s'", point->schedule->module->name);
  else
    {
      const size_t pairs = rw_schedule_pairs (point->schedule, m);
      all->pairs = pairs > all->pairs ? pairs : all->pairs;
    }
  rw_config_warn (all->plan, point->schedule->module->name, &notes);
  rw_notes_free (&notes);
  return s;
}

/* ---- rules, query scales, sources ---- */

static rw_status
check_required (const rw_plan *plan, rw_point *point, void *data, rw_error *err)
{
  (void) plan, (void) data;
  static const char *const names[] = { "rule", "query_scale", "source" };
  const rw_object *const objects[] = { point->rule, point->query_scale, point->source };
  rw_status s = RW_OK;
  for (size_t i = 0; !s && i < sizeof objects / sizeof *objects; i++)
    if (objects[i])
      s = rw_object_check (objects[i], names[i], err);
  return s;
}

/* ---- metrics ---- */

typedef struct
{
  size_t metric;
  rw_arena *scratch;
} measure;

static rw_status
check_metric (const rw_plan *plan, rw_point *point, void *data, rw_error *err)
{
  const measure *m = data;
  const rw_object *o = point->metrics[m->metric];
  const rw_metric *type = (const rw_metric *) o->module;
  rw_input in = { .scratch = m->scratch, .threads = 1 };
  rw_status s = rw_object_check (o, "", err);
  if (!s && type->check)
    {
      rw_arena_reset (m->scratch);
      rw_point_input (plan, point, &in);
      s = type->check (o->self, &in, err);
    }
  return s ? rw_within (err, s, "metrics[%zu] '%s'", m->metric, o->module->name) : s;
}

static rw_status
check_metrics (const rw_plan *plan, rw_error *err)
{
  measure m = { .scratch = rw_arena_new () };
  rw_status s = m.scratch ? RW_OK : rw_nomem (err, 64);
  for (m.metric = 0; !s && m.metric < plan->n_metrics; m.metric++)
    {
      bool mask[RW_AXES_MAX] = { false };
      const rw_axis *length = rw_axis_of (plan, RW_COLUMN_LENGTH, 0);
      mask_rope (plan, mask);
      rw_valid_mask (plan, RW_ROLE_METRIC + m.metric, mask);
      if (length)
        mask[length->dim] = true;
      s = rw_valid_walk (plan, mask, WALK_MAX, check_metric, &m, err);
    }
  rw_arena_free (m.scratch);
  return s;
}

rw_status
rw_valid_check (rw_plan *plan, rw_error *err)
{
  schedules all = { .plan = plan };
  bool mask[RW_AXES_MAX] = { false }, rest[RW_AXES_MAX] = { false };
  mask_rope (plan, mask);
  rw_valid_mask (plan, RW_ROLE_SCHEDULE, mask);
  rw_status s = rw_valid_walk (plan, mask, WALK_MAX, check_schedule, &all, err);
  for (size_t role = RW_ROLE_SOURCE; role < RW_ROLE_METRIC; role++)
    rw_valid_mask (plan, role, rest);
  if (!s)
    s = rw_valid_walk (plan, rest, WALK_MAX, check_required, NULL, err);
  if (!s)
    s = rw_fields_size (plan, all.pairs, err);
  return s ? s : check_metrics (plan, err);
}
