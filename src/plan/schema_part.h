/* schema_part: the schema's pieces that come from parameter tables.  Private to src/plan.

   A parameter becomes a JSON Schema with its type, range, choices, default and sentence, and a
   module an object of them.  Objects returned are the caller's; NULL or short of members where
   memory is.  */
#ifndef RW_PLAN_SCHEMA_PART_H
#define RW_PLAN_SCHEMA_PART_H

#include "base/module.h"

#include <cjson/cJSON.h>

/* A value of the parameter: type, range, choices, default, description.  */
cJSON *rw_schema_param (const rw_param *p);
/* One value of an axis over the parameter: type and choices only, for modules may differ.  */
cJSON *rw_schema_swept (const rw_param *p);
/* Adds to `defs` one definition a module, and one called `name` that any block of the kind is.  */
void rw_schema_kind (cJSON *defs, const rw_kind *kind, const char *name);

#endif
