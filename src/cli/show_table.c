/* show_table: selected cells as aligned text, CSV or JSON rows.  */
#include "config.h"

#include "base/text.h"
#include "cli/door.h"
#include "cli/show.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A column is a coordinate of a free dimension or a variable's values, one a row.  */
typedef struct
{
  const char *name;
  const rw_outline_coord *coord;
  size_t var;
  double *values; /* (rows,) owned; NULL for a coordinate */
  size_t width;
} column;

typedef struct
{
  const rw_result *r;
  const show_pick *pick;
  size_t n_free, dim[RW_RANK_MAX]; /* free dimensions, outermost first */
  size_t rows;
  size_t n;
  column *column; /* (n,) */
} table;

/* ---- which columns ---- */

static bool
named (const table *t)
{
  return t->pick->field < t->r->outline->n_vars;
}

/* Without a named field: every one whose own dimensions are all held.  */
static bool
wanted (const table *t, size_t k)
{
  const rw_outline *o = t->r->outline;
  if (named (t))
    return k == t->pick->field;
  for (size_t d = o->n_swept; d < o->vars[k].n_dims; d++)
    if (!t->pick->fixed[o->vars[k].dim[d]])
      return false;
  return true;
}

static rw_status
free_dims (table *t, rw_error *err)
{
  const rw_outline *o = t->r->outline;
  t->rows = 1;
  /* Every variable begins with the sweep's dimensions; a named one adds its own.  */
  const rw_outline_var *v = &o->vars[named (t) ? t->pick->field : 0];
  for (size_t d = 0; d < v->n_dims; d++)
    if (!t->pick->fixed[v->dim[d]])
      {
        t->dim[t->n_free++] = v->dim[d];
        if (__builtin_mul_overflow (t->rows, o->dims[v->dim[d]].n, &t->rows))
          return rw_nomem (err, SIZE_MAX);
      }
  return RW_OK;
}

static rw_status
read_column (const table *t, column *c, rw_error *err)
{
  const rw_outline_var *v = &t->r->outline->vars[c->var];
  rw_span span[RW_RANK_MAX];
  rw_result_whole (t->r, c->var, span);
  for (size_t d = 0; d < v->n_dims; d++)
    if (t->pick->fixed[v->dim[d]])
      span[d] = (rw_span){ t->pick->at[v->dim[d]], 1 };
  c->values = rw_new (rw_span_size (span, v->n_dims), sizeof *c->values);
  if (!c->values)
    return rw_nomem (err, rw_span_size (span, v->n_dims) * sizeof *c->values);
  return rw_result_read (t->r, c->var, span, c->values, err);
}

static rw_status
make_columns (table *t, rw_error *err)
{
  const rw_outline *o = t->r->outline;
  t->column = rw_new (o->n_coords + o->n_vars, sizeof *t->column);
  if (!t->column)
    return rw_nomem (err, o->n_vars * sizeof *t->column);
  for (size_t f = 0; f < t->n_free; f++)
    for (size_t i = 0; i < o->n_coords; i++)
      if (o->coords[i].dim == t->dim[f])
        t->column[t->n++] = (column){ .name = o->coords[i].name, .coord = &o->coords[i] };
  rw_status s = RW_OK;
  for (size_t k = 0; k < o->n_vars && !s; k++)
    if (wanted (t, k))
      {
        column *c = &t->column[t->n++];
        *c = (column){ .name = o->vars[k].name, .var = k };
        s = read_column (t, c, err);
      }
  return s;
}

/* ---- cells ---- */

static size_t
place (const table *t, const column *c, size_t row)
{
  for (size_t f = t->n_free; f-- > 0;)
    {
      const size_t n = t->r->outline->dims[t->dim[f]].n;
      if (t->dim[f] == c->coord->dim)
        return row % n;
      row /= n;
    }
  return 0;
}

static const char *
cell (const table *t, const column *c, size_t row, show_form form, char buf[32])
{
  static const char *const words[] = { "to do", "done", "failed" };
  if (c->coord)
    return rw_coord_text (c->coord, place (t, c, row), buf);
  const double x = c->values[row];
  if (form == SHOW_TEXT && t->r->outline->vars[c->var].bytes && x >= 0 && x < 3)
    return words[(size_t) x];
  if (form != SHOW_TEXT)
    return rw_number_text (x, buf);
  snprintf (buf, 32, "%.7g", x); /* a float's digits: enough to look at; --csv has all */
  return buf;
}

static bool
is_text (const column *c)
{
  return c->coord && c->coord->labels;
}

/* ---- forms ---- */

/* Labels stand to the left, numbers to the right.  */
static void
print_padded (const column *c, const char *text, bool first)
{
  const size_t n = rw_characters (text);
  const int pad = (int) (n < c->width ? c->width - n : 0);
  if (is_text (c))
    printf ("%s%s%*s", first ? "" : "  ", text, pad, "");
  else
    printf ("%s%*s%s", first ? "" : "  ", pad, "", text);
}

static void
print_text (table *t)
{
  char buf[32];
  for (size_t i = 0; i < t->n; i++)
    {
      column *c = &t->column[i];
      c->width = rw_characters (c->name);
      for (size_t row = 0; row < t->rows; row++)
        {
          const size_t n = rw_characters (cell (t, c, row, SHOW_TEXT, buf));
          c->width = n > c->width ? n : c->width;
        }
      print_padded (c, c->name, i == 0);
    }
  putchar ('\n');
  for (size_t row = 0; row < t->rows; row++)
    {
      for (size_t i = 0; i < t->n; i++)
        print_padded (&t->column[i], cell (t, &t->column[i], row, SHOW_TEXT, buf), i == 0);
      putchar ('\n');
    }
}

/* RFC 4180: quotes where the text has a comma, a quote or a line break.  */
static void
print_quoted (const char *text)
{
  if (!strpbrk (text, ",\"\r\n"))
    {
      fputs (text, stdout);
      return;
    }
  putchar ('"');
  for (; *text; text++)
    {
      if (*text == '"')
        putchar ('"');
      putchar (*text);
    }
  putchar ('"');
}

static void
print_csv (const table *t)
{
  char buf[32];
  for (size_t i = 0; i < t->n; i++)
    printf ("%s%s", i ? "," : "", t->column[i].name);
  putchar ('\n');
  for (size_t row = 0; row < t->rows; row++)
    for (size_t i = 0; i < t->n; i++)
      {
        print_quoted (cell (t, &t->column[i], row, SHOW_CSV, buf));
        putchar (i + 1 < t->n ? ',' : '\n');
      }
}

static void
print_json_text (const char *text)
{
  cJSON *item = cJSON_CreateString (text);
  char *quoted = cJSON_PrintUnformatted (item);
  fputs (quoted ? quoted : "null", stdout);
  free (quoted);
  cJSON_Delete (item);
}

/* Row by row, so that a large table needs no tree; what is not finite is null.  */
static void
print_json (const table *t)
{
  char buf[32];
  putchar ('[');
  for (size_t row = 0; row < t->rows; row++)
    {
      fputs (row ? ",\n {" : "{", stdout);
      for (size_t i = 0; i < t->n; i++)
        {
          const column *c = &t->column[i];
          printf ("%s\"%s\": ", i ? ", " : "", c->name);
          if (is_text (c))
            print_json_text (cell (t, c, row, SHOW_JSON, buf));
          else if (c->values && !isfinite (c->values[row]))
            fputs ("null", stdout);
          else
            fputs (cell (t, c, row, SHOW_JSON, buf), stdout);
        }
      putchar ('}');
    }
  puts ("]");
}

rw_status
show_table (const rw_result *result, const show_pick *pick, show_form form, rw_error *err)
{
  table t = { .r = result, .pick = pick };
  rw_status s = result->outline->n_vars
                    ? free_dims (&t, err)
                    : rw_fail (err, RW_EIO, "%s: has no variables", result->path);
  if (!s)
    s = make_columns (&t, err);
  if (!s && form == SHOW_TEXT)
    print_text (&t);
  else if (!s && form == SHOW_CSV)
    print_csv (&t);
  else if (!s)
    print_json (&t);
  for (size_t i = 0; t.column && i < t.n; i++)
    rw_free (t.column[i].values);
  rw_free (t.column);
  return s;
}
