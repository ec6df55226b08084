/* model: the ropes of a model: for each layer type a geometry, a schedule and what its config said.

   Made by a stack's reader (src/stack) from a config.json, a preset or an inline block; read by
   the plan and the doors.  The caller owns it and frees it with rw_model_free.  */
#ifndef RW_ROPE_MODEL_H
#define RW_ROPE_MODEL_H

#include "base/module.h"
#include "base/notes.h"
#include "rope/geometry.h"

enum
{
  RW_NO_ROPE = 65535,  /* this layer does not rotate (NoPE) */
  RW_LAYERS_MAX = 4096 /* layers, and so ropes, a model */
};

typedef struct
{
  char layer_type[48]; /* "full_attention", "sliding_attention", ...; "" where there is one only */
  rw_geometry geometry;
  rw_object *schedule; /* the model's own; owned, never NULL */
  rw_notes notes;      /* keys used, keys ignored, warnings of this rope */
} rw_rope;

typedef struct
{
  char *name;              /* preset name, or the path's last part; owned */
  char *sha256;            /* hex digest of the normalised content; for the plan's hash; owned */
  const char *stack;       /* who read it: "exact", "hf" */
  char family[48];         /* model_type of its config, general.architecture of its GGUF file; "" */
  char *weights;           /* path of the GGUF file that it was read from; NULL for none; owned */
  size_t n_ropes;          /* >= 1 */
  rw_rope *rope;           /* (n_ropes,) full_attention first where there is one; owned */
  size_t n_layers;         /* 0 where unknown */
  uint16_t *rope_of_layer; /* (n_layers,) index into rope, or RW_NO_ROPE; owned; NULL where n_layers
                              is 0 */
  int64_t *window_of_layer; /* (n_layers,) tokens of its sliding window, 0 for full attention;
                               layers of one rope may differ; owned; NULL where n_layers is 0 */
} rw_model;

void rw_model_free (rw_model *model); /* frees what it owns and zeroes it; NULL-safe */

/* The rope of a layer type; NULL type means the first.  Unknown types list the known.  */
rw_status rw_model_rope (const rw_model *model, const char *layer_type, const rw_rope **out,
                         rw_error *err);

#endif
