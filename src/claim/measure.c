/* measure: one number out of result files; see measure.h.  */
#include "claim/measure.h"
#include "claim/reduce.h"
#include "claim/select.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- combine ---- */

/* "distance 8 x length 3", or "one number".  */
static const char *
shape_text (const rw_selection *a, char buf[256])
{
  snprintf (buf, 256, "one number");
  for (size_t d = 0, at = 0; d < a->n_dims && at < 256; d++)
    at += (size_t) snprintf (buf + at, 256 - at, "%s%.40s %zu", d ? " x " : "", a->dim[d].name,
                             a->dim[d].n);
  return buf;
}

static bool
same_shape (const rw_selection *a, const rw_selection *b)
{
  bool same = a->n == b->n && (a->n == 1 || a->n_dims == b->n_dims);
  for (size_t d = 0; same && a->n > 1 && d < a->n_dims; d++)
    same = a->dim[d].n == b->dim[d].n;
  return same;
}

static rw_status
combine (rw_selection *a, const rw_selection *b, rw_combine how, rw_error *err)
{
  char mine[256], other[256];
  const char *word = how == RW_COMBINE_MINUS ? "minus" : "over";
  if (b->n != 1 && !same_shape (a, b))
    return rw_fail (err, RW_EINVAL, "the value is %s, that of \"%s\" is %s", shape_text (a, mine),
                    word, shape_text (b, other));
  for (size_t i = 0; a->y && i < a->n; i++)
    {
      const double y = b->y[b->n == 1 ? 0 : i];
      a->y[i] = how == RW_COMBINE_MINUS ? a->y[i] - y : a->y[i] / y;
    }
  return RW_OK;
}

/* ---- reduce ---- */

/* Whether the dimensions left are those that the reduction needs.  */
static rw_status
fits (const rw_reduction *r, const rw_selection *a, rw_error *err)
{
  char shape[256];
  if (r->along && a->n_dims != 1)
    return rw_fail (err, RW_EINVAL, "%s runs along one dimension, and %s is left", r->name,
                    shape_text (a, shape));
  if (r->place && !a->dim[0].x)
    return rw_fail (err, RW_EINVAL, "%s needs a coordinate of numbers, and %s has labels", r->name,
                    a->dim[0].name);
  return RW_OK;
}

/* The selection becomes one number, without a value where it had none.  */
static rw_status
reduce (rw_selection *a, const rw_measure *m, rw_error *err)
{
  const rw_reduction *r = rw_reduce_find (m->reduce);
  const bool values = a->y;
  if (!r)
    return rw_fail (err, RW_EINVAL, "no reduction '%.80s'", m->reduce);
  const rw_status s = fits (r, a, err);
  if (s)
    return s;
  const rw_series series = { .n = a->n, .y = a->y, .x = r->place ? a->dim[0].x : NULL };
  const double y = values ? r->of (&series, m->level) : 0;
  rw_select_free (a);
  a->n = 1;
  if (!values)
    return RW_OK;
  if (isnan (y))
    return rw_fail (err, RW_EINVAL, "%s: %s", r->name, *r->none ? r->none : "not a number");
  a->y = rw_new (1, sizeof *a->y);
  if (!a->y)
    return rw_nomem (err, sizeof *a->y);
  a->y[0] = y;
  return RW_OK;
}

/* ---- the order: select, combine, times, reduce ---- */

typedef rw_status chooser (const rw_result *result, const rw_measure *measure, rw_selection *out,
                           rw_error *err);

static rw_status
take (const rw_measure *m, rw_result *const *result, chooser *choose, rw_selection *out,
      rw_error *err)
{
  rw_status s = choose (result[m->config], m, out, err);
  if (s)
    return s;
  if (m->with)
    {
      rw_selection with = { 0 };
      s = take (m->with, result, choose, &with, err);
      if (!s)
        s = combine (out, &with, m->combine, err);
      rw_select_free (&with);
    }
  for (size_t i = 0; out->y && i < out->n && !s; i++)
    out->y[i] *= m->times;
  if (!s && *m->reduce)
    s = reduce (out, m, err);
  if (s)
    rw_select_free (out);
  return s;
}

static rw_status
not_one (const rw_selection *a, rw_error *err)
{
  char shape[256];
  return rw_fail (err, RW_EINVAL, "%zu values are left (%s): hold them with \"at\", or \"reduce\"",
                  a->n, shape_text (a, shape));
}

size_t
rw_measure_missing (const rw_measure *measure, rw_result *const *result, size_t n_configs)
{
  for (const rw_measure *m = measure; m; m = m->with)
    if (!result[m->config])
      return m->config;
  return n_configs;
}

static rw_status
take_note (rw_arena *arena, const char *text, rw_measured *out, rw_error *err)
{
  char *copy = rw_arena_take (arena, strlen (text) + 1, 1);
  if (!copy)
    return rw_nomem (err, strlen (text) + 1);
  strcpy (copy, text);
  out->note = copy;
  return RW_OK;
}

rw_status
rw_measure_take (const rw_measure *measure, rw_result *const *result, rw_arena *arena,
                 rw_measured *out, rw_error *err)
{
  rw_selection a;
  rw_error why = { 0 };
  *out = (rw_measured){ .value = NAN, .note = "" };
  rw_status s = take (measure, result, rw_select_read, &a, &why);
  if (!s && a.n != 1)
    s = not_one (&a, &why);
  else if (!s)
    out->value = a.y[0];
  if (!s && isnan (out->value))
    out->note = "the value is NaN: not defined there";
  rw_select_free (&a);
  if (s == RW_EINVAL) /* asked in vain: that is the claim's own fault */
    return take_note (arena, why.text, out, err);
  if (s && err)
    *err = why;
  return s;
}

rw_status
rw_measure_check (const rw_measure *measure, rw_result *const *result, size_t n_configs,
                  rw_error *err)
{
  rw_selection a;
  if (rw_measure_missing (measure, result, n_configs) < n_configs)
    return RW_OK;
  rw_status s = take (measure, result, rw_select_shape, &a, err);
  if (!s && a.n != 1)
    s = not_one (&a, err);
  rw_select_free (&a);
  return s;
}
