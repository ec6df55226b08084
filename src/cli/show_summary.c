/* show_summary: a result file in one page, or as one JSON object.  */
#include "config.h"

#include "base/text.h"
#include "cli/show.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum
{
  SHOWN = 8, /* values of an axis a line of text lists */
  STATES = 3
};

static const char *const states[STATES] = { "to_do", "done", "failed" };

static rw_status
count_states (const rw_result *r, size_t count[STATES], rw_error *err)
{
  const size_t k = rw_outline_var_find (r->outline, "status");
  if (k == r->outline->n_vars)
    return rw_fail (err, RW_EIO, "%s: has no status", r->path);
  double *v = rw_new (r->outline->vars[k].total, sizeof *v);
  if (!v)
    return rw_nomem (err, r->outline->vars[k].total * sizeof *v);
  const rw_status s = rw_result_read (r, k, NULL, v, err);
  for (size_t i = 0; i < r->outline->vars[k].total && !s; i++)
    if (v[i] >= 0 && v[i] < STATES)
      count[(size_t) v[i]]++;
  rw_free (v);
  return s;
}

/* ---- text ---- */

static void
print_coord (const rw_outline *o, const rw_outline_coord *c)
{
  const size_t n = o->dims[c->dim].n;
  char buf[32];
  printf ("  %-16s %6zu  ", c->name, n);
  for (size_t i = 0; i < n && i < SHOWN; i++)
    printf ("%s%s", i ? ", " : "", rw_coord_text (c, i, buf));
  if (n > SHOWN)
    printf (", ... %s", rw_coord_text (c, n - 1, buf));
  if (c->unit && strcmp (c->unit, "1") != 0)
    printf (" %s", c->unit);
  if (!c->scale)
    printf (" (on %s)", o->dims[c->dim].name);
  putchar ('\n');
}

static void
print_var (const rw_outline *o, const rw_outline_var *v)
{
  char dims[256] = "";
  for (size_t d = o->n_swept; d < v->n_dims; d++)
    snprintf (dims + strlen (dims), sizeof dims - strlen (dims), "%s%s",
              d > o->n_swept ? ", " : "[", o->dims[v->dim[d]].name);
  if (dims[0])
    snprintf (dims + strlen (dims), sizeof dims - strlen (dims), "]");
  printf ("  %-28s %-20s %-9s %s", v->name, dims, v->kind, v->long_name);
  if (strcmp (v->unit, "1") != 0)
    printf (" (%s)", v->unit);
  putchar ('\n');
}

static void
print_text (const rw_result *r, const size_t count[STATES])
{
  const rw_outline *o = r->outline;
  printf ("%s: %s\n", r->path, rw_outline_get (o, "name"));
  printf ("points: %zu, of them %zu done, %zu failed, %zu to do\n", o->n_points, count[1], count[2],
          count[0]);
  for (int own = 0; own < 2; own++)
    {
      printf (own ? "other dimensions:\n" : "axes:\n");
      for (size_t i = 0; i < o->n_coords; i++)
        if (o->dims[o->coords[i].dim].swept == !own)
          print_coord (o, &o->coords[i]);
    }
  printf ("fields:\n");
  for (size_t i = 0; i < o->n_vars; i++)
    print_var (o, &o->vars[i]);
  if (o->n_figures)
    printf ("figures:\n");
  for (size_t i = 0; i < o->n_figures; i++)
    printf ("  %-28s %s by %s\n", o->figures[i].name, o->vars[o->figures[i].signal].name,
            o->figures[i].x);
  printf ("provenance:\n");
  for (size_t i = 0; i < o->n_notes; i++)
    if (strncmp (o->notes[i].name, "config", 6) != 0 || !strchr (o->notes[i].text, '{'))
      printf ("  %-16s %s\n", o->notes[i].name, o->notes[i].text);
  printf ("  %-16s %llu\n", "seed", (unsigned long long) o->seed);
}

/* ---- JSON ---- */

/* A value that no double holds exactly (a large seed) goes out as it is.  */
static void
add_seed (cJSON *object, uint64_t seed)
{
  char text[32];
  snprintf (text, sizeof text, "%llu", (unsigned long long) seed);
  cJSON_AddRawToObject (object, "seed", text);
}

static void
add_coord (cJSON *list, const rw_outline *o, const rw_outline_coord *c)
{
  cJSON *object = cJSON_CreateObject (), *values = cJSON_CreateArray ();
  cJSON_AddStringToObject (object, "name", c->name);
  cJSON_AddStringToObject (object, "dimension", o->dims[c->dim].name);
  cJSON_AddNumberToObject (object, "size", (double) o->dims[c->dim].n);
  cJSON_AddStringToObject (object, "units", c->unit ? c->unit : "1");
  for (size_t i = 0; i < o->dims[c->dim].n; i++)
    cJSON_AddItemToArray (values, c->labels ? cJSON_CreateString (c->labels[i])
                                            : cJSON_CreateNumber (c->values[i]));
  cJSON_AddItemToObject (object, "values", values);
  cJSON_AddItemToArray (list, object);
}

static void
add_var (cJSON *list, const rw_outline *o, const rw_outline_var *v)
{
  const char *const words[][2]
      = { { "name", v->name }, { "units", v->unit }, { "long_name", v->long_name },
          { "kind", v->kind }, { "cite", v->cite },  { "metric", v->metric } };
  cJSON *object = cJSON_CreateObject (), *dims = cJSON_CreateArray ();
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    cJSON_AddStringToObject (object, words[i][0], words[i][1]);
  for (size_t d = 0; d < v->n_dims; d++)
    cJSON_AddItemToArray (dims, cJSON_CreateString (o->dims[v->dim[d]].name));
  cJSON_AddItemToObject (object, "dims", dims);
  cJSON_AddItemToArray (list, object);
}

static cJSON *
summary (const rw_result *r, const size_t count[STATES])
{
  const rw_outline *o = r->outline;
  cJSON *object = cJSON_CreateObject (), *points = cJSON_CreateObject ();
  cJSON *axes = cJSON_CreateArray (), *others = cJSON_CreateArray ();
  cJSON *fields = cJSON_CreateArray (), *figures = cJSON_CreateArray ();
  cJSON *notes = cJSON_CreateObject ();
  cJSON_AddStringToObject (object, "file", r->path);
  cJSON_AddNumberToObject (points, "total", (double) o->n_points);
  for (size_t i = 0; i < STATES; i++)
    cJSON_AddNumberToObject (points, states[i], (double) count[i]);
  for (size_t i = 0; i < o->n_coords; i++)
    add_coord (o->dims[o->coords[i].dim].swept ? axes : others, o, &o->coords[i]);
  for (size_t i = 0; i < o->n_vars; i++)
    add_var (fields, o, &o->vars[i]);
  for (size_t i = 0; i < o->n_figures; i++)
    cJSON_AddItemToArray (figures, cJSON_CreateString (o->figures[i].name));
  for (size_t i = 0; i < o->n_notes; i++)
    cJSON_AddStringToObject (notes, o->notes[i].name, o->notes[i].text);
  add_seed (notes, o->seed);
  cJSON_AddNumberToObject (notes, "trained_length", o->trained_length);
  cJSON_AddItemToObject (object, "points", points);
  cJSON_AddItemToObject (object, "axes", axes);
  cJSON_AddItemToObject (object, "dimensions", others);
  cJSON_AddItemToObject (object, "fields", fields);
  cJSON_AddItemToObject (object, "figures", figures);
  cJSON_AddItemToObject (object, "attributes", notes);
  return object;
}

rw_status
show_summary (const rw_result *result, bool json, rw_error *err)
{
  size_t count[STATES] = { 0 };
  const rw_status s = count_states (result, count, err);
  if (s)
    return s;
  if (!json)
    {
      print_text (result, count);
      return RW_OK;
    }
  cJSON *object = summary (result, count);
  char *text = cJSON_Print (object);
  cJSON_Delete (object);
  if (!text)
    return rw_nomem (err, 0);
  puts (text);
  free (text);
  return RW_OK;
}
