/* list_module: a module's table for people and for programs; see list_module.h.  */
#include "cli/list_module.h"
#include "base/text.h"
#include "json/block.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- JSON ---- */

static void
add_range (cJSON *o, const char *key, const rw_range *r)
{
  char text[96];
  if (!rw_range_given (r))
    return;
  cJSON *range = cJSON_AddObjectToObject (o, key);
  if (isfinite (r->lo))
    cJSON_AddNumberToObject (range, r->open_lo ? "above" : "from", r->lo);
  if (isfinite (r->hi))
    cJSON_AddNumberToObject (range, r->open_hi ? "below" : "to", r->hi);
  cJSON_AddStringToObject (range, "text", rw_range_text (r, text, sizeof text));
}

static cJSON *
param_object (const rw_param *p)
{
  cJSON *o = cJSON_CreateObject ();
  cJSON_AddStringToObject (o, "name", p->name);
  if (p->alias)
    cJSON_AddStringToObject (o, "alias", p->alias);
  cJSON_AddStringToObject (o, "type", p->type == RW_BLOCK ? p->kind->noun : rw_type_text (p->type));
  cJSON_AddBoolToObject (o, "required", p->required);
  rw_block_add_default (o, p);
  add_range (o, "defined", &p->defined);
  add_range (o, "sensible", &p->sensible);
  if (p->type == RW_CHOICE)
    {
      cJSON *choices = cJSON_AddArrayToObject (o, "choices");
      for (const char *const *c = p->choices; *c; c++)
        cJSON_AddItemToArray (choices, cJSON_CreateString (*c));
    }
  if (p->unit)
    cJSON_AddStringToObject (o, "unit", p->unit);
  cJSON_AddStringToObject (o, "text", p->text);
  return o;
}

static cJSON *
field_object (const rw_field *f)
{
  cJSON *o = cJSON_CreateObject ();
  cJSON_AddStringToObject (o, "name", f->name);
  cJSON *dims = cJSON_AddArrayToObject (o, "dims");
  for (size_t d = 0; d < RW_FIELD_DIMS && f->dims[d]; d++)
    cJSON_AddItemToArray (dims, cJSON_CreateString (f->dims[d]));
  if (f->unit)
    cJSON_AddStringToObject (o, "units", f->unit);
  if (f->long_name)
    cJSON_AddStringToObject (o, "long_name", f->long_name);
  if (f->kind)
    cJSON_AddStringToObject (o, "kind", f->kind);
  if (f->cite)
    cJSON_AddStringToObject (o, "cite", f->cite);
  cJSON_AddBoolToObject (o, "optional", f->wanted != NULL);
  return o;
}

cJSON *
list_module_object (const rw_module *m, const rw_field *fields)
{
  const rw_param *p;
  cJSON *o = cJSON_CreateObject ();
  cJSON_AddStringToObject (o, "name", m->name);
  cJSON *aliases = cJSON_AddArrayToObject (o, "aliases");
  for (const char *const *a = m->aliases; a && *a; a++)
    cJSON_AddItemToArray (aliases, cJSON_CreateString (*a));
  cJSON_AddStringToObject (o, "text", m->text);
  cJSON_AddStringToObject (o, "cite", m->cite);
  cJSON *params = cJSON_AddArrayToObject (o, "parameters");
  for (size_t i = 0; (p = rw_module_param (m, i)); i++)
    cJSON_AddItemToArray (params, param_object (p));
  cJSON *list = fields ? cJSON_AddArrayToObject (o, "fields") : NULL;
  for (const rw_field *f = fields; f && f->name; f++)
    cJSON_AddItemToArray (list, field_object (f));
  return o;
}

/* ---- text ---- */

static void
print_default (const rw_param *p)
{
  char number[32];
  if (p->required)
    printf (p->nullable ? "required (or null)" : "required");
  else if (isnan (p->value) || p->type == RW_TEXT || p->type == RW_REALS || p->type == RW_BLOCK)
    printf ("optional");
  else if (p->type == RW_CHOICE)
    printf ("default %s", p->choices[(size_t) p->value]);
  else if (p->type == RW_BOOL)
    printf ("default %s", p->value != 0 ? "true" : "false");
  else
    printf ("default %s", rw_number_text (p->value, number));
}

void
list_param_print (const rw_param *p)
{
  char range[96];
  printf ("  %-22s %s", p->name, p->type == RW_BLOCK ? p->kind->noun : "");
  if (p->type == RW_CHOICE)
    for (const char *const *c = p->choices; *c; c++)
      printf ("%s%s", c == p->choices ? "" : "|", *c);
  else if (p->type != RW_BLOCK)
    printf ("%s", rw_type_text (p->type));
  if (rw_range_given (&p->defined))
    printf (" %s", rw_range_text (&p->defined, range, sizeof range));
  if (rw_range_given (&p->sensible))
    printf (" (expected %s)", rw_range_text (&p->sensible, range, sizeof range));
  printf (", ");
  print_default (p);
  printf (": %s", p->text);
  if (p->unit)
    printf (" [%s]", p->unit);
  if (p->alias)
    printf ("; also '%s'", p->alias);
  puts ("");
}

void
list_module_print (const rw_module *m, const rw_field *fields, bool brief)
{
  printf ("%s%-14s %s\n", brief ? "  " : "", m->name, m->text);
  if (brief)
    return;
  for (const char *const *a = m->aliases; a && *a; a++)
    printf ("%s%s%s", a == m->aliases ? "  also called " : ", ", *a, a[1] ? "" : "\n");
  printf ("  %s\n", m->cite);
  for (const rw_param *p = m->params; p && p->name; p++)
    list_param_print (p);
  for (const rw_field *f = fields; f && f->name; f++)
    {
      printf ("  > %s", f->name);
      for (size_t d = 0; d < RW_FIELD_DIMS && f->dims[d]; d++)
        printf ("%s%s%s", d ? "," : " [", f->dims[d],
                d + 1 == RW_FIELD_DIMS || !f->dims[d + 1] ? "]" : "");
      printf (": %s%s%s\n", f->long_name ? f->long_name : "", f->kind ? ", " : "",
              f->kind ? f->kind : "");
    }
}
