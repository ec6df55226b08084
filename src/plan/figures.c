/* figures: the figures a config asks for, resolved: which field, which dimension is x, which are
   lines and panels, and where the others are held.

   A dimension that a figure does not name becomes a panel, two at most; one with a single value is
   held there by itself.  Values of `at` are matched to coordinates, numbers by value and texts by
   label.  */
#include "plan/sides.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

static rw_status
read_field (rw_sides *d, const cJSON *item, rw_error *err)
{
  const cJSON *name = rw_json_get (item, "field");
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
read_x (rw_sides *d, const cJSON *item, rw_error *err)
{
  const cJSON *x = rw_json_get (item, "x"), *lines = rw_json_get (item, "lines");
  rw_status s = RW_OK;
  if (x)
    s = rw_sides_take (d, "x", x, &d->out->x, err);
  else if (d->plan->fields[d->out->signal].n_dims == 1)
    {
      rw_side *own = &d->side[d->n - 1];
      own->used = true;
      d->out->x = rw_strdup (own->name);
      s = d->out->x ? RW_OK : rw_nomem (err, strlen (own->name));
    }
  else
    s = rw_fail (err, RW_EINVAL, "%s: needs \"x\", the dimension on the x axis", d->path);
  return !s && lines ? rw_sides_take (d, "lines", lines, &d->out->lines, err) : s;
}

static rw_status
read_panels (rw_sides *d, const cJSON *item, rw_error *err)
{
  const cJSON *value = rw_json_get (item, "panels");
  rw_status s = RW_OK;
  if (cJSON_IsString (value))
    return rw_sides_take (d, "panels", value, &d->out->panels[d->n_panels++], err);
  if (value && !cJSON_IsArray (value))
    return rw_fail (err, RW_EINVAL, "%s.panels: expected one or two texts, got %s", d->path,
                    rw_json_kind (value));
  for (const cJSON *c = value ? value->child : NULL; c && !s; c = c->next)
    if (d->n_panels == 2)
      s = rw_fail (err, RW_EINVAL, "%s.panels: two at most", d->path);
    else
      s = rw_sides_take (d, "panels", c, &d->out->panels[d->n_panels++], err);
  return s;
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
read_name (rw_sides *d, const cJSON *item, rw_error *err)
{
  const rw_plan *plan = d->plan;
  const cJSON *name = rw_json_get (item, "name"), *title = rw_json_get (item, "title");
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
check_keys (const rw_sides *d, const cJSON *item, rw_error *err)
{
  char near[96];
  if (!cJSON_IsObject (item))
    return rw_fail (err, RW_EINVAL, "%s: expected an object, got %s", d->path, rw_json_kind (item));
  for (const cJSON *c = item->child; c; c = c->next)
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
  const cJSON *at = rw_json_get (item, "at");
  if (at && !cJSON_IsObject (at))
    return rw_fail (err, RW_EINVAL, "%s.at: expected an object, got %s", d->path,
                    rw_json_kind (at));
  return RW_OK;
}

static rw_status
read_figure (rw_sides *d, const cJSON *item, rw_error *err)
{
  const cJSON *at = rw_json_get (item, "at");
  rw_status s = check_keys (d, item, err);
  if (!s)
    s = read_field (d, item, err);
  if (!s)
    s = read_name (d, item, err);
  if (s)
    return s;
  rw_sides_of (d);
  s = read_x (d, item, err);
  if (!s)
    s = read_panels (d, item, err);
  for (const cJSON *c = at ? at->child : NULL; c && !s; c = c->next)
    s = rw_sides_hold (d, c, err);
  return s ? s : rw_sides_rest (d, err);
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
      rw_sides d = { .plan = plan, .out = &plan->figures[plan->n_figures] };
      snprintf (d.path, sizeof d.path, "figures[%zu]", plan->n_figures);
      s = read_figure (&d, c, err);
      plan->n_figures++;
    }
  return s;
}
