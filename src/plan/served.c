/* served: the schedule of a cell as the cell's stack computes it.

   Under `exact` a schedule block means its own formulas, and point.c moves its parameters.  Under
   every other stack it means what that stack makes of it: the block goes, as it is written and with
   the values of the axes in it, in the place of the model's own block, and the stack reads the
   config.  An axis over a parameter of the model's own schedule changes the model's config.  */
#include "plan/served.h"
#include "base/text.h"
#include "schedule/schedule.h"

#include <string.h>

enum
{
  KEPT = 64 /* readings that a point keeps: the same cells come again for other lengths */
};

typedef struct
{
  char *key; /* what was read, by whom: owned */
  rw_object *schedule;
  rw_notes notes;
  rw_error error;
} reading;

struct rw_served
{
  size_t n; /* ever made: the oldest makes room */
  reading kept[KEPT];
};

static void
clear (reading *r)
{
  rw_free (r->key);
  rw_object_free (r->schedule);
  rw_notes_free (&r->notes);
  *r = (reading){ 0 };
}

void
rw_served_free (rw_served *served)
{
  for (size_t i = 0; served && i < KEPT; i++)
    clear (&served->kept[i]);
  rw_free (served);
}

/* ---- what is asked of the stack ---- */

typedef struct
{
  cJSON *config; /* changed, or NULL: the model's own; owned */
  cJSON *rope;   /* in the place of the model's block, or NULL; owned */
  rw_text key;
} question;

static void
question_free (question *q)
{
  cJSON_Delete (q->config);
  cJSON_Delete (q->rope);
  rw_text_free (&q->key);
}

static cJSON *
value_of (const rw_axis *axis, const rw_column *column, size_t k)
{
  if (axis->values)
    return cJSON_CreateNumber (axis->values[k]);
  return column->truth ? cJSON_CreateBool (axis->labels[k][0] == 't')
                       : cJSON_CreateString (axis->labels[k]);
}

/* The parameter that axis a moves in a schedule of this module, or NULL.  */
static const rw_param *
moved (const rw_plan *plan, size_t a, const rw_module *module)
{
  const rw_column *c = &plan->parts->column[a];
  return c->is == RW_COLUMN_PARAM && c->role == RW_ROLE_SCHEDULE
             ? rw_module_find (module, c->param, NULL)
             : NULL;
}

/* The word for it that stands in the block already, else its first.  */
static const char *
word_of (const rw_param *p, const cJSON *block)
{
  return p->alias && !rw_json_get (block, p->name) && rw_json_get (block, p->alias) ? p->alias
                                                                                    : p->name;
}

static bool
put (cJSON *block, const char *key, cJSON *value)
{
  cJSON_DeleteItemFromObjectCaseSensitive (block, key);
  if (value && cJSON_AddItemToObject (block, key, value))
    return true;
  cJSON_Delete (value);
  return false;
}

/* In a sweep a length that is left out is the model's trained one (doc/config.md), whichever length
   the stack would take for it.  */
static bool
put_length (const rw_point *point, const rw_module *module, cJSON *block)
{
  static const char *const types[] = { "yarn", "longrope", "llama3", NULL };
  static const char *const key = "original_max_position_embeddings";
  for (const char *const *t = types; *t; t++)
    if (strcmp (*t, module->name) == 0 && !rw_json_get (block, key))
      return put (block, key, cJSON_CreateNumber (point->rope->geometry.original_length));
  return true;
}

/* The config's block with the values of the axes, by layer type where it has one.  */
static rw_status
ask_with_block (const rw_plan *plan, const rw_point *point, const rw_blocks_item *item, question *q,
                rw_error *err)
{
  cJSON *block = cJSON_IsObject (item->written) ? cJSON_Duplicate (item->written, true)
                                                : cJSON_CreateObject ();
  bool good = block;
  if (good && cJSON_IsString (item->written))
    good = put (block, "rope_type", cJSON_CreateString (item->written->valuestring));
  cJSON_DeleteItemFromObjectCaseSensitive (block, "label");
  for (size_t a = 0; good && a < plan->n_axes; a++)
    {
      const rw_param *p = moved (plan, a, item->object->module);
      const rw_axis *axis = &plan->axes[a];
      if (p)
        good = put (block, word_of (p, block),
                    value_of (axis, &plan->parts->column[a], point->at[axis->dim]));
    }
  good = good && put_length (point, item->object->module, block);
  q->rope = block;
  if (good && item->layer_type)
    {
      q->rope = cJSON_CreateObject ();
      good = q->rope && put (q->rope, item->layer_type, block);
    }
  if (good)
    rw_json_normal (q->rope, &q->key);
  return good ? RW_OK : rw_nomem (err, sizeof *block);
}

static rw_status
turn_one (const rw_origin *origin, const char *layer_type, const rw_param *p, cJSON *value,
          question *q, rw_error *err)
{
  const cJSON *config = q->config ? q->config : origin->config;
  const char *word = word_of (p, rw_config_block (config, layer_type));
  cJSON *patch = rw_config_turn (config, layer_type, word, value), *turned = NULL;
  if (!patch)
    return rw_nomem (err, sizeof *patch);
  rw_json_normal (patch, &q->key);
  const rw_status s = rw_json_merge (config, patch, &turned, err);
  cJSON_Delete (patch);
  if (s)
    return s;
  cJSON_Delete (q->config);
  q->config = turned;
  return RW_OK;
}

/* The schedule that a model's own block names; what the stack made of it where that is unknown.  */
static const rw_module *
own_module (const rw_origin *origin, const rw_rope *rope)
{
  const rw_module *module = NULL;
  const cJSON *block = origin->config ? rw_config_block (origin->config, rope->layer_type) : NULL;
  const cJSON *type = rw_json_get (block, "rope_type");
  type = type ? type : rw_json_get (block, "type");
  if (cJSON_IsString (type) && !rw_kind_find (&rw_schedules, type->valuestring, &module, NULL))
    return module;
  return rope->schedule->module;
}

/* The values of the axes in the model's own config.  */
static rw_status
ask_with_config (const rw_plan *plan, const rw_point *point, const rw_origin *origin, question *q,
                 rw_error *err)
{
  const rw_rope *rope = point->rope;
  const rw_module *module = own_module (origin, rope);
  rw_status s = RW_OK;
  for (size_t a = 0; !s && a < plan->n_axes; a++)
    {
      const rw_param *p = moved (plan, a, module);
      const rw_axis *axis = &plan->axes[a];
      if (!p)
        continue;
      if (!origin->config)
        return rw_fail (err, RW_EINVAL,
                        "schedule.%s: a GGUF file's own schedule is not changed under a stack; "
                        "give a schedule block",
                        p->name);
      s = turn_one (origin, rope->layer_type, p,
                    value_of (axis, &plan->parts->column[a], point->at[axis->dim]), q, err);
    }
  return s;
}

/* ---- the answer ---- */

/* A stack calls the block "--rope"; in a sweep it is the schedule.  The text is where + rest.  */
static const char *
where_of (const char *text, const char **rest)
{
  static const char *const option = "--rope";
  const bool block = strncmp (text, option, strlen (option)) == 0;
  *rest = text + (block ? strlen (option) : 0);
  return block ? "schedule" : "";
}

/* The cell keeps the model's geometry; what a changed config says of it goes with the schedule.  */
static rw_status
keep_head (const rw_rope *read, const rw_rope *rope, rw_object *schedule, rw_error *err)
{
  const rw_geometry is = rw_schedule_geometry (schedule, &rope->geometry);
  const rw_geometry want = rw_schedule_geometry (schedule, &read->geometry);
  const double half = want.rotary_dim < want.head_dim ? 0.5 : 0; /* it is cut to an integer */
  const struct
  {
    const char *key;
    double is, want, value;
  } rows[] = {
    { "rope_theta", is.rope_theta, want.rope_theta, want.rope_theta },
    { "original_max_position_embeddings", is.original_length, want.original_length,
      want.original_length },
    { "partial_rotary_factor", (double) is.rotary_dim, (double) want.rotary_dim,
      ((double) want.rotary_dim + half) / (double) want.head_dim },
  };
  rw_status s = RW_OK;
  for (size_t i = 0; !s && i < sizeof rows / sizeof *rows; i++)
    if (rows[i].is != rows[i].want)
      s = rw_object_set (schedule, rows[i].key, &RW_NUMBER_VALUE (rows[i].value), NULL, err);
  return s;
}

static rw_status
answer (const rw_stack *stack, const rw_origin *origin, const question *q, const rw_rope *rope,
        reading *out, rw_error *err)
{
  const rw_origin changed = { origin->name, origin->path, q->config };
  const rw_rope *read = NULL;
  rw_model model;
  const char *where, *rest;
  rw_error why = { 0 };
  rw_status s = rw_origin_read (q->config ? &changed : origin, stack, q->rope, &model, &why);
  if (!s)
    s = rw_models_rope_of (&model, rope->layer_type[0] ? rope->layer_type : NULL, &read, &why);
  if (!s)
    s = rw_object_copy (read->schedule, &out->schedule, &why);
  if (!s)
    s = keep_head (read, rope, out->schedule, &why);
  for (size_t i = 0; !s && i < read->notes.n; i++)
    {
      where = where_of (read->notes.note[i].text, &rest);
      rw_note_add (&out->notes, read->notes.note[i].kind, "%s%s", where, rest);
    }
  rw_model_free (&model);
  if (s != RW_EINVAL && s != RW_EDOMAIN)
    {
      if (s && err)
        *err = why;
      return s;
    }
  where = where_of (why.text, &rest);
  rw_fail (&out->error, s, "the stack '%s' refuses it: %s%s", stack->name, where, rest);
  return RW_OK;
}

static reading *
find (rw_served *served, const char *key)
{
  for (size_t i = 0; i < KEPT && served->kept[i].key; i++)
    if (strcmp (served->kept[i].key, key) == 0)
      return &served->kept[i];
  return NULL;
}

static rw_status
read_new (rw_served *served, const rw_stack *stack, const rw_origin *origin, const question *q,
          const rw_rope *rope, reading **out, rw_error *err)
{
  reading *r = *out = &served->kept[served->n % KEPT];
  clear (r);
  rw_status s = answer (stack, origin, q, rope, r, err);
  if (!s && !(r->key = rw_strdup (rw_text_get (&q->key))))
    s = rw_nomem (err, q->key.n);
  if (s)
    clear (r);
  else
    served->n++;
  return s;
}

rw_status
rw_served_schedule (const rw_plan *plan, rw_point *point, const rw_blocks_item *item,
                    rw_served **served, rw_error *err)
{
  size_t i, j;
  question q = { 0 };
  reading *r = NULL;
  point->told = NULL;
  rw_models_place (plan, point->at, &i, &j);
  const rw_origin *origin = &plan->parts->origin[i];
  if (!*served && !(*served = rw_new (1, sizeof **served)))
    return rw_nomem (err, sizeof **served);
  rw_status s = item ? ask_with_block (plan, point, item, &q, err)
                     : ask_with_config (plan, point, origin, &q, err);
  const bool own = !q.rope && !q.config;
  if (!s && !own)
    {
      rw_text_addf (&q.key, "|%zu|%zu|%s", i, j, point->rope->layer_type);
      s = q.key.failed ? rw_nomem (err, q.key.n) : RW_OK;
      if (!s && !(r = find (*served, rw_text_get (&q.key))))
        s = read_new (*served, plan->parts->stack[j], origin, &q, point->rope, &r, err);
    }
  question_free (&q);
  if (s)
    return s;
  point->schedule = own ? point->rope->schedule : r->schedule;
  point->refusal = own || r->schedule ? NULL : r->error.text;
  point->told = own ? NULL : &r->notes;
  return RW_OK;
}
