/* inputs: what a sweep reads besides its config; see inputs.h.  */
#include "lab/inputs.h"

#include <math.h>

/* ---- what each sees ---- */

void
rw_inputs_of_metric (const rw_inputs *inputs, const rw_plan *plan, const rw_point *point, size_t k,
                     rw_input *in)
{
  const rw_object *metric = point->metrics[k];
  const rw_corpus_wish wish = rw_metric_corpus (metric);
  rw_point_input (plan, point, in);
  if (inputs && rw_metric_needs (metric) & RW_NEEDS_NETWORK)
    in->network = rw_networks_get (inputs->networks, point->model);
  if (inputs)
    in->corpus = rw_corpora_get (inputs->corpora, point->model, &wish);
}

void
rw_inputs_of_source (const rw_inputs *inputs, const rw_plan *plan, const rw_point *point,
                     rw_input *in)
{
  const rw_corpus_wish wish = rw_source_corpus (point->source);
  rw_point_input (plan, point, in);
  if (inputs && rw_source_needs (point->source) & RW_NEEDS_NETWORK)
    in->network = rw_networks_get (inputs->networks, point->model);
  if (inputs)
    in->corpus = rw_corpora_get (inputs->corpora, point->model, &wish);
}

/* The arrays the point's source wants, in the order of its wishes.  */
static rw_status
gather (const rw_point *point, const rw_inputs *inputs, rw_tensor *out, size_t *n, rw_error *err)
{
  const rw_source *type = (const rw_source *) point->source->module;
  rw_source_wish wish[RW_SOURCE_TENSORS];
  *n = type->wishes ? type->wishes (point->source->self, wish) : 0;
  if (*n && !(inputs && inputs->tensors))
    return rw_fail (err, RW_EINVAL, "%s: was not opened before the run", wish[0].path);
  rw_status s = RW_OK;
  for (size_t i = 0; !s && i < *n; i++)
    s = rw_tensors_get (inputs->tensors, &wish[i], point->layer, &out[i], err);
  return s;
}

/* ---- checks ---- */

typedef struct
{
  const rw_inputs *inputs;
  size_t metric;
  rw_arena *scratch;
} checking;

/* One that asks for nothing was checked with its config; one that no metric needs has nothing.  */
static rw_status
check_source (const rw_plan *plan, rw_point *point, void *data, rw_error *err)
{
  const checking *c = data;
  const rw_source *type = (const rw_source *) point->source->module;
  rw_tensor tensor[RW_SOURCE_TENSORS];
  rw_input in = { .scratch = c->scratch, .threads = 1 };
  size_t n;
  rw_status s = gather (point, c->inputs, tensor, &n, err);
  if (!s && type->check)
    {
      rw_arena_reset (c->scratch);
      rw_inputs_of_source (c->inputs, plan, point, &in);
      if (n || in.network || in.corpus)
        s = type->check (point->source->self, &in, n ? tensor : NULL, err);
    }
  return rw_within (err, s, "source '%s'", type->as.name);
}

static rw_status
check_metric (const rw_plan *plan, rw_point *point, void *data, rw_error *err)
{
  const checking *c = data;
  const rw_object *o = point->metrics[c->metric];
  const rw_metric *type = (const rw_metric *) o->module;
  rw_input in = { .scratch = c->scratch, .threads = 1 };
  rw_status s = RW_OK;
  rw_inputs_of_metric (c->inputs, plan, point, c->metric, &in);
  rw_arena_reset (c->scratch);
  if (in.network || in.corpus)
    s = type->check (o->self, &in, err);
  return rw_within (err, s, "metrics[%zu] '%s'", c->metric, o->module->name);
}

static bool
may_ask (const rw_metric *m)
{
  return m->check && (m->corpus || m->needs_of || m->needs & RW_NEEDS_NETWORK);
}

static rw_status
check_all (const rw_plan *plan, const rw_inputs *inputs, rw_error *err)
{
  checking c = { .inputs = inputs, .scratch = rw_arena_new () };
  rw_status s = c.scratch ? rw_plan_walk_inputs (plan, check_source, &c, err) : rw_nomem (err, 64);
  for (; !s && c.metric < plan->n_metrics; c.metric++)
    if (may_ask ((const rw_metric *) plan->metrics[c.metric]->module))
      s = rw_plan_walk_metric (plan, c.metric, check_metric, &c, err);
  rw_arena_free (c.scratch);
  return s;
}

/* ---- opening ---- */

rw_status
rw_inputs_open (const rw_plan *plan, rw_inputs *out, rw_error *err)
{
  *out = (rw_inputs){ 0 };
  rw_status s = rw_tensors_new (plan, &out->tensors, err);
  if (!s)
    s = rw_networks_new (plan, &out->networks, err);
  if (!s)
    s = rw_corpora_new (plan, out->networks, &out->corpora, err);
  if (!s)
    s = check_all (plan, out, err);
  if (s)
    rw_inputs_close (out);
  return s;
}

void
rw_inputs_close (rw_inputs *inputs)
{
  if (!inputs)
    return;
  rw_corpora_free (inputs->corpora);
  rw_networks_free (inputs->networks);
  rw_tensors_free (inputs->tensors);
  *inputs = (rw_inputs){ 0 };
}

/* ---- q and k ---- */

static rw_status
measure_point (const rw_plan *plan, rw_point *point, void *data, rw_error *err)
{
  (void) plan, (void) err;
  double *most = data;
  const double values = point->length * (double) point->rope->geometry.head_dim;
  *most = fmax (*most, 2 * sizeof (float) * values);
  return RW_OK;
}

double
rw_inputs_bytes (const rw_plan *plan)
{
  double most = 0;
  if (plan->needs & RW_NEEDS_QK)
    rw_plan_walk_inputs (plan, measure_point, &most, NULL);
  return most;
}

rw_status
rw_inputs_fill (const rw_point *point, const rw_input *in, const rw_inputs *inputs, rw_qk *out,
                rw_error *err)
{
  const rw_source *type = (const rw_source *) point->source->module;
  rw_tensor tensor[RW_SOURCE_TENSORS];
  size_t n;
  *out = (rw_qk){ .sink = -INFINITY };
  rw_status s = gather (point, inputs, tensor, &n, err);
  if (!s)
    s = type->fill (point->source->self, in, n ? tensor : NULL, out, err);
  return rw_within (err, s, "source '%s'", type->as.name);
}
