/* shape: heads, channels, lengths and layers of a model, from its config.  Private to src/stack.

   What the config leaves out comes from its family (family.h).  A shape owns nothing; layers are
   freed with rw_layers_free.  */
#ifndef RW_STACK_SHAPE_H
#define RW_STACK_SHAPE_H

#include "rope/geometry.h"
#include "stack/config.h"

/* What all ropes of a model share, before any rope block is read.  */
typedef struct
{
  rw_geometry geometry;      /* head_dim, lengths, layout, heads; rotary_dim 0 until known */
  int64_t qk_rope_head_dim;  /* 0 where the head is not split */
  int64_t rotary_dim;        /* as the config says it; 0 where it does not */
  int64_t global_head_dim;   /* Gemma 4's full_attention layers; 0 where there is none */
  double partial;            /* as the top level says it; NaN where it does not */
  double theta, local_theta; /* of the top level or the family */
  double top_original;       /* original_max_position_embeddings at the top level; NaN */
} rw_shape;

rw_status rw_shape_read (const rw_config *c, rw_shape *out);

/* d = int(head_dim p): what a head of this size rotates.  `partial` NaN takes the shape's.  */
int64_t rw_shape_rotary (const rw_shape *shape, const rw_family *family, int64_t head_dim,
                         double partial);

/* ---- layers ---- */

enum
{
  RW_LAYER_TYPE_MAX = 48
};

/* What the layers are, one by one.  */
typedef struct
{
  size_t n; /* 0 where unknown */
  struct rw_layer
  {
    char type[RW_LAYER_TYPE_MAX]; /* "" where the config names no types */
    bool rotates;
  } * layer; /* (n,) owned */
} rw_layers;

rw_status rw_layers_read (const rw_config *c, rw_layers *out);
void rw_layers_free (rw_layers *layers);
bool rw_layers_has (const rw_layers *layers, const char *type);

#endif
