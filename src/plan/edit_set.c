/* edit_set: --set path=value; see edit.h.  The path goes down by members, by places in a list, and
   at the top by the name of a metric.  */
#include "plan/edit.h"
#include "plan/parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
  const cJSON *list = rw_edit_member (root, "metrics");
  for (cJSON *c = list ? list->child : NULL; c; c = c->next)
    {
      const cJSON *name = cJSON_IsObject (c) ? rw_edit_member (c, "name") : c;
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
  cJSON *item = rw_edit_member (*at, word), *parent = *at;
  const bool top = *at == root;
  if (!item && cJSON_IsArray (*at))
    {
      const unsigned long k = strtoul (word, &end, 10);
      item = *word && !*end && k < 1000000 ? cJSON_GetArrayItem (*at, (int) k) : NULL;
    }
  if (!item && top && (item = metric_item (root, word)))
    parent = rw_edit_member (root, "metrics");
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
                             || !strcmp (word, "bias") || !strcmp (word, "source")));
  return block ? open_block (parent, item, schedule ? "rope_type" : "name", at, err)
               : ((void) (*at = item), RW_OK);
}

/* A swept path has no one value.  `schedule.factor` while whole schedules are swept has as many. */
static rw_status
refuse_swept (const cJSON *root, const char *path, const char *value, rw_error *err)
{
  char head[RW_PATH_TEXT];
  snprintf (head, sizeof head, "%.*s", (int) strcspn (path, "."), path);
  const cJSON *axis = rw_edit_sweeping (root, path);
  if (!axis && strchr (path, '.'))
    axis = rw_edit_sweeping (root, head);
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

rw_status
rw_edit_set (cJSON *root, const char *edit, rw_error *err)
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
  return rw_edit_put (at, word, rw_edit_value (equals + 1, strlen (equals + 1)), err);
}
