/* figures: the figures a config asks for, resolved: which field, which dimension is x, which are
   lines and panels, and where the others are held.

   A dimension that a figure does not name becomes a panel, two at most; one with a single value is
   held there by itself.  Values of `at` are matched to coordinates, numbers by value and texts by
   label.  */
#include "base/text.h"
#include "plan/parts.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum
{
  DIMS_MAX = RW_AXES_MAX + RW_FIELD_DIMS
};

/* One dimension of a figure's field.  */
typedef struct
{
  const char *name, *path; /* path: the config's word for it, where it is another */
  size_t dim;              /* as rw_figure.at has it */
  size_t n;
  bool used;
} side;

typedef struct
{
  rw_plan *plan;
  const cJSON *item;
  char path[RW_PATH_TEXT]; /* "figures[0]" */
  rw_figure *out;
  side side[DIMS_MAX];
  size_t n_sides;
  size_t n_panels;
} drawing;

/* ---- the sides of a field ---- */

static const char *
side_name (size_t i, const void *data)
{
  const drawing *d = data;
  return i < d->n_sides ? d->side[i].name : NULL;
}

static void
lay_out (drawing *d)
{
  const rw_plan *plan = d->plan;
  const rw_plan_field *f = &plan->fields[d->out->signal];
  for (size_t k = 0; k < plan->n_dims; k++)
    {
      const rw_axis *axis = rw_axis_first (plan, k);
      d->side[d->n_sides++]
          = (side){ .name = axis->name, .path = axis->path, .dim = k, .n = axis->n };
    }
  for (size_t k = 0; k < f->n_dims; k++)
    {
      const rw_dim *own = &plan->own[f->dim[k]];
      d->side[d->n_sides++] = (side){
        .name = own->name, .path = own->name, .dim = plan->n_dims + f->dim[k], .n = own->n
      };
    }
}

static rw_status
fail_side (const drawing *d, const char *key, const char *word, rw_error *err)
{
  rw_text known = { 0 };
  char near[96];
  for (size_t a = 0; a < d->plan->n_axes; a++)
    if (strcmp (d->plan->axes[a].name, word) == 0 || strcmp (d->plan->axes[a].path, word) == 0)
      return rw_fail (err, RW_EINVAL, "%s.%s: '%s' is linked: name the dimension it lies on, '%s'",
                      d->path, key, word, rw_axis_first (d->plan, d->plan->axes[a].dim)->name);
  for (size_t i = 0; i < d->n_sides; i++)
    rw_text_addf (&known, "%s%s", i ? ", " : "", d->side[i].name);
  rw_fail (err, RW_EINVAL, "%s.%s: '%s' is not a dimension of '%s'; known: %s%s", d->path, key,
           word, d->plan->fields[d->out->signal].field->name,
           known.n ? rw_text_get (&known) : "none",
           rw_did_you_mean (near, sizeof near, word, side_name, d));
  rw_text_free (&known);
  return RW_EINVAL;
}

/* Takes a side for one use.  */
static rw_status
take (drawing *d, const char *key, const cJSON *word, char **out, rw_error *err)
{
  if (!cJSON_IsString (word))
    return rw_fail (err, RW_EINVAL, "%s.%s: expected a text, got %s", d->path, key,
                    rw_json_kind (word));
  for (size_t i = 0; i < d->n_sides; i++)
    {
      side *s = &d->side[i];
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

/* ---- keys ---- */

static rw_status
read_field (drawing *d, rw_error *err)
{
  const cJSON *name = rw_json_get (d->item, "field");
  rw_text known = { 0 };
  if (!cJSON_IsString (name))
    return rw_fail (err, RW_EINVAL, "%s: needs \"field\", the name of what is drawn", d->path);
  for (size_t i = 0; i < d->plan->n_fields; i++)
    {
      const rw_plan_field *f = &d->plan->fields[i];
      if (strcmp (f->field->name, name->valuestring) == 0)
        {
          d->out->signal = i;
          d->out->metric = f->metric;
          d->out->field = f->index;
          rw_text_free (&known);
          return RW_OK;
        }
      rw_text_addf (&known, "%s%s", i ? ", " : "", f->field->name);
    }
  rw_fail (err, RW_EINVAL, "%s.field: this sweep stores no '%s'; it stores %s", d->path,
           name->valuestring, rw_text_get (&known));
  rw_text_free (&known);
  return rw_hint (err,
                  "add the metric that has the field to \"metrics\" (`ropewalk list metrics`)");
}

/* x left out: the field's one own dimension.  */
static rw_status
read_x (drawing *d, rw_error *err)
{
  const cJSON *x = rw_json_get (d->item, "x"), *lines = rw_json_get (d->item, "lines");
  rw_status s = RW_OK;
  if (x)
    s = take (d, "x", x, &d->out->x, err);
  else if (d->plan->fields[d->out->signal].n_dims == 1)
    {
      side *own = &d->side[d->n_sides - 1];
      own->used = true;
      d->out->x = rw_strdup (own->name);
      s = d->out->x ? RW_OK : rw_nomem (err, strlen (own->name));
    }
  else
    s = rw_fail (err, RW_EINVAL, "%s: needs \"x\", the dimension on the x axis", d->path);
  return !s && lines ? take (d, "lines", lines, &d->out->lines, err) : s;
}

static rw_status
read_panels (drawing *d, rw_error *err)
{
  const cJSON *value = rw_json_get (d->item, "panels");
  rw_status s = RW_OK;
  if (cJSON_IsString (value))
    return take (d, "panels", value, &d->out->panels[d->n_panels++], err);
  if (value && !cJSON_IsArray (value))
    return rw_fail (err, RW_EINVAL, "%s.panels: expected one or two texts, got %s", d->path,
                    rw_json_kind (value));
  for (const cJSON *c = value ? value->child : NULL; c && !s; c = c->next)
    if (d->n_panels == 2)
      s = rw_fail (err, RW_EINVAL, "%s.panels: two at most", d->path);
    else
      s = take (d, "panels", c, &d->out->panels[d->n_panels++], err);
  return s;
}

static rw_status
hold (drawing *d, side *s, size_t index)
{
  s->used = true;
  d->out->at[d->out->n_at].dim = s->dim;
  d->out->at[d->out->n_at++].index = index;
  return RW_OK;
}

/* One key of `at`: a dimension, or a coordinate that is linked to one.  */
static rw_status
read_held (drawing *d, const cJSON *value, rw_error *err)
{
  const char *key = value->string;
  const rw_plan *plan = d->plan;
  size_t dim = SIZE_MAX, index;
  rw_dim c = { 0 };
  for (size_t i = 0; i < d->n_sides; i++)
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
  for (size_t i = 0; !s && i < d->n_sides; i++)
    if (d->side[i].dim == dim)
      s = d->side[i].used
              ? rw_fail (err, RW_EINVAL, "%s.at.%s: '%s' is in use in this figure already", d->path,
                         key, d->side[i].name)
              : hold (d, &d->side[i], index);
  return s;
}

/* What nobody named: held where it has one value, else a panel, else an error.  */
static rw_status
place_rest (drawing *d, rw_error *err)
{
  for (size_t i = 0; i < d->n_sides; i++)
    {
      side *s = &d->side[i];
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

static bool
is_name (const char *s)
{
  bool good = *s && *s != '.' && *s != '-';
  for (; *s; s++)
    good = good
           && ((*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') || (*s >= '0' && *s <= '9')
               || strchr ("_-.", *s));
  return good;
}

/* The figure's name: its own, else the field's, with a number where that is taken.  */
static rw_status
read_name (drawing *d, rw_error *err)
{
  const rw_plan *plan = d->plan;
  const cJSON *name = rw_json_get (d->item, "name"), *title = rw_json_get (d->item, "title");
  const char *field = plan->fields[d->out->signal].field->name;
  if ((name && !cJSON_IsString (name)) || (title && !cJSON_IsString (title)))
    return rw_fail (err, RW_EINVAL, "%s: \"name\" and \"title\" are texts", d->path);
  if (name && !is_name (name->valuestring))
    return rw_fail (err, RW_EINVAL, "%s.name: '%.80s' cannot name a file: letters, digits, _ - .",
                    d->path, name->valuestring);
  if (title && !(d->out->title = rw_strdup (title->valuestring)))
    return rw_nomem (err, strlen (title->valuestring));
  for (size_t k = 1; !d->out->name; k++)
    {
      char *word = name     ? rw_strdup (name->valuestring)
                   : k == 1 ? rw_strdup (field)
                            : rw_format ("%s_%zu", field, k);
      bool taken = false;
      if (!word)
        return rw_nomem (err, strlen (field));
      for (size_t i = 0; i < plan->n_figures; i++)
        taken = taken || strcmp (plan->figures[i].name, word) == 0;
      if (!taken)
        d->out->name = word;
      else
        rw_free (word);
      if (taken && name)
        return rw_fail (err, RW_EINVAL, "%s.name: there is a figure '%s' already", d->path,
                        name->valuestring);
    }
  return RW_OK;
}

static const char *const keys[] = { "name", "field", "x", "lines", "at", "panels", "title", NULL };

static const char *
key_name (size_t i, const void *data)
{
  (void) data;
  return keys[i];
}

static rw_status
check_keys (const drawing *d, rw_error *err)
{
  char near[96];
  if (!cJSON_IsObject (d->item))
    return rw_fail (err, RW_EINVAL, "%s: expected an object, got %s", d->path,
                    rw_json_kind (d->item));
  for (const cJSON *c = d->item->child; c; c = c->next)
    {
      size_t i = 0;
      while (keys[i] && strcmp (keys[i], c->string) != 0)
        i++;
      if (!keys[i])
        return rw_fail (err, RW_EINVAL,
                        "%s.%.80s: unknown key; known: name, field, x, lines, at, panels, title%s",
                        d->path, c->string,
                        rw_did_you_mean (near, sizeof near, c->string, key_name, NULL));
    }
  const cJSON *at = rw_json_get (d->item, "at");
  if (at && !cJSON_IsObject (at))
    return rw_fail (err, RW_EINVAL, "%s.at: expected an object, got %s", d->path,
                    rw_json_kind (at));
  return RW_OK;
}

static rw_status
read_figure (drawing *d, rw_error *err)
{
  const cJSON *at = rw_json_get (d->item, "at");
  rw_status s = check_keys (d, err);
  if (!s)
    s = read_field (d, err);
  if (!s)
    s = read_name (d, err);
  if (s)
    return s;
  lay_out (d);
  s = read_x (d, err);
  if (!s)
    s = read_panels (d, err);
  for (const cJSON *c = at ? at->child : NULL; c && !s; c = c->next)
    s = read_held (d, c, err);
  return s ? s : place_rest (d, err);
}

rw_status
rw_figures_read (rw_plan *plan, const cJSON *list, rw_error *err)
{
  rw_status s = RW_OK;
  const size_t n = list ? (size_t) cJSON_GetArraySize (list) : 0;
  if (n > RW_FIGURES_MAX)
    return rw_fail (err, RW_EINVAL, "figures: %zu of them; at most %d", n, RW_FIGURES_MAX);
  if (!(plan->figures = rw_new (n, sizeof *plan->figures)))
    return rw_nomem (err, n * sizeof *plan->figures);
  for (const cJSON *c = list ? list->child : NULL; c && !s; c = c->next)
    {
      drawing d = { .plan = plan, .item = c, .out = &plan->figures[plan->n_figures] };
      snprintf (d.path, sizeof d.path, "figures[%zu]", plan->n_figures);
      s = read_figure (&d, err);
      plan->n_figures++;
    }
  return s;
}
