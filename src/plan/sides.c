/* sides: the dimensions of a figure's field, each given to one use; see sides.h.  */
#include "plan/sides.h"
#include "base/text.h"

#include <string.h>

static const char *
side_name (size_t i, const void *data)
{
  const rw_sides *d = data;
  return i < d->n ? d->side[i].name : NULL;
}

void
rw_sides_of (rw_sides *d)
{
  const rw_plan *plan = d->plan;
  const rw_plan_field *f = &plan->fields[d->out->signal];
  for (size_t k = 0; k < plan->n_dims; k++)
    {
      const rw_axis *axis = rw_axis_first (plan, k);
      d->side[d->n++] = (rw_side){ .name = axis->name, .path = axis->path, .dim = k, .n = axis->n };
    }
  for (size_t k = 0; k < f->n_dims; k++)
    {
      const rw_dim *own = &plan->own[f->dim[k]];
      d->side[d->n++] = (rw_side){
        .name = own->name, .path = own->name, .dim = plan->n_dims + f->dim[k], .n = own->n
      };
    }
}

static rw_status
fail_side (const rw_sides *d, const char *key, const char *word, rw_error *err)
{
  rw_text known = { 0 };
  char near[96];
  for (size_t a = 0; a < d->plan->n_axes; a++)
    if (strcmp (d->plan->axes[a].name, word) == 0 || strcmp (d->plan->axes[a].path, word) == 0)
      return rw_fail (err, RW_EINVAL, "%s.%s: '%s' is linked: name the dimension it lies on, '%s'",
                      d->path, key, word, rw_axis_first (d->plan, d->plan->axes[a].dim)->name);
  for (size_t i = 0; i < d->n; i++)
    rw_text_addf (&known, "%s%s", i ? ", " : "", d->side[i].name);
  rw_fail (err, RW_EINVAL, "%s.%s: '%s' is not a dimension of '%s'; known: %s%s", d->path, key,
           word, d->plan->fields[d->out->signal].field->name,
           known.n ? rw_text_get (&known) : "none",
           rw_did_you_mean (near, sizeof near, word, side_name, d));
  rw_text_free (&known);
  return RW_EINVAL;
}

rw_status
rw_sides_take (rw_sides *d, const char *key, const cJSON *word, char **out, rw_error *err)
{
  if (!cJSON_IsString (word))
    return rw_fail (err, RW_EINVAL, "%s.%s: expected a text, got %s", d->path, key,
                    rw_json_kind (word));
  for (size_t i = 0; i < d->n; i++)
    {
      rw_side *s = &d->side[i];
      if (strcmp (s->name, word->valuestring) != 0 && strcmp (s->path, word->valuestring) != 0)
        continue;
      if (s->used)
        return rw_fail (err, RW_EINVAL, "%s.%s: '%s' is in use in this figure already", d->path,
                        key, s->name);
      s->used = true;
      *out = rw_strdup (s->name);
      return *out ? RW_OK : rw_nomem (err, strlen (s->name));
    }
  return fail_side (d, key, word->valuestring, err);
}

static rw_status
hold (rw_sides *d, rw_side *s, size_t index)
{
  s->used = true;
  d->out->at[d->out->n_at].dim = s->dim;
  d->out->at[d->out->n_at++].index = index;
  return RW_OK;
}

rw_status
rw_sides_hold (rw_sides *d, const cJSON *value, rw_error *err)
{
  const char *key = value->string;
  const rw_plan *plan = d->plan;
  size_t dim = SIZE_MAX, index;
  rw_dim c = { 0 };
  for (size_t i = 0; i < d->n; i++)
    if (strcmp (d->side[i].name, key) == 0 || strcmp (d->side[i].path, key) == 0)
      c = rw_coordinate_of (plan, dim = d->side[i].dim);
  for (size_t a = 0; dim == SIZE_MAX && a < plan->n_axes; a++)
    if (strcmp (plan->axes[a].name, key) == 0 || strcmp (plan->axes[a].path, key) == 0)
      {
        dim = plan->axes[a].dim;
        c = (rw_dim){ .n = plan->axes[a].n,
                      .values = plan->axes[a].values,
                      .labels = (const char *const *) plan->axes[a].labels };
      }
  if (dim == SIZE_MAX)
    return fail_side (d, "at", key, err);
  rw_status s = rw_coordinate_find (&c, value, &index, err);
  s = rw_within (err, s, "%s.at.%s", d->path, key);
  for (size_t i = 0; !s && i < d->n; i++)
    if (d->side[i].dim == dim)
      s = d->side[i].used
              ? rw_fail (err, RW_EINVAL, "%s.at.%s: '%s' is in use in this figure already", d->path,
                         key, d->side[i].name)
              : hold (d, &d->side[i], index);
  return s;
}

rw_status
rw_sides_rest (rw_sides *d, rw_error *err)
{
  for (size_t i = 0; i < d->n; i++)
    {
      rw_side *s = &d->side[i];
      if (s->used)
        continue;
      if (s->n == 1)
        hold (d, s, 0);
      else if (d->n_panels < 2)
        {
          s->used = true;
          if (!(d->out->panels[d->n_panels++] = rw_strdup (s->name)))
            return rw_nomem (err, strlen (s->name));
        }
      else
        {
          rw_fail (err, RW_EINVAL, "%s: '%s' is neither x, lines nor held, and two panels are full",
                   d->path, s->name);
          return rw_hint (err, "add \"at\": {\"%s\": VALUE}", s->name);
        }
    }
  return RW_OK;
}
