/* golden_help: reads tests/golden/NAME.json, the numbers that the peers' own code computed.  */
#ifndef RW_TESTS_GOLDEN_HELP_H
#define RW_TESTS_GOLDEN_HELP_H

#include "tap.h"

#include <cjson/cJSON.h>

/* NULL where the file is not there or no JSON: a test counts the cases it judged, and so fails.  */
static cJSON *
read_golden (const char *name)
{
  const char *top = getenv ("top_srcdir");
  char path[4096];
  snprintf (path, sizeof path, "%s/tests/golden/%s", top ? top : ".", name);
  FILE *file = fopen (path, "rb");
  if (!file)
    return NULL;
  static char text[1 << 20];
  const size_t n = fread (text, 1, sizeof text - 1, file);
  fclose (file);
  text[n] = 0;
  return cJSON_Parse (text);
}

__attribute__ ((unused)) static const char *
text_of (const cJSON *object, const char *key)
{
  return cJSON_GetStringValue (cJSON_GetObjectItem (object, key));
}

__attribute__ ((unused)) static double
number_of (const cJSON *object, const char *key)
{
  return cJSON_GetObjectItem (object, key)->valuedouble;
}

__attribute__ ((unused)) static double
item_of (const cJSON *object, const char *key, size_t i)
{
  return cJSON_GetArrayItem (cJSON_GetObjectItem (object, key), (int) i)->valuedouble;
}

#endif
