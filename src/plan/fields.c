/* fields: what a sweep stores of every point: the per-point fields, then every wanted field of
   every metric in order; and the own dimensions they lie on.  */
#include "plan/parts.h"
#include "schedule/schedule.h"

#include <math.h>
#include <string.h>

enum
{
  WANTED_WALK = 4096 /* cells of a metric's own axes looked at to learn which fields it writes */
};

static const rw_field point_fields[] = {
  { .name = "inv_freq",
    .dims = { "pair" },
    .unit = "rad/token",
    .long_name = "inverse frequency",
    .kind = "exact",
    .cite = "the schedule's" },
  { .name = "attention_factor",
    .long_name = "attention factor",
    .kind = "exact",
    .cite = "the schedule's" },
  { .name = "softmax_factor",
    .long_name = "softmax factor",
    .kind = "exact",
    .cite = "the schedule's" },
  { 0 },
};

/* Describes own dimension `name` of metric `m`; pair, distance and position are the plan's.  */
static rw_status
describe (const rw_plan *plan, size_t m, const rw_field *field, const char *name, rw_dim *out,
          rw_error *err)
{
  struct rw_plan_parts *parts = plan->parts;
  *out = (rw_dim){ .name = name };
  if (strcmp (name, "pair") == 0)
    *out = (rw_dim){ .name = "pair", .n = 1, .long_name = "pair index" };
  else if (strcmp (name, "distance") == 0)
    *out = (rw_dim){ .name = "distance",
                     .n = parts->n_distances,
                     .values = parts->distance,
                     .unit = "tokens",
                     .long_name = "distance" };
  else if (strcmp (name, "position") == 0)
    *out = (rw_dim){ .name = "position",
                     .n = parts->n_positions,
                     .values = parts->position,
                     .unit = "tokens",
                     .long_name = "position" };
  else
    {
      const rw_metric *type
          = m < plan->n_metrics ? (const rw_metric *) plan->metrics[m]->module : NULL;
      if (!parts->keep && !(parts->keep = rw_arena_new ()))
        return rw_nomem (err, 64);
      if (type && type->dim)
        return type->dim (plan->metrics[m]->self, parts->longest, name, parts->keep, out, err);
      return rw_fail (err, RW_EINVAL,
                      "the metric that declares '%s' does not describe its dimension '%s'",
                      field->name, name);
    }
  return RW_OK;
}

/* Place of the own dimension, added where it is new.  Two metrics may share one they agree on.  */
static rw_status
find_own (rw_plan *plan, size_t m, const rw_field *field, const char *name, size_t *out,
          rw_error *err)
{
  rw_dim dim;
  rw_status s = describe (plan, m, field, name, &dim, err);
  for (*out = 0; !s && *out < plan->n_own; ++*out)
    if (strcmp (plan->own[*out].name, name) == 0)
      {
        if (dim.n != plan->own[*out].n)
          return rw_fail (err, RW_EINVAL,
                          "two metrics want a dimension '%s': one of %zu, one of %zu values", name,
                          plan->own[*out].n, dim.n);
        return RW_OK;
      }
  if (!s && plan->n_own == RW_DIMS_MAX)
    s = rw_fail (err, RW_EINVAL, "metrics: more than %d own dimensions", RW_DIMS_MAX);
  if (!s)
    plan->own[plan->n_own++] = dim;
  return s;
}

static rw_status
add_field (rw_plan *plan, size_t m, const rw_field *field, size_t index, rw_error *err)
{
  rw_plan_field f = { .field = field, .metric = m, .index = index, .size = 1, .kind = field->kind };
  for (size_t i = 0; i < plan->n_fields; i++)
    if (strcmp (plan->fields[i].field->name, field->name) == 0)
      return rw_fail (err, RW_EINVAL, "metrics: two of them write '%s'", field->name);
  rw_status s = rw_grow ((void **) &plan->fields, plan->n_fields, plan->n_fields + 1,
                         sizeof *plan->fields, err);
  for (; !s && f.n_dims < RW_FIELD_DIMS && field->dims[f.n_dims]; f.n_dims++)
    s = find_own (plan, m, field, field->dims[f.n_dims], &f.dim[f.n_dims], err);
  if (!s)
    plan->fields[plan->n_fields++] = f;
  return s;
}

typedef struct
{
  size_t metric;
  bool wanted[RW_FIELDS_MAX];
  const char *kind[RW_FIELDS_MAX];
} wish;

/* The kind that `self` gives the field, if all before gave the same; else the declared one.  */
static const char *
join_kind (const rw_field *f, const void *self, const char *before)
{
  const char *kind = f->kind_of ? f->kind_of (self) : f->kind;
  return !before || strcmp (kind, before) == 0 ? kind : f->kind;
}

static rw_status
add_wish (const rw_plan *plan, rw_point *point, void *data, rw_error *err)
{
  wish *w = data;
  const rw_field *f = ((const rw_metric *) plan->metrics[w->metric]->module)->fields;
  (void) err;
  for (size_t i = 0; i < RW_FIELDS_MAX && f[i].name; i++)
    {
      const void *self = point->metrics[w->metric]->self;
      w->wanted[i] = w->wanted[i] || !f[i].wanted || f[i].wanted (self);
      w->kind[i] = join_kind (&f[i], self, w->kind[i]);
    }
  return RW_OK;
}

static rw_status
add_metric (rw_plan *plan, size_t m, rw_error *err)
{
  const rw_field *f = ((const rw_metric *) plan->metrics[m]->module)->fields;
  wish w = { .metric = m };
  bool mask[RW_AXES_MAX] = { false };
  rw_walk_mask (plan, RW_ROLE_METRIC + m, mask);
  rw_status s = rw_walk_cells (plan, mask, WANTED_WALK, add_wish, &w, err);
  for (size_t i = 0; !s && i < RW_FIELDS_MAX && f[i].name; i++)
    if (w.wanted[i])
      {
        s = add_field (plan, m, &f[i], i, err);
        if (!s)
          plan->fields[plan->n_fields - 1].kind = w.kind[i];
      }
  return s;
}

static double
longest_of (const rw_plan *plan)
{
  const rw_axis *axis = rw_axis_of (plan, RW_COLUMN_LENGTH, 0);
  double longest = axis || isnan (plan->parts->length) ? 1 : plan->parts->length;
  for (size_t k = 0; axis && k < axis->n; k++)
    longest = fmax (longest, axis->values[k]);
  if (axis || !isnan (plan->parts->length))
    return longest;
  for (size_t i = 0; i < plan->n_models; i++)
    for (size_t r = 0; r < plan->models[i].n_ropes; r++)
      longest = fmax (longest, plan->models[i].rope[r].geometry.original_length);
  return longest;
}

rw_status
rw_fields_read (rw_plan *plan, rw_error *err)
{
  struct rw_plan_parts *parts = plan->parts;
  parts->longest = longest_of (plan);
  rw_status s = rw_grid_read (plan, rw_json_get (parts->root, "distances"), "distances",
                              &parts->distance, &parts->n_distances, err);
  if (!s)
    s = rw_grid_read (plan, rw_json_get (parts->root, "positions"), "positions", &parts->position,
                      &parts->n_positions, err);
  for (size_t i = 0; !s && point_fields[i].name; i++)
    s = add_field (plan, plan->n_metrics, &point_fields[i], i, err);
  for (size_t m = 0; !s && m < plan->n_metrics; m++)
    {
      s = add_metric (plan, m, err);
      s = rw_within (err, s, "metrics[%zu]", m);
    }
  return s;
}

rw_status
rw_fields_size (rw_plan *plan, size_t pairs, rw_error *err)
{
  for (size_t i = 0; i < plan->n_own; i++)
    if (strcmp (plan->own[i].name, "pair") == 0)
      plan->own[i].n = pairs;
  for (size_t i = 0; i < plan->n_fields; i++)
    for (size_t d = 0; d < plan->fields[i].n_dims; d++)
      if (__builtin_mul_overflow (plan->fields[i].size, plan->own[plan->fields[i].dim[d]].n,
                                  &plan->fields[i].size))
        return rw_fail (err, RW_EINVAL, "%s: too many values a point", plan->fields[i].field->name);
  return RW_OK;
}
