/* edit_axis: --axis path=v1,v2; see edit.h.  */
#include "plan/edit.h"
#include "plan/parts.h"

#include <stdio.h>
#include <string.h>

/* Adds the values between commas; commas inside brackets and quotes belong to a value.  */
static rw_status
split (const char *text, cJSON *list, rw_error *err)
{
  int depth = 0;
  bool quoted = false;
  const char *from = text;
  for (const char *p = text;; p++)
    {
      if (*p == '"' && (p == text || p[-1] != '\\'))
        quoted = !quoted;
      if (!quoted && *p)
        depth += (*p == '[' || *p == '{') - (*p == ']' || *p == '}');
      if (*p && (*p != ',' || depth || quoted))
        continue;
      cJSON *item = p > from ? rw_edit_value (from, (size_t) (p - from)) : NULL;
      if (!item)
        return rw_fail (err, RW_EINVAL, "a value is empty");
      if (!cJSON_AddItemToArray (list, item))
        {
          cJSON_Delete (item);
          return rw_nomem (err, sizeof (cJSON));
        }
      if (!*p)
        return RW_OK;
      from = p + 1;
    }
}

/* v1,v2 is a list; one form or one whole list stands for itself.  */
static rw_status
values_of (const char *text, bool linked, cJSON **out, rw_error *err)
{
  cJSON *list = cJSON_CreateArray ();
  if (!list)
    return rw_nomem (err, sizeof (cJSON));
  rw_status s = split (text, list, err);
  cJSON *only = !s && cJSON_GetArraySize (list) == 1 ? list->child : NULL;
  const bool whole = only
                     && (rw_form_is (only)
                         || (cJSON_IsArray (only) && (!linked || cJSON_IsArray (only->child))));
  if (whole)
    {
      cJSON_DetachItemViaPointer (list, only);
      cJSON_Delete (list);
      list = only;
    }
  if (s)
    cJSON_Delete (list);
  else
    *out = list;
  return s;
}

static rw_status
add_axis (cJSON *root, const char *path, cJSON *values, rw_error *err)
{
  cJSON *axes = rw_edit_member (root, "axes");
  const cJSON *other = rw_edit_sweeping (root, path);
  if (!axes && (axes = cJSON_AddObjectToObject (root, "axes")) == NULL)
    {
      cJSON_Delete (values);
      return rw_nomem (err, sizeof (cJSON));
    }
  if (other && strcmp (other->string, path) != 0)
    {
      cJSON_Delete (values);
      rw_fail (err, RW_EINVAL, "--axis %s: it is linked in the axis \"%s\"", path, other->string);
      return rw_hint (err, "--axis '%s=[[...], [...]]' replaces the linked axis", other->string);
    }
  if (!strchr (path, '.') && !strchr (path, ','))
    cJSON_DeleteItemFromObjectCaseSensitive (root, path); /* the axis takes its place */
  return rw_edit_put (axes, path, values, err);
}

rw_status
rw_edit_axis (cJSON *root, const char *edit, rw_error *err)
{
  const char *equals = strchr (edit, '=');
  char path[RW_PATH_TEXT];
  cJSON *values = NULL;
  if (!equals || equals == edit || !equals[1] || (size_t) (equals - edit) >= sizeof path)
    {
      rw_fail (err, RW_EINVAL, "--axis %.80s: expected path=v1,v2", edit);
      return rw_hint (err, "e.g. --axis length=4096,8192 or --axis 'length={\"log2\": [12, 17]}'");
    }
  snprintf (path, sizeof path, "%.*s", (int) (equals - edit), edit);
  rw_status s = values_of (equals + 1, strchr (path, ',') != NULL, &values, err);
  s = rw_within (err, s, "--axis %s", path);
  return s ? s : add_axis (root, path, values, err);
}
