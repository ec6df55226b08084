/* sources: the sources of a plan: walks over them, and what metrics ask of them and of the model.

   A source of numbers is checked here, where its config is read.  One that wants arrays of files,
   a network or a corpus is checked by the lab (src/lab/inputs.h), which can see them, before
   anything is written.  */
#include "plan/parts.h"
#include "source/source.h"

/* ---- walks over the points that have a source ---- */

typedef struct
{
  rw_visit *visit;
  void *data;
} walk;

static rw_status
visit_sourced (const rw_plan *plan, rw_point *point, void *data, rw_error *err)
{
  const walk *w = data;
  return point->source ? w->visit (plan, point, w->data, err) : RW_OK;
}

rw_status
rw_plan_walk_sources (const rw_plan *plan, rw_visit *visit, void *data, rw_error *err)
{
  walk w = { visit, data };
  bool mask[RW_AXES_MAX] = { false };
  rw_walk_mask (plan, RW_ROLE_SOURCE, mask);
  return rw_walk_cells (plan, mask, SIZE_MAX, visit_sourced, &w, err);
}

static void
mask_inputs (const rw_plan *plan, bool *mask)
{
  rw_walk_mask_rope (plan, mask);
  rw_walk_mask_axis (plan, RW_COLUMN_LENGTH, mask);
  rw_walk_mask_axis (plan, RW_COLUMN_HEAD, mask);
  rw_walk_mask (plan, RW_ROLE_SOURCE, mask);
}

rw_status
rw_plan_walk_inputs (const rw_plan *plan, rw_visit *visit, void *data, rw_error *err)
{
  walk w = { visit, data };
  bool mask[RW_AXES_MAX] = { false };
  mask_inputs (plan, mask);
  return rw_walk_cells (plan, mask, RW_WALK_MAX, visit_sourced, &w, err);
}

/* ---- checks ---- */

/* Whatever runs the model needs its weights.  */
static rw_status
check_weights (const rw_model *model, rw_error *err)
{
  if (model->weights)
    return RW_OK;
  rw_fail (err, RW_EINVAL, "needs the weights of a model, and '%s' has none",
           model->name ? model->name : "the model");
  return rw_hint (err, "name a GGUF file, \"model\": \"FILE.gguf\", or the model that comes with "
                       "ropewalk, \"model\": \"pocket\"");
}

typedef struct
{
  rw_arena *scratch;
  unsigned needs; /* of all sources so far */
} sources;

static rw_status
check_source (const rw_plan *plan, rw_point *point, void *data, rw_error *err)
{
  rw_source_wish wish[RW_SOURCE_TENSORS];
  const rw_source *type = (const rw_source *) point->source->module;
  const rw_corpus_wish corpus = rw_source_corpus (point->source);
  sources *all = data;
  rw_arena *scratch = all->scratch;
  rw_input in = { .scratch = scratch, .threads = 1 };
  rw_status s = rw_object_check (point->source, "", err);
  const unsigned needs = s ? 0 : rw_source_needs (point->source);
  all->needs |= needs;
  if (!s)
    s = rw_corpus_check (&corpus, err);
  if (!s && needs & RW_NEEDS_NETWORK)
    s = check_weights (point->model, err);
  if (!s && type->check && !(type->wishes && type->wishes (point->source->self, wish)))
    {
      rw_arena_reset (scratch);
      rw_point_input (plan, point, &in);
      s = type->check (point->source->self, &in, NULL, err);
    }
  return rw_within (err, s, "source '%s'", type->as.name);
}

typedef struct
{
  size_t metric;
  unsigned all; /* of all metrics in all cells so far */
} need;

static rw_status
check_need (const rw_plan *plan, rw_point *point, void *data, rw_error *err)
{
  need *n = data;
  const unsigned needs = rw_metric_needs (point->metrics[n->metric]);
  (void) plan;
  n->all |= needs;
  if (needs & RW_NEEDS_NETWORK)
    {
      const rw_status s = check_weights (point->model, err);
      if (s)
        return rw_within (err, s, "metrics[%zu] '%s'", n->metric,
                          point->metrics[n->metric]->module->name);
    }
  if (!(needs & RW_NEEDS_QK) || point->source)
    return RW_OK;
  rw_fail (err, RW_EINVAL, "source: expected one, since metrics[%zu] '%s' needs q and k", n->metric,
           point->metrics[n->metric]->module->name);
  return rw_hint (err, "e.g. \"source\": {\"name\": \"gauss\", \"mean\": 0.5}; `ropewalk list "
                       "sources` shows them all");
}

static rw_status
check_needs (rw_plan *plan, rw_error *err)
{
  need n = { 0 };
  rw_status s = RW_OK;
  for (; !s && n.metric < plan->n_metrics; n.metric++)
    {
      bool mask[RW_AXES_MAX] = { false };
      rw_walk_mask (plan, RW_ROLE_SOURCE, mask);
      rw_walk_mask (plan, RW_ROLE_METRIC + n.metric, mask);
      rw_walk_mask_axis (plan, RW_COLUMN_MODEL, mask);
      rw_walk_mask_axis (plan, RW_COLUMN_STACK, mask);
      s = rw_walk_cells (plan, mask, RW_WALK_MAX, check_need, &n, err);
    }
  plan->needs = n.all;
  return s;
}

/* A head that the model does not have.  */
static rw_status
check_head (const rw_plan *plan, rw_point *point, void *data, rw_error *err)
{
  (void) plan, (void) data;
  const int64_t heads = point->rope->geometry.heads;
  if (!heads || point->head < (size_t) heads)
    return RW_OK;
  return rw_fail (err, RW_EINVAL, "head %zu: the model has %lld, counted from 0", point->head,
                  (long long) heads);
}

static rw_status
check_heads (const rw_plan *plan, rw_error *err)
{
  bool mask[RW_AXES_MAX] = { false };
  rw_walk_mask_rope (plan, mask);
  rw_walk_mask_axis (plan, RW_COLUMN_HEAD, mask);
  return rw_walk_cells (plan, mask, RW_WALK_MAX, check_head, NULL, err);
}

static bool
has_source (const rw_plan *plan)
{
  return plan->parts->base[RW_ROLE_SOURCE].n || rw_axis_of (plan, RW_COLUMN_BLOCK, RW_ROLE_SOURCE);
}

rw_status
rw_sources_valid (rw_plan *plan, rw_error *err)
{
  sources all = { .scratch = rw_arena_new () };
  rw_status s = all.scratch ? RW_OK : rw_nomem (err, 64);
  if (!s)
    s = check_needs (plan, err);
  if (!s && !(plan->needs & RW_NEEDS_QK) && has_source (plan))
    rw_note_add (&plan->notes, RW_NOTE_WARNING,
                 "source: no metric of this config needs q and k: it is not used");
  if (!s)
    s = check_heads (plan, err);
  if (!s)
    s = rw_plan_walk_inputs (plan, check_source, &all, err);
  if (plan->needs & RW_NEEDS_QK)
    plan->needs |= all.needs;
  if (plan->needs & RW_NEEDS_NETWORK) /* its passes share their work themselves */
    plan->needs |= RW_ALONE;
  rw_arena_free (all.scratch);
  return s;
}
