/* source: where q and k come from (synthetic, captured, a model).

   A source fills the q/k part of an rw_input from the random stream keyed by the group index, so
   that all schedules of a group see the same data.  No source is registered yet: the closed-form
   metrics need none.  One file a source, its name in modules.am.  */
#ifndef RW_SOURCE_SOURCE_H
#define RW_SOURCE_SOURCE_H

#include "base/module.h"

typedef struct
{
  rw_module as;
} rw_source;

extern rw_kind rw_sources; /* "name" */

#endif
