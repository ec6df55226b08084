/* print: JSON for people and programs: indented, every double in the shortest decimal that reads
   back as itself (cJSON's own printing may lose the last bit).  See json.h.  */
#include "json/json.h"

#include <string.h>

enum
{
  INDENT = 2
};

static bool
is_flat (const cJSON *list)
{
  for (const cJSON *c = list->child; c; c = c->next)
    if (cJSON_IsObject (c) || cJSON_IsArray (c))
      return false;
  return true;
}

static void
new_line (rw_text *out, int depth)
{
  rw_text_addf (out, "\n%*s", INDENT * depth, "");
}

static void
print_text (const char *s, rw_text *out)
{
  const cJSON text = { .type = cJSON_String, .valuestring = (char *) s };
  rw_json_normal (&text, out);
}

static void
print (const cJSON *value, int depth, rw_text *out)
{
  const bool object = cJSON_IsObject (value);
  if (!object && !cJSON_IsArray (value))
    {
      rw_json_normal (value, out);
      return;
    }
  const bool flat = !value->child || (!object && is_flat (value)); /* lists stay on one line */
  rw_text_add (out, object ? "{" : "[");
  for (const cJSON *c = value->child; c; c = c->next)
    {
      if (!flat)
        new_line (out, depth + 1);
      if (object)
        {
          print_text (c->string, out);
          rw_text_add (out, ": ");
        }
      print (c, depth + 1, out);
      if (c->next)
        rw_text_add (out, flat ? ", " : ",");
    }
  if (!flat)
    new_line (out, depth);
  rw_text_add (out, object ? "}" : "]");
}

void
rw_json_print (const cJSON *value, rw_text *out)
{
  print (value, 0, out);
  rw_text_add (out, "\n");
}
