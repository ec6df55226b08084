/* valid: everything that can be wrong with a cell, found before anything is written.  Each check
   walks the cells that differ in what it looks at.  */
#include "plan/parts.h"
#include "schedule/schedule.h"

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
  rw_warning_add (all->plan, point->schedule->module->name, &notes);
  rw_notes_free (&notes);
  return s;
}

/* ---- rules, query scales ---- */

static rw_status
check_required (const rw_plan *plan, rw_point *point, void *data, rw_error *err)
{
  (void) plan, (void) data;
  static const char *const names[] = { "rule", "query_scale" };
  const rw_object *const objects[] = { point->rule, point->query_scale };
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
      rw_walk_mask_rope (plan, mask);
      rw_walk_mask (plan, RW_ROLE_METRIC + m.metric, mask);
      rw_walk_mask_axis (plan, RW_COLUMN_LENGTH, mask);
      s = rw_walk_cells (plan, mask, RW_WALK_MAX, check_metric, &m, err);
    }
  rw_arena_free (m.scratch);
  return s;
}

rw_status
rw_valid_check (rw_plan *plan, rw_error *err)
{
  schedules all = { .plan = plan };
  bool mask[RW_AXES_MAX] = { false }, rest[RW_AXES_MAX] = { false };
  rw_walk_mask_rope (plan, mask);
  rw_walk_mask (plan, RW_ROLE_SCHEDULE, mask);
  rw_status s = rw_walk_cells (plan, mask, RW_WALK_MAX, check_schedule, &all, err);
  for (size_t role = RW_ROLE_RULE; role < RW_ROLE_METRIC; role++)
    rw_walk_mask (plan, role, rest);
  if (!s)
    s = rw_walk_cells (plan, rest, RW_WALK_MAX, check_required, NULL, err);
  if (!s)
    s = rw_fields_size (plan, all.pairs, err);
  if (!s)
    s = rw_sources_valid (plan, err);
  return s ? s : check_metrics (plan, err);
}
