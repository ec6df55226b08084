/* label: what the blocks on an axis are called.

   A block's label is its `label`, else its module's name; where labels repeat, the parameters in
   which those blocks differ (and which are not at their default) are appended: "yarn
   ramp=rotations".  */
#include "config.h" /* qsort_r is a GNU extension */

#include "base/text.h"
#include "plan/parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- sorting places by label ---- */

static int
by_label (const void *a, const void *b, void *labels)
{
  char *const *l = labels;
  const size_t i = *(const size_t *) a, j = *(const size_t *) b;
  const int c = strcmp (l[i], l[j]);
  return c ? c : (i > j) - (i < j);
}

static size_t *
sorted (char **labels, size_t n, rw_error *err)
{
  size_t *place = rw_new (n, sizeof *place);
  if (!place)
    {
      rw_nomem (err, n * sizeof *place);
      return NULL;
    }
  for (size_t i = 0; i < n; i++)
    place[i] = i;
  qsort_r (place, n, sizeof *place, by_label, labels);
  return place;
}

/* End of the run of equal labels that begins at i.  */
static size_t
run_end (char *const *labels, const size_t *place, size_t i, size_t n)
{
  size_t j = i + 1;
  while (j < n && strcmp (labels[place[i]], labels[place[j]]) == 0)
    j++;
  return j;
}

static rw_status
append (char **label, const char *more, rw_error *err)
{
  char *longer = rw_format ("%s%s", *label, more);
  if (!longer)
    return rw_nomem (err, strlen (*label) + strlen (more));
  rw_free (*label);
  *label = longer;
  return RW_OK;
}

rw_status
rw_label_unique (char **labels, size_t n, rw_error *err)
{
  char number[32];
  size_t *place = sorted (labels, n, err);
  rw_status s = place ? RW_OK : RW_ENOMEM;
  for (size_t i = 0, end; !s && i < n; i = end)
    {
      end = run_end (labels, place, i, n);
      for (size_t k = i + 1; !s && k < end; k++)
        {
          snprintf (number, sizeof number, " #%zu", k - i + 1);
          s = append (&labels[place[k]], number, err);
        }
    }
  rw_free (place);
  return s;
}

/* ---- labels of blocks ---- */

static char *
first_label (const rw_blocks *blocks)
{
  rw_text t = { 0 };
  if (!blocks->n)
    return rw_strdup ("none");
  for (size_t i = 0; i < blocks->n; i++)
    {
      const rw_object *o = blocks->item[i].object;
      rw_text_addf (&t, "%s%s", i ? " + " : "", o->label ? o->label : o->module->name);
    }
  char *label = t.failed ? NULL : rw_strdup (rw_text_get (&t));
  rw_text_free (&t);
  return label;
}

static bool
same_value (const rw_value *a, const rw_value *b)
{
  if (a->kind != b->kind)
    return false;
  switch (a->kind)
    {
    case RW_VALUE_NULL:
      return true;
    case RW_VALUE_TEXT:
      return strcmp (a->text, b->text) == 0;
    case RW_VALUE_NUMBERS:
      return a->n == b->n && memcmp (a->numbers, b->numbers, a->n * sizeof *a->numbers) == 0;
    case RW_VALUE_OBJECT:
      {
        const rw_object *x = a->object, *y = b->object;
        const rw_param *p;
        bool same = x->module == y->module;
        for (size_t i = 0; same && (p = rw_module_param (x->module, i)); i++)
          {
            const rw_value v = rw_param_get (p, x->self), w = rw_param_get (p, y->self);
            same = same_value (&v, &w);
          }
        return same;
      }
    default:
      return a->number == b->number;
    }
}

static bool
same_shape (const rw_blocks *a, const rw_blocks *b)
{
  bool same = a->n == b->n;
  for (size_t i = 0; same && i < a->n; i++)
    {
      const char *s = a->item[i].layer_type, *t = b->item[i].layer_type;
      same = a->item[i].object->module == b->item[i].object->module && !s == !t
             && (!s || strcmp (s, t) == 0);
    }
  return same;
}

static bool
same_blocks (const rw_blocks *a, const rw_blocks *b)
{
  bool same = same_shape (a, b);
  for (size_t i = 0; same && i < a->n; i++)
    {
      const rw_value v = { .kind = RW_VALUE_OBJECT, .object = a->item[i].object };
      const rw_value w = { .kind = RW_VALUE_OBJECT, .object = b->item[i].object };
      same = same_value (&v, &w);
    }
  return same;
}

static void
write_value (rw_text *t, const rw_param *p, const rw_value *v)
{
  char number[32];
  rw_text_addf (t, " %s=", p->name);
  if (v->kind == RW_VALUE_NULL)
    rw_text_add (t, "none");
  else if (v->kind == RW_VALUE_NUMBER)
    rw_text_add (t, rw_number_text (v->number, number));
  else if (v->kind == RW_VALUE_BOOL)
    rw_text_add (t, v->number != 0 ? "true" : "false");
  else if (v->kind == RW_VALUE_TEXT)
    rw_text_add (t, v->text);
  else if (v->kind == RW_VALUE_OBJECT)
    rw_text_add (t, v->object->module->name);
  else
    rw_text_addf (t, "[%zu numbers]", v->n);
}

/* Marks the parameters of block `b` in which some of the run differs from its first.  */
static uint64_t
differences (const rw_blocks *blocks, const size_t *place, size_t begin, size_t end, size_t b)
{
  const rw_object *first = blocks[place[begin]].item[b].object;
  uint64_t differ = 0;
  for (size_t k = begin + 1; k < end; k++)
    {
      const rw_param *p;
      const rw_object *o = blocks[place[k]].item[b].object;
      for (size_t i = 0; (p = rw_module_param (first->module, i)); i++)
        {
          const rw_value v = rw_param_get (p, first->self), w = rw_param_get (p, o->self);
          if (!same_value (&v, &w))
            differ |= (uint64_t) 1 << i;
        }
    }
  return differ;
}

/* Appends to every label of a run what sets its block apart.  */
static rw_status
tell_apart (rw_axis *axis, const rw_blocks *blocks, const size_t *place, size_t begin, size_t end,
            rw_error *err)
{
  rw_status s = RW_OK;
  for (size_t k = begin + 1; k < end; k++)
    if (!same_shape (&blocks[place[begin]], &blocks[place[k]]))
      return RW_OK; /* numbers will tell them apart */
  for (size_t b = 0; !s && b < blocks[place[begin]].n; b++)
    {
      const uint64_t differ = differences (blocks, place, begin, end, b);
      rw_object *plain = NULL;
      s = rw_object_new (blocks[place[begin]].item[b].object->module, &plain, err);
      for (size_t k = begin; !s && k < end; k++)
        {
          const rw_object *o = blocks[place[k]].item[b].object;
          rw_text t = { 0 };
          const rw_param *p;
          for (size_t i = 0; (p = rw_module_param (o->module, i)); i++)
            {
              const rw_value v = rw_param_get (p, o->self), w = rw_param_get (p, plain->self);
              if ((differ >> i & 1) && !same_value (&v, &w))
                write_value (&t, p, &v);
            }
          s = t.failed ? rw_nomem (err, t.n)
                       : append (&axis->labels[place[k]], rw_text_get (&t), err);
          rw_text_free (&t);
        }
      rw_object_free (plain);
    }
  return s;
}

/* Linked axes may name one block several times: the other columns tell its places apart, by the
   names that their blocks have before anything is appended here.  */
static rw_status
tell_linked (const rw_plan *plan, size_t a, const size_t *place, size_t begin, size_t end,
             char **more, rw_error *err)
{
  const rw_axis *axis = &plan->axes[a];
  char number[32];
  for (size_t k = begin; k < end; k++)
    {
      rw_text t = { 0 };
      for (size_t b = 0; b < plan->n_axes; b++)
        if (b != a && plan->axes[b].dim == axis->dim
            && (plan->axes[b].values || plan->axes[b].labels))
          {
            const char *dot = strrchr (plan->axes[b].path, '.');
            rw_text_addf (&t, " %s=%s", dot ? dot + 1 : plan->axes[b].path,
                          rw_axis_text (&plan->axes[b], place[k], number));
          }
      more[place[k]] = t.failed ? NULL : rw_strdup (rw_text_get (&t));
      rw_text_free (&t);
      if (!more[place[k]])
        return rw_nomem (err, RW_PATH_TEXT);
    }
  return RW_OK;
}

/* Equal blocks at two places of one axis: a slip, unless linked values tell them apart.  */
static rw_status
refuse_equal (const rw_plan *plan, size_t a, const size_t *place, size_t begin, size_t end,
              rw_error *err)
{
  const rw_column *c = &plan->parts->column[a];
  char first[RW_PATH_TEXT], again[RW_PATH_TEXT];
  for (size_t k = begin + 1; k < end; k++)
    if (same_blocks (&c->blocks[place[begin]], &c->blocks[place[k]]))
      return rw_fail (err, RW_EINVAL, "%s: the same as %s", rw_axis_path (plan, a, place[k], again),
                      rw_axis_path (plan, a, place[begin], first));
  return RW_OK;
}

/* Names the blocks of an axis by themselves.  */
static rw_status
name_axis (rw_axis *axis, const rw_blocks *blocks, rw_error *err)
{
  if (!(axis->labels = rw_new (axis->n, sizeof *axis->labels)))
    return rw_nomem (err, axis->n * sizeof *axis->labels);
  for (size_t k = 0; k < axis->n; k++)
    if (!(axis->labels[k] = first_label (&blocks[k])))
      return rw_nomem (err, 8);
  size_t *place = sorted (axis->labels, axis->n, err);
  rw_status s = place ? RW_OK : RW_ENOMEM;
  for (size_t i = 0, end; !s && i < axis->n; i = end)
    {
      end = run_end (axis->labels, place, i, axis->n);
      if (end - i > 1)
        s = tell_apart (axis, blocks, place, i, end, err);
    }
  rw_free (place);
  return s;
}

/* What is still alike: more[k] is what to append to label k, or NULL.  */
static rw_status
part_axis (const rw_plan *plan, size_t a, char **more, rw_error *err)
{
  const rw_axis *axis = &plan->axes[a];
  size_t *place = sorted (axis->labels, axis->n, err);
  rw_status s = place ? RW_OK : RW_ENOMEM;
  for (size_t i = 0, end; !s && i < axis->n; i = end)
    {
      end = run_end (axis->labels, place, i, axis->n);
      if (end - i > 1)
        s = plan->parts->column[a].linked ? tell_linked (plan, a, place, i, end, more, err)
                                          : refuse_equal (plan, a, place, i, end, err);
    }
  rw_free (place);
  return s;
}

/* Appends what tells the labels of an axis apart, where there is something, and frees it.  */
static rw_status
end_axis (rw_axis *axis, char **more, rw_status s, rw_error *err)
{
  for (size_t k = 0; more && k < axis->n; k++)
    {
      if (!s && more[k])
        s = append (&axis->labels[k], more[k], err);
      rw_free (more[k]);
    }
  if (!s && more)
    s = rw_label_unique (axis->labels, axis->n, err);
  rw_free (more);
  return s;
}

rw_status
rw_label_blocks (rw_plan *plan, rw_error *err)
{
  char ***more = rw_new (plan->n_axes ? plan->n_axes : 1, sizeof *more); /* [axis][place] */
  rw_status s = more ? RW_OK : rw_nomem (err, plan->n_axes * sizeof *more);
  for (size_t a = 0; !s && a < plan->n_axes; a++)
    if (plan->parts->column[a].is == RW_COLUMN_BLOCK)
      s = name_axis (&plan->axes[a], plan->parts->column[a].blocks, err);
  for (size_t a = 0; !s && a < plan->n_axes; a++)
    if (plan->parts->column[a].is == RW_COLUMN_BLOCK)
      {
        more[a] = rw_new (plan->axes[a].n, sizeof **more);
        s = more[a] ? part_axis (plan, a, more[a], err)
                    : rw_nomem (err, plan->axes[a].n * sizeof **more);
      }
  for (size_t a = 0; more && a < plan->n_axes; a++)
    s = end_axis (&plan->axes[a], more[a], s, err);
  rw_free (more);
  return s;
}
