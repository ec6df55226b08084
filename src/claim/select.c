/* select: the values of a field at what a measure holds and cuts; see select.h.

   Every condition strikes out places of its dimension: a value held keeps the places that have it
   (a linked coordinate may have it more than once), a range those inside.  The file is read once,
   in the box around what is kept.  */
#include "claim/select.h"

#include <stdint.h>
#include <string.h>

typedef struct
{
  const rw_result *r;
  const rw_outline_var *var;
  size_t index;              /* of the variable */
  bool *keep[RW_RANK_MAX];   /* (n of the dimension,) owned */
  bool ranged[RW_RANK_MAX];  /* a range was given */
  rw_span span[RW_RANK_MAX]; /* the box */
} pick;

static size_t
size_of (const pick *p, size_t d)
{
  return p->r->outline->dims[p->var->dim[d]].n;
}

static const char *
name_of (const pick *p, size_t d)
{
  return p->r->outline->dims[p->var->dim[d]].name;
}

/* ---- what is asked for ---- */

static const char *
var_name (size_t i, const void *data)
{
  const rw_outline *o = data;
  return i < o->n_vars ? o->vars[i].name : NULL;
}

static rw_status
find_field (pick *p, const char *field, rw_error *err)
{
  const rw_outline *o = p->r->outline;
  char near[96];
  p->index = rw_outline_var_find (o, field);
  if (p->index == o->n_vars)
    return rw_fail (err, RW_EINVAL, "the result has no field '%.80s'%s", field,
                    rw_did_you_mean (near, sizeof near, field, var_name, o));
  p->var = &o->vars[p->index];
  return RW_OK;
}

/* The coordinates that lie on the field's dimensions, for errors.  */
static rw_status
no_dimension (const pick *p, const char *name, rw_error *err)
{
  const rw_outline *o = p->r->outline;
  rw_text list = { 0 };
  for (size_t i = 0; i < o->n_coords; i++)
    for (size_t d = 0; d < p->var->n_dims; d++)
      if (o->coords[i].dim == p->var->dim[d])
        rw_text_addf (&list, "%s%s", list.n ? ", " : "", o->coords[i].name);
  rw_fail (err, RW_EINVAL, "%s has no dimension '%.80s'; it has: %s", p->var->name, name,
           list.n ? rw_text_get (&list) : "none");
  rw_text_free (&list);
  return RW_EINVAL;
}

/* The coordinate of the name, and which of the field's dimensions it lies on.  */
static rw_status
find_coord (const pick *p, const char *name, const rw_outline_coord **coord, size_t *d,
            rw_error *err)
{
  const rw_outline *o = p->r->outline;
  for (size_t i = 0; i < o->n_coords; i++)
    if (strcmp (o->coords[i].name, name) == 0)
      for (*d = 0; *d < p->var->n_dims; ++*d)
        if (o->coords[i].dim == p->var->dim[*d])
          {
            *coord = &o->coords[i];
            return RW_OK;
          }
  return no_dimension (p, name, err);
}

static rw_status
hold (pick *p, const char *name, const char *text, rw_error *err)
{
  const rw_outline_coord *c;
  size_t d, at;
  rw_status s = find_coord (p, name, &c, &d, err);
  if (!s)
    s = rw_coord_find (p->r, c, text, &at, err);
  for (size_t i = 0; !s && i < size_of (p, d); i++)
    p->keep[d][i] = p->keep[d][i]
                    && (c->labels ? strcmp (c->labels[i], c->labels[at]) == 0
                                  : c->values[i] == c->values[at]);
  return s;
}

static rw_status
cut (pick *p, const char *name, double from, double to, rw_error *err)
{
  const rw_outline_coord *c;
  size_t d;
  const rw_status s = find_coord (p, name, &c, &d, err);
  if (s)
    return s;
  if (!c->values)
    return rw_fail (err, RW_EINVAL, "%s has labels: no range can be cut from it", name);
  for (size_t i = 0; i < size_of (p, d); i++)
    p->keep[d][i] = p->keep[d][i] && c->values[i] >= from && c->values[i] <= to;
  p->ranged[d] = true;
  return RW_OK;
}

static rw_status
apply (pick *p, const rw_measure *m, rw_error *err)
{
  rw_status s = RW_OK;
  for (size_t d = 0; d < p->var->n_dims; d++)
    {
      p->keep[d] = rw_new (size_of (p, d), sizeof *p->keep[d]);
      if (!p->keep[d])
        return rw_nomem (err, size_of (p, d));
      memset (p->keep[d], true, size_of (p, d));
    }
  for (size_t i = 0; i < m->n_at && !s; i++)
    s = hold (p, m->at[i].dim, m->at[i].text, err);
  for (size_t i = 0; i < m->n_where && !s; i++)
    s = cut (p, m->where[i].dim, m->where[i].from, m->where[i].to, err);
  return s;
}

/* ---- reading ---- */

/* The box around what is kept.  */
static rw_status
make_box (pick *p, rw_error *err)
{
  size_t n = 1;
  for (size_t d = 0; d < p->var->n_dims; d++)
    {
      size_t first = 0, end = size_of (p, d);
      while (first < end && !p->keep[d][first])
        first++;
      while (end > first && !p->keep[d][end - 1])
        end--;
      if (first == end)
        return rw_fail (err, RW_EINVAL, "%s: no place is left on dimension %s", p->var->name,
                        name_of (p, d));
      p->span[d] = (rw_span){ first, end - first };
      if (__builtin_mul_overflow (n, end - first, &n) || n > RW_SELECT_MAX)
        return rw_fail (err, RW_EINVAL, "%s: more than %d values; hold dimensions with \"at\"",
                        p->var->name, RW_SELECT_MAX);
    }
  return RW_OK;
}

/* Moves what is kept to the front.  */
static void
squeeze (const pick *p, double *y, size_t n)
{
  size_t at[RW_RANK_MAX] = { 0 }, kept = 0;
  for (size_t i = 0; i < n; i++)
    {
      bool keep = true;
      for (size_t d = 0; d < p->var->n_dims && keep; d++)
        keep = p->keep[d][p->span[d].first + at[d]];
      if (keep)
        y[kept++] = y[i];
      for (size_t d = p->var->n_dims; d-- > 0;)
        if (++at[d] < p->span[d].count)
          break;
        else
          at[d] = 0;
    }
}

static rw_status
add_dim (const pick *p, size_t d, rw_selection *out, rw_error *err)
{
  const rw_outline_coord *scale = rw_result_scale (p->r, p->var->dim[d]);
  rw_selected *left = &out->dim[out->n_dims];
  left->name = name_of (p, d);
  left->n = 0;
  for (size_t i = 0; i < size_of (p, d); i++)
    left->n += p->keep[d][i];
  out->n *= left->n;
  if (left->n == 1 && !p->ranged[d])
    return RW_OK;
  out->n_dims++;
  if (!scale || !scale->values)
    return RW_OK;
  left->x = rw_new (left->n, sizeof *left->x);
  if (!left->x)
    return rw_nomem (err, left->n * sizeof *left->x);
  for (size_t i = 0, j = 0; i < size_of (p, d); i++)
    if (p->keep[d][i])
      left->x[j++] = scale->values[i];
  return RW_OK;
}

/* Of dimensions with one place the first stays, and only where no other is left.  */
static void
drop_single (rw_selection *out)
{
  size_t kept = 0, many = 0;
  for (size_t d = 0; d < out->n_dims; d++)
    many += out->dim[d].n > 1;
  for (size_t d = 0; d < out->n_dims; d++)
    if (out->dim[d].n > 1 || (!many && !kept))
      out->dim[kept++] = out->dim[d];
    else
      rw_free (out->dim[d].x);
  out->n_dims = kept;
}

static rw_status
read_values (const pick *p, rw_selection *out, rw_error *err)
{
  const size_t n = rw_span_size (p->span, p->var->n_dims);
  out->y = rw_new (n, sizeof *out->y);
  if (!out->y)
    return rw_nomem (err, n * sizeof *out->y);
  const rw_status s = rw_result_read (p->r, p->index, p->span, out->y, err);
  if (!s)
    squeeze (p, out->y, n);
  return s;
}

static rw_status
select_field (const rw_result *result, const rw_measure *measure, bool values, rw_selection *out,
              rw_error *err)
{
  pick p = { .r = result };
  *out = (rw_selection){ .n = 1 };
  rw_status s = find_field (&p, measure->field, err);
  if (!s)
    s = apply (&p, measure, err);
  if (!s)
    s = make_box (&p, err);
  if (!s && values)
    s = read_values (&p, out, err);
  for (size_t d = 0; !s && d < p.var->n_dims; d++)
    s = add_dim (&p, d, out, err);
  for (size_t d = 0; d < RW_RANK_MAX; d++)
    rw_free (p.keep[d]);
  if (s)
    rw_select_free (out);
  else
    drop_single (out);
  return s;
}

rw_status
rw_select_read (const rw_result *result, const rw_measure *measure, rw_selection *out,
                rw_error *err)
{
  return select_field (result, measure, true, out, err);
}

rw_status
rw_select_shape (const rw_result *result, const rw_measure *measure, rw_selection *out,
                 rw_error *err)
{
  return select_field (result, measure, false, out, err);
}

void
rw_select_free (rw_selection *selection)
{
  rw_free (selection->y);
  for (size_t d = 0; d < selection->n_dims; d++)
    rw_free (selection->dim[d].x);
  *selection = (rw_selection){ 0 };
}
