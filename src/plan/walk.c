/* walk: over the distinct cells of a plan.

   What a cell's schedule is depends on some of the dimensions only, and so for every metric: a walk
   visits the distinct combinations of those and leaves the others at 0.  */
#include "base/text.h"
#include "plan/parts.h"

static size_t
masked_cells (const rw_plan *plan, const bool *mask)
{
  size_t n = 1;
  for (size_t d = 0; d < plan->n_dims; d++)
    n *= mask[d] ? plan->shape[d] : 1;
  return n;
}

/* Cell of combination j: the masked dimensions unravel j, the others are 0.  */
static size_t
masked_cell (const rw_plan *plan, const bool *mask, size_t j)
{
  size_t at[RW_AXES_MAX] = { 0 }, i = 0;
  for (size_t d = plan->n_dims; d--;)
    if (mask[d])
      {
        at[d] = j % plan->shape[d];
        j /= plan->shape[d];
      }
  for (size_t d = 0; d < plan->n_dims; d++)
    i = i * plan->shape[d] + at[d];
  return i;
}

/* "axes.schedule[2] with factor 0.5": where on the masked dimensions the walk stands.  */
static void
write_place (const rw_plan *plan, const bool *mask, size_t cell, rw_text *t)
{
  size_t at[RW_AXES_MAX];
  char path[RW_PATH_TEXT], number[32];
  bool first = true;
  for (size_t d = plan->n_dims; d--; cell /= plan->shape[d])
    at[d] = cell % plan->shape[d];
  for (size_t a = 0; a < plan->n_axes; a++)
    {
      const rw_axis *axis = &plan->axes[a];
      if (!mask[axis->dim])
        continue;
      rw_text_addf (t, "%s%s (%s)", first ? "" : ", ", rw_axis_path (plan, a, at[axis->dim], path),
                    rw_axis_text (axis, at[axis->dim], number));
      first = false;
    }
}

/* The point of a cell, or, where its stack refuses the model and the walk has no opinion on the
   stack, of the same cell of the first stack that reads it.  */
static rw_status
read_cell (const rw_plan *plan, const bool *mask, size_t *cell, rw_point *point, rw_error *err)
{
  const rw_axis *stacks = rw_axis_of (plan, RW_COLUMN_STACK, 0);
  rw_status s = rw_plan_point (plan, *cell, point, err);
  if (!s || !point->refused || !stacks || mask[stacks->dim])
    return s;
  size_t stride = 1;
  for (size_t d = stacks->dim + 1; d < plan->n_dims; d++)
    stride *= plan->shape[d];
  for (size_t k = 1; s && point->refused && k < stacks->n; k++)
    s = rw_plan_point (plan, *cell += stride, point, err);
  return s;
}

static rw_status
visit_cell (const rw_plan *plan, const bool *mask, size_t cell, rw_point *point, rw_visit *visit,
            void *data, rw_error *err)
{
  rw_status s = read_cell (plan, mask, &cell, point, err);
  if (s && point->refused)
    return RW_OK; /* the plan has a warning of it; every model is read by some stack */
  if (!s)
    s = visit (plan, point, data, err);
  if (s && s != RW_ENOMEM)
    {
      rw_text where = { 0 };
      write_place (plan, mask, cell, &where);
      if (where.n)
        rw_within (err, s, "%s", rw_text_get (&where));
      rw_text_free (&where);
    }
  return s;
}

rw_status
rw_walk_cells (const rw_plan *plan, const bool *mask, size_t most, rw_visit *visit, void *data,
               rw_error *err)
{
  const size_t n = masked_cells (plan, mask), step = n / most + (n % most != 0);
  rw_point *point = NULL;
  rw_status s = rw_point_new (plan, &point, err);
  for (size_t j = 0; !s && j < n; j = j + step < n || j == n - 1 ? j + step : n - 1)
    s = visit_cell (plan, mask, masked_cell (plan, mask, j), point, visit, data, err);
  rw_point_free (point);
  return s;
}

void
rw_walk_mask (const rw_plan *plan, size_t role, bool *mask)
{
  for (size_t a = 0; a < plan->n_axes; a++)
    {
      const rw_column *c = &plan->parts->column[a];
      const bool block = c->is == RW_COLUMN_BLOCK || c->is == RW_COLUMN_PARAM;
      if (block && c->role == role)
        mask[plan->axes[a].dim] = true;
    }
}

void
rw_walk_mask_rope (const rw_plan *plan, bool *mask)
{
  static const rw_column_is choose[]
      = { RW_COLUMN_MODEL, RW_COLUMN_STACK, RW_COLUMN_LAYER, RW_COLUMN_LAYER_TYPE };
  for (size_t i = 0; i < sizeof choose / sizeof *choose; i++)
    rw_walk_mask_axis (plan, choose[i], mask);
}

void
rw_walk_mask_axis (const rw_plan *plan, rw_column_is is, bool *mask)
{
  for (size_t a = 0; a < plan->n_axes; a++)
    if (plan->parts->column[a].is == is)
      mask[plan->axes[a].dim] = true;
}
