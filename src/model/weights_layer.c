/* weights_layer: the tensors of a layer: names and shapes of all architectures in one table; see
   network_part.h.

   Names: gguf-py's TENSOR_NAMES (0.19).  */
#include "model/network_part.h"

#include <stddef.h>
#include <stdio.h>

enum
{
  NAME = 64
};

/* How long a side is.  */
typedef enum
{
  ONE,
  DIM,
  HIDDEN,
  HEAD,
  Q, /* heads * head_dim */
  K, /* kv_heads * head_dim */
  V, /* kv_heads * value_dim */
  O, /* heads * value_dim */
  SIDES
} side;

/* Which networks have it.  */
typedef enum
{
  ALL,
  BIAS,     /* those with LayerNorm must, others may */
  QKV,      /* where q, k and v are apart */
  QKV_BIAS, /* the same, and its bias: by qkv_bias */
  HEADS,    /* head_norm */
  POST,     /* post_norm */
  GATE,     /* gated, and apart from up */
  UP        /* apart from gate */
} who;

typedef struct
{
  const char *name;
  size_t at; /* in rw_layer */
  side rows, cols;
  who who;
} row;

#define AT(member) offsetof (rw_layer, member)
static const row rows[] = {
  { "attn_norm.weight", AT (attn_norm), ONE, DIM, ALL },
  { "attn_norm.bias", AT (attn_norm_b), ONE, DIM, BIAS },
  { "attn_q.weight", AT (q), Q, DIM, QKV },
  { "attn_k.weight", AT (k), K, DIM, QKV },
  { "attn_v.weight", AT (v), V, DIM, QKV },
  { "attn_q.bias", AT (q_b), ONE, Q, QKV_BIAS },
  { "attn_k.bias", AT (k_b), ONE, K, QKV_BIAS },
  { "attn_v.bias", AT (v_b), ONE, V, QKV_BIAS },
  { "attn_q_norm.weight", AT (q_norm), ONE, HEAD, HEADS },
  { "attn_k_norm.weight", AT (k_norm), ONE, HEAD, HEADS },
  { "attn_output.weight", AT (out), DIM, O, ALL },
  { "attn_output.bias", AT (out_b), ONE, DIM, BIAS },
  { "post_attention_norm.weight", AT (attn_post_norm), ONE, DIM, POST },
  { "ffn_norm.weight", AT (ffn_norm), ONE, DIM, ALL },
  { "ffn_norm.bias", AT (ffn_norm_b), ONE, DIM, BIAS },
  { "ffn_gate.weight", AT (gate), HIDDEN, DIM, GATE },
  { "ffn_up.weight", AT (up), HIDDEN, DIM, UP },
  { "ffn_up.bias", AT (up_b), ONE, HIDDEN, BIAS },
  { "ffn_down.weight", AT (down), DIM, HIDDEN, ALL },
  { "ffn_down.bias", AT (down_b), ONE, DIM, BIAS },
  { "post_ffw_norm.weight", AT (ffn_post_norm), ONE, DIM, POST },
};

static size_t
length_of (const rw_hyper *h, side s)
{
  const size_t lengths[SIDES] = {
    [ONE] = 1,
    [DIM] = h->dim,
    [HIDDEN] = h->hidden,
    [HEAD] = h->head_dim,
    [Q] = h->heads * h->head_dim,
    [K] = h->kv_heads * h->head_dim,
    [V] = h->kv_heads * h->value_dim,
    [O] = h->heads * h->value_dim,
  };
  return lengths[s];
}

/* Whether a network has a row's tensor, and whether it must.  */
static bool
has (const rw_arch *a, who w, bool fused, bool *must)
{
  *must = true;
  switch (w)
    {
    case BIAS:
      *must = a->norm == RW_NORM_LAYER;
      return true;
    case QKV:
      return !fused;
    case QKV_BIAS:
      *must = a->qkv_bias;
      return !fused;
    case HEADS:
      return a->head_norm;
    case POST:
      return a->post_norm;
    case GATE:
      return a->gated && !a->fused_gate_up;
    case UP:
      return !a->fused_gate_up;
    default:
      return true;
    }
}

/* n rows of w from row `from` on; columns of a vector.  */
static rw_weight
rows_of (const rw_weight *w, size_t from, size_t n)
{
  rw_weight part = *w;
  const size_t row_bytes = w->cols / rw_quant_block (w->type) * rw_quant_bytes (w->type);
  if (!w->data)
    return part;
  part.data = (const unsigned char *) w->data + from * row_bytes;
  part.rows = n;
  return part;
}

/* n values of a vector.  */
static rw_weight
values_of (const rw_weight *w, size_t from, size_t n)
{
  rw_weight part = *w;
  if (!w->data)
    return part;
  part.data = (const unsigned char *) w->data + from * rw_quant_bytes (w->type);
  part.cols = n;
  return part;
}

/* attn_qkv: q, then k, then v.  */
static rw_status
split_qkv (rw_weights *w, size_t l, rw_layer *layer)
{
  const rw_hyper *h = &w->n->hyper;
  const size_t q = length_of (h, Q), k = length_of (h, K), v = length_of (h, V);
  rw_weight all = { 0 }, bias = { 0 };
  char name[NAME];
  snprintf (name, sizeof name, "blk.%zu.attn_qkv.weight", l);
  rw_status s = rw_weights_find (w, name, true, q + k + v, h->dim, &all);
  snprintf (name, sizeof name, "blk.%zu.attn_qkv.bias", l);
  if (!s)
    s = rw_weights_find (w, name, h->arch->qkv_bias, 1, q + k + v, &bias);
  if (s)
    return s;
  if (bias.data && rw_quant_block (bias.type) != 1)
    return rw_fail (w->err, RW_EINVAL, "%s: tensor '%s': a vector of type %s; expected F32",
                    rw_gguf_path (w->n->gguf), name, rw_quant_text (bias.type));
  layer->q = rows_of (&all, 0, q);
  layer->k = rows_of (&all, q, k);
  layer->v = rows_of (&all, q + k, v);
  layer->q_b = values_of (&bias, 0, q);
  layer->k_b = values_of (&bias, q, k);
  layer->v_b = values_of (&bias, q + k, v);
  return RW_OK;
}

/* ffn_up: gate, then up.  */
static rw_status
split_up (rw_weights *w, size_t l, rw_layer *layer)
{
  const rw_hyper *h = &w->n->hyper;
  rw_weight both = { 0 };
  char name[NAME];
  snprintf (name, sizeof name, "blk.%zu.ffn_up.weight", l);
  const rw_status s = rw_weights_find (w, name, true, 2 * h->hidden, h->dim, &both);
  layer->gate = rows_of (&both, 0, h->hidden);
  layer->up = rows_of (&both, h->hidden, h->hidden);
  return s;
}

rw_status
rw_weights_layer (rw_weights *w, size_t l)
{
  const rw_hyper *h = &w->n->hyper;
  rw_layer *layer = &w->n->layer[l];
  char name[NAME];
  bool must;
  snprintf (name, sizeof name, "blk.%zu.attn_qkv.weight", l);
  const bool fused = rw_gguf_tensor_find (w->n->gguf, name);
  rw_status s = fused ? split_qkv (w, l, layer) : RW_OK;
  if (!s && h->arch->fused_gate_up)
    s = split_up (w, l, layer);
  for (size_t i = 0; i < sizeof rows / sizeof *rows && !s; i++)
    {
      const row *r = &rows[i];
      snprintf (name, sizeof name, "blk.%zu.%s", l, r->name);
      if (has (h->arch, r->who, fused, &must))
        s = rw_weights_find (w, name, must, length_of (h, r->rows), length_of (h, r->cols),
                             (rw_weight *) ((char *) layer + r->at));
    }
  return s;
}
