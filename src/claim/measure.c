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
  for (size_t i = 0; i < a->n; i++)
    {
      const double y = b->y[b->n == 1 ? 0 : i];
      a->y[i] = how == RW_COMBINE_MINUS ? a->y[i] - y : a->y[i] / y;
    }
  return RW_OK;
}

/* ---- reduce ---- */

static rw_status
reduce (rw_selection *a, const rw_measure *m, rw_error *err)
{
  char shape[256];
  const rw_reduction *r = rw_reduce_find (m->reduce);
  if (!r)
    return rw_fail (err, RW_EINVAL, "no reduction '%.80s'", m->reduce);
  if (r->along && a->n_dims != 1)
    return rw_fail (err, RW_EINVAL, "%s runs along one dimension, and %s is left", r->name,
                    shape_text (a, shape));
  if (r->place && !a->dim[0].x)
    return rw_fail (err, RW_EINVAL, "%s needs a coordinate of numbers, and %s has labels", r->name,
                    a->dim[0].name);
  const rw_series series = { .n = a->n, .y = a->y, .x = r->along ? a->dim[0].x : NULL };
  const double y = r->of (&series, m->level);
  rw_select_free (a);
  if (isnan (y))
    return rw_fail (err, RW_EINVAL, "%s: %s", r->name, *r->none ? r->none : "not a number");
  a->y = rw_new (1, sizeof *a->y);
  if (!a->y)
    return rw_nomem (err, sizeof *a->y);
  a->y[0] = y;
  a->n = 1;
  return RW_OK;
}

/* ---- the order: select, combine, times, reduce ---- */

static rw_status
take (const rw_measure *m, rw_result *const *result, rw_selection *out, rw_error *err)
{
  rw_status s = rw_select_read (result[m->config], m, out, err);
  if (s)
    return s;
  if (m->with)
    {
      rw_selection with = { 0 };
      s = take (m->with, result, &with, err);
      if (!s)
        s = combine (out, &with, m->combine, err);
      rw_select_free (&with);
    }
  for (size_t i = 0; i < out->n && !s; i++)
    out->y[i] *= m->times;
  if (!s && *m->reduce)
    s = reduce (out, m, err);
  if (s)
    rw_select_free (out);
  return s;
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
  char shape[256], text[512];
  *out = (rw_measured){ .value = NAN, .note = "" };
  rw_status s = take (measure, result, &a, &why);
  if (s == RW_EINVAL) /* asked in vain: that is the claim's own fault */
    return take_note (arena, why.text, out, err);
  if (s)
    {
      if (err)
        *err = why;
      return s;
    }
  if (a.n == 1)
    out->value = a.y[0];
  if (a.n != 1)
    {
      snprintf (text, sizeof text, "%zu values are left (%s): hold them with \"at\", or \"reduce\"",
                a.n, shape_text (&a, shape));
      s = take_note (arena, text, out, err);
    }
  else if (isnan (out->value))
    out->note = "the value is NaN: not defined there";
  rw_select_free (&a);
  return s;
}
