/* network: a trained model opened for use: its file, hyperparameters, weights, tokenizer.

   Read-only once opened and shared by threads.  Weights stay in the mapping, in the file's types;
   the forward pass unpacks a panel of a matrix when it needs it.  */
#ifndef RW_MODEL_NETWORK_H
#define RW_MODEL_NETWORK_H

#include "base/mem.h"
#include "model/hyper.h"
#include "model/tokenizer.h"

/* A matrix (rows, cols), row after row: y = W x has `rows` values.  A vector has one row.  data
   NULL: the network has none (a bias, an optional norm).  */
typedef struct
{
  const void *data;
  rw_quant type;
  size_t rows, cols;
  const char *name; /* "blk.3.attn_q.weight", for errors */
} rw_weight;

typedef struct
{
  rw_weight attn_norm, attn_norm_b;
  rw_weight q, k, v, q_b, k_b, v_b; /* views into attn_qkv where that is one */
  rw_weight q_norm, k_norm;
  rw_weight out, out_b;
  rw_weight attn_post_norm;
  rw_weight ffn_norm, ffn_norm_b;
  rw_weight gate, up, up_b, down, down_b; /* gate and up views into ffn_up where that holds both */
  rw_weight ffn_post_norm;
} rw_layer;

typedef struct rw_network
{
  rw_gguf *gguf;
  rw_hyper hyper;
  rw_weight embed;
  rw_weight out_norm, out_norm_b;
  rw_weight out;           /* the embedding again where the file has no output.weight */
  rw_layer *layer;         /* (hyper.layers,) */
  rw_tokenizer *tokenizer; /* NULL where the file has none that is known: see tokenizer_err */
  rw_error tokenizer_err;  /* why */
  rw_arena *names;         /* the texts that weights are called by */
} rw_network;

/* Opens and checks a GGUF file: every tensor that the architecture needs is there and has its
   shape. The caller closes it with rw_network_close.  */
rw_status rw_network_open (const char *path, rw_network **out, rw_error *err);
void rw_network_close (rw_network *n); /* NULL-safe */

/* The tokenizer, or RW_EINVAL with the reason why there is none and the hint to give ids.  */
rw_status rw_network_tokenizer (const rw_network *n, const rw_tokenizer **out, rw_error *err);

#endif
