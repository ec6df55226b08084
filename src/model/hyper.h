/* hyper: the hyperparameters of a network, read from a GGUF file's metadata by the table of
   architectures: everything that the forward pass needs to know besides weights and ropes.  */
#ifndef RW_MODEL_HYPER_H
#define RW_MODEL_HYPER_H

#include "model/gguf.h"
#include "rope/geometry.h"

typedef enum
{
  RW_NORM_RMS,  /* x / rms (x) * w */
  RW_NORM_LAYER /* (x - mean) / sd * w + b */
} rw_norm;

typedef enum
{
  RW_ACT_SILU,     /* x / (1 + e^-x) */
  RW_ACT_GELU,     /* x Phi (x), by erf */
  RW_ACT_GELU_TANH /* its tanh form */
} rw_act;

typedef struct
{
  const char
      *name; /* general.architecture: "llama", "qwen2", "qwen3", "phi3", "gemma3", "gptneox" */
  const char *text; /* which models */
  const char *cite;
  rw_layout layout; /* of the rotary pairs in this file's q and k */
  rw_norm norm;
  rw_act act;
  bool gated;         /* feed-forward: act (gate x) * (up x); else act (up x) */
  bool qkv_bias;      /* q, k and v have biases; where this is false they may have them */
  bool fused_qkv;     /* attn_qkv instead of attn_q, attn_k, attn_v (files may have either) */
  bool fused_gate_up; /* ffn_up holds gate, then up */
  bool head_norm;     /* q and k are normed head by head before rotation */
  bool post_norm;     /* attention and feed-forward results are normed before they are added */
  bool parallel;      /* attention and feed-forward read the same x */
  bool scaled_embed;  /* embeddings times sqrt (dim) */
} rw_arch;

const rw_arch *rw_arch_at (size_t i); /* NULL after the last */

typedef struct
{
  const rw_arch *arch;
  size_t layers, dim, hidden, heads, kv_heads, head_dim, value_dim, vocab;
  size_t rotary_dim;
  double norm_eps;
  double logit_scale;    /* c of the score; 0: 1/sqrt(head_dim) */
  double score_cap;      /* soft cap on scores; 0: none */
  double final_cap;      /* soft cap on logits; 0: none */
  double context_length; /* tokens it was trained on, as the file says */
  size_t window;         /* sliding window of the layers that have one; 0: none */
  size_t window_period;  /* every window_period-th layer is full; 0: all layers are alike */
} rw_hyper;

/* RW_EINVAL with file, key and expectation; an architecture that is not known lists those that are.
 */
rw_status rw_hyper_read (const rw_gguf *g, rw_hyper *out, rw_error *err);
/* Tokens of layer l's sliding window, 0 where it sees everything.  */
size_t rw_hyper_window (const rw_hyper *h, size_t layer);

#endif
