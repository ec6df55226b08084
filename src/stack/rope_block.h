/* rope_block: the block of one rope, filtered to what the stack reads, as a schedule object.
   Private to src/stack.

   A stack ignores some keys that stand in a block and needs others; what it ignores must not move
   the frequencies here either, but is noted.  The object becomes the rope's, which frees it.  */
#ifndef RW_STACK_ROPE_BLOCK_H
#define RW_STACK_ROPE_BLOCK_H

#include "schedule/schedule.h"
#include "stack/ropes.h"

/* transformers 5, modeling_rope_utils.py: what each type must have and may have beside rope_type,
   rope_theta, partial_rotary_factor and original_max_position_embeddings.  `own` are ropewalk's
   additions, which transformers ignores.  */
typedef struct
{
  const char *name;
  bool needs_length; /* L is resolved and given to it */
  const char *must[4], *may[7], *own[3];
} rw_hf_type;

/* What the making of one rope carries along.  */
typedef struct
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

#endif
