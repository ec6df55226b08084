/* rope_types: the rope types that a stack knows, and the keys of each that it reads.  Private to
   src/stack.

   One table a stack, ended by a NULL name; the first row that fits a block is its type.  What a row
   cannot say, its `settle` does to the schedule that was made.  */
#ifndef RW_STACK_ROPE_TYPES_H
#define RW_STACK_ROPE_TYPES_H

#include "json/json.h"
#include "stack/family.h"

struct rw_rope_maker;

/* Lists end with a NULL or with their room.  All types have rope_type, rope_theta,
   partial_rotary_factor and original_max_position_embeddings beside theirs, unless the stack's
   `whys` say otherwise.  */
typedef struct rw_hf_type
{
  const char *name;     /* the config's word */
  const char *schedule; /* ropewalk's word; NULL: the same */
  const char *when;     /* only for blocks with this key; NULL: for all */
  const char *family;   /* only for this model_type; NULL: for all */
  unsigned flags;       /* only for families with one of these flags; 0: for all */
  bool needs_length;    /* L is resolved and given to it */
  bool null_factor;     /* a null factor is an answer */
  const char *must[4], *may[8];
  const char *own[3];  /* ropewalk's additions, which the stack ignores */
  const char *also[4]; /* keys that `settle` reads, and the schedule does not have */
  rw_status (*settle) (const struct rw_rope_maker *m);
} rw_hf_type;

extern const rw_hf_type rw_hf_types[]; /* transformers 5 */

/* The row for a block that names this type, or NULL.  */
const rw_hf_type *rw_hf_type_find (const rw_hf_type *types, const char *name, const cJSON *block,
                                   const rw_family *family);
/* True where the row reads the key itself: in must, may or also.  */
bool rw_hf_type_reads (const rw_hf_type *type, const char *key);

#endif
