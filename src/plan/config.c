/* config: the top-level keys of a sweep config, read strictly: unknown keys and wrong types are
   refused with the path, what was expected and what is near.  */
#include "base/text.h"
#include "plan/parts.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Largest integer a double holds without gaps: beyond it a JSON number is not one seed.  */
static const double SEED_MAX = 9007199254740991.0;

enum
{
  TEXT = 1,
  NUMBER = 2,
  LIST = 4,
  OBJECT = 8,
  NOTHING = 16
};

static const struct key
{
  const char *name;
  int takes;
  const char *expected;
} keys[] = {
  { "$schema", TEXT, "a text" },
  { "name", TEXT, "a text" },
  { "seed", NUMBER, "an integer from 0" },
  { "stack", TEXT, "a text" },
  { "model", TEXT | OBJECT, "a preset's name, a path or an object" },
  { "schedule", TEXT | OBJECT, "a rope_type or a block" },
  { "length", NUMBER, "an integer from 1" },
  { "axes", OBJECT, "an object" },
  { "source", TEXT | OBJECT | NOTHING, "the name of a source or a block" },
  { "rule", TEXT | OBJECT | NOTHING, "the name of a rule or a block" },
  { "query_scale", TEXT | OBJECT | NOTHING, "the name of a query scale or a block" },
  { "bias", TEXT | OBJECT | NOTHING, "the name of a bias or a block" },
  { "metrics", LIST, "a list" },
  { "distances", TEXT | LIST | OBJECT, "\"all\", a list or a form like {\"log2\": [0, 17]}" },
  { "positions", TEXT | LIST | OBJECT, "\"all\", a list or a form like {\"log2\": [0, 17]}" },
  { "figures", LIST, "a list" },
  { "output", TEXT, "a text" },
  { 0 },
};

static const char *
key_name (size_t i, const void *data)
{
  return ((const struct key *) data)[i].name;
}

static int
kind_of (const cJSON *value)
{
  return cJSON_IsString (value)   ? TEXT
         : cJSON_IsNumber (value) ? NUMBER
         : cJSON_IsArray (value)  ? LIST
         : cJSON_IsObject (value) ? OBJECT
         : cJSON_IsNull (value)   ? NOTHING
                                  : 0;
}

static rw_status
check_key (const cJSON *item, rw_error *err)
{
  rw_text known = { 0 };
  char near[96];
  for (const struct key *k = keys; k->name; k++)
    {
      if (strcmp (k->name, item->string) != 0)
        {
          rw_text_addf (&known, "%s%s", k == keys ? "" : ", ", k->name);
          continue;
        }
      rw_text_free (&known);
      return kind_of (item) & k->takes ? RW_OK
                                       : rw_fail (err, RW_EINVAL, "%s: expected %s, got %s",
                                                  k->name, k->expected, rw_json_kind (item));
    }
  rw_fail (err, RW_EINVAL, "%.80s: unknown key; known: %s%s", item->string, rw_text_get (&known),
           rw_did_you_mean (near, sizeof near, item->string, key_name, keys));
  rw_text_free (&known);
  return RW_EINVAL;
}

/* ---- the parts of a config ---- */

static rw_status
read_name (rw_plan *plan, const cJSON *value, rw_error *err)
{
  const char *file = plan->parts->file, *slash = strrchr (file, '/');
  const char *stem = slash ? slash + 1 : file;
  if (!value)
    {
      const char *dot = strrchr (stem, '.');
      const size_t n = dot && dot != stem ? (size_t) (dot - stem) : strlen (stem);
      plan->name = rw_format ("%.*s", (int) n, strcmp (stem, "-") && *stem ? stem : "sweep");
      return plan->name ? RW_OK : rw_nomem (err, n);
    }
  const char *s = value->valuestring;
  bool good = *s && *s != '.' && *s != '-';
  for (const char *c = s; *c; c++)
    good = good && (unsigned char) *c >= ' ' && *c != '/' && *c != 127;
  if (!good)
    return rw_fail (err, RW_EINVAL,
                    "name: '%.80s' cannot name a file (it may not be empty, hold a slash, or begin "
                    "with a point or a dash)",
                    s);
  plan->name = rw_strdup (s);
  return plan->name ? RW_OK : rw_nomem (err, strlen (s));
}

static rw_status
read_seed (rw_plan *plan, const cJSON *value, rw_error *err)
{
  const double x = value ? value->valuedouble : 0;
  char number[32];
  if (x < 0 || x != floor (x) || x > SEED_MAX)
    return rw_fail (err, RW_EINVAL, "seed: %s is not an integer from 0 to 2^53 - 1",
                    rw_number_text (x, number));
  plan->seed = (uint64_t) x;
  return RW_OK;
}

static rw_status
read_length (rw_plan *plan, const cJSON *value, rw_error *err)
{
  const double x = value ? value->valuedouble : NAN;
  char number[32];
  plan->parts->length = x;
  if (value && (x < 1 || x > RW_LENGTH_MAX))
    return rw_fail (err, RW_EINVAL, "length: %s is %s", rw_number_text (x, number),
                    x < 1 ? "below 1" : "above 2^40");
  if (value && x != floor (x))
    return rw_fail (err, RW_EINVAL, "length: %s is not an integer", rw_number_text (x, number));
  return RW_OK;
}

static rw_status
read_stack (rw_plan *plan, const cJSON *value, rw_error *err)
{
  struct rw_plan_parts *parts = plan->parts;
  const rw_stack *stack;
  const cJSON *axes = rw_json_get (parts->root, "axes");
  rw_status s = rw_stack_find (value ? value->valuestring : "exact", &stack, err);
  if (s)
    return rw_within (err, s, "stack");
  if (!(plan->stack = rw_strdup (stack->name)))
    return rw_nomem (err, strlen (stack->name));
  for (const cJSON *c = axes ? axes->child : NULL; c; c = c->next)
    if (rw_axis_names (c->string, "stack"))
      return RW_OK; /* the axis names the stacks */
  if (!(parts->stack = rw_new (1, sizeof *parts->stack)))
    return rw_nomem (err, sizeof *parts->stack);
  parts->stack[parts->n_stacks++] = stack;
  return RW_OK;
}

static rw_status
read_output (rw_plan *plan, const cJSON *value, rw_error *err)
{
  if (value && !*value->valuestring)
    return rw_fail (err, RW_EINVAL, "output: is empty");
  if (value && !(plan->output = rw_strdup (value->valuestring)))
    return rw_nomem (err, strlen (value->valuestring));
  return RW_OK;
}

static rw_status
read_metrics (rw_plan *plan, const cJSON *list, rw_error *err)
{
  char path[RW_PATH_TEXT];
  rw_status s = RW_OK;
  size_t k = 0;
  for (const cJSON *c = list ? list->child : NULL; c && !s; c = c->next, k++)
    {
      rw_blocks one = { 0 };
      snprintf (path, sizeof path, "metrics[%zu]", k);
      if (k == RW_METRICS_MAX)
        return rw_fail (err, RW_EINVAL, "%s: at most %d metrics", path, RW_METRICS_MAX);
      s = rw_blocks_read (plan, c, RW_ROLE_METRIC, path, &one, err);
      for (size_t i = 0; !s && i < k; i++)
        if (plan->metrics[i]->module == one.item[0].object->module)
          {
            const char *name = plan->metrics[i]->module->name;
            s = rw_fail (err, RW_EINVAL, "%s: '%s' is there already, at metrics[%zu]", path, name,
                         i);
            rw_hint (err, "to vary its parameters make one an axis, as \"%s.PARAM\": [...]", name);
          }
      if (!s)
        {
          plan->metrics[plan->n_metrics++] = one.item[0].object;
          one.item[0].object = NULL;
        }
      rw_blocks_free (&one);
    }
  return s;
}

/* A key and an axis of one name would contradict each other.  */
static rw_status
check_both (const rw_plan *plan, rw_error *err)
{
  for (size_t a = 0; a < plan->n_axes; a++)
    if (rw_json_get (plan->parts->root, plan->axes[a].path))
      {
        rw_fail (err, RW_EINVAL, "%s: is an axis too", plan->axes[a].path);
        return rw_hint (err, "keep \"%s\" either at the top or in \"axes\"", plan->axes[a].path);
      }
  return RW_OK;
}

rw_status
rw_config_read (rw_plan *plan, rw_error *err)
{
  static const struct
  {
    const char *key;
    rw_status (*read) (rw_plan *plan, const cJSON *value, rw_error *err);
  } readers[] = { { "name", read_name },     { "seed", read_seed },     { "stack", read_stack },
                  { "length", read_length }, { "output", read_output }, { "metrics", read_metrics },
                  { "axes", rw_axes_read },  { "figures", NULL } };
  const cJSON *root = plan->parts->root;
  rw_status s = RW_OK;
  if (!cJSON_IsObject (root))
    return rw_fail (err, RW_EINVAL, "expected an object, got %s", rw_json_kind (root));
  for (const cJSON *c = root->child; c && !s; c = c->next)
    s = check_key (c, err);
  for (size_t i = 0; !s && readers[i].read; i++)
    s = readers[i].read (plan, rw_json_get (root, readers[i].key), err);
  return s ? s : check_both (plan, err);
}
