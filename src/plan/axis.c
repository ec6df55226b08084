/* axis: one axis of a plan, looked up: by dimension, by what it sets, its values as text and as
   items of the config.  Everything that reads or names axes stands above this.  */
#include "base/text.h"
#include "plan/parts.h"

#include <stdio.h>
#include <string.h>

bool
rw_axis_names (const char *key, const char *path)
{
  const size_t n = strlen (path);
  for (const char *p = key; p; p = strchr (p, ',') ? strchr (p, ',') + 1 : NULL)
    {
      p += strspn (p, " ");
      size_t m = strcspn (p, ",");
      while (m && p[m - 1] == ' ')
        m--;
      if (m == n && strncmp (p, path, n) == 0)
        return true;
    }
  return false;
}

const rw_axis *
rw_axis_first (const rw_plan *plan, size_t dim)
{
  for (size_t a = 0; a < plan->n_axes; a++)
    if (plan->axes[a].dim == dim)
      return &plan->axes[a];
  return NULL;
}

const rw_axis *
rw_axis_of (const rw_plan *plan, rw_column_is is, size_t role)
{
  for (size_t a = 0; a < plan->n_axes; a++)
    {
      const rw_column *c = &plan->parts->column[a];
      if (c->is == is && (is != RW_COLUMN_BLOCK || c->role == role))
        return &plan->axes[a];
    }
  return NULL;
}

char *
rw_axis_path (const rw_plan *plan, size_t axis, size_t k, char buf[RW_PATH_TEXT])
{
  const rw_column *c = &plan->parts->column[axis];
  if (c->linked)
    snprintf (buf, RW_PATH_TEXT, "axes.%.180s[%zu][%zu]", c->whole, k, c->place);
  else
    snprintf (buf, RW_PATH_TEXT, "axes.%.180s[%zu]", c->whole, k);
  return buf;
}

const char *
rw_axis_text (const rw_axis *axis, size_t k, char buf[32])
{
  return axis->labels ? axis->labels[k] : rw_number_text (axis->values[k], buf);
}

const cJSON *
rw_column_next (const rw_column *column, const cJSON **at)
{
  *at = *at ? (*at)->next : column->list->child;
  return *at && column->linked ? cJSON_GetArrayItem (*at, (int) column->place) : *at;
}
