/* valid: everything that can be wrong with a cell, found before anything is written.  Each check
   walks the cells that differ in what it looks at.  */
#include "plan/parts.h"
#include "rule/rule.h"
#include "schedule/schedule.h"
#include "source/source.h"

#include <string.h>

/* Walks the cells that differ in the role and in model and rope, and in length where it matters. */
static rw_status
walk_role (const rw_plan *plan, size_t role, bool length, rw_visit *visit, void *data,
           rw_error *err)
{
  bool mask[RW_AXES_MAX] = { false };
  rw_walk_mask_rope (plan, mask);
  rw_walk_mask (plan, role, mask);
  if (length)
    rw_walk_mask_axis (plan, RW_COLUMN_LENGTH, mask);
  return rw_walk_cells (plan, mask, RW_WALK_MAX, visit, data, err);
}

/* ---- schedules ---- */

typedef struct
{
  rw_plan *plan;
  size_t pairs;      /* the largest so far */
  size_t n, refused; /* cells, and those whose stack refuses its block ... */
  rw_error why;      /* ... the first of them */
} schedules;

static rw_status
note_refusal (const rw_point *point, schedules *all)
{
  if (!all->refused++)
    rw_fail (&all->why, RW_EINVAL, "schedule: %s", point->refusal);
  rw_note_add (all->plan->notes.n < RW_WARNINGS_MAX ? &all->plan->notes : NULL, RW_NOTE_WARNING,
               "schedule: %s; its points will fail", point->refusal);
  return RW_OK;
}

static rw_status
check_schedule (const rw_plan *plan, rw_point *point, void *data, rw_error *err)
{
  schedules *all = data;
  all->n++;
  if (!point->schedule)
    return note_refusal (point, all);
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
  if (point->told)
    rw_warning_add (all->plan, point->model->stack, point->told);
  rw_warning_add (all->plan, point->schedule->module->name, &notes);
  rw_notes_free (&notes);
  return s;
}

/* ---- rules, query scales ---- */

static rw_status
check_rule (const rw_plan *plan, rw_point *point, void *data, rw_error *err)
{
  const rw_object *o = point->rule;
  (void) plan, (void) data;
  if (!o)
    return RW_OK;
  const rw_rule *rule = (const rw_rule *) o->module; /* rw_module is the first member */
  const rw_status s = rw_object_check (o, "rule", err);
  if (s || !rule->check)
    return s;
  return rw_within (err, rule->check (o->self, &point->rope->geometry, point->length, err),
                    "rule '%s'", o->module->name);
}

static rw_status
check_query_scale (const rw_plan *plan, rw_point *point, void *data, rw_error *err)
{
  const rw_object *o = point->query_scale;
  (void) plan, (void) data;
  if (!o)
    return RW_OK;
  const rw_query_scale *scale = (const rw_query_scale *) o->module;
  const rw_status s = rw_object_check (o, "query_scale", err);
  if (s || !scale->check)
    return s;
  return rw_within (err, scale->check (o->self, &point->rope->geometry, err), "query_scale '%s'",
                    o->module->name);
}

/* ---- biases ---- */

static rw_status
check_bias (const rw_plan *plan, rw_point *point, void *data, rw_error *err)
{
  const rw_object *o = point->bias;
  (void) plan, (void) data;
  if (!o)
    return RW_OK;
  const rw_bias *bias = (const rw_bias *) o->module;
  const rw_status s = rw_object_check (o, "bias", err);
  if (s || !bias->check)
    return s;
  return rw_within (err, bias->check (o->self, &point->rope->geometry, point->head, err),
                    "bias '%s'", o->module->name);
}

/* A model at work has the attention that it was trained with.  `data` is the metric, or NULL: the
   source.  */
static rw_status
check_biased (const rw_plan *plan, rw_point *point, void *data, rw_error *err)
{
  const size_t *k = data;
  const rw_object *o = k ? point->metrics[*k] : point->source;
  (void) plan;
  if (!point->bias || !o)
    return RW_OK;
  if (k ? !(rw_metric_needs (o) & RW_NEEDS_NETWORK) : !(rw_source_needs (o) & RW_NEEDS_FREQS))
    return RW_OK;
  rw_fail (err, RW_EINVAL, "bias '%s': the %s '%s' runs the model, whose own attention has no bias",
           point->bias->module->name, k ? "metric" : "source", o->module->name);
  return rw_hint (err, "a bias is for metrics over the scores of a source");
}

static rw_status
check_biases (const rw_plan *plan, rw_error *err)
{
  bool bias[RW_AXES_MAX] = { false }, mask[RW_AXES_MAX];
  rw_walk_mask (plan, RW_ROLE_BIAS, bias);
  memcpy (mask, bias, sizeof mask);
  rw_walk_mask_rope (plan, mask);
  rw_walk_mask_axis (plan, RW_COLUMN_HEAD, mask);
  rw_status s = rw_walk_cells (plan, mask, RW_WALK_MAX, check_bias, NULL, err);
  memcpy (mask, bias, sizeof mask);
  rw_walk_mask (plan, RW_ROLE_SOURCE, mask);
  if (!s)
    s = rw_walk_cells (plan, mask, RW_WALK_MAX, check_biased, NULL, err);
  for (size_t k = 0; !s && k < plan->n_metrics; k++)
    {
      memcpy (mask, bias, sizeof mask);
      rw_walk_mask (plan, RW_ROLE_METRIC + k, mask);
      s = rw_walk_cells (plan, mask, RW_WALK_MAX, check_biased, &k, err);
    }
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
  const rw_corpus_wish wish = rw_metric_corpus (o);
  rw_input in = { .scratch = m->scratch, .threads = 1 };
  rw_status s = rw_object_check (o, "", err);
  if (!s)
    s = rw_corpus_check (&wish, err);
  if (!s && type->check)
    {
      rw_arena_reset (m->scratch);
      rw_point_input (plan, point, &in);
      s = type->check (o->self, &in, err);
    }
  return s ? rw_within (err, s, "metrics[%zu] '%s'", m->metric, o->module->name) : s;
}

rw_status
rw_plan_walk_metric (const rw_plan *plan, size_t k, rw_visit *visit, void *data, rw_error *err)
{
  return walk_role (plan, RW_ROLE_METRIC + k, true, visit, data, err);
}

static rw_status
check_metrics (const rw_plan *plan, rw_error *err)
{
  measure m = { .scratch = rw_arena_new () };
  rw_status s = m.scratch ? RW_OK : rw_nomem (err, 64);
  for (m.metric = 0; !s && m.metric < plan->n_metrics; m.metric++)
    s = rw_plan_walk_metric (plan, m.metric, check_metric, &m, err);
  rw_arena_free (m.scratch);
  return s;
}

rw_status
rw_valid_check (rw_plan *plan, rw_error *err)
{
  schedules all = { .plan = plan };
  rw_status s = walk_role (plan, RW_ROLE_SCHEDULE, false, check_schedule, &all, err);
  if (!s && all.refused && all.refused == all.n)
    {
      if (err)
        *err = all.why;
      return all.why.status;
    }
  if (!s)
    s = walk_role (plan, RW_ROLE_RULE, true, check_rule, NULL, err);
  if (!s)
    s = walk_role (plan, RW_ROLE_QUERY_SCALE, false, check_query_scale, NULL, err);
  if (!s)
    s = check_biases (plan, err);
  if (!s)
    s = rw_fields_size (plan, all.pairs, err);
  if (!s)
    s = rw_sources_valid (plan, err);
  return s ? s : check_metrics (plan, err);
}
