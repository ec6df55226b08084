/* coordinate: the values along a dimension of the file, and the place of one of them.

   Numbers are matched by value, texts by label; a dimension without values counts from 0.  */
#include "base/text.h"
#include "plan/parts.h"

#include <string.h>

enum
{
  SHOWN = 12 /* coordinates an error lists */
};

rw_dim
rw_coordinate_of (const rw_plan *plan, size_t dim)
{
  if (dim >= plan->n_dims)
    return plan->own[dim - plan->n_dims];
  const rw_axis *axis = rw_axis_first (plan, dim);
  return (rw_dim){ .name = axis->name,
                   .n = axis->n,
                   .values = axis->values,
                   .labels = (const char *const *) axis->labels };
}

static bool
matches (const rw_dim *c, size_t k, const cJSON *value)
{
  if (c->labels && cJSON_IsBool (value))
    return strcmp (c->labels[k], cJSON_IsTrue (value) ? "true" : "false") == 0;
  if (c->labels)
    return cJSON_IsString (value) && strcmp (c->labels[k], value->valuestring) == 0;
  const double x = c->values ? c->values[k] : (double) k;
  return cJSON_IsNumber (value) && x == value->valuedouble;
}

rw_status
rw_coordinate_find (const rw_dim *c, const cJSON *value, size_t *index, rw_error *err)
{
  rw_text known = { 0 };
  char number[32];
  for (*index = 0; *index < c->n; ++*index)
    if (matches (c, *index, value))
      return RW_OK;
  for (size_t k = 0; k < c->n && k < SHOWN; k++)
    rw_text_addf (&known, "%s%s", k ? ", " : "",
                  c->labels ? c->labels[k]
                            : rw_number_text (c->values ? c->values[k] : (double) k, number));
  char *given = cJSON_PrintUnformatted (value);
  rw_fail (err, RW_EINVAL, "%.80s is not a value of it; it has %s%s", given ? given : "this",
           rw_text_get (&known), c->n > SHOWN ? ", ..." : "");
  cJSON_free (given);
  rw_text_free (&known);
  return RW_EINVAL;
}
