/* geometry: the shape of one rotary attention, and the length it was trained on.

   Plain numbers, copied freely.  A model has one geometry per layer type (full_attention,
   sliding_attention, ...); see rope/model.h.  Notation of the papers: d = rotary_dim,
   K = d/2 pairs, b = rope_theta, L = original_length, M = max_length.  */
#ifndef RW_ROPE_GEOMETRY_H
#define RW_ROPE_GEOMETRY_H

#include "base/status.h"

#include <stddef.h>
#include <stdint.h>

typedef enum
{
  RW_HALF,       /* pair i is channels (i, i + d/2): transformers' rotate_half, "neox" */
  RW_INTERLEAVED /* pair i is channels (2i, 2i + 1): "gptj", "norm" */
} rw_layout;

typedef struct
{
  int64_t head_dim;       /* channels of a head */
  int64_t rotary_dim;     /* d: the first d channels rotate; even, 2 to head_dim */
  double rope_theta;      /* b: the trained base */
  double original_length; /* L: tokens the unscaled frequencies were trained on */
  double max_length;      /* M: max_position_embeddings; L where nothing else is known */
  rw_layout layout;
  double logit_scale;              /* c of the logit; 0 means 1/sqrt(head_dim) */
  int64_t layers, heads, kv_heads; /* 0 where unknown */
  int64_t sliding_window;          /* tokens; 0 for full attention */
} rw_geometry;

enum
{
  RW_HEAD_DIM_MAX = 1 << 16 /* far above any model; keeps hostile configs from huge tables */
};
#define RW_LENGTH_MAX 1099511627776.0 /* 2^40 tokens */

/* head_dim, rotary_dim, rope_theta and lengths are in range (the text names the first that is not).
 */
rw_status rw_geometry_check (const rw_geometry *m, rw_error *err);

size_t rw_geometry_pairs (const rw_geometry *m); /* K = d/2 */

/* f_i = b^(-2i/d), the frequencies the model was trained with: RoFormer (arXiv 2104.09864),
   section 3.2.2. inv_freq is (d/2,) radians per token; correctly rounded but for pow's last ulp. */
void rw_geometry_trained (const rw_geometry *m, double *inv_freq);

const char *rw_layout_text (rw_layout layout); /* "half", "interleaved" */

#endif
