/* schema_part: parameter tables as JSON Schema; see schema_part.h.  */
#include "plan/schema_part.h"
#include "base/mem.h"
#include "json/block.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const type_names[]
    = { [RW_REAL] = "number", [RW_INT] = "integer", [RW_BOOL] = "boolean", [RW_CHOICE] = "string",
        [RW_TEXT] = "string", [RW_REALS] = "array", [RW_BLOCK] = NULL };

static void
add_bound (cJSON *o, const char *key, double x)
{
  if (isfinite (x))
    cJSON_AddNumberToObject (o, key, x);
}

static void
add_range (cJSON *o, const rw_range *r)
{
  if (!rw_range_given (r))
    return;
  add_bound (o, r->open_lo ? "exclusiveMinimum" : "minimum", r->lo);
  add_bound (o, r->open_hi ? "exclusiveMaximum" : "maximum", r->hi);
}

static void
add_choices (cJSON *o, const rw_param *p, bool null)
{
  cJSON *list = cJSON_AddArrayToObject (o, "enum");
  for (const char *const *c = p->choices; *c; c++)
    cJSON_AddItemToArray (list, cJSON_CreateString (*c));
  if (null)
    cJSON_AddItemToArray (list, cJSON_CreateNull ());
}

/* null means "not given", so it may stand wherever a parameter may be left out.  */
static void
add_type (cJSON *o, const char *type, bool null)
{
  const char *const both[] = { type, "null" };
  if (null)
    cJSON_AddItemToObject (o, "type", cJSON_CreateStringArray (both, 2));
  else
    cJSON_AddStringToObject (o, "type", type);
}

static void
definition_name (const char *noun, const char *name, char *buf, size_t size)
{
  snprintf (buf, size, "%s%s%s", noun, name ? "." : "", name ? name : "");
  for (char *c = buf; *c; c++)
    if (*c == ' ')
      *c = '_';
}

static cJSON *
reference (const char *noun, const char *name)
{
  char definition[128], path[160];
  definition_name (noun, name, definition, sizeof definition);
  snprintf (path, sizeof path, "#/$defs/%s", definition);
  cJSON *o = cJSON_CreateObject ();
  cJSON_AddStringToObject (o, "$ref", path);
  return o;
}

cJSON *
rw_schema_param (const rw_param *p)
{
  const bool null = !p->required || p->nullable;
  if (p->type == RW_BLOCK)
    return reference (p->kind->noun, NULL);
  cJSON *o = cJSON_CreateObject ();
  add_type (o, type_names[p->type], null);
  if (p->type == RW_CHOICE)
    add_choices (o, p, null);
  if (p->type == RW_REAL || p->type == RW_INT)
    add_range (o, &p->defined);
  if (p->type == RW_REALS)
    {
      cJSON *items = cJSON_AddObjectToObject (o, "items");
      cJSON_AddStringToObject (items, "type", "number");
      add_range (items, &p->defined);
    }
  rw_block_add_default (o, p);
  cJSON_AddStringToObject (o, "description", p->text);
  return o;
}

cJSON *
rw_schema_swept (const rw_param *p)
{
  cJSON *o = cJSON_CreateObject ();
  cJSON_AddStringToObject (o, "type", type_names[p->type]);
  if (p->type == RW_CHOICE)
    add_choices (o, p, false);
  return o;
}

/* ---- modules ---- */

static bool
is_schedule (const rw_kind *kind)
{
  return strcmp (kind->key, "rope_type") == 0;
}

/* The module's name and aliases.  */
static cJSON *
words_of (const rw_module *m)
{
  cJSON *list = cJSON_CreateArray ();
  cJSON_AddItemToArray (list, cJSON_CreateString (m->name));
  for (const char *const *a = m->aliases; a && *a; a++)
    cJSON_AddItemToArray (list, cJSON_CreateString (*a));
  return list;
}

static void
add_property (cJSON *properties, cJSON *names, const char *key, cJSON *value)
{
  cJSON_AddItemToObject (properties, key, value);
  cJSON_AddItemToArray (names, cJSON_CreateString (key));
}

static cJSON *
text_property (const char *description)
{
  cJSON *o = cJSON_CreateObject ();
  cJSON_AddStringToObject (o, "type", "string");
  cJSON_AddStringToObject (o, "description", description);
  return o;
}

static cJSON *
module_schema (const rw_kind *kind, const rw_module *m)
{
  cJSON *o = cJSON_CreateObject (), *names = cJSON_CreateArray ();
  char *description = rw_format ("%s. %s.", m->text, m->cite);
  cJSON_AddStringToObject (o, "title", m->name);
  cJSON_AddStringToObject (o, "description", description ? description : m->text);
  rw_free (description);
  cJSON *properties = cJSON_AddObjectToObject (o, "properties");
  add_property (properties, names, kind->key, text_property ("which module this is"));
  add_property (properties, names, "label",
                text_property ("what it is called in axes and figures"));
  if (is_schedule (kind))
    add_property (properties, names, "type", text_property ("older spelling of rope_type"));
  const rw_param *p;
  for (size_t i = 0; (p = rw_module_param (m, i)); i++)
    {
      add_property (properties, names, p->name, rw_schema_param (p));
      if (p->alias && !cJSON_GetObjectItemCaseSensitive (properties, p->alias))
        add_property (properties, names, p->alias, rw_schema_param (p));
    }
  cJSON *known = cJSON_CreateObject ();
  cJSON_AddItemToObject (known, "enum", names);
  if (!is_schedule (kind))
    cJSON_AddItemToObject (o, "propertyNames", known);
  else
    {
      cJSON *any = cJSON_AddArrayToObject (cJSON_AddObjectToObject (o, "propertyNames"), "anyOf");
      cJSON_AddItemToArray (any, known);
      cJSON_AddItemToArray (any, reference ("hf_keys", NULL));
    }
  return o;
}

/* {"properties": {KEY: {"enum": words}}, "required": [KEY]}.  */
static cJSON *
says (const char *key, const rw_module *m)
{
  cJSON *o = cJSON_CreateObject ();
  cJSON *property = cJSON_AddObjectToObject (cJSON_AddObjectToObject (o, "properties"), key);
  cJSON_AddItemToObject (property, "enum", words_of (m));
  cJSON_AddItemToObject (o, "required", cJSON_CreateStringArray (&key, 1));
  return o;
}

/* The block names this module, under either key of a schedule.  */
static cJSON *
condition (const rw_kind *kind, const rw_module *m)
{
  if (!is_schedule (kind))
    return says (kind->key, m);
  cJSON *o = cJSON_CreateObject (), *any = cJSON_AddArrayToObject (o, "anyOf");
  cJSON *older = says ("type", m);
  cJSON_AddItemToObject (cJSON_AddObjectToObject (older, "not"), "required",
                         cJSON_CreateStringArray (&kind->key, 1));
  cJSON_AddItemToArray (any, says (kind->key, m));
  cJSON_AddItemToArray (any, older);
  return o;
}

static cJSON *
block_schema (const rw_kind *kind)
{
  const rw_module *m;
  cJSON *o = cJSON_CreateObject ();
  cJSON_AddStringToObject (o, "type", "object");
  cJSON *any = cJSON_AddArrayToObject (o, "anyOf");
  for (size_t i = 0; (m = rw_kind_at (kind, i)); i++)
    {
      cJSON *one = condition (kind, m);
      cJSON *all = cJSON_AddArrayToObject (one, "allOf");
      cJSON_AddItemToArray (all, reference (kind->noun, m->name));
      cJSON_AddItemToArray (any, one);
    }
  return o;
}

/* Keys of Hugging Face's rope types are let pass in every schedule block, with a warning.  */
static void
add_hf_keys (cJSON *defs, const rw_kind *kind)
{
  const rw_module *m;
  const rw_param *p;
  cJSON *names = cJSON_CreateObject (); /* a set */
  for (size_t i = 0; (m = rw_kind_at (kind, i)); i++)
    for (size_t j = 0; (p = rw_module_param (m, j)); j++)
      if (rw_block_is_hf_key (p->name) && !cJSON_GetObjectItemCaseSensitive (names, p->name))
        cJSON_AddNullToObject (names, p->name);
  cJSON *list = cJSON_AddArrayToObject (cJSON_AddObjectToObject (defs, "hf_keys"), "enum");
  for (const cJSON *c = names->child; c; c = c->next)
    cJSON_AddItemToArray (list, cJSON_CreateString (c->string));
  cJSON_Delete (names);
}

void
rw_schema_kind (cJSON *defs, const rw_kind *kind, const char *name)
{
  const rw_module *m;
  char key[128];
  cJSON *words = cJSON_CreateArray ();
  for (size_t i = 0; (m = rw_kind_at (kind, i)); i++)
    {
      definition_name (kind->noun, m->name, key, sizeof key);
      cJSON_AddItemToObject (defs, key, module_schema (kind, m));
      cJSON_AddItemToArray (words, cJSON_CreateString (m->name));
      for (const char *const *a = m->aliases; a && *a; a++)
        cJSON_AddItemToArray (words, cJSON_CreateString (*a));
    }
  cJSON *o = cJSON_AddObjectToObject (defs, name);
  cJSON *any = cJSON_AddArrayToObject (o, "anyOf");
  if (!rw_kind_at (kind, 0)) /* an empty anyOf is no schema: nothing may stand here */
    {
      cJSON_Delete (words);
      cJSON_ReplaceItemInObjectCaseSensitive (defs, name, cJSON_CreateFalse ());
      return;
    }
  cJSON *bare = cJSON_CreateObject ();
  cJSON_AddItemToObject (bare, "enum", words);
  cJSON_AddItemToArray (any, bare);
  cJSON_AddItemToArray (any, block_schema (kind));
  if (is_schedule (kind))
    add_hf_keys (defs, kind);
}
