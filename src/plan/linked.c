/* linked: linked axes written by columns, "a,b": [[a0, a1, a2], [b0, b1, b2]], turned into tuples.

   Only what cannot be tuples is turned: as many inner lists as names, all of one length, and that
   length another than the number of names; or a square whose lists are each of one type and not
   all of the same, as [["linear", "yarn"], [4096, 8192]].  A square of numbers stays tuples.  */
#include "plan/parts.h"

#include <string.h>

static size_t
count (const cJSON *list)
{
  size_t n = 0;
  for (const cJSON *c = list->child; c; c = c->next)
    n++;
  return n;
}

/* Names and blocks are one type here: a schedule may be written either way.  */
static int
type_of (const cJSON *item)
{
  return cJSON_IsNumber (item) ? 0 : cJSON_IsBool (item) ? 1 : 2;
}

static bool
of_one_type (const cJSON *list)
{
  for (const cJSON *c = list->child; c; c = c->next)
    if (type_of (c) != type_of (list->child))
      return false;
  return true;
}

static bool
is_by_columns (const cJSON *value, size_t names)
{
  if (!cJSON_IsArray (value) || count (value) != names)
    return false;
  const size_t n = cJSON_IsArray (value->child) ? count (value->child) : 0;
  bool differ = false;
  for (const cJSON *c = value->child; c; c = c->next)
    {
      if (!cJSON_IsArray (c) || !n || count (c) != n)
        return false;
      differ = differ || type_of (c->child) != type_of (value->child->child);
    }
  if (n != names)
    return true;
  for (const cJSON *c = value->child; c && differ; c = c->next)
    differ = of_one_type (c);
  return differ;
}

/* Moves the items of `columns` into new tuples; what is moved belongs to *out.  */
static rw_status
turn (cJSON *columns, cJSON **out, rw_error *err)
{
  cJSON *tuples = cJSON_CreateArray ();
  const size_t n = count (columns->child);
  bool ok = tuples != NULL;
  for (size_t k = 0; ok && k < n; k++)
    {
      cJSON *tuple = cJSON_CreateArray ();
      ok = tuple && cJSON_AddItemToArray (tuples, tuple);
      for (cJSON *c = columns->child; ok && c; c = c->next)
        ok = cJSON_AddItemToArray (tuple, cJSON_DetachItemFromArray (c, 0));
    }
  if (ok)
    {
      *out = tuples;
      return RW_OK;
    }
  cJSON_Delete (tuples);
  return rw_nomem (err, n * sizeof (cJSON));
}

rw_status
rw_linked_turn (cJSON *root, rw_error *err)
{
  cJSON *axes = cJSON_GetObjectItemCaseSensitive (root, "axes");
  for (cJSON *a = cJSON_IsObject (axes) ? axes->child : NULL; a; a = a->next)
    {
      size_t names = 1;
      for (const char *p = a->string; (p = strchr (p, ',')); p++)
        names++;
      if (names == 1 || !is_by_columns (a, names))
        continue;
      cJSON *tuples = NULL;
      rw_status s = turn (a, &tuples, err);
      if (s)
        return s;
      cJSON *old = a->child; /* the emptied columns */
      a->child = tuples->child;
      tuples->child = old;
      cJSON_Delete (tuples);
    }
  return RW_OK;
}
