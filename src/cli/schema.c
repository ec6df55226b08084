/* schema: prints the JSON Schema of sweep configs.  */
#include "config.h"

#include "base/mem.h"
#include "cli/door.h"
#include "plan/schema.h"

#include <stdio.h>

static const struct argp argp
    = { .parser = door_parse,
        .children = door_children,
        .doc = "Prints the JSON Schema (draft 2020-12) of sweep configs, made from the parameter "
               "tables of all modules, plug-ins included.\v"
               "Example:\n  ropewalk schema > ropewalk.schema.json\n" };

int
door_schema (int argc, char **argv)
{
  door_common common = { 0 };
  rw_error err = { 0 };
  char *text = NULL;
  argp_parse (&argp, argc, argv, 0, NULL, &common);
  if (rw_schema_write (&text, &err))
    return door_fail (argv[0], &err);
  puts (text);
  rw_free (text);
  return door_close (argv[0], 0);
}
