/* blocks: the module objects of a config: a schedule (which may be nested by layer type), a source,
   a rule, a query scale, a bias or a metric.  */
#include "plan/parts.h"
#include "rule/rule.h"
#include "schedule/schedule.h"
#include "source/source.h"

#include <stdio.h>
#include <string.h>

const char *
rw_blocks_key (size_t role)
{
  static const char *const keys[] = { [RW_ROLE_SCHEDULE] = "schedule",
                                      [RW_ROLE_SOURCE] = "source",
                                      [RW_ROLE_RULE] = "rule",
                                      [RW_ROLE_QUERY_SCALE] = "query_scale",
                                      [RW_ROLE_BIAS] = "bias" };
  return keys[role];
}

const rw_kind *
rw_blocks_kind (size_t role)
{
  const rw_kind *const kinds[] = { [RW_ROLE_SCHEDULE] = &rw_schedules,
                                   [RW_ROLE_SOURCE] = &rw_sources,
                                   [RW_ROLE_RULE] = &rw_rules,
                                   [RW_ROLE_QUERY_SCALE] = &rw_query_scales,
                                   [RW_ROLE_BIAS] = &rw_biases };
  return role < RW_ROLE_METRIC ? kinds[role] : &rw_metrics;
}

void
rw_blocks_free (rw_blocks *blocks)
{
  for (size_t i = 0; i < blocks->n; i++)
    {
      rw_free (blocks->item[i].layer_type);
      rw_object_free (blocks->item[i].object);
    }
  rw_free (blocks->item);
  *blocks = (rw_blocks){ 0 };
}

/* A schedule whose keys are layer types: every value is a block, and none names a rope type.  */
static bool
is_nested (const cJSON *value)
{
  bool nested = cJSON_IsObject (value) && value->child && !rw_json_get (value, "rope_type")
                && !rw_json_get (value, "type");
  for (const cJSON *c = nested ? value->child : NULL; c; c = c->next)
    nested = nested && (cJSON_IsObject (c) || (cJSON_IsString (c) && strcmp (c->string, "label")));
  return nested;
}

static rw_status
add_block (rw_plan *plan, const cJSON *value, size_t role, const char *path, const char *layer_type,
           rw_blocks *out, rw_error *err)
{
  /* Under other stacks than `exact` it is for them to judge the keys of a schedule.  */
  const bool served = role == RW_ROLE_SCHEDULE && rw_models_served (plan);
  const rw_reading reading = served ? RW_LENIENT : RW_STRICT;
  rw_notes notes = { 0 };
  rw_object *object = NULL;
  rw_status s = rw_grow ((void **) &out->item, out->n, out->n + 1, sizeof *out->item, err);
  if (!s)
    s = rw_block_read (value, rw_blocks_kind (role), reading, path, plan->parts->folder, &notes,
                       &object, err);
  rw_warning_add (plan, "", &notes);
  rw_notes_free (&notes);
  if (s)
    return s;
  out->item[out->n++] = (rw_blocks_item){ .object = object, .written = value };
  if (layer_type && !(out->item[out->n - 1].layer_type = rw_strdup (layer_type)))
    return rw_nomem (err, strlen (layer_type));
  return RW_OK;
}

/* A layer type that no model of the sweep has is a slip.  */
static rw_status
check_layer_type (const rw_plan *plan, const char *layer_type, const char *path, rw_error *err)
{
  const rw_rope *rope;
  rw_status s = RW_OK;
  for (size_t i = 0; i < plan->n_models; i++)
    if (!(s = rw_models_rope_of (&plan->models[i], layer_type, &rope, err)))
      return RW_OK;
  if (s)
    {
      s = rw_within (err, s, "%s", path);
      rw_hint (err, "a block without layer types begins with \"rope_type\": {\"rope_type\": ...}");
    }
  return s;
}

rw_status
rw_blocks_read (rw_plan *plan, const cJSON *value, size_t role, const char *path, rw_blocks *out,
                rw_error *err)
{
  char inner[RW_PATH_TEXT];
  rw_status s = RW_OK;
  const bool may_lack = role != RW_ROLE_SCHEDULE && role < RW_ROLE_METRIC;
  if (!value || (cJSON_IsNull (value) && may_lack))
    return RW_OK;
  if (role != RW_ROLE_SCHEDULE || !is_nested (value))
    return add_block (plan, value, role, path, NULL, out, err);
  for (const cJSON *c = value->child; c && !s; c = c->next)
    {
      snprintf (inner, sizeof inner, "%.180s.%.60s", path, c->string);
      s = check_layer_type (plan, c->string, path, err);
      if (!s)
        s = add_block (plan, c, role, inner, c->string, out, err);
    }
  return s;
}

/* The blocks of the top-level keys: after the models, whose layer types a schedule may name.  */
rw_status
rw_blocks_base (rw_plan *plan, rw_error *err)
{
  rw_status s = RW_OK;
  for (size_t r = 0; !s && r < RW_ROLE_METRIC; r++)
    s = rw_blocks_read (plan, rw_json_get (plan->parts->root, rw_blocks_key (r)), r,
                        rw_blocks_key (r), &plan->parts->base[r], err);
  return s;
}
