/* outline: dimensions, coordinates, variables and figures of a file, looked up by name; see
   outline.h.  */
#include "lab/outline.h"

#include <string.h>

char *
rw_outline_text (rw_outline *outline, const char *text)
{
  if (!text)
    return NULL;
  const size_t n = strlen (text) + 1;
  char *copy = rw_arena_take (outline->arena, n, 1);
  return copy ? memcpy (copy, text, n) : NULL;
}

rw_status
rw_outline_set (rw_outline *outline, const char *name, const char *text, rw_error *err)
{
  size_t i = 0;
  while (i < outline->n_notes && strcmp (outline->notes[i].name, name) != 0)
    i++;
  if (i == RW_OUTLINE_NOTES)
    return rw_fail (err, RW_EINVAL, "attribute %s: a file has at most %d", name, RW_OUTLINE_NOTES);
  char *own_name = rw_outline_text (outline, name);
  char *own_text = rw_outline_text (outline, text ? text : "");
  if (!own_name || !own_text)
    return rw_nomem (err, strlen (name) + (text ? strlen (text) : 0));
  outline->notes[i] = (rw_outline_note){ own_name, own_text };
  outline->n_notes += i == outline->n_notes;
  return RW_OK;
}

const char *
rw_outline_get (const rw_outline *outline, const char *name)
{
  for (size_t i = 0; i < outline->n_notes; i++)
    if (strcmp (outline->notes[i].name, name) == 0)
      return outline->notes[i].text;
  return "";
}

size_t
rw_outline_dim_find (const rw_outline *outline, const char *name)
{
  size_t i = 0;
  while (i < outline->n_dims && (!name || strcmp (outline->dims[i].name, name) != 0))
    i++;
  return i;
}

size_t
rw_outline_var_find (const rw_outline *outline, const char *name)
{
  size_t i = 0;
  while (i < outline->n_vars && (!name || strcmp (outline->vars[i].name, name) != 0))
    i++;
  return i;
}

size_t
rw_outline_shape (const rw_outline *outline, const rw_outline_var *var, size_t shape[RW_RANK_MAX])
{
  for (size_t i = 0; i < var->n_dims; i++)
    shape[i] = outline->dims[var->dim[i]].n;
  return var->n_dims;
}

void
rw_outline_free (rw_outline *outline)
{
  if (!outline)
    return;
  rw_arena_free (outline->arena);
  rw_free (outline);
}
