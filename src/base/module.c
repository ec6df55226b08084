/* module: registries and module objects; see module.h.  */
#include "base/module.h"
#include "base/mem.h"
#include "base/text.h"

#include <string.h>

const rw_module *
rw_kind_at (const rw_kind *kind, size_t i)
{
  for (const rw_module *const *m = kind->builtin; *m; m++)
    if (i-- == 0)
      return *m;
  return i < kind->n_added ? kind->added[i] : NULL;
}

static bool
answers_to (const rw_module *m, const char *name)
{
  if (strcmp (m->name, name) == 0)
    return true;
  for (const char *const *a = m->aliases; a && *a; a++)
    if (strcmp (*a, name) == 0)
      return true;
  return false;
}

static const char *
module_name (size_t i, const void *data)
{
  const rw_module *m = rw_kind_at (data, i);
  return m ? m->name : NULL;
}

rw_status
rw_kind_find (const rw_kind *kind, const char *name, const rw_module **out, rw_error *err)
{
  const rw_module *m;
  for (size_t i = 0; (m = rw_kind_at (kind, i)); i++)
    if (answers_to (m, name))
      {
        *out = m;
        return RW_OK;
      }
  rw_text known = { 0 };
  char near[96];
  for (size_t i = 0; (m = rw_kind_at (kind, i)); i++)
    rw_text_addf (&known, "%s%s", i ? ", " : "", m->name);
  rw_fail (err, RW_EINVAL, "unknown %s '%s'; known: %s%s", kind->noun, name,
           known.n ? rw_text_get (&known) : "none",
           rw_did_you_mean (near, sizeof near, name, module_name, kind));
  rw_text_free (&known);
  return RW_EINVAL;
}

rw_status
rw_kind_add (rw_kind *kind, const rw_module *module, rw_error *err)
{
  if (!module->name || !module->name[0] || !module->text || !module->cite)
    return rw_fail (err, RW_EINVAL, "a %s needs a name, a text and a cite", kind->noun);
  for (size_t i = 0; rw_kind_at (kind, i); i++)
    if (answers_to (rw_kind_at (kind, i), module->name))
      return rw_fail (err, RW_EINVAL, "%s '%s' is there already", kind->noun, module->name);
  size_t n = 0;
  while (n <= RW_PARAMS_MAX && rw_module_param (module, n))
    n++;
  if (n > RW_PARAMS_MAX)
    return rw_fail (err, RW_EINVAL, "%s '%s': more than %d parameters, or a table without end",
                    kind->noun, module->name, RW_PARAMS_MAX);
  if (kind->n_added == RW_ADDED_MAX)
    return rw_fail (err, RW_EINVAL, "%s '%s': at most %d can be added", kind->noun, module->name,
                    RW_ADDED_MAX);
  kind->added[kind->n_added++] = module;
  return RW_OK;
}

/* A module that declares a shared name of its own answers for it alone.  */
static bool
is_shadowed (const rw_module *module, const char *name)
{
  for (const rw_param *p = module->params; p && p->name; p++)
    if (strcmp (p->name, name) == 0)
      return true;
  return false;
}

const rw_param *
rw_module_param (const rw_module *module, size_t i)
{
  for (const rw_param *p = module->params; p && p->name; p++)
    if (i-- == 0)
      return p;
  for (const rw_param *p = module->shared; p && p->name; p++)
    if (!is_shadowed (module, p->name) && i-- == 0)
      return p;
  return NULL;
}

const rw_param *
rw_module_find (const rw_module *module, const char *name, size_t *index)
{
  const rw_param *p;
  for (size_t i = 0; (p = rw_module_param (module, i)); i++)
    if (strcmp (p->name, name) == 0 || (p->alias && strcmp (p->alias, name) == 0))
      {
        if (index)
          *index = i;
        return p;
      }
  return NULL;
}

rw_status
rw_object_new (const rw_module *module, rw_object **out, rw_error *err)
{
  rw_object *o = rw_new (1, sizeof *o);
  if (!o || !(o->self = rw_new (1, module->size)))
    {
      rw_free (o);
      return rw_nomem (err, module->size);
    }
  o->module = module;
  for (const rw_param *p = module->params; p && p->name; p++)
    rw_param_default (p, o->self);
  /* Also the shadowed ones: the members are there, and stay "not given".  */
  for (const rw_param *p = module->shared; p && p->name; p++)
    rw_param_default (p, o->self);
  *out = o;
  return RW_OK;
}

rw_status
rw_object_copy (const rw_object *from, rw_object **out, rw_error *err)
{
  rw_object *o = NULL;
  rw_status s = rw_object_new (from->module, &o, err);
  const rw_param *p;
  for (size_t i = 0; !s && (p = rw_module_param (from->module, i)); i++)
    {
      const rw_value v = rw_param_get (p, from->self);
      if (v.kind != RW_VALUE_NULL)
        s = rw_param_set (p, o->self, &v, NULL, err);
    }
  if (!s && from->label && !(o->label = rw_strdup (from->label)))
    s = rw_nomem (err, strlen (from->label));
  if (s)
    {
      rw_object_free (o);
      return s;
    }
  o->given = from->given;
  *out = o;
  return RW_OK;
}

void
rw_object_free (rw_object *object)
{
  if (!object)
    return;
  const rw_param *p;
  for (size_t i = 0; (p = rw_module_param (object->module, i)); i++)
    rw_param_clear (p, object->self);
  rw_free (object->self);
  rw_free (object->label);
  rw_free (object);
}

static bool
same_value (const rw_value *a, const rw_value *b)
{
  if (a->kind != b->kind)
    return false;
  switch (a->kind)
    {
    case RW_VALUE_BOOL:
    case RW_VALUE_NUMBER:
      return a->number == b->number;
    case RW_VALUE_TEXT:
      return strcmp (a->text, b->text) == 0;
    case RW_VALUE_NUMBERS:
      return a->n == b->n && memcmp (a->numbers, b->numbers, a->n * sizeof *a->numbers) == 0;
    case RW_VALUE_OBJECT:
      return rw_object_same (a->object, b->object);
    default:
      return true;
    }
}

bool
rw_object_same (const rw_object *a, const rw_object *b)
{
  const rw_param *p;
  bool same = a == b || (a && b && a->module == b->module);
  for (size_t i = 0; same && a != b && (p = rw_module_param (a->module, i)); i++)
    {
      const rw_value x = rw_param_get (p, a->self), y = rw_param_get (p, b->self);
      same = same_value (&x, &y);
    }
  return same;
}

static const char *
param_name (size_t i, const void *data)
{
  const rw_param *p = rw_module_param (data, i);
  return p ? p->name : NULL;
}

rw_status
rw_object_set (rw_object *object, const char *name, const rw_value *value, rw_notes *notes,
               rw_error *err)
{
  size_t i = 0;
  const rw_param *p = rw_module_find (object->module, name, &i);
  if (!p)
    {
      rw_text known = { 0 };
      char near[96];
      const char *s;
      for (size_t k = 0; (s = param_name (k, object->module)); k++)
        rw_text_addf (&known, "%s%s", k ? ", " : "", s);
      rw_fail (err, RW_EINVAL, "%s: not a parameter of '%s'; known: %s%s", name,
               object->module->name, known.n ? rw_text_get (&known) : "none",
               rw_did_you_mean (near, sizeof near, name, param_name, object->module));
      rw_text_free (&known);
      return RW_EINVAL;
    }
  rw_status s = rw_param_set (p, object->self, value, notes, err);
  if (!s && (value->kind != RW_VALUE_NULL || p->nullable))
    object->given |= (uint64_t) 1 << i;
  return s;
}

bool
rw_object_given (const rw_object *object, const char *name)
{
  size_t i = 0;
  return rw_module_find (object->module, name, &i) && (object->given >> i & 1);
}

rw_status
rw_object_check (const rw_object *object, const char *where, rw_error *err)
{
  const rw_param *p;
  for (size_t i = 0; (p = rw_module_param (object->module, i)); i++)
    if (p->required && !(object->given >> i & 1))
      {
        rw_fail (err, RW_EINVAL, "%s%s%s: '%s' needs it", where, *where ? "." : "", p->name,
                 object->module->name);
        return rw_hint (err, "add \"%s\": %s", p->name, p->text);
      }
  return RW_OK;
}
