/* about: version, build, libraries, kernels.  */
#include "cli/door.h"
#include "lab/provenance.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>

static const struct argp argp
    = { .parser = door_parse,
        .children = door_children,
        .doc = "Prints version, build, libraries and kernels.\vExample:\n  ropewalk about --json" };

int
door_about (int argc, char **argv)
{
  door_common common = { 0 };
  rw_fact facts[RW_FACTS];
  argp_parse (&argp, argc, argv, 0, NULL, &common);
  rw_provenance (facts);
  cJSON *object = cJSON_CreateObject ();
  for (size_t i = 0; i < RW_FACTS; i++)
    if (common.json)
      cJSON_AddStringToObject (object, facts[i].key, facts[i].value);
    else
      printf ("%-11s %s\n", facts[i].key, facts[i].value);
  if (common.json)
    {
      char *text = cJSON_Print (object);
      puts (text ? text : "{}");
      free (text);
    }
  cJSON_Delete (object);
  return door_close (argv[0], 0);
}
