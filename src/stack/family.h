/* family: what transformers' classes know about a model family that its config.json leaves out.
   Private to src/stack.

   A table, one row a model_type: the defaults of its configuration class, and flags for what its
   attention does on its own.  Rows are constant; 0 in a row leaves the word to the config.  */
#ifndef RW_STACK_FAMILY_H
#define RW_STACK_FAMILY_H

#include <stddef.h>
#include <stdint.h>

enum
{
  RW_INTERLEAVES = 1 << 0,    /* pairs are channels (2i, 2i + 1) */
  RW_LOCAL_ROPE = 1 << 1,     /* sliding layers have a plain rope of their own */
  RW_SOFTMAX_MSCALE = 1 << 2, /* scores are multiplied by mscale(mscale_all_dim)^2 */
  RW_NOPE_INTERVAL = 1 << 3,  /* every no_rope_layer_interval-th layer does not rotate */
  RW_NOPE_FULL = 1 << 4,      /* full_attention layers do not rotate */
  RW_NO_ROTATION = 1 << 5,    /* the class applies no rope whatever the config says */
  RW_NOT_ROTARY = 1 << 6,     /* other positions: refused */
  RW_HALF_HEAD = 1 << 7,      /* ChatGLM: half of kv_channels rotates, base 10000 rope_ratio */
  RW_COMPRESSED = 1 << 8,     /* DeepSeek-V4: compressed layers have the scaled rope */
  RW_LINEAR_LAYERS = 1 << 9,  /* the other layers of the pattern are linear_attention */
  RW_FULL_FIRST = 1 << 10,    /* layer i is full where i mod pattern is 0, not pattern - 1 */
  RW_TRAINED_SEQ = 1 << 11,   /* Qwen: seq_length is the trained length */
  RW_ALPHA = 1 << 12          /* HunYuan: a dynamic block with `alpha` is static NTK */
};

/* One row.  */
typedef struct
{
  const char *model_type;
  unsigned flags;
  double theta;                              /* 0: 10000 */
  double local_theta;                        /* of the sliding layers; 0: theta */
  double partial;                            /* 0: 1 */
  double max_length;                         /* 0: the config must say */
  int64_t heads, kv_heads, head_dim, hidden; /* 0: the config must say, or tell it by others */
  int64_t pattern; /* every pattern-th layer is full_attention; 0: no pattern */
} rw_family;

/* By model_type, with or without "_text" behind it; the plain family for NULL and unknown ones.  */
const rw_family *rw_family_find (const char *model_type);

#endif
