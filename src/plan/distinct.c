/* distinct: no value stands on an axis twice; on linked axes, no tuple.  */
#include "config.h" /* qsort_r is a GNU extension */

#include "plan/parts.h"

#include <stdlib.h>
#include <string.h>

typedef struct
{
  const rw_plan *plan;
  size_t dim;
} order;

static int
compare_axis (const rw_axis *axis, const rw_column *c, size_t i, size_t j)
{
  if (c->is == RW_COLUMN_MODEL)
    return (c->index[i] > c->index[j]) - (c->index[i] < c->index[j]);
  if (axis->values)
    return (axis->values[i] > axis->values[j]) - (axis->values[i] < axis->values[j]);
  return strcmp (axis->labels[i], axis->labels[j]);
}

static int
by_value (const void *a, const void *b, void *data)
{
  const order *o = data;
  const size_t i = *(const size_t *) a, j = *(const size_t *) b;
  int c = 0;
  for (size_t k = 0; !c && k < o->plan->n_axes; k++)
    if (o->plan->axes[k].dim == o->dim)
      c = compare_axis (&o->plan->axes[k], &o->plan->parts->column[k], i, j);
  return c;
}

/* Most axes rise or fall: then there is nothing to sort.  */
static bool
is_monotone (const rw_axis *axis)
{
  if (!axis->values)
    return false;
  bool rises = true, falls = true;
  for (size_t k = 1; k < axis->n; k++)
    {
      rises = rises && axis->values[k] > axis->values[k - 1];
      falls = falls && axis->values[k] < axis->values[k - 1];
    }
  return rises || falls;
}

static rw_status
check_dim (const rw_plan *plan, size_t dim, rw_error *err)
{
  const rw_axis *axis = rw_axis_first (plan, dim);
  const size_t n = axis->n;
  order o = { plan, dim };
  if (is_monotone (axis))
    return RW_OK;
  size_t *place = rw_new (n, sizeof *place);
  rw_status s = place ? RW_OK : rw_nomem (err, n * sizeof *place);
  for (size_t i = 0; !s && i < n; i++)
    place[i] = i;
  if (!s)
    qsort_r (place, n, sizeof *place, by_value, &o);
  for (size_t i = 1; !s && i < n; i++)
    if (by_value (&place[i - 1], &place[i], &o) == 0)
      {
        const size_t again = place[i] > place[i - 1] ? place[i] : place[i - 1];
        const size_t first = place[i] + place[i - 1] - again;
        char number[32];
        const bool named = plan->parts->column[axis - plan->axes].is != RW_COLUMN_MODEL;
        s = rw_fail (err, RW_EINVAL, "axes.%s[%zu]: %s stands there twice, first at [%zu]",
                     plan->parts->column[axis - plan->axes].whole, again,
                     named ? rw_axis_text (axis, again, number) : "this model", first);
      }
  rw_free (place);
  return s;
}

rw_status
rw_distinct_check (const rw_plan *plan, rw_error *err)
{
  rw_status s = RW_OK;
  for (size_t d = 0; !s && d < plan->n_dims; d++)
    s = check_dim (plan, d, err);
  for (size_t a = 0; !s && a < plan->n_axes; a++)
    if (plan->parts->column[a].is == RW_COLUMN_MODEL && !plan->parts->column[a].linked)
      s = rw_label_unique (plan->axes[a].labels, plan->axes[a].n, err);
  return s;
}
