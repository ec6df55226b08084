/* forward_layer: one layer over a group of sequences; see forward_part.h.

     x += out (attention (q, k, v)),  q, k, v = W norm (x)
     x += down (act (gate norm (x)) up norm (x))

   `parallel` networks norm the same x for both; `post_norm` ones norm what is added.  */
#include "model/activation.h"
#include "model/attend.h"
#include "model/forward_part.h"
#include "model/norm.h"

#include <string.h>

/* The layer's vectors as float32; NULL where there is none.  */
typedef struct
{
  const float *attn_norm, *attn_norm_b, *q_norm, *k_norm, *attn_post;
  const float *ffn_norm, *ffn_norm_b, *ffn_post;
} vectors;

typedef struct
{
  rw_forward_group *g;
  rw_forward *f;
  const rw_layer *w;
  size_t layer;
  vectors v;
} job;

/* Rows of the group.  */
typedef struct
{
  size_t from, to;
} span;

static const float *
vector (rw_forward *f, size_t slot, const rw_weight *w)
{
  float *to = f->vector + slot * f->vector_row;
  if (!w->data)
    return NULL;
  rw_quant_reader_of (w->type, f->simd) (w->data, w->rows * w->cols, to);
  return to;
}

static vectors
read_vectors (rw_forward *f, const rw_layer *w)
{
  return (vectors){ .attn_norm = vector (f, 0, &w->attn_norm),
                    .attn_norm_b = vector (f, 1, &w->attn_norm_b),
                    .q_norm = vector (f, 2, &w->q_norm),
                    .k_norm = vector (f, 3, &w->k_norm),
                    .attn_post = vector (f, 4, &w->attn_post_norm),
                    .ffn_norm = vector (f, 5, &w->ffn_norm),
                    .ffn_norm_b = vector (f, 6, &w->ffn_norm_b),
                    .ffn_post = vector (f, 7, &w->ffn_post_norm) };
}

static rw_status
product (const job *j, const rw_weight *w, const rw_weight *bias, size_t rows, const float *x,
         float *y, bool add, rw_error *err)
{
  return rw_gemm_run (j->f->gemm, w, bias, rw_forward_tiles (rows), x, w->cols, y, w->rows, add,
                      err);
}

/* q and k of networks that norm them head by head.  */
static void
norm_heads (const job *j, const float *w, size_t rows, size_t heads, float *x)
{
  const size_t dim = j->f->h->head_dim;
  const rw_norm_ask ask = { .kind = RW_NORM_RMS,
                            .n = dim,
                            .w = w,
                            .eps = j->f->h->norm_eps,
                            .threads = j->f->ask.threads,
                            .simd = j->f->simd };
  if (w)
    rw_norm_run (&ask, rows * heads, x, dim, NULL, x, dim);
}

static void
norm_rows (const job *j, span s)
{
  rw_forward_norm (j->f, j->v.attn_norm, j->v.attn_norm_b, s.to - s.from,
                   j->f->x.v + s.from * j->f->w.dim, NULL, j->f->row.v);
}

static rw_status
make_q (const job *j, span s, float *q, rw_error *err)
{
  const rw_status st = product (j, &j->w->q, &j->w->q_b, s.to - s.from, j->f->row.v, q, false, err);
  if (!st)
    norm_heads (j, j->v.q_norm, s.to - s.from, j->f->h->heads, q);
  return st;
}

/* A chunk's keys and values; with a tap its queries too.  */
static rw_status
make_kv (const job *j, span s, rw_error *err)
{
  rw_forward *f = j->f;
  const size_t rows = s.to - s.from;
  float *k = j->g->k + s.from * f->w.k, *v = j->g->v + s.from * f->w.v;
  norm_rows (j, s);
  rw_status st = product (j, &j->w->k, &j->w->k_b, rows, f->row.v, k, false, err);
  if (!st)
    norm_heads (j, j->v.k_norm, rows, f->h->kv_heads, k);
  st = st ? st : product (j, &j->w->v, &j->w->v_b, rows, f->row.v, v, false, err);
  if (!st && j->g->batch->tap)
    st = make_q (j, s, f->queries.v + s.from * f->w.q, err);
  return st;
}

/* Queries from .. to of a chunk, all of sequence `s`.  */
static rw_status
attend (const job *j, size_t s, span rows, const float *q, float *out, rw_error *err)
{
  rw_forward *f = j->f;
  const size_t *start = j->g->batch->start;
  const size_t first = start[s] - start[j->g->first]; /* row of the sequence's first token */
  const size_t before = f->kept;                      /* tokens in front of it */
  const rw_attention a = { .geometry = &f->geometry[j->layer],
                           .freqs = f->ask.freqs[j->layer],
                           .length = f->ask.length,
                           .heads = f->h->heads,
                           .kv_heads = f->h->kv_heads,
                           .value_dim = f->h->value_dim,
                           .n_keys = before + rows.to - first,
                           .n_queries = rows.to - rows.from,
                           .window = f->window[j->layer],
                           .cap = f->h->score_cap,
                           .q = q,
                           .k = j->g->k + first * f->w.k - before * f->w.k,
                           .v = j->g->v + first * f->w.v - before * f->w.v,
                           .q_token = f->w.q,
                           .k_token = f->w.k,
                           .v_token = f->w.v,
                           .out = out,
                           .out_token = f->w.o,
                           .threads = f->ask.threads,
                           .scratch = f->scratch,
                           .turns = f->turns[f->turns_of[j->layer]] };
  rw_arena_reset (f->scratch);
  return rw_within (err, rw_attend (&a, err), "layer %zu", j->layer);
}

static rw_status
attend_chunk (const job *j, span c, const float *q, float *out, rw_error *err)
{
  const size_t *start = j->g->batch->start, base = start[j->g->first];
  for (size_t s = j->g->first; s < j->g->last; s++)
    {
      const size_t from = start[s] - base > c.from ? start[s] - base : c.from;
      const size_t to = start[s + 1] - base < c.to ? start[s + 1] - base : c.to;
      const rw_status st = from < to
                               ? attend (j, s, (span){ from, to }, q + (from - c.from) * j->f->w.q,
                                         out + (from - c.from) * j->f->w.o, err)
                               : RW_OK;
      if (st)
        return st;
    }
  return RW_OK;
}

/* x += W y, or x += norm (W y) by way of `row`.  */
static rw_status
add (const job *j, const rw_weight *w, const rw_weight *bias, const float *norm, span c,
     const float *y, rw_error *err)
{
  rw_forward *f = j->f;
  const size_t rows = c.to - c.from, n = rows * f->w.dim;
  float *x = f->x.v + c.from * f->w.dim;
  if (!norm)
    return product (j, w, bias, rows, y, x, true, err);
  const rw_status s = product (j, w, bias, rows, y, f->row.v, false, err);
  if (s)
    return s;
  rw_forward_norm (f, norm, NULL, rows, f->row.v, NULL, f->row.v);
  for (size_t i = 0; i < n; i++)
    x[i] += f->row.v[i];
  return RW_OK;
}

/* `row` holds norm (x).  */
static rw_status
feed_forward (const job *j, span c, rw_error *err)
{
  rw_forward *f = j->f;
  const rw_arch *arch = f->h->arch;
  const size_t rows = c.to - c.from;
  float *hidden = arch->gated ? f->gate.v : f->up.v;
  rw_status s = product (j, &j->w->up, &j->w->up_b, rows, f->row.v, f->up.v, false, err);
  if (!s && arch->gated)
    s = product (j, &j->w->gate, NULL, rows, f->row.v, hidden, false, err);
  if (s)
    return s;
  rw_activation_run (arch->act, f->simd, rows, f->w.hidden, hidden, f->w.hidden,
                     arch->gated ? f->up.v : NULL, f->ask.threads);
  return add (j, &j->w->down, &j->w->down_b, j->v.ffn_post, c, hidden, err);
}

/* The second walk.  `row` holds norm (x) already where there is one chunk only.  */
static rw_status
do_chunk (const job *j, span c, bool normed, rw_error *err)
{
  rw_forward *f = j->f;
  const bool tapped = j->g->batch->tap != NULL;
  float *q = f->queries.v + (tapped ? c.from * f->w.q : 0);
  float *out = f->w.o == f->w.q ? q : f->out.v;
  rw_status s = RW_OK;
  if (!tapped && !normed)
    norm_rows (j, c);
  if (!tapped)
    s = make_q (j, c, q, err);
  s = s ? s : attend_chunk (j, c, q, out, err);
  const float *x = f->x.v + c.from * f->w.dim;
  if (!s && f->h->arch->parallel)
    rw_forward_norm (f, j->v.ffn_norm, j->v.ffn_norm_b, c.to - c.from, x, NULL, f->row.v);
  s = s ? s : add (j, &j->w->out, &j->w->out_b, j->v.attn_post, c, out, err);
  if (!s && !f->h->arch->parallel)
    rw_forward_norm (f, j->v.ffn_norm, j->v.ffn_norm_b, c.to - c.from, x, NULL, f->row.v);
  return s ? s : feed_forward (j, c, err);
}

static bool
tap_ends (const job *j)
{
  const rw_forward *f = j->f;
  const rw_batch *b = j->g->batch;
  const rw_activations a
      = { .layer = j->layer, .tokens = j->g->n, .q = f->queries.v, .k = j->g->k, .v = j->g->v };
  return b->tap && !b->tap (b->data, &a);
}

rw_status
rw_forward_layer (rw_forward_group *g, size_t layer, bool *end, rw_error *err)
{
  const rw_layer *w = &g->f->ask.network->layer[layer];
  const job j = { .g = g, .f = g->f, .w = w, .layer = layer, .v = read_vectors (g->f, w) };
  const size_t n = g->n, chunk = g->f->chunk;
  rw_status s = RW_OK;
  for (size_t at = 0; !s && at < n; at += chunk)
    s = make_kv (&j, (span){ at, n - at < chunk ? n : at + chunk }, err);
  if (!s && tap_ends (&j))
    *end = true;
  for (size_t at = 0; !s && !*end && at < n; at += chunk)
    s = do_chunk (&j, (span){ at, n - at < chunk ? n : at + chunk }, n <= chunk, err);
  return s;
}
