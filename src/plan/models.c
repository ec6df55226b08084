/* models: every model that a sweep names, read once for every stack that meets it, and which model
   and rope stand in a cell.  */
#include "base/text.h"
#include "plan/parts.h"
#include "schedule/schedule.h"

#include <stdio.h>
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

bool
rw_models_exact (const rw_stack *stack)
{
  return strcmp (stack->name, "exact") == 0;
}

bool
rw_models_served (const rw_plan *plan)
{
  bool served = false;
  for (size_t j = 0; j < plan->parts->n_stacks; j++)
    served = served || !rw_models_exact (plan->parts->stack[j]);
  return served;
}

/* An inline model is checked by every stack; only `exact` reads its blocks strictly.  */
static rw_status
read_model (rw_plan *plan, size_t i, size_t j, const char *path, rw_model *out, rw_error *err)
{
  struct rw_plan_parts *parts = plan->parts;
  const rw_stack *stack = parts->stack[j];
  const cJSON *source = parts->source[i];
  rw_origin *origin = &parts->origin[i];
  rw_status s = RW_OK;
  if (!origin->name)
    s = rw_stack_origin (source, path, parts->folder, origin, err);
  if (s)
    return s;
  if (cJSON_IsObject (source) && rw_models_exact (stack))
    return rw_stack_config_model (stack, source, path, parts->folder, out, err);
  return rw_origin_read (origin, stack, NULL, out, err);
}

/* Another stack may read what this one refuses; a fault of the machine is one for all.  */
static rw_status
keep_refusal (rw_plan *plan, size_t i, size_t j, const rw_error *why, const char *path,
              rw_error *err)
{
  struct rw_plan_parts *parts = plan->parts;
  const size_t n = strlen (path);
  const bool named = strncmp (why->text, path, n) == 0 && strncmp (why->text + n, ": ", 2) == 0;
  char *text = rw_format ("%s: the stack '%s' refuses it: %s", path, parts->stack[j]->name,
                          why->text + (named ? n + 2 : 0));
  if (!text)
    return rw_nomem (err, sizeof *why);
  parts->refusal[i * parts->n_stacks + j] = text;
  rw_note_add (&plan->notes, RW_NOTE_WARNING, "%s; its points will fail", text);
  return RW_OK;
}

/* Reads model i for stack j, once.  */
static rw_status
need_model (rw_plan *plan, size_t i, size_t j, const char *path, rw_error *err)
{
  struct rw_plan_parts *parts = plan->parts;
  size_t *place = &parts->model[i * parts->n_stacks + j];
  if (*place != SIZE_MAX || parts->refusal[i * parts->n_stacks + j])
    return RW_OK;
  rw_error why = { 0 };
  rw_model *model = &plan->models[plan->n_models];
  rw_status s = read_model (plan, i, j, path, model, &why);
  if ((s == RW_EINVAL || s == RW_EDOMAIN) && parts->n_stacks > 1)
    return keep_refusal (plan, i, j, &why, path, err);
  if (s)
    { /* the reader names the path of most faults, not of those of the whole geometry */
      if (strncmp (why.text, path, strlen (path)) != 0)
        rw_within (&why, s, "%s", path);
      if (err)
        *err = why;
      return s;
    }
  *place = plan->n_models++;
  s = make_still (model, &parts->still[*place], err);
  if (!s)
    s = make_layers (model, &parts->still[*place], &parts->layer[*place], err);
  char where[RW_PATH_TEXT];
  const char *name = model->name ? model->name : path;
  if (parts->n_stacks > 1)
    snprintf (where, sizeof where, "%.160s (%.80s)", name, parts->stack[j]->name);
  for (size_t r = 0; r < model->n_ropes; r++)
    rw_warning_add (plan, parts->n_stacks > 1 ? where : name, &model->rope[r].notes);
  return s;
}

/* A model that no stack reads is a fault of the config.  */
static rw_status
check_read (const rw_plan *plan, rw_error *err)
{
  const struct rw_plan_parts *parts = plan->parts;
  for (size_t i = 0; i < parts->n_sources; i++)
    {
      const char *why = NULL;
      bool read = false;
      for (size_t j = 0; j < parts->n_stacks; j++)
        {
          read = read || parts->model[i * parts->n_stacks + j] != SIZE_MAX;
          why = why ? why : parts->refusal[i * parts->n_stacks + j];
        }
      if (!read)
        return rw_fail (err, RW_EINVAL, "%s", why ? why : "model: no stack reads it");
    }
  return RW_OK;
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
  if (!s && !(parts->refusal = rw_new (n, sizeof *parts->refusal)))
    s = rw_nomem (err, n * sizeof *parts->refusal);
  if (!s && !(parts->origin = rw_new (parts->n_sources, sizeof *parts->origin)))
    s = rw_nomem (err, parts->n_sources * sizeof *parts->origin);
  if (!s && !(plan->models = rw_new (n, sizeof *plan->models)))
    s = rw_nomem (err, n * sizeof *plan->models);
  for (size_t i = 0; !s && i < n; i++)
    parts->model[i] = SIZE_MAX;
  if (!s)
    s = need_models (plan, m, t, err);
  if (!s)
    s = check_read (plan, err);
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

void
rw_models_place (const rw_plan *plan, const size_t *at, size_t *source, size_t *stack)
{
  const struct rw_plan_parts *parts = plan->parts;
  *source = *stack = 0;
  for (size_t a = 0; a < plan->n_axes; a++)
    {
      const rw_column *c = &parts->column[a];
      if (c->is == RW_COLUMN_MODEL)
        *source = c->index[at[plan->axes[a].dim]];
      else if (c->is == RW_COLUMN_STACK)
        *stack = c->index[at[plan->axes[a].dim]];
    }
}

rw_status
rw_models_rope (const rw_plan *plan, const size_t *at, const rw_model **model, const rw_rope **rope,
                rw_error *err)
{
  const struct rw_plan_parts *parts = plan->parts;
  const rw_axis *l = rw_axis_of (plan, RW_COLUMN_LAYER, 0);
  const rw_axis *t = rw_axis_of (plan, RW_COLUMN_LAYER_TYPE, 0);
  size_t i, j;
  rw_models_place (plan, at, &i, &j);
  const size_t place = parts->model[i * parts->n_stacks + j];
  *model = NULL;
  if (place == SIZE_MAX)
    return rw_fail (err, RW_EINVAL, "%s", parts->refusal[i * parts->n_stacks + j]);
  const rw_model *m = *model = &plan->models[place];
  if (!l)
    return rw_models_rope_of (m, t ? t->labels[at[t->dim]] : NULL, rope, err);
  const size_t layer = (size_t) l->values[at[l->dim]];
  if (layer >= m->n_layers)
    return rw_fail (err, RW_EINVAL, "layer: %s has %zu known layers, so no layer %zu", m->name,
                    m->n_layers, layer);
  *rope = &parts->layer[place][layer];
  return RW_OK;
}
