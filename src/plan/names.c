/* names: what the axes are called in the file.

   An axis is called by its last word (schedule.factor: factor); where another axis, a field or a
   dimension of a field has that name already, by both: schedule_factor.  */
#include "base/text.h"
#include "plan/parts.h"

#include <string.h>

/* Datasets and groups that every file has beside the fields.  */
static const char *const reserved[] = { "status", "seconds", "figures", NULL };

static const char *
last_word (const rw_axis *axis)
{
  const char *dot = strchr (axis->path, '.');
  return dot ? dot + 1 : axis->path;
}

/* Something that is not an axis has this name.  */
static bool
is_taken (const rw_plan *plan, const char *name)
{
  for (const char *const *r = reserved; *r; r++)
    if (strcmp (*r, name) == 0)
      return true;
  for (size_t i = 0; i < plan->n_fields; i++)
    if (strcmp (plan->fields[i].field->name, name) == 0)
      return true;
  for (size_t i = 0; i < plan->n_own; i++)
    if (strcmp (plan->own[i].name, name) == 0)
      return true;
  return false;
}

rw_status
rw_names_give (rw_plan *plan, rw_error *err)
{
  for (size_t a = 0; a < plan->n_axes; a++)
    {
      rw_axis *axis = &plan->axes[a];
      const char *word = last_word (axis);
      bool clash = is_taken (plan, word);
      for (size_t b = 0; b < plan->n_axes; b++)
        clash = clash || (b != a && strcmp (last_word (&plan->axes[b]), word) == 0);
      if (!(axis->name = rw_strdup (clash ? axis->path : word)))
        return rw_nomem (err, strlen (axis->path));
      for (char *s = axis->name; *s; s++)
        if (*s == '.')
          *s = '_';
    }
  for (size_t a = 0; a < plan->n_axes; a++)
    {
      bool clash = is_taken (plan, plan->axes[a].name);
      for (size_t b = 0; b < a; b++)
        clash = clash || strcmp (plan->axes[a].name, plan->axes[b].name) == 0;
      if (clash)
        return rw_fail (err, RW_EINVAL, "axes.%s: the name '%s' is taken in the result file",
                        plan->axes[a].path, plan->axes[a].name);
    }
  return RW_OK;
}
