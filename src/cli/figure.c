/* figure: from a result file's declaration to a drawing; see figure.h.  */
#include "config.h"

#include "cli/figure.h"

#include <math.h>
#include <string.h>

enum
{
  PANELS_MAX = 48, /* more would not fit a page */
  ROWS_MIN = 9,    /* from here on single curves in panels are a map of colours */
  ROWS_MAX = 4096,
  TEXT_MAX = 40 /* characters of a label that are shown */
};

typedef struct
{
  const rw_result *result;
  const rw_outline *outline;
  const rw_outline_figure *figure;
  const rw_outline_var *var;
  rw_arena *arena;
  bool failed; /* out of memory somewhere */
} reader;

/* A dimension of the figure: its place in the variable, and its coordinate.  */
typedef struct
{
  size_t place; /* index into var->dim; var->n_dims for none */
  size_t n;     /* values along it; 1 for none */
  const rw_outline_coord *coord;
} side;

static char *
keep (reader *r, const rw_text *text)
{
  char *copy = text->failed ? NULL : rw_arena_take (r->arena, text->n + 1, 1);
  if (copy)
    memcpy (copy, rw_text_get (text), text->n + 1);
  r->failed = r->failed || !copy;
  return copy ? copy : "";
}

static side
side_of (const reader *r, const char *name)
{
  side s = { .place = r->var->n_dims, .n = 1 };
  const size_t dim = name ? rw_outline_dim_find (r->outline, name) : r->outline->n_dims;
  for (size_t j = 0; j < r->var->n_dims; j++)
    if (r->var->dim[j] == dim)
      s = (side){ .place = j,
                  .n = r->outline->dims[dim].n,
                  .coord = rw_result_scale (r->result, dim) };
  return s;
}

static bool
is_tokens (const rw_outline_coord *c)
{
  return c && c->unit && strcmp (c->unit, "tokens") == 0;
}

/* "distance (tokens)": the long name where there is one, with the unit where it lacks.  */
static char *
label_of (reader *r, const char *name, const char *long_name, const char *unit)
{
  rw_text t = { 0 };
  const char *text = long_name && *long_name ? long_name : name;
  rw_text_add (&t, text);
  if (unit && *unit && strcmp (unit, "1") != 0 && !strstr (text, unit))
    rw_text_addf (&t, " (%s)", unit);
  char *copy = keep (r, &t);
  rw_text_free (&t);
  return copy;
}

static void
add_value (const rw_outline_coord *c, size_t i, bool named, rw_text *t)
{
  char buf[32];
  if (t->n)
    rw_text_add (t, ", ");
  if (named && c->values)
    rw_text_addf (t, "%s = ", c->name);
  rw_text_add (t, c->values && is_tokens (c) ? axis_tokens (c->values[i], buf)
                                             : rw_coord_text (c, i, buf));
}

/* Cuts a label that no figure has room for; UTF-8 is cut between characters.  */
static void
shorten (rw_text *t)
{
  size_t at = 0, characters = 0;
  for (; at < t->n && characters < TEXT_MAX; characters++)
    do
      at++;
    while (at < t->n && ((unsigned char) t->s[at] & 0xc0) == 0x80);
  if (at == t->n)
    return;
  t->s[at] = '\0';
  t->n = at;
  rw_text_add (t, "\u2026");
}

static const char *const *
texts_of (reader *r, const side *s)
{
  const char **text = rw_arena_take (r->arena, s->n, sizeof *text);
  r->failed = r->failed || !text;
  for (size_t i = 0; text && i < s->n; i++)
    {
      rw_text t = { 0 };
      add_value (s->coord, i, false, &t);
      shorten (&t);
      text[i] = keep (r, &t);
      rw_text_free (&t);
    }
  return text;
}

static const char *const *
panel_texts (reader *r, const side *a, const side *b)
{
  const char **text = rw_arena_take (r->arena, a->n * b->n, sizeof *text);
  r->failed = r->failed || !text;
  for (size_t i = 0; text && i < a->n * b->n; i++)
    {
      rw_text t = { 0 };
      if (a->coord)
        add_value (a->coord, i / b->n, true, &t);
      if (b->coord)
        add_value (b->coord, i % b->n, true, &t);
      shorten (&t);
      text[i] = keep (r, &t);
      rw_text_free (&t);
    }
  return text;
}

/* The title, or what is held fixed: a figure without a title carries its name in its place.  */
static const char *
title_of (reader *r)
{
  rw_text t = { 0 };
  if (strcmp (r->figure->title, r->figure->name) != 0)
    rw_text_add (&t, r->figure->title);
  for (size_t k = 0; !t.n && k < r->figure->n_at; k++)
    {
      rw_text at = { 0 };
      for (; k < r->figure->n_at; k++)
        {
          const rw_outline_coord *c = rw_result_scale (r->result, r->figure->at[k].dim);
          if (c && r->outline->dims[r->figure->at[k].dim].n > 1)
            add_value (c, r->figure->at[k].index, true, &at);
        }
      rw_text_add (&t, rw_text_get (&at));
      rw_text_free (&at);
    }
  const char *title = t.n ? keep (r, &t) : NULL;
  rw_text_free (&t);
  return title;
}

static rw_status
read_values (reader *r, const side *x, const side *lines, const side panel[2], double *y,
             rw_error *err)
{
  rw_span span[RW_RANK_MAX];
  for (size_t j = 0; j < r->var->n_dims; j++)
    span[j] = (rw_span){ .first = 0, .count = 1 };
  for (size_t k = 0; k < r->figure->n_at; k++)
    for (size_t j = 0; j < r->var->n_dims; j++)
      if (r->var->dim[j] == r->figure->at[k].dim)
        span[j].first = r->figure->at[k].index;
  if (x->place < r->var->n_dims)
    span[x->place].count = x->n;
  const side *outer[] = { &panel[0], &panel[1], lines };
  rw_status s = RW_OK;
  const size_t total = panel[0].n * panel[1].n * lines->n;
  for (size_t i = 0; !s && i < total; i++)
    {
      size_t left = i;
      for (size_t k = 3; k-- > 0;)
        {
          if (outer[k]->place < r->var->n_dims)
            span[outer[k]->place].first = left % outer[k]->n;
          left /= outer[k]->n;
        }
      s = rw_result_read (r->result, r->figure->signal, span, y + i * x->n, err);
    }
  return s;
}

/* 0, 1, 2, ... for a dimension without a coordinate.  */
static const double *
places (reader *r, size_t n)
{
  double *v = rw_arena_take (r->arena, n, sizeof *v);
  r->failed = r->failed || !v;
  for (size_t i = 0; v && i < n; i++)
    v[i] = (double) i;
  return v;
}

/* One curve in each of many panels along one dimension.  */
static bool
is_map (const side *lines, const side panel[2])
{
  return !lines->coord && !panel[1].coord && panel[0].coord && panel[0].n >= ROWS_MIN
         && (panel[0].coord->values || panel[0].coord->labels);
}

static void
describe (reader *r, const side *x, const side *lines, const side panel[2], drawing *d)
{
  *d = (drawing){
    .n_x = x->n, .n_lines = lines->n, .n_panels = panel[0].n * panel[1].n, .mark = NAN
  };
  d->title = title_of (r);
  d->x_label = label_of (r, r->figure->x, x->coord ? x->coord->long_name : NULL,
                         x->coord ? x->coord->unit : NULL);
  d->y_label = label_of (r, r->var->name, r->var->long_name, r->var->unit);
  if (x->coord && x->coord->labels)
    d->x_text = texts_of (r, x);
  else
    d->x = x->coord && x->coord->values ? x->coord->values : places (r, x->n);
  d->x_unit = x->coord ? x->coord->unit : NULL;
  if (is_tokens (x->coord))
    d->mark = r->outline->trained_length;
  if (lines->coord)
    {
      d->line_text = texts_of (r, lines);
      d->lines_rise = lines->coord->values != NULL;
      if (d->lines_rise)
        d->lines_label
            = label_of (r, lines->coord->name, lines->coord->long_name, lines->coord->unit);
    }
  if (is_map (lines, panel))
    {
      d->is_map = true;
      d->rows_label
          = label_of (r, panel[0].coord->name, panel[0].coord->long_name, panel[0].coord->unit);
      d->rows = panel[0].coord->values;
      d->rows_text = panel[0].coord->labels ? texts_of (r, &panel[0]) : NULL;
      d->rows_unit = panel[0].coord->unit;
    }
  else if (panel[0].coord || panel[1].coord)
    d->panel_text = panel_texts (r, &panel[0], &panel[1]);
  const size_t columns_max = 5;
  if (panel[0].n > 1 && panel[1].n > 1 && panel[1].n <= columns_max)
    d->n_columns = panel[1].n;
}

rw_status
figure_read (const rw_result *result, const rw_outline_figure *figure, rw_arena *arena,
             drawing *out, rw_error *err)
{
  reader r = { .result = result,
               .outline = result->outline,
               .figure = figure,
               .var = &result->outline->vars[figure->signal],
               .arena = arena };
  const side x = side_of (&r, figure->x), lines = side_of (&r, figure->lines);
  const side panel[2] = { side_of (&r, figure->panels[0]), side_of (&r, figure->panels[1]) };
  const size_t n_panels = panel[0].n * panel[1].n;
  if (x.place == r.var->n_dims)
    return rw_fail (err, RW_EIO, "figure '%s': '%s' has no dimension '%s'", figure->name,
                    r.var->name, figure->x);
  if (n_panels > (is_map (&lines, panel) ? ROWS_MAX : PANELS_MAX))
    {
      rw_fail (err, RW_EINVAL, "figure '%s' has %zu panels, above %d", figure->name, n_panels,
               PANELS_MAX);
      return rw_hint (err, "name the values to hold fixed: \"at\": {\"%s\": ...}",
                      figure->panels[0]);
    }
  describe (&r, &x, &lines, panel, out);
  const size_t n = n_panels * lines.n * x.n;
  double *y = rw_arena_take (arena, n, sizeof *y);
  if (r.failed || !y)
    return rw_nomem (err, n * sizeof *y);
  out->y = y;
  return read_values (&r, &x, &lines, panel, y, err);
}
