/* models: every model that a sweep names, read once for every stack that meets it, and which model
   and rope stand in a cell.  */
#include "base/text.h"
#include "plan/parts.h"
#include "schedule/schedule.h"

#include <string.h>

rw_status
rw_models_add (struct rw_plan_parts *parts, const cJSON *value, size_t *index, rw_error *err)
{
  for (*index = 0; *index < parts->n_sources; ++*index)
    if (cJSON_Compare (parts->source[*index], value, true))
      return RW_OK;
  rw_status s = rw_grow ((void **) &parts->source, parts->n_sources, parts->n_sources + 1,
                         sizeof *parts->source, err);
  if (!s)
    parts->source[parts->n_sources++] = value;
  return s;
}

/* The rope of the layers without one, where the model has such layers.  */
static rw_status
make_still (const rw_model *model, rw_rope *still, rw_error *err)
{
  const rw_module *none = NULL;
  bool needed = false;
  for (size_t l = 0; l < model->n_layers; l++)
    needed = needed || model->rope_of_layer[l] == RW_NO_ROPE;
  if (!needed)
    return RW_OK;
  still->geometry = model->rope[0].geometry;
  const rw_status s = rw_kind_find (&rw_schedules, "none", &none, err);
  return s ? s : rw_object_new (none, &still->schedule, err);
}

/* Layers that share a rope may differ in their windows (gpt-oss, Gemma 2).  */
static rw_status
make_layers (const rw_model *model, const rw_rope *still, rw_rope **out, rw_error *err)
{
  if (!model->n_layers)
    return RW_OK;
  if (!(*out = rw_new (model->n_layers, sizeof **out)))
    return rw_nomem (err, model->n_layers * sizeof **out);
  for (size_t l = 0; l < model->n_layers; l++)
    {
      const size_t r = model->rope_of_layer[l];
      (*out)[l] = r == RW_NO_ROPE ? *still : model->rope[r];
      (*out)[l].geometry.sliding_window = model->window_of_layer[l];
    }
  return RW_OK;
}

/* Reads model i for stack j, once.  */
static rw_status
need_model (rw_plan *plan, size_t i, size_t j, const char *path, rw_error *err)
{
  struct rw_plan_parts *parts = plan->parts;
  size_t *place = &parts->model[i * parts->n_stacks + j];
  if (*place != SIZE_MAX)
    return RW_OK;
  rw_model *model = &plan->models[plan->n_models];
  rw_status s
      = rw_stack_config_model (parts->stack[j], parts->source[i], path, parts->folder, model, err);
  if (s) /* the reader names the path of most faults, not of those of the whole geometry */
    return err && strncmp (err->text, path, strlen (path)) != 0 ? rw_within (err, s, "%s", path)
                                                                : s;
  *place = plan->n_models++;
  s = make_still (model, &parts->still[*place], err);
  if (!s)
    s = make_layers (model, &parts->still[*place], &parts->layer[*place], err);
  for (size_t r = 0; r < model->n_ropes; r++)
    rw_warning_add (plan, model->name ? model->name : path, &model->rope[r].notes);
  return s;
}

static rw_status
need_models (rw_plan *plan, const rw_axis *m, const rw_axis *t, rw_error *err)
{
  const rw_column *column = plan->parts->column;
  const size_t *mi = m ? column[m - plan->axes].index : NULL;
  const size_t *ti = t ? column[t - plan->axes].index : NULL;
  const bool together = m && t && m->dim == t->dim; /* linked: only the pairs that stand there */
  rw_status s = RW_OK;
  char path[RW_PATH_TEXT] = "model";
  for (size_t k = 0; !s && k < (m ? m->n : 1); k++)
    for (size_t l = together ? k : 0; !s && l < (together ? k + 1 : t ? t->n : 1); l++)
      {
        if (m)
          rw_axis_path (plan, (size_t) (m - plan->axes), k, path);
        s = need_model (plan, mi ? mi[k] : 0, ti ? ti[l] : 0, path, err);
      }
  return s;
}

/* A model's label is its name; two of one name are told apart by number.  */
static rw_status
label_models (rw_plan *plan, const rw_axis *m, rw_error *err)
{
  const struct rw_plan_parts *parts = plan->parts;
  rw_axis *axis = &plan->axes[m - plan->axes];
  for (size_t k = 0; k < axis->n; k++)
    {
      const size_t *row = &parts->model[parts->column[m - plan->axes].index[k] * parts->n_stacks];
      size_t j = 0;
      while (j + 1 < parts->n_stacks && row[j] == SIZE_MAX)
        j++;
      const char *name = plan->models[row[j]].name;
      if (!(axis->labels[k] = rw_strdup (name && *name ? name : "model")))
        return rw_nomem (err, 8);
    }
  return RW_OK;
}

rw_status
rw_models_read (rw_plan *plan, rw_error *err)
{
  struct rw_plan_parts *parts = plan->parts;
  const rw_axis *m = rw_axis_of (plan, RW_COLUMN_MODEL, 0);
  const rw_axis *t = rw_axis_of (plan, RW_COLUMN_STACK, 0);
  const cJSON *value = rw_json_get (parts->root, "model");
  size_t none;
  rw_status s = RW_OK;
  if (!m && !value)
    {
      rw_fail (err, RW_EINVAL, "model: is missing");
      return rw_hint (err, "add \"model\": a preset of `ropewalk list models`, a path, or "
                           "{\"head_dim\": 128, \"rope_theta\": 10000, \"original_length\": 4096}");
    }
  if (!m)
    s = rw_models_add (parts, value, &none, err);
  const size_t n = parts->n_sources * parts->n_stacks;
  if (!s && !(parts->model = rw_new (n, sizeof *parts->model)))
    s = rw_nomem (err, n * sizeof *parts->model);
  if (!s && !(parts->still = rw_new (n, sizeof *parts->still)))
    s = rw_nomem (err, n * sizeof *parts->still);
  if (!s && !(parts->layer = rw_new (n, sizeof *parts->layer)))
    s = rw_nomem (err, n * sizeof *parts->layer);
  if (!s && !(plan->models = rw_new (n, sizeof *plan->models)))
    s = rw_nomem (err, n * sizeof *plan->models);
  for (size_t i = 0; !s && i < n; i++)
    parts->model[i] = SIZE_MAX;
  if (!s)
    s = need_models (plan, m, t, err);
  return !s && m ? label_models (plan, m, err) : s;
}

/* A model with one rope for all layers has it on the full_attention ones too.  */
rw_status
rw_models_rope_of (const rw_model *model, const char *layer_type, const rw_rope **rope,
                   rw_error *err)
{
  const bool only = model->n_ropes == 1 && !model->rope[0].layer_type[0];
  if (only && layer_type && strcmp (layer_type, "full_attention") == 0)
    layer_type = NULL;
  return rw_model_rope (model, layer_type, rope, err);
}

rw_status
rw_models_rope (const rw_plan *plan, const size_t *at, const rw_model **model, const rw_rope **rope,
                rw_error *err)
{
  const struct rw_plan_parts *parts = plan->parts;
  size_t i = 0, j = 0, layer = SIZE_MAX;
  const char *type = NULL;
  for (size_t a = 0; a < plan->n_axes; a++)
    {
      const rw_axis *axis = &plan->axes[a];
      const size_t k = at[axis->dim];
      const rw_column_is is = parts->column[a].is;
      if (is == RW_COLUMN_MODEL)
        i = parts->column[a].index[k];
      else if (is == RW_COLUMN_STACK)
        j = parts->column[a].index[k];
      else if (is == RW_COLUMN_LAYER)
        layer = (size_t) axis->values[k];
      else if (is == RW_COLUMN_LAYER_TYPE)
        type = axis->labels[k];
    }
  const rw_model *m = &plan->models[parts->model[i * parts->n_stacks + j]];
  *model = m;
  if (layer == SIZE_MAX)
    return rw_models_rope_of (m, type, rope, err);
  if (layer >= m->n_layers)
    return rw_fail (err, RW_EINVAL, "layer: %s has %zu known layers, so no layer %zu", m->name,
                    m->n_layers, layer);
  *rope = &parts->layer[m - plan->models][layer];
  return RW_OK;
}
