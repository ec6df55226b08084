/* knob: axes over a parameter, KIND.PARAM.  Every value is tried on every module of that kind that
   has the parameter, so that a bad value is found here and not at its point.  */
#include "base/text.h"
#include "plan/parts.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum
{
  MODULES_MAX = 128 /* distinct modules of one role; more are checked point by point */
};

typedef struct
{
  const rw_module *module[MODULES_MAX];
  size_t n;
} modules;

static void
add_module (modules *m, const rw_module *module)
{
  for (size_t i = 0; i < m->n; i++)
    if (m->module[i] == module)
      return;
  if (m->n < MODULES_MAX)
    m->module[m->n++] = module;
}

static void
add_blocks (modules *m, const rw_blocks *blocks)
{
  for (size_t i = 0; i < blocks->n; i++)
    add_module (m, blocks->item[i].object->module);
}

/* Every module that may play the role somewhere in the sweep.  */
static void
find_modules (const rw_plan *plan, size_t role, modules *m)
{
  const struct rw_plan_parts *parts = plan->parts;
  if (role >= RW_ROLE_METRIC)
    {
      add_module (m, plan->metrics[role - RW_ROLE_METRIC]->module);
      return;
    }
  const rw_axis *axis = rw_axis_of (plan, RW_COLUMN_BLOCK, role);
  const rw_blocks *blocks = axis ? parts->column[axis - plan->axes].blocks : NULL;
  for (size_t k = 0; blocks && k < axis->n; k++)
    add_blocks (m, &blocks[k]);
  if (!axis)
    add_blocks (m, &parts->base[role]);
  /* The model's own schedule stands where the config says none, and on the layers it leaves out. */
  const bool own = role == RW_ROLE_SCHEDULE
                   && ((!axis && !parts->base[role].n) || rw_axis_of (plan, RW_COLUMN_LAYER, 0)
                       || rw_axis_of (plan, RW_COLUMN_LAYER_TYPE, 0));
  for (size_t i = 0; own && i < plan->n_models; i++)
    for (size_t r = 0; r < plan->models[i].n_ropes; r++)
      add_module (m, plan->models[i].rope[r].schedule->module);
}

static const char *
param_name (size_t i, const void *data)
{
  const modules *m = data;
  const rw_param *p;
  for (size_t k = 0; k < m->n; k++)
    for (size_t j = 0; (p = rw_module_param (m->module[k], j)); j++)
      if (i-- == 0)
        return p->name;
  return NULL;
}

static rw_status
fail_unknown (const rw_axis *axis, const char *param, const modules *m, rw_error *err)
{
  rw_text known = { 0 };
  char near[96];
  const rw_param *p;
  if (!m->n)
    {
      rw_fail (err, RW_EINVAL, "axes.%s: the config has none of this kind", axis->path);
      return rw_hint (err, "add the block that has '%s'; `ropewalk list` shows what there is",
                      param);
    }
  for (size_t k = 0; k < m->n; k++)
    {
      rw_text_addf (&known, "%s%s (", k ? "; " : "", m->module[k]->name);
      for (size_t j = 0; (p = rw_module_param (m->module[k], j)); j++)
        rw_text_addf (&known, "%s%s", j ? ", " : "", p->name);
      rw_text_addf (&known, ")");
    }
  rw_fail (err, RW_EINVAL, "axes.%s: none of them has '%s'; known: %s%s", axis->path, param,
           rw_text_get (&known), rw_did_you_mean (near, sizeof near, param, param_name, m));
  rw_text_free (&known);
  return RW_EINVAL;
}

static const rw_param *
find_param (const modules *m, const char *name)
{
  const rw_param *p = NULL;
  for (size_t k = 0; k < m->n && !p; k++)
    p = rw_module_find (m->module[k], name, NULL);
  return p;
}

/* ---- reading ---- */

static rw_status
read_numbers (rw_plan *plan, size_t a, rw_error *err)
{
  rw_axis *axis = &plan->axes[a];
  const rw_column *c = &plan->parts->column[a];
  char path[RW_PATH_TEXT];
  if (!(axis->values = rw_new (axis->n, sizeof *axis->values)))
    return rw_nomem (err, axis->n * sizeof *axis->values);
  const cJSON *at = NULL, *item;
  for (size_t k = 0; (item = rw_column_next (c, &at)); k++)
    if (!cJSON_IsNumber (item))
      return rw_fail (err, RW_EINVAL, "%s: expected a number as before it, got %s",
                      rw_axis_path (plan, a, k, path), rw_json_kind (item));
    else
      axis->values[k] = item->valuedouble;
  return RW_OK;
}

static rw_status
read_texts (rw_plan *plan, size_t a, rw_error *err)
{
  rw_axis *axis = &plan->axes[a];
  rw_column *c = &plan->parts->column[a];
  char path[RW_PATH_TEXT];
  if (!(axis->labels = rw_new (axis->n, sizeof *axis->labels)))
    return rw_nomem (err, axis->n * sizeof *axis->labels);
  const cJSON *at = NULL, *item;
  for (size_t k = 0; (item = rw_column_next (c, &at)); k++)
    {
      if (c->truth ? !cJSON_IsBool (item) : !cJSON_IsString (item))
        return rw_fail (err, RW_EINVAL, "%s: expected %s, got %s", rw_axis_path (plan, a, k, path),
                        c->truth ? "true or false" : "a text", rw_json_kind (item));
      axis->labels[k] = rw_strdup (!c->truth             ? item->valuestring
                                   : cJSON_IsTrue (item) ? "true"
                                                         : "false");
      if (!axis->labels[k])
        return rw_nomem (err, 8);
    }
  return RW_OK;
}

static rw_status
read_values (rw_plan *plan, size_t a, const rw_param *p, rw_error *err)
{
  rw_axis *axis = &plan->axes[a];
  rw_column *c = &plan->parts->column[a];
  char path[RW_PATH_TEXT];
  snprintf (path, sizeof path, "axes.%.200s", c->whole);
  const bool number = p->type == RW_REAL || p->type == RW_INT;
  if (p->type == RW_REALS || p->type == RW_BLOCK)
    {
      rw_fail (err, RW_EINVAL, "%s: a %s cannot be an axis of its own", path,
               rw_type_text (p->type));
      return rw_hint (err, "list whole blocks on the axis \"%.*s\"",
                      (int) strcspn (axis->path, "."), axis->path);
    }
  if (!cJSON_IsArray (c->list) && !number)
    return rw_fail (err, RW_EINVAL, "%s: expected a list", path);
  c->truth = p->type == RW_BOOL;
  if (cJSON_IsArray (c->list))
    return number ? read_numbers (plan, a, err) : read_texts (plan, a, err);
  return rw_form_read (c->list, p->type == RW_INT, path, &axis->values, &axis->n, err);
}

/* ---- trying ---- */

static rw_status
try_value (rw_plan *plan, size_t a, size_t k, rw_object *object, rw_notes *notes, rw_error *err)
{
  const rw_axis *axis = &plan->axes[a];
  const rw_column *c = &plan->parts->column[a];
  char path[RW_PATH_TEXT];
  rw_value v = { .kind = RW_VALUE_BOOL };
  if (axis->values)
    v = RW_NUMBER_VALUE (axis->values[k]);
  else if (c->truth)
    v.number = axis->labels[k][0] == 't';
  else
    v = RW_TEXT_VALUE (axis->labels[k]);
  rw_status s = rw_object_set (object, c->param, &v, notes, err);
  return s ? rw_within (err, s, "%s", rw_axis_path (plan, a, k, path)) : s;
}

/* Warnings of the smallest and the largest value stand for the ones between.  */
static void
warn_ends (rw_plan *plan, size_t a, rw_object *object)
{
  const rw_axis *axis = &plan->axes[a];
  size_t low = 0, high = 0;
  char path[RW_PATH_TEXT];
  for (size_t k = 1; axis->values && k < axis->n; k++)
    {
      if (axis->values[k] < axis->values[low])
        low = k;
      if (axis->values[k] > axis->values[high])
        high = k;
    }
  const size_t ends[] = { low, high };
  for (size_t e = 0; e < (low == high ? 1 : 2); e++)
    {
      rw_notes notes = { 0 };
      rw_error none;
      if (!try_value (plan, a, ends[e], object, &notes, &none))
        rw_warning_add (plan, rw_axis_path (plan, a, ends[e], path), &notes);
      rw_notes_free (&notes);
    }
}

static rw_status
try_module (rw_plan *plan, size_t a, const rw_module *module, rw_error *err)
{
  rw_object *object = NULL;
  rw_status s = rw_object_new (module, &object, err);
  for (size_t k = 0; !s && k < plan->axes[a].n; k++)
    s = try_value (plan, a, k, object, NULL, err);
  if (!s)
    warn_ends (plan, a, object);
  rw_object_free (object);
  return s;
}

rw_status
rw_knob_read (rw_plan *plan, size_t a, rw_error *err)
{
  rw_axis *axis = &plan->axes[a];
  const rw_column *c = &plan->parts->column[a];
  modules m = { .n = 0 };
  find_modules (plan, c->role, &m);
  const rw_param *p = find_param (&m, c->param);
  if (!p)
    return fail_unknown (axis, c->param, &m, err);
  axis->unit = p->unit;
  if (!(axis->long_name = rw_strdup (c->param)))
    return rw_nomem (err, strlen (c->param));
  for (char *s = axis->long_name; *s; s++)
    if (*s == '_')
      *s = ' ';
  rw_status s = read_values (plan, a, p, err);
  for (size_t i = 0; !s && i < m.n; i++)
    if (rw_module_find (m.module[i], c->param, NULL))
      s = try_module (plan, a, m.module[i], err);
  return s;
}
