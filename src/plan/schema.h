/* schema: the JSON Schema (draft 2020-12) of sweep configs, made from the parameter tables of every
   registered module, plug-ins included.  Editors complete and check configs with it; the reader
   itself checks more (values against models, axes against each other).  */
#ifndef RW_PLAN_SCHEMA_H
#define RW_PLAN_SCHEMA_H

#include "base/module.h"

/* The schema's text; the caller frees it with rw_free.  */
rw_status rw_schema_write (char **out, rw_error *err);

#endif
