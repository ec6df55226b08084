/* rope_block: the block of one rope, filtered to what the stack reads, as a schedule object.
   Private to src/stack.

   A stack ignores some keys that stand in a block and needs others; what it ignores must not move
   the frequencies here either, but is noted.  The object becomes the rope's, which frees it.  */
#ifndef RW_STACK_ROPE_BLOCK_H
#define RW_STACK_ROPE_BLOCK_H

#include "schedule/schedule.h"
#include "stack/rope_types.h"
#include "stack/ropes.h"

/* What the making of one rope carries along.  */
typedef struct rw_rope_maker
{
  const rw_config *c;
  const rw_shape *shape;
  const cJSON *block; /* NULL: plain */
  const char *path;
  bool own; /* the model's, not --rope's */
  bool nested;
  bool alpha; /* HunYuan's dynamic block with `alpha`: static NTK */
  const rw_module *module;
  const rw_hf_type *type; /* NULL for ropewalk's own schedules */
  rw_rope *out;
} rw_rope_maker;

/* Which module and type the block names.  */
rw_status rw_rope_block_type (rw_rope_maker *m);
/* Fills m->out->schedule and notes the keys used and ignored.  */
rw_status rw_rope_block_read (const rw_rope_maker *m);

/* ---- for `settle` ---- */

/* A number of the block, or of the schedule's parameter; NaN where there is none.  */
double rw_rope_block_number (const rw_rope_maker *m, const char *key);
double rw_rope_number (const rw_rope_maker *m, const char *name);
/* Sets a number of the schedule, as if the config had it.  */
rw_status rw_rope_set (const rw_rope_maker *m, const char *name, double x);
/* A warning that begins with the block's path.  */
void rw_rope_warn (const rw_rope_maker *m, const char *key, const char *format, ...)
    __attribute__ ((format (printf, 3, 4)));

#endif
