/* edits: the overrides of the command line: axes, then values, then --stack and --seed; see
   edit.h.  */
#include "plan/edit.h"
#include "plan/parts.h"

static rw_status
replace (cJSON *root, const char *key, cJSON *value, rw_error *err)
{
  const cJSON *swept = rw_edit_sweeping (root, key);
  if (swept)
    {
      cJSON_Delete (value);
      rw_fail (err, RW_EINVAL, "--%s: it is swept by the axis \"%s\"", key, swept->string);
      return rw_hint (err, "--axis %s=VALUE gives that axis one value", key);
    }
  return rw_edit_put (root, key, value, err);
}

rw_status
rw_edits_apply (cJSON *root, const rw_plan_edits *edits, rw_error *err)
{
  rw_status s = RW_OK;
  if (!edits || !cJSON_IsObject (root))
    return RW_OK;
  for (size_t i = 0; !s && i < edits->n_axis; i++)
    s = rw_edit_axis (root, edits->axis[i], err);
  for (size_t i = 0; !s && i < edits->n_set; i++)
    s = rw_edit_set (root, edits->set[i], err);
  if (!s && edits->stack)
    s = replace (root, "stack", cJSON_CreateString (edits->stack), err);
  if (!s && edits->seed)
    s = replace (root, "seed", cJSON_CreateNumber ((double) *edits->seed), err);
  return s;
}
