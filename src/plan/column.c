/* column: the values of the axes that are not parameters: stacks, models, whole blocks, layers,
   lengths.  */
#include "base/text.h"
#include "plan/parts.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static rw_status
new_labels (rw_axis *axis, rw_error *err)
{
  axis->labels = rw_new (axis->n, sizeof *axis->labels);
  return axis->labels ? RW_OK : rw_nomem (err, axis->n * sizeof *axis->labels);
}

static rw_status
need_list (const rw_plan *plan, size_t a, rw_error *err)
{
  if (!cJSON_IsArray (plan->parts->column[a].list))
    return rw_fail (err, RW_EINVAL, "axes.%s: expected a list", plan->axes[a].path);
  return RW_OK;
}

/* ---- numbers: length, layer, head ---- */

static rw_status
read_numbers (rw_plan *plan, size_t a, double least, double most, rw_error *err)
{
  rw_axis *axis = &plan->axes[a];
  const rw_column *c = &plan->parts->column[a];
  char path[RW_PATH_TEXT], number[32];
  rw_status s = RW_OK;
  if (!c->linked)
    {
      snprintf (path, sizeof path, "axes.%.200s", c->whole);
      s = rw_form_read (c->list, true, path, &axis->values, &axis->n, err);
    }
  else if (!(axis->values = rw_new (axis->n, sizeof *axis->values)))
    s = rw_nomem (err, axis->n * sizeof *axis->values);
  const cJSON *at = NULL, *item;
  for (size_t k = 0; !s && c->linked && (item = rw_column_next (c, &at)); k++)
    if (!cJSON_IsNumber (item))
      s = rw_fail (err, RW_EINVAL, "%s: expected a number, got %s", rw_axis_path (plan, a, k, path),
                   rw_json_kind (item));
    else
      axis->values[k] = item->valuedouble;
  for (size_t k = 0; !s && k < axis->n; k++)
    {
      const double x = axis->values[k];
      const char *wrong = x < least ? "below" : x > most ? "above" : NULL;
      if (wrong)
        s = rw_fail (err, RW_EINVAL, "%s: %s is %s %.17g", rw_axis_path (plan, a, k, path),
                     rw_number_text (x, number), wrong, x < least ? least : most);
      else if (x != floor (x))
        s = rw_fail (err, RW_EINVAL, "%s: %s is not an integer", rw_axis_path (plan, a, k, path),
                     rw_number_text (x, number));
    }
  return s;
}

static rw_status
read_length (rw_plan *plan, size_t a, rw_error *err)
{
  return read_numbers (plan, a, 1, RW_LENGTH_MAX, err);
}

/* A layer chooses the rope; that it is there is checked with the models.  */
static rw_status
read_layer (rw_plan *plan, size_t a, rw_error *err)
{
  if (rw_axis_of (plan, RW_COLUMN_LAYER_TYPE, 0))
    return rw_fail (err, RW_EINVAL, "axes.layer: layer_type is an axis too; keep one of them");
  return read_numbers (plan, a, 0, RW_LAYERS_MAX - 1, err);
}

static rw_status
read_head (rw_plan *plan, size_t a, rw_error *err)
{
  if (!plan->parts->base[RW_ROLE_SOURCE].n && !rw_axis_of (plan, RW_COLUMN_BLOCK, RW_ROLE_SOURCE))
    return rw_fail (err, RW_EINVAL,
                    "axes.head: nothing here differs from head to head: it needs a \"source\"");
  return read_numbers (plan, a, 0, RW_HEAD_DIM_MAX, err);
}

/* ---- texts ---- */

static rw_status
read_layer_type (rw_plan *plan, size_t a, rw_error *err)
{
  rw_axis *axis = &plan->axes[a];
  char path[RW_PATH_TEXT];
  const cJSON *at = NULL, *item;
  rw_status s = need_list (plan, a, err);
  if (!s)
    s = new_labels (axis, err);
  for (size_t k = 0; !s && (item = rw_column_next (&plan->parts->column[a], &at)); k++)
    if (!cJSON_IsString (item))
      s = rw_fail (err, RW_EINVAL, "%s: expected a text, got %s", rw_axis_path (plan, a, k, path),
                   rw_json_kind (item));
    else if (!(axis->labels[k] = rw_strdup (item->valuestring)))
      s = rw_nomem (err, strlen (item->valuestring));
  return s;
}

static rw_status
new_index (rw_plan *plan, size_t a, rw_error *err)
{
  rw_column *c = &plan->parts->column[a];
  rw_status s = need_list (plan, a, err);
  if (!s)
    s = new_labels (&plan->axes[a], err);
  if (!s && !(c->index = rw_new (plan->axes[a].n, sizeof *c->index)))
    s = rw_nomem (err, plan->axes[a].n * sizeof *c->index);
  return s;
}

static rw_status
add_stack (struct rw_plan_parts *parts, const rw_stack *stack, size_t *index, rw_error *err)
{
  for (*index = 0; *index < parts->n_stacks; ++*index)
    if (parts->stack[*index] == stack)
      return RW_OK;
  rw_status s = rw_grow ((void **) &parts->stack, parts->n_stacks, parts->n_stacks + 1,
                         sizeof *parts->stack, err);
  if (!s)
    parts->stack[parts->n_stacks++] = stack;
  return s;
}

static rw_status
read_stack (rw_plan *plan, size_t a, rw_error *err)
{
  rw_axis *axis = &plan->axes[a];
  rw_column *c = &plan->parts->column[a];
  char path[RW_PATH_TEXT];
  const cJSON *at = NULL, *item;
  rw_status s = new_index (plan, a, err);
  for (size_t k = 0; !s && (item = rw_column_next (c, &at)); k++)
    {
      const rw_stack *stack;
      rw_axis_path (plan, a, k, path);
      if (!cJSON_IsString (item))
        return rw_fail (err, RW_EINVAL, "%s: expected a text, got %s", path, rw_json_kind (item));
      if ((s = rw_stack_find (item->valuestring, &stack, err)))
        return rw_within (err, s, "%s", path);
      if (!(axis->labels[k] = rw_strdup (stack->name)))
        return rw_nomem (err, strlen (stack->name));
      s = add_stack (plan->parts, stack, &c->index[k], err);
    }
  return s;
}

/* ---- models ---- */

static rw_status
read_model (rw_plan *plan, size_t a, rw_error *err)
{
  rw_column *c = &plan->parts->column[a];
  const cJSON *at = NULL, *item;
  rw_status s = new_index (plan, a, err);
  for (size_t k = 0; !s && (item = rw_column_next (c, &at)); k++)
    s = rw_models_add (plan->parts, item, &c->index[k], err);
  return s;
}

/* ---- blocks ---- */

static rw_status
read_blocks (rw_plan *plan, size_t a, rw_error *err)
{
  const rw_axis *axis = &plan->axes[a];
  rw_column *c = &plan->parts->column[a];
  char path[RW_PATH_TEXT];
  const cJSON *at = NULL, *item;
  rw_status s = need_list (plan, a, err);
  if (!s && !(c->blocks = rw_new (axis->n, sizeof *c->blocks)))
    s = rw_nomem (err, axis->n * sizeof *c->blocks);
  for (size_t k = 0; !s && (item = rw_column_next (c, &at)); k++)
    s = rw_blocks_read (plan, item, c->role, rw_axis_path (plan, a, k, path), &c->blocks[k], err);
  return s;
}

rw_status
rw_column_read (rw_plan *plan, size_t axis, rw_error *err)
{
  static rw_status (*const readers[]) (rw_plan *, size_t, rw_error *) = {
    [RW_COLUMN_STACK] = read_stack,   [RW_COLUMN_MODEL] = read_model,
    [RW_COLUMN_BLOCK] = read_blocks,  [RW_COLUMN_LAYER_TYPE] = read_layer_type,
    [RW_COLUMN_LAYER] = read_layer,   [RW_COLUMN_HEAD] = read_head,
    [RW_COLUMN_LENGTH] = read_length,
  };
  return readers[plan->parts->column[axis].is](plan, axis, err);
}
