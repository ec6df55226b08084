/* merge: a tree changed by a merge patch: RFC 7386, section 2.  */
#include "base/mem.h"
#include "json/json.h"

/* Puts an item that may be NULL (out of memory); false where it fails, and the item is freed.  */
static bool
put (cJSON *object, const char *key, cJSON *item)
{
  if (item && cJSON_AddItemToObject (object, key, item))
    return true;
  cJSON_Delete (item);
  return false;
}

/* The patch of an object says null for a member to take out; `target` NULL: nothing is there yet.
 */
static cJSON *
merge (const cJSON *target, const cJSON *patch)
{
  if (!cJSON_IsObject (patch))
    return cJSON_Duplicate (patch, true);
  cJSON *out = cJSON_CreateObject ();
  bool good = out;
  for (const cJSON *c = cJSON_IsObject (target) ? target->child : NULL; good && c; c = c->next)
    {
      const cJSON *change = rw_json_get (patch, c->string);
      if (!change)
        good = put (out, c->string, cJSON_Duplicate (c, true));
      else if (!cJSON_IsNull (change))
        good = put (out, c->string, merge (c, change));
    }
  for (const cJSON *c = patch->child; good && c; c = c->next)
    if (!cJSON_IsNull (c) && !rw_json_get (target, c->string))
      good = put (out, c->string, merge (NULL, c));
  if (good)
    return out;
  cJSON_Delete (out);
  return NULL;
}

rw_status
rw_json_merge (const cJSON *target, const cJSON *patch, cJSON **out, rw_error *err)
{
  *out = merge (target, patch);
  return *out ? RW_OK : rw_nomem (err, sizeof **out);
}

/* Nothing to do: the same value is there, or there is nothing to take out.  */
static bool
is_idle (const cJSON *there, const cJSON *change)
{
  if (cJSON_IsObject (change) && cJSON_IsObject (there))
    {
      for (const cJSON *c = change->child; c; c = c->next)
        if (!is_idle (rw_json_get (there, c->string), c))
          return false;
      return true;
    }
  return cJSON_IsNull (change) ? !there : there && cJSON_Compare (there, change, true);
}

static cJSON *
reduce (const cJSON *target, const cJSON *patch)
{
  if (!cJSON_IsObject (patch))
    return cJSON_Duplicate (patch, true);
  cJSON *out = cJSON_CreateObject ();
  bool good = out;
  for (const cJSON *c = patch->child; good && c; c = c->next)
    {
      const cJSON *there = rw_json_get (target, c->string);
      if (!is_idle (there, c))
        good = put (out, c->string, reduce (there, c));
    }
  if (good)
    return out;
  cJSON_Delete (out);
  return NULL;
}

rw_status
rw_json_change (const cJSON *target, const cJSON *patch, cJSON **out, rw_error *err)
{
  *out = reduce (target, patch);
  return *out ? RW_OK : rw_nomem (err, sizeof **out);
}
