/* point: cell i of a plan: place on every dimension, model, rope, length, and every module object
   with the numbers of this cell.

   Cells are numbered with the last dimension fastest.  A point keeps its objects from cell to cell
   and copies a block again only where the cell's block is another one; otherwise it only sets the
   parameters that an axis moves.  */
#include "base/text.h"
#include "plan/served.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

struct rw_point_parts
{
  struct
  {
    const rw_object *base; /* the block `object` was copied from */
    rw_object *object;     /* owned */
  } slot[RW_ROLES];
  rw_served *served;
};

rw_status
rw_point_new (const rw_plan *plan, rw_point **out, rw_error *err)
{
  (void) plan;
  rw_point *point = rw_new (1, sizeof *point);
  if (!point || !(point->parts = rw_new (1, sizeof *point->parts)))
    {
      rw_free (point);
      return rw_nomem (err, sizeof *point->parts);
    }
  *out = point;
  return RW_OK;
}

void
rw_point_free (rw_point *point)
{
  if (!point)
    return;
  for (size_t r = 0; r < RW_ROLES; r++)
    rw_object_free (point->parts->slot[r].object);
  rw_served_free (point->parts->served);
  rw_free (point->parts);
  rw_free (point);
}

/* The config's block that plays the role in this cell; NULL for none.  */
static const rw_blocks_item *
item_of (const rw_plan *plan, const rw_point *point, size_t role)
{
  const struct rw_plan_parts *parts = plan->parts;
  const rw_axis *axis = rw_axis_of (plan, RW_COLUMN_BLOCK, role);
  const rw_blocks *blocks
      = axis ? &parts->column[axis - plan->axes].blocks[point->at[axis->dim]] : &parts->base[role];
  for (size_t i = 0; i < blocks->n; i++)
    {
      const rw_rope *rope;
      if (role != RW_ROLE_SCHEDULE)
        return &blocks->item[i];
      if (rw_models_rope_of (point->model, blocks->item[i].layer_type, &rope, NULL) == RW_OK
          && rope->schedule == point->rope->schedule)
        return &blocks->item[i];
    }
  return NULL;
}

/* The block that plays the role in this cell before axes move its parameters; NULL for none.  */
static const rw_object *
base_of (const rw_plan *plan, const rw_point *point, size_t role)
{
  if (role >= RW_ROLE_METRIC)
    return plan->metrics[role - RW_ROLE_METRIC];
  const rw_blocks_item *item = item_of (plan, point, role);
  if (item)
    return item->object;
  return role == RW_ROLE_SCHEDULE ? point->rope->schedule : NULL;
}

static rw_status
move_params (const rw_plan *plan, const rw_point *point, size_t role, rw_object *object,
             rw_error *err)
{
  rw_status s = RW_OK;
  for (size_t a = 0; !s && a < plan->n_axes; a++)
    {
      const rw_column *c = &plan->parts->column[a];
      const rw_axis *axis = &plan->axes[a];
      const size_t k = point->at[axis->dim];
      if (c->is != RW_COLUMN_PARAM || c->role != role
          || !rw_module_find (object->module, c->param, NULL))
        continue;
      rw_value v = { .kind = RW_VALUE_BOOL };
      if (axis->values)
        v = RW_NUMBER_VALUE (axis->values[k]);
      else if (c->truth)
        v.number = axis->labels[k][0] == 't';
      else
        v = RW_TEXT_VALUE (axis->labels[k]);
      s = rw_object_set (object, c->param, &v, NULL, err);
    }
  return s;
}

static rw_status
fill_role (const rw_plan *plan, rw_point *point, size_t role, rw_object **out, rw_error *err)
{
  const rw_object *base = base_of (plan, point, role);
  rw_object **object = &point->parts->slot[role].object;
  rw_status s = RW_OK;
  if (base != point->parts->slot[role].base)
    {
      rw_object_free (*object);
      *object = NULL;
      point->parts->slot[role].base = NULL;
      if (base)
        s = rw_object_copy (base, object, err);
      if (!s)
        point->parts->slot[role].base = base;
    }
  if (!s && *object)
    s = move_params (plan, point, role, *object, err);
  *out = *object;
  return s;
}

/* Under `exact` a block means its own formulas, under another stack what that one makes of it.  */
static rw_status
fill_schedule (const rw_plan *plan, rw_point *point, rw_error *err)
{
  size_t i, j;
  point->refusal = NULL;
  point->told = NULL;
  rw_models_place (plan, point->at, &i, &j);
  if (rw_models_exact (plan->parts->stack[j]))
    return fill_role (plan, point, RW_ROLE_SCHEDULE, &point->schedule, err);
  return rw_served_schedule (plan, point, item_of (plan, point, RW_ROLE_SCHEDULE),
                             &point->parts->served, err);
}

static double
length_of (const rw_plan *plan, const rw_point *point)
{
  const rw_axis *axis = rw_axis_of (plan, RW_COLUMN_LENGTH, 0);
  if (axis)
    return axis->values[point->at[axis->dim]];
  return isnan (plan->parts->length) ? point->rope->geometry.original_length : plan->parts->length;
}

static size_t
place_of (const rw_plan *plan, rw_column_is is, const rw_point *point)
{
  const rw_axis *axis = rw_axis_of (plan, is, 0);
  return axis ? (size_t) axis->values[point->at[axis->dim]] : 0;
}

static void
unravel (const rw_plan *plan, size_t i, rw_point *point)
{
  point->index = i;
  for (size_t d = plan->n_dims; d--; i /= plan->shape[d])
    point->at[d] = i % plan->shape[d];
  point->group = point->stream = 0;
  for (size_t d = 0; d < plan->n_dims; d++)
    {
      if (!plan->of_schedule[d])
        point->group = point->group * plan->shape[d] + point->at[d];
      if (plan->parts->of_stream[d])
        point->stream = point->stream * plan->shape[d] + point->at[d];
    }
}

rw_status
rw_plan_point (const rw_plan *plan, size_t i, rw_point *point, rw_error *err)
{
  rw_object *rule = NULL, *query_scale = NULL, *bias = NULL, *source = NULL;
  if (i >= plan->n_points)
    return rw_fail (err, RW_EINVAL, "point %zu: the plan has %zu", i, plan->n_points);
  unravel (plan, i, point);
  rw_status s = rw_models_rope (plan, point->at, &point->model, &point->rope, err);
  point->refused = s && !point->model;
  if (s)
    return s;
  point->length = length_of (plan, point);
  point->layer = place_of (plan, RW_COLUMN_LAYER, point);
  point->head = place_of (plan, RW_COLUMN_HEAD, point);
  s = fill_schedule (plan, point, err);
  if (!s)
    s = fill_role (plan, point, RW_ROLE_RULE, &rule, err);
  if (!s)
    s = fill_role (plan, point, RW_ROLE_QUERY_SCALE, &query_scale, err);
  if (!s)
    s = fill_role (plan, point, RW_ROLE_BIAS, &bias, err);
  if (!s)
    s = fill_role (plan, point, RW_ROLE_SOURCE, &source, err);
  for (size_t k = 0; !s && k < plan->n_metrics; k++)
    s = fill_role (plan, point, RW_ROLE_METRIC + k, &point->metrics[k], err);
  point->rule = rule;
  point->query_scale = query_scale;
  point->bias = bias;
  point->source = source;
  return s;
}

size_t
rw_plan_cell (const rw_plan *plan, size_t g, size_t k)
{
  size_t at[RW_AXES_MAX], i = 0;
  for (size_t d = plan->n_dims; d--;)
    {
      size_t *rest = plan->of_schedule[d] ? &k : &g;
      at[d] = *rest % plan->shape[d];
      *rest /= plan->shape[d];
    }
  for (size_t d = 0; d < plan->n_dims; d++)
    i = i * plan->shape[d] + at[d];
  return i;
}

char *
rw_plan_label (const rw_plan *plan, size_t i, char *buf, size_t size)
{
  size_t at[RW_AXES_MAX], used = 0;
  char number[32];
  if (!size)
    return buf;
  snprintf (buf, size, "%s", plan->n_dims ? "" : plan->name);
  for (size_t d = plan->n_dims; d--; i /= plan->shape[d])
    at[d] = i % plan->shape[d];
  for (size_t d = 0; d < plan->n_dims && used < size; d++)
    used += (size_t) snprintf (buf + used, size - used, "%s%s", d ? " " : "",
                               rw_axis_text (rw_axis_first (plan, d), at[d], number));
  return buf;
}

/* A layer's own copy of a rope stands for the rope it was copied from.  */
static size_t
rope_of (const rw_point *point)
{
  const rw_model *m = point->model;
  for (size_t r = 0; r < m->n_ropes; r++)
    if (point->rope == &m->rope[r])
      return r;
  return m->rope_of_layer[point->layer];
}

void
rw_point_input (const rw_plan *plan, const rw_point *point, rw_input *in)
{
  const struct rw_plan_parts *parts = plan->parts;
  in->geometry = &point->rope->geometry;
  in->model = point->model;
  in->rope = rope_of (point);
  in->length = point->length;
  in->longest = parts->longest;
  in->layer = point->layer;
  in->head = point->head;
  in->n_distances = parts->n_distances;
  in->distance = parts->distance;
  in->n_positions = parts->n_positions;
  in->position = parts->position;
  in->seed = plan->seed;
  in->group = point->stream;
}
