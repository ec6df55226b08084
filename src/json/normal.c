/* normal: the canonical text of a JSON value, and its hash: equal values give equal texts.  See
   json.h.  */
#include "base/mem.h"
#include "json/json.h"

#include <sha2.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static void
add_text (rw_text *out, const char *s)
{
  rw_text_add (out, "\"");
  for (; *s; s++)
    if (*s == '"' || *s == '\\')
      rw_text_addf (out, "\\%c", *s);
    else if ((unsigned char) *s < 0x20)
      rw_text_addf (out, "\\u%04x", *s);
    else
      rw_text_addn (out, s, 1);
  rw_text_add (out, "\"");
}

static int
by_key (const void *a, const void *b)
{
  const cJSON *const *x = a, *const *y = b;
  return strcmp ((*x)->string, (*y)->string);
}

static void
add_object (const cJSON *object, rw_text *out)
{
  const size_t n = (size_t) cJSON_GetArraySize (object);
  const cJSON **item = rw_new (n, sizeof *item);
  size_t i = 0;
  if (!item)
    {
      out->failed = true;
      return;
    }
  for (const cJSON *c = object->child; c; c = c->next)
    item[i++] = c;
  qsort (item, n, sizeof *item, by_key);
  rw_text_add (out, "{");
  for (i = 0; i < n; i++)
    {
      rw_text_add (out, i ? "," : "");
      add_text (out, item[i]->string);
      rw_text_add (out, ":");
      rw_json_normal (item[i], out);
    }
  rw_text_add (out, "}");
  rw_free (item);
}

void
rw_json_normal (const cJSON *value, rw_text *out)
{
  char number[32];
  if (cJSON_IsObject (value))
    add_object (value, out);
  else if (cJSON_IsArray (value))
    {
      rw_text_add (out, "[");
      for (const cJSON *c = value->child; c; c = c->next)
        {
          rw_json_normal (c, out);
          rw_text_add (out, c->next ? "," : "");
        }
      rw_text_add (out, "]");
    }
  else if (cJSON_IsString (value))
    add_text (out, value->valuestring);
  else if (cJSON_IsNumber (value)) /* + 0: -0 equals 0 and must read the same */
    rw_text_add (out, rw_number_text (value->valuedouble + 0.0, number));
  else
    rw_text_add (out, cJSON_IsTrue (value) ? "true" : cJSON_IsFalse (value) ? "false" : "null");
}

void
rw_json_sha256 (const char *text, size_t n, char hex[65])
{
  SHA256Data ((const uint8_t *) text, n, hex);
}
