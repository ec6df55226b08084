/* axes: the axes of a sweep: what their names may be, which dimension they lie on, and how many
   points their product has.

   "length" is one dimension.  "schedule.factor,length" are linked: one dimension, named after the
   first, whose values are tuples [[2, 8192], [4, 16384]]; each inner list is one place on it.  */
#include "base/text.h"
#include "plan/parts.h"

#include <stdio.h>
#include <string.h>

/* Every word an axis may be called, but for KIND.PARAM.  */
static const struct word
{
  const char *name;
  rw_column_is is;
  size_t role;
  const char *unit, *long_name;
} words[] = {
  { "schedule", RW_COLUMN_BLOCK, RW_ROLE_SCHEDULE, NULL, "frequency schedule" },
  { "length", RW_COLUMN_LENGTH, 0, "tokens", "sequence length" },
  { "model", RW_COLUMN_MODEL, 0, NULL, "model" },
  { "stack", RW_COLUMN_STACK, 0, NULL, "serving stack" },
  { "layer_type", RW_COLUMN_LAYER_TYPE, 0, NULL, "layer type" },
  { "layer", RW_COLUMN_LAYER, 0, NULL, "layer" },
  { "head", RW_COLUMN_HEAD, 0, NULL, "head" },
  { "source", RW_COLUMN_BLOCK, RW_ROLE_SOURCE, NULL, "source of q and k" },
  { "rule", RW_COLUMN_BLOCK, RW_ROLE_RULE, NULL, "position rule" },
  { "query_scale", RW_COLUMN_BLOCK, RW_ROLE_QUERY_SCALE, NULL, "query scale" },
  { "bias", RW_COLUMN_BLOCK, RW_ROLE_BIAS, NULL, "bias of the score" },
  { 0 },
};

static const char *
word_name (size_t i, const void *data)
{
  return ((const struct word *) data)[i].name;
}

/* KIND of KIND.PARAM: a role, or the place of a metric of this plan.  */
static rw_status
find_kind (const rw_plan *plan, const char *path, const char *kind, size_t *role, rw_error *err)
{
  const rw_module *m;
  for (size_t r = 0; r < RW_ROLE_METRIC; r++)
    if (strcmp (rw_blocks_key (r), kind) == 0)
      {
        *role = r;
        return RW_OK;
      }
  for (size_t k = 0; k < plan->n_metrics; k++)
    if (strcmp (plan->metrics[k]->module->name, kind) == 0)
      {
        *role = RW_ROLE_METRIC + k;
        return RW_OK;
      }
  for (size_t i = 0; (m = rw_kind_at (&rw_metrics, i)); i++)
    if (strcmp (m->name, kind) == 0)
      {
        rw_fail (err, RW_EINVAL, "axes.%s: the metric '%s' is not among the config's metrics", path,
                 kind);
        return rw_hint (err, "add \"%s\" to \"metrics\"", kind);
      }
  rw_fail (
      err, RW_EINVAL,
      "axes.%s: unknown kind '%s'; known: schedule, source, rule, query_scale, bias, or one of "
      "the config's metrics",
      path, kind);
  return RW_EINVAL;
}

static rw_status
unknown_name (const char *path, rw_error *err)
{
  rw_text known = { 0 };
  char near[96];
  for (const struct word *w = words; w->name; w++)
    rw_text_addf (&known, "%s, ", w->name);
  rw_fail (err, RW_EINVAL, "axes: '%s' is not an axis; known: %sand KIND.PARAM%s", path,
           rw_text_get (&known), rw_did_you_mean (near, sizeof near, path, word_name, words));
  rw_text_free (&known);
  return rw_hint (err, "a parameter is swept as KIND.PARAM, e.g. \"schedule.factor\"");
}

static rw_status
name_axis (const rw_plan *plan, rw_axis *axis, rw_column *column, rw_error *err)
{
  char kind[64];
  const char *dot = strchr (axis->path, '.');
  for (const struct word *w = words; w->name; w++)
    if (strcmp (w->name, axis->path) == 0)
      {
        column->is = w->is;
        column->role = w->role;
        axis->unit = w->unit;
        axis->long_name = rw_strdup (w->long_name);
        return axis->long_name ? RW_OK : rw_nomem (err, sizeof kind);
      }
  if (!dot || !dot[1])
    return unknown_name (axis->path, err);
  snprintf (kind, sizeof kind, "%.*s", (int) (dot - axis->path), axis->path);
  column->is = RW_COLUMN_PARAM;
  column->param = dot + 1;
  return find_kind (plan, axis->path, kind, &column->role, err);
}

/* One column more: axis `path` of n bytes on the dimension being read.  */
static rw_status
add_column (rw_plan *plan, const cJSON *value, const char *path, size_t n, size_t place,
            rw_error *err)
{
  struct rw_plan_parts *parts = plan->parts;
  const size_t a = plan->n_axes;
  rw_status s = rw_grow ((void **) &plan->axes, a, a + 1, sizeof *plan->axes, err);
  if (!s)
    s = rw_grow ((void **) &parts->column, a, a + 1, sizeof *parts->column, err);
  if (s)
    return s;
  rw_axis *axis = &plan->axes[a];
  rw_column *column = &parts->column[a];
  plan->n_axes++;
  *axis = (rw_axis){ .dim = plan->n_dims, .n = plan->shape[plan->n_dims] };
  *column = (rw_column){ .list = value,
                         .whole = value->string,
                         .linked = strchr (value->string, ',') != NULL,
                         .place = place };
  if (!(axis->path = rw_new (n + 1, 1)))
    return rw_nomem (err, n + 1);
  memcpy (axis->path, path, n);
  for (size_t b = 0; b < a; b++)
    if (strcmp (plan->axes[b].path, axis->path) == 0)
      return rw_fail (err, RW_EINVAL, "axes.%s: '%s' is an axis twice", value->string, axis->path);
  return name_axis (plan, axis, column, err);
}

/* Tuples: each inner list has one value a name.  Lists that look like columns are refused.  */
static rw_status
check_tuples (rw_plan *plan, const cJSON *value, size_t names, rw_error *err)
{
  size_t k = 0, n = 0;
  bool numbers = true;
  for (const cJSON *c = value->child; cJSON_IsArray (value) && c; c = c->next)
    n++;
  if (!n)
    return rw_fail (err, RW_EINVAL, "axes.%s: linked axes take a list of tuples", value->string);
  for (const cJSON *c = value->child; c; c = c->next, k++)
    {
      const size_t m = cJSON_IsArray (c) ? (size_t) cJSON_GetArraySize (c) : 0;
      if (m != names)
        {
          rw_fail (err, RW_EINVAL,
                   "axes.%s[%zu]: expected a tuple of %zu values, one for each name, got %s",
                   value->string, k, names, m ? "another count" : rw_json_kind (c));
          return rw_hint (err, "%s: [[a0, b0], [a1, b1], ...]",
                          n == names && m ? "columns are written as tuples" : "write");
        }
      for (const cJSON *i = c->child; i; i = i->next)
        numbers = numbers && cJSON_IsNumber (i);
    }
  if (n == names && numbers) /* a square of numbers could be meant either way: say which it is */
    rw_note_add (&plan->notes, RW_NOTE_WARNING,
                 "axes.%s: read as tuples: the first value of each inner list is the first name's",
                 value->string);
  return RW_OK;
}

/* A linked dimension belongs to the schedule only if all its columns do.  Rules, query scales
   and biases count as the schedule: they reach a metric with the frequencies, never with the input.
 */
static bool
all_of_schedule (const rw_plan *plan, size_t dim, bool or_stack)
{
  bool all = true;
  for (size_t a = 0; a < plan->n_axes; a++)
    {
      const rw_column *c = &plan->parts->column[a];
      if (plan->axes[a].dim == dim)
        all = all
              && ((or_stack && c->is == RW_COLUMN_STACK)
                  || ((c->is == RW_COLUMN_BLOCK || c->is == RW_COLUMN_PARAM)
                      && (c->role == RW_ROLE_SCHEDULE || c->role == RW_ROLE_RULE
                          || c->role == RW_ROLE_QUERY_SCALE || c->role == RW_ROLE_BIAS)));
    }
  return all;
}

static rw_status
read_dim (rw_plan *plan, const cJSON *value, rw_error *err)
{
  char path[RW_PATH_TEXT];
  const char *name = value->string;
  const size_t dim = plan->n_dims;
  snprintf (path, sizeof path, "axes.%.200s", name);
  if (dim == RW_AXES_MAX)
    return rw_fail (err, RW_EINVAL, "%s: a sweep has at most %d dimensions", path, RW_AXES_MAX);
  size_t names = 1, n = 0;
  for (const char *p = name; (p = strchr (p, ',')); p++)
    names++;
  rw_status s = names > 1 ? check_tuples (plan, value, names, err) : RW_OK;
  if (!s)
    s = rw_form_count (value, path, &n, err);
  if (!s && n > RW_AXIS_VALUES_MAX)
    s = rw_fail (err, RW_EINVAL, "%s: %zu values; at most %d", path, n, RW_AXIS_VALUES_MAX);
  plan->shape[dim] = n;
  for (size_t place = 0; !s && place < names; place++)
    {
      name += strspn (name, " ");
      const size_t length = strcspn (name, ",");
      size_t used = length;
      while (used && name[used - 1] == ' ')
        used--;
      s = add_column (plan, value, name, used, place, err);
      name += length + 1;
    }
  if (s)
    return s;
  plan->of_schedule[dim] = all_of_schedule (plan, dim, false);
  plan->parts->of_stream[dim] = !all_of_schedule (plan, dim, true);
  plan->n_dims++;
  return RW_OK;
}

static rw_status
count_points (rw_plan *plan, rw_error *err)
{
  plan->n_points = plan->n_groups = 1;
  for (size_t d = 0; d < plan->n_dims; d++)
    if (__builtin_mul_overflow (plan->n_points, plan->shape[d], &plan->n_points)
        || plan->n_points > RW_POINTS_MAX)
      {
        rw_fail (err, RW_EINVAL, "axes: more than 2^40 points");
        return rw_hint (err, "take fewer values, or link axes that go together: \"a,b\": [[...]]");
      }
    else if (!plan->of_schedule[d])
      plan->n_groups *= plan->shape[d];
  return RW_OK;
}

/* Stacks before models (which they read), models before blocks and parameters.  */
static rw_status
read_values (rw_plan *plan, rw_error *err)
{
  rw_status s = RW_OK;
  for (int is = 0; !s && is < RW_COLUMNS; is++)
    {
      for (size_t a = 0; !s && a < plan->n_axes; a++)
        if ((int) plan->parts->column[a].is == is)
          s = is == RW_COLUMN_PARAM ? rw_knob_read (plan, a, err) : rw_column_read (plan, a, err);
      if (!s && is == RW_COLUMN_MODEL)
        {
          s = rw_models_read (plan, err);
          if (!s)
            s = rw_blocks_base (plan, err);
        }
    }
  return s;
}

rw_status
rw_axes_read (rw_plan *plan, const cJSON *axes, rw_error *err)
{
  rw_status s = RW_OK;
  for (const cJSON *c = axes ? axes->child : NULL; c && !s; c = c->next)
    s = read_dim (plan, c, err);
  if (!s)
    s = count_points (plan, err);
  if (!s)
    s = read_values (plan, err);
  if (!s)
    s = rw_label_blocks (plan, err);
  return s ? s : rw_distinct_check (plan, err);
}
