/* schema: the JSON Schema of sweep configs; see schema.h.  What does not come from a parameter
   table is written here as JSON; kinds and axes over parameters are added from the registries.  */
#include "plan/schema.h"
#include "base/mem.h"
#include "plan/schema_part.h"
#include "metric/metric.h"
#include "rule/rule.h"
#include "schedule/schedule.h"
#include "source/source.h"

#include <string.h>

/* Everything but modules.  One apostrophe stands for a double quote.  */
static const char *const frame
    = "{'$schema': 'https://json-schema.org/draft/2020-12/schema',"
      "'title': 'ropewalk sweep config', 'type': 'object', 'additionalProperties': false,"
      "'anyOf': [{'required': ['model']},"
      "  {'required': ['axes'], 'properties': {'axes':" /* or some axis key names model */
      "    {'not': {'propertyNames': {'not': {'pattern': '(^|,) *model *(,|$)'}}}}}}],"
      "'properties': {"
      "'$schema': {'type': 'string'},"
      "'name': {'type': 'string', 'pattern': '^[^/.-][^/]*$',"
      "  'description': 'what the sweep is called; the result is NAME.h5'},"
      "'seed': {'type': 'integer', 'minimum': 0, 'maximum': 9007199254740991, 'default': 0,"
      "  'description': 'of every random stream'},"
      "'stack': {'type': 'string', 'default': 'exact',"
      "  'description': 'which serving stack reads the model (ropewalk list stacks)'},"
      "'model': {'$ref': '#/$defs/model'},"
      "'schedule': {'$ref': '#/$defs/schedules'},"
      "'length': {'type': 'integer', 'minimum': 1, 'maximum': 1099511627776,"
      "  'description': 'tokens in the sequence; left out: the length the model was trained on'},"
      "'axes': {'type': 'object', 'additionalProperties': false, 'properties': {},"
      "  'patternProperties': {',': {'type': 'array', 'minItems': 1,"
      "    'items': {'type': 'array', 'minItems': 2}}},"
      "  'description': 'what varies: a product of axes, in this order, the last one fastest'},"
      "'source': {'anyOf': [{'type': 'null'}, {'$ref': '#/$defs/source'}]},"
      "'rule': {'anyOf': [{'type': 'null'}, {'$ref': '#/$defs/rule'}]},"
      "'query_scale': {'anyOf': [{'type': 'null'}, {'$ref': '#/$defs/query_scale'}]},"
      "'bias': {'anyOf': [{'type': 'null'}, {'$ref': '#/$defs/bias'}]},"
      "'metrics': {'type': 'array', 'uniqueItems': true, 'items': {'$ref': '#/$defs/metric'},"
      "  'description': 'what is measured on every point'},"
      "'distances': {'$ref': '#/$defs/grid'}, 'positions': {'$ref': '#/$defs/grid'},"
      "'figures': {'type': 'array', 'maxItems': 64, 'items': {'$ref': '#/$defs/figure'}},"
      "'output': {'type': 'string', 'minLength': 1, 'description': 'path of the result'}},"
      "'$defs': {"
      "'form': {'type': 'object', 'additionalProperties': false, 'minProperties': 1,"
      "  'maxProperties': 1, 'properties': {"
      "  'linspace': {'$ref': '#/$defs/three'}, 'geom': {'$ref': '#/$defs/three'},"
      "  'range': {'$ref': '#/$defs/three'}, 'log2': {'type': 'array', 'minItems': 2,"
      "    'maxItems': 3, 'items': {'type': 'number'}}}},"
      "'three': {'type': 'array', 'minItems': 3, 'maxItems': 3, 'items': {'type': 'number'}},"
      "'numbers': {'anyOf': [{'$ref': '#/$defs/form'}, {'type': 'array', 'minItems': 1,"
      "  'items': {'type': 'number'}}]},"
      "'grid': {'anyOf': [{'const': 'all'}, {'$ref': '#/$defs/form'}, {'type': 'array',"
      "  'minItems': 1, 'items': {'type': 'integer', 'minimum': 0}}]},"
      "'model': {'anyOf': [{'type': 'string', 'minLength': 1}, {'type': 'object', 'properties': {"
      "  'name': {'type': 'string'},"
      "  'head_dim': {'type': 'integer', 'minimum': 2}, 'rope_theta': {'type': 'number',"
      "  'exclusiveMinimum': 0}, 'original_length': {'type': 'number', 'minimum': 1},"
      "  'rotary_dim': {'type': 'integer', 'minimum': 2}, 'partial_rotary_factor':"
      "  {'type': 'number', 'exclusiveMinimum': 0, 'maximum': 1},"
      "  'layout': {'enum': ['half', 'interleaved']}, 'rope': {'$ref': '#/$defs/schedules'},"
      "  'layers': {'type': 'array'}}}],"
      "  'description': 'a preset (ropewalk list models), a path, or the geometry itself; Hugging"
      " Face spellings are accepted'},"
      "'schedules': {'anyOf': [{'$ref': '#/$defs/schedule'}, {'type': 'object',"
      "  'minProperties': 1, 'propertyNames': {'not': {'enum': ['rope_type', 'type', 'label']}},"
      "  'additionalProperties': {'$ref': '#/$defs/schedule'}}],"
      "  'description': 'a block of one rope, or blocks by layer type'},"
      "'words': {'anyOf': [{'type': 'string'}, {'type': 'array', 'maxItems': 2,"
      "  'items': {'type': 'string'}}]},"
      "'figure': {'type': 'object', 'additionalProperties': false, 'required': ['field'],"
      "  'properties': {'name': {'type': 'string', 'pattern': '^[A-Za-z0-9_][A-Za-z0-9_.-]*$'},"
      "  'field': {'type': 'string'}, 'x': {'type': 'string'}, 'lines': {'type': 'string'},"
      "  'panels': {'$ref': '#/$defs/words'}, 'title': {'type': 'string'},"
      "  'at': {'type': 'object', 'additionalProperties': {'type': ['number', 'string', 'boolean']}}"
      "}}}}";

/* The axes that are not KIND.PARAM.  */
static const char *const plain_axes
    = "{'schedule': {'type': 'array', 'minItems': 1, 'items': {'$ref': '#/$defs/schedules'}},"
      "'length': {'anyOf': [{'$ref': '#/$defs/form'}, {'type': 'array', 'minItems': 1,"
      "  'items': {'type': 'integer', 'minimum': 1}}]},"
      "'model': {'type': 'array', 'minItems': 1, 'items': {'$ref': '#/$defs/model'}},"
      "'stack': {'type': 'array', 'minItems': 1, 'items': {'type': 'string'}},"
      "'layer_type': {'type': 'array', 'minItems': 1, 'items': {'type': 'string'}},"
      "'layer': {'$ref': '#/$defs/numbers'}, 'head': {'$ref': '#/$defs/numbers'},"
      "'source': {'type': 'array', 'minItems': 1, 'items': {'anyOf': [{'type': 'null'},"
      "  {'$ref': '#/$defs/source'}]}},"
      "'rule': {'type': 'array', 'minItems': 1, 'items': {'anyOf': [{'type': 'null'},"
      "  {'$ref': '#/$defs/rule'}]}},"
      "'query_scale': {'type': 'array', 'minItems': 1, 'items': {'anyOf': [{'type': 'null'},"
      "  {'$ref': '#/$defs/query_scale'}]}},"
      "'bias': {'type': 'array', 'minItems': 1, 'items': {'anyOf': [{'type': 'null'},"
      "  {'$ref': '#/$defs/bias'}]}}}";

/* Reads JSON that is written with apostrophes.  */
static cJSON *
parse (const char *quoted)
{
  char *text = rw_strdup (quoted);
  for (char *c = text; c && *c; c++)
    if (*c == '\'')
      *c = '"';
  cJSON *tree = text ? cJSON_Parse (text) : NULL;
  rw_free (text);
  return tree;
}

/* A list of such values, or a form where they are numbers.  */
static cJSON *
axis_schema (const rw_param *p)
{
  cJSON *o = cJSON_CreateObject (), *list = cJSON_CreateObject ();
  cJSON *any = cJSON_AddArrayToObject (o, "anyOf");
  cJSON_AddStringToObject (list, "type", "array");
  cJSON_AddNumberToObject (list, "minItems", 1);
  cJSON_AddItemToObject (list, "items", rw_schema_swept (p));
  cJSON_AddItemToArray (any, list);
  if (p->type == RW_REAL || p->type == RW_INT)
    {
      cJSON *form = cJSON_CreateObject ();
      cJSON_AddStringToObject (form, "$ref", "#/$defs/form");
      cJSON_AddItemToArray (any, form);
    }
  cJSON_AddStringToObject (o, "description", p->text);
  return o;
}

/* KIND.PARAM of one module.  Where modules share a name but not a type, either will do.  */
static void
add_axes (cJSON *axes, const char *kind, const rw_module *m)
{
  const rw_param *p;
  for (size_t i = 0; (p = rw_module_param (m, i)); i++)
    for (int alias = 0; alias < 2; alias++)
      {
        const char *word = alias ? p->alias : p->name;
        if (!word || p->type == RW_REALS || p->type == RW_BLOCK)
          continue;
        char *key = rw_format ("%s.%s", kind, word);
        if (!key)
          return;
        cJSON *old = cJSON_GetObjectItemCaseSensitive (axes, key), *new = axis_schema (p);
        if (!old)
          cJSON_AddItemToObject (axes, key, new);
        else
          {
            cJSON *any = cJSON_GetObjectItemCaseSensitive (old, "anyOf");
            cJSON *list
                = cJSON_DetachItemFromArray (cJSON_GetObjectItemCaseSensitive (new, "anyOf"), 0);
            if (cJSON_Compare (any->child, list, true))
              cJSON_Delete (list);
            else
              cJSON_AddItemToArray (any, list);
            cJSON_Delete (new);
          }
        rw_free (key);
      }
}

rw_status
rw_schema_write (char **out, rw_error *err)
{
  static const struct
  {
    const char *name; /* of the definition, and of KIND in KIND.PARAM */
    const rw_kind *kind;
  } kinds[] = { { "schedule", &rw_schedules }, { "source", &rw_sources },
                { "rule", &rw_rules },         { "query_scale", &rw_query_scales },
                { "bias", &rw_biases },        { "metric", &rw_metrics } };
  cJSON *tree = parse (frame), *axes = parse (plain_axes);
  cJSON *defs = cJSON_GetObjectItemCaseSensitive (tree, "$defs");
  for (size_t k = 0; tree && axes && k < sizeof kinds / sizeof *kinds; k++)
    {
      const rw_module *m;
      rw_schema_kind (defs, kinds[k].kind, kinds[k].name);
      for (size_t i = 0; (m = rw_kind_at (kinds[k].kind, i)); i++)
        add_axes (axes, kinds[k].kind == &rw_metrics ? m->name : kinds[k].name, m);
    }
  cJSON *place = cJSON_GetObjectItemCaseSensitive (
      cJSON_GetObjectItemCaseSensitive (tree, "properties"), "axes");
  if (!place || !axes || !cJSON_ReplaceItemInObjectCaseSensitive (place, "properties", axes))
    cJSON_Delete (axes);
  char *text = tree ? cJSON_Print (tree) : NULL;
  *out = rw_strdup (text);
  cJSON_free (text);
  cJSON_Delete (tree);
  return *out ? RW_OK : rw_nomem (err, sizeof (cJSON));
}
