/* ropes: from rope blocks to the ropes of a model.  Private to src/stack.

   Three steps: find the sources (one for all layers, or one a layer type), let --rope replace their
   blocks, and make a rope of each.  Sources borrow from the config and own nothing.  */
#ifndef RW_STACK_ROPES_H
#define RW_STACK_ROPES_H

#include "rope/model.h"
#include "stack/shape.h"

enum
{
  RW_SOURCES_MAX = 16 /* ropes of one model; the largest known has 3 */
};

/* Where one rope of a model comes from.  */
typedef struct
{
  char layer_type[RW_LAYER_TYPE_MAX]; /* "" for the only one */
  const cJSON *block;                 /* its rope_parameters; NULL: plain */
  char path[96];                      /* of the block, for notes: "rope_scaling" */
  bool nested;                        /* the block stood among others, by layer type */
  double theta;                       /* where the block says none */
  const cJSON *over;                  /* a block of --rope that replaces it, or NULL */
} rw_source_of_rope;

/* All of a model.  */
typedef struct
{
  size_t n;
  rw_source_of_rope at[RW_SOURCES_MAX];
} rw_sources_of_rope;

/* One rope to be made: the i-th source, among all.  */
typedef struct rw_rope_site
{
  const rw_config *c;
  const rw_shape *shape;
  const rw_layers *layers;
  const rw_sources_of_rope *sources;
  size_t i;
  rw_rope *out; /* zeroed */
} rw_rope_site;

/* Which ropes the model has, and the block of each.  */
rw_status rw_ropes_find (const rw_config *c, const rw_shape *shape, const rw_layers *layers,
                         rw_sources_of_rope *out);
/* Puts the blocks of --rope in their places.  */
rw_status rw_ropes_replace (const rw_config *c, const cJSON *rope, rw_sources_of_rope *sources);
/* Tokens of the sliding window of the layers that slide; 0 for none.  */
rw_status rw_ropes_window (const rw_config *c, int64_t *window);
/* Every layer of this rope slides: its geometry's window is the config's.  */
rw_status rw_rope_window (const rw_config *c, const rw_layers *layers, rw_rope *rope);
/* Geometry, schedule and notes of one rope.  The caller frees out's schedule and notes.  */
rw_status rw_rope_make (const rw_config *c, const rw_shape *shape, const rw_layers *layers,
                        const rw_source_of_rope *source, rw_rope *out);

#endif
