/* edit: what --set and --axis have in common; see edit.h.  */
#include "plan/edit.h"
#include "plan/parts.h"

#include <string.h>

cJSON *
rw_edit_value (const char *text, size_t n)
{
  cJSON *value = NULL;
  rw_error unread;
  if (rw_json_parse ("value", text, n, &value, &unread) == RW_OK)
    return value;
  char *copy = rw_format ("%.*s", (int) n, text);
  value = copy ? cJSON_CreateString (copy) : NULL;
  rw_free (copy);
  return value;
}

cJSON *
rw_edit_member (const cJSON *object, const char *key)
{
  return cJSON_GetObjectItemCaseSensitive (object, key);
}

cJSON *
rw_edit_sweeping (const cJSON *root, const char *path)
{
  const cJSON *axes = rw_edit_member (root, "axes");
  for (cJSON *c = axes ? axes->child : NULL; c; c = c->next)
    if (rw_axis_names (c->string, path))
      return c;
  return NULL;
}

rw_status
rw_edit_put (cJSON *object, const char *key, cJSON *value, rw_error *err)
{
  if (!value)
    return rw_nomem (err, sizeof (cJSON));
  if (cJSON_IsNull (value))
    {
      cJSON_DeleteItemFromObjectCaseSensitive (object, key);
      cJSON_Delete (value);
      return RW_OK;
    }
  const bool done = rw_edit_member (object, key)
                        ? cJSON_ReplaceItemInObjectCaseSensitive (object, key, value)
                        : cJSON_AddItemToObject (object, key, value);
  if (done)
    return RW_OK;
  cJSON_Delete (value);
  return rw_nomem (err, sizeof (cJSON));
}
