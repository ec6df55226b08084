/* edits: the overrides of the command line, made on the config's tree before it is read, so that
   an edited config is checked like a written one.

   --set path=value    replaces one value; `null` removes the key.  A swept path is refused.
   --axis path=v1,v2   adds an axis or replaces the values of one; a form may stand instead.
   Values are JSON; what is not JSON is a text.  */
#include "base/text.h"
#include "plan/parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* JSON where it parses, else the text itself.  */
static cJSON *
value_of (const char *text, size_t n)
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

/* Something like {"factor": 8 or [1, 2: meant as JSON, and wrong.  */
static rw_status
check_value (const char *option, const char *text, rw_error *err)
{
  cJSON *value = NULL;
  if (!strchr ("{[\"", text[0]) || !text[0])
    return RW_OK;
  rw_status s = rw_json_parse (option, text, strlen (text), &value, err);
  cJSON_Delete (value);
  return s;
}

static cJSON *
member (const cJSON *object, const char *key)
{
  return cJSON_GetObjectItemCaseSensitive (object, key);
}

/* The axis key that sweeps `path`, alone or linked.  */
static cJSON *
sweeping (const cJSON *root, const char *path)
{
  const cJSON *axes = member (root, "axes");
  for (cJSON *c = axes ? axes->child : NULL; c; c = c->next)
    if (rw_axis_names (c->string, path))
      return c;
  return NULL;
}

static rw_status
put (cJSON *object, const char *key, cJSON *value, rw_error *err)
{
  if (!value)
    return rw_nomem (err, sizeof (cJSON));
  if (cJSON_IsNull (value))
    {
      cJSON_DeleteItemFromObjectCaseSensitive (object, key);
      cJSON_Delete (value);
      return RW_OK;
    }
  const bool done = member (object, key)
                        ? cJSON_ReplaceItemInObjectCaseSensitive (object, key, value)
                        : cJSON_AddItemToObject (object, key, value);
  if (done)
    return RW_OK;
  cJSON_Delete (value);
  return rw_nomem (err, sizeof (cJSON));
}

/* A bare "yarn" becomes {"rope_type": "yarn"}, so that a parameter can be set in it.  */
static rw_status
open_block (cJSON *parent, cJSON *item, const char *key, cJSON **out, rw_error *err)
{
  *out = item;
  if (!cJSON_IsString (item))
    return RW_OK;
  cJSON *block = cJSON_CreateObject ();
  if (!block || !cJSON_AddStringToObject (block, key, item->valuestring)
      || !(item->string ? cJSON_ReplaceItemInObjectCaseSensitive (parent, item->string, block)
                        : cJSON_ReplaceItemViaPointer (parent, item, block)))
    {
      cJSON_Delete (block);
      return rw_nomem (err, sizeof (cJSON));
    }
  *out = block;
  return RW_OK;
}

/* The metric called `word` in the list, as a bare name or a block.  */
static cJSON *
metric_item (const cJSON *root, const char *word)
{
  const cJSON *list = member (root, "metrics");
  for (cJSON *c = list ? list->child : NULL; c; c = c->next)
    {
      const cJSON *name = cJSON_IsObject (c) ? member (c, "name") : c;
      if (cJSON_IsString (name) && strcmp (name->valuestring, word) == 0)
        return c;
    }
  return NULL;
}

/* One step down: a member, an item by number, or at the top a metric by its name.  */
static rw_status
step (cJSON *root, cJSON **at, const char *word, const char *path, rw_error *err)
{
  char *end;
  cJSON *item = member (*at, word), *parent = *at;
  const bool top = *at == root;
  if (!item && cJSON_IsArray (*at))
    {
      const unsigned long k = strtoul (word, &end, 10);
      item = *word && !*end && k < 1000000 ? cJSON_GetArrayItem (*at, (int) k) : NULL;
    }
  if (!item && top && (item = metric_item (root, word)))
    parent = member (root, "metrics");
  if (!item)
    {
      rw_fail (err, RW_EINVAL, "--set %s: the config has no '%s'", path, word);
      return rw_hint (err,
                      top ? "a block is set whole first, e.g. --set schedule=yarn" : "check it");
    }
  const bool schedule = top && strcmp (word, "schedule") == 0;
  const bool block = schedule || parent != *at
                     || (top
                         && (!strcmp (word, "rule") || !strcmp (word, "query_scale")
                             || !strcmp (word, "source")));
  return block ? open_block (parent, item, schedule ? "rope_type" : "name", at, err)
               : ((void) (*at = item), RW_OK);
}

/* A swept path has no one value.  `schedule.factor` while whole schedules are swept has as many. */
static rw_status
refuse_swept (const cJSON *root, const char *path, const char *value, rw_error *err)
{
  char head[RW_PATH_TEXT];
  snprintf (head, sizeof head, "%.*s", (int) strcspn (path, "."), path);
  const cJSON *axis = sweeping (root, path);
  if (!axis && strchr (path, '.'))
    axis = sweeping (root, head);
  if (strcmp (head, "axes") == 0)
    {
      rw_fail (err, RW_EINVAL, "--set %s: axes are set with --axis", path);
      return rw_hint (err, "--axis %s=%s", path[4] ? path + 5 : "length", value);
    }
  if (!axis)
    return RW_OK;
  rw_fail (err, RW_EINVAL, "--set %s: it is swept by the axis \"%s\"", path, axis->string);
  if (strchr (axis->string, ','))
    return rw_hint (err, "--axis '%s=[[...]]' gives that axis other values", axis->string);
  return rw_hint (err, "--axis %s=%s", path, value);
}

static rw_status
set (cJSON *root, const char *edit, rw_error *err)
{
  const char *equals = strchr (edit, '=');
  char path[RW_PATH_TEXT];
  if (!equals || equals == edit || (size_t) (equals - edit) >= sizeof path)
    {
      rw_fail (err, RW_EINVAL, "--set %.80s: expected path=value", edit);
      return rw_hint (err, "e.g. --set length=32768 or --set schedule.factor=8");
    }
  snprintf (path, sizeof path, "%.*s", (int) (equals - edit), edit);
  rw_status s = refuse_swept (root, path, equals + 1, err);
  if (!s)
    s = check_value ("--set", equals + 1, err);
  cJSON *at = root;
  char *word = path, *dot;
  char whole[RW_PATH_TEXT];
  memcpy (whole, path, sizeof whole);
  for (; !s && (dot = strchr (word, '.')); word = dot + 1)
    {
      *dot = 0;
      s = step (root, &at, word, whole, err);
    }
  if (s)
    return s;
  if (!cJSON_IsObject (at))
    return rw_fail (err, RW_EINVAL, "--set %s: '%s' is no member of %s", whole, word,
                    rw_json_kind (at));
  return put (at, word, value_of (equals + 1, strlen (equals + 1)), err);
}

/* ---- axes ---- */

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
      cJSON *item = p > from ? value_of (from, (size_t) (p - from)) : NULL;
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
  cJSON *axes = member (root, "axes");
  const cJSON *other = sweeping (root, path);
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
  return put (axes, path, values, err);
}

static rw_status
axis (cJSON *root, const char *edit, rw_error *err)
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

static rw_status
replace (cJSON *root, const char *key, cJSON *value, rw_error *err)
{
  const cJSON *swept = sweeping (root, key);
  if (swept)
    {
      cJSON_Delete (value);
      rw_fail (err, RW_EINVAL, "--%s: it is swept by the axis \"%s\"", key, swept->string);
      return rw_hint (err, "--axis %s=VALUE gives that axis one value", key);
    }
  return put (root, key, value, err);
}

rw_status
rw_edits_apply (cJSON *root, const rw_plan_edits *edits, rw_error *err)
{
  rw_status s = RW_OK;
  if (!edits || !cJSON_IsObject (root))
    return RW_OK;
  for (size_t i = 0; !s && i < edits->n_axis; i++)
    s = axis (root, edits->axis[i], err);
  for (size_t i = 0; !s && i < edits->n_set; i++)
    s = set (root, edits->set[i], err);
  if (!s && edits->stack)
    s = replace (root, "stack", cJSON_CreateString (edits->stack), err);
  if (!s && edits->seed)
    s = replace (root, "seed", cJSON_CreateNumber ((double) *edits->seed), err);
  return s;
}
