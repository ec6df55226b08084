/* block_write: module objects as JSON blocks; see block.h.  */
#include "json/block.h"

#include <math.h>

static cJSON *
write_value (const rw_value *v, const rw_kind *kind, bool given_only)
{
  switch (v->kind)
    {
    case RW_VALUE_NUMBER:
      return cJSON_CreateNumber (v->number);
    case RW_VALUE_BOOL:
      return cJSON_CreateBool (v->number != 0);
    case RW_VALUE_TEXT:
      return cJSON_CreateString (v->text);
    case RW_VALUE_NUMBERS:
      return cJSON_CreateDoubleArray (v->numbers, (int) v->n);
    case RW_VALUE_OBJECT:
      return rw_block_write (v->object, kind, given_only);
    case RW_VALUE_NULL:
      break;
    }
  return NULL;
}

cJSON *
rw_block_write (const rw_object *object, const rw_kind *kind, bool given_only)
{
  cJSON *block = cJSON_CreateObject ();
  const rw_param *p;
  cJSON_AddStringToObject (block, kind->key, object->module->name);
  for (size_t i = 0; (p = rw_module_param (object->module, i)); i++)
    {
      const rw_value v = rw_param_get (p, object->self);
      cJSON *item = NULL;
      const bool given = object->given >> i & 1;
      if (!given_only || given)
        item = write_value (&v, p->kind, given_only);
      if (!item && given && p->nullable)
        item = cJSON_CreateNull (); /* "work it out" was the answer */
      if (item)
        cJSON_AddItemToObject (block, p->name, item);
    }
  if (object->label)
    cJSON_AddStringToObject (block, "label", object->label);
  return block;
}

void
rw_block_add_default (cJSON *o, const rw_param *p)
{
  if (p->required || isnan (p->value))
    return;
  if (p->type == RW_REAL || p->type == RW_INT)
    cJSON_AddNumberToObject (o, "default", p->value);
  else if (p->type == RW_BOOL)
    cJSON_AddBoolToObject (o, "default", p->value != 0);
  else if (p->type == RW_CHOICE)
    cJSON_AddStringToObject (o, "default", p->choices[(size_t) p->value]);
}
