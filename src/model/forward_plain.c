/* forward_plain: the naive reference: a token at a time, double throughout; see forward.h.

   Straight from the definitions: no tiles, no tables, no vectors; the score is rw_logit's.  */
#include "base/mem.h"
#include "model/forward.h"
#include "rule/logit.h"

#include <math.h>
#include <string.h>

typedef struct
{
  const rw_forward_ask *ask;
  const rw_hyper *h;
  size_t n;
  double *x, *y;     /* (dim,) */
  double *q, *o;     /* (heads, head_dim or value_dim) */
  double **k, **v;   /* (layers,) of (n, kv_heads, head_dim or value_dim) */
  double *gate, *up; /* (hidden,) */
  double *add;       /* (dim,) */
  double *weight;    /* (n,) of the keys */
  double *trained;   /* unscaled frequencies */
  float *row;        /* one row of a matrix */
} state;

static void
read_row (const rw_weight *w, size_t r, float *row)
{
  const size_t bytes = w->cols / rw_quant_block (w->type) * rw_quant_bytes (w->type);
  rw_quant_reader_of (w->type, RW_SIMD_PLAIN) ((const char *) w->data + r * bytes, w->cols, row);
}

/* y = W x + b */
static void
apply (const state *s, const rw_weight *w, const rw_weight *b, const double *x, double *y)
{
  for (size_t r = 0; r < w->rows; r++)
    {
      y[r] = 0;
      read_row (w, r, s->row);
      for (size_t c = 0; c < w->cols; c++)
        y[r] += (double) s->row[c] * x[c];
    }
  if (!b || !b->data)
    return;
  rw_quant_reader_of (b->type, RW_SIMD_PLAIN) (b->data, w->rows, s->row);
  for (size_t r = 0; r < w->rows; r++)
    y[r] += (double) s->row[r];
}

static void
norm (const state *s, rw_norm kind, const rw_weight *w, const rw_weight *b, const double *x,
      size_t n, double *y)
{
  double mean = 0, square = 0;
  for (size_t i = 0; kind == RW_NORM_LAYER && i < n; i++)
    mean += x[i] / (double) n;
  for (size_t i = 0; i < n; i++)
    square += (x[i] - mean) * (x[i] - mean) / (double) n;
  const double scale = 1 / sqrt (square + s->h->norm_eps);
  rw_quant_reader_of (w->type, RW_SIMD_PLAIN) (w->data, n, s->row);
  for (size_t i = 0; i < n; i++)
    y[i] = (x[i] - mean) * scale * (double) s->row[i];
  if (!b || !b->data)
    return;
  rw_quant_reader_of (b->type, RW_SIMD_PLAIN) (b->data, n, s->row);
  for (size_t i = 0; i < n; i++)
    y[i] += (double) s->row[i];
}

static double
act (rw_act kind, double x)
{
  const double u = sqrt (2 / M_PI) * (x + 0.044715 * x * x * x);
  switch (kind)
    {
    case RW_ACT_SILU:
      return x / (1 + exp (-x));
    case RW_ACT_GELU:
      return x / 2 * erfc (-x / M_SQRT2);
    default:
      return x / 2 * (1 + tanh (u));
    }
}

static double
capped (double x, double cap)
{
  return cap > 0 ? cap * tanh (x / cap) : x;
}

/* ---- attention of the token at m ---- */

static rw_geometry
geometry_of (const state *s, size_t layer)
{
  const rw_model *model = s->ask->model;
  const size_t rope = model->rope_of_layer ? model->rope_of_layer[layer] : 0;
  rw_geometry g = model->rope[rope < model->n_ropes ? rope : 0].geometry;
  g.layout = s->h->arch->layout;
  if (s->h->logit_scale > 0)
    g.logit_scale = s->h->logit_scale;
  return g;
}

static size_t
first_key (const state *s, size_t layer, size_t m)
{
  const rw_model *model = s->ask->model;
  const size_t own = model->window_of_layer ? (size_t) model->window_of_layer[layer]
                                            : rw_hyper_window (s->h, layer);
  const size_t control = s->ask->window;
  size_t first = own && m + 1 > own ? m + 1 - own : 0;
  if (control && m + 1 > control && m + 1 - control > first)
    first = m + 1 - control;
  return first;
}

static void
attend_head (state *s, size_t layer, const rw_geometry *g, size_t head, size_t m)
{
  const rw_hyper *h = s->h;
  const size_t kv = head / (h->heads / h->kv_heads), from = first_key (s, layer, m);
  const double *q = s->q + head * h->head_dim;
  double *out = s->o + head * h->value_dim, max = -HUGE_VAL, sum = 0;
  for (size_t n = from; n <= m; n++)
    {
      const double *k = s->k[layer] + (n * h->kv_heads + kv) * h->head_dim;
      const double score = rw_logit (g, s->ask->freqs[layer], s->trained, s->ask->length, q, k,
                                     (double) m, (double) n);
      s->weight[n] = capped (score, h->score_cap);
      max = fmax (max, s->weight[n]);
    }
  for (size_t n = from; n <= m; n++)
    sum += s->weight[n] = exp (s->weight[n] - max);
  memset (out, 0, h->value_dim * sizeof *out);
  for (size_t n = from; n <= m; n++)
    for (size_t c = 0; c < h->value_dim; c++)
      out[c] += s->weight[n] / sum * s->v[layer][(n * h->kv_heads + kv) * h->value_dim + c];
}

static void
norm_heads (const state *s, const rw_weight *w, size_t heads, double *x)
{
  for (size_t i = 0; w->data && i < heads; i++)
    norm (s, RW_NORM_RMS, w, NULL, x + i * s->h->head_dim, s->h->head_dim, x + i * s->h->head_dim);
}

/* add = out (attention (norm x)) */
static void
attention (state *s, size_t layer, size_t m)
{
  const rw_hyper *h = s->h;
  const rw_layer *w = &s->ask->network->layer[layer];
  const rw_geometry g = geometry_of (s, layer);
  double *k = s->k[layer] + m * h->kv_heads * h->head_dim;
  if (2 * s->ask->freqs[layer]->n <= (size_t) g.rotary_dim)
    rw_geometry_trained (&g, s->trained);
  norm (s, h->arch->norm, &w->attn_norm, &w->attn_norm_b, s->x, h->dim, s->y);
  apply (s, &w->q, &w->q_b, s->y, s->q);
  apply (s, &w->k, &w->k_b, s->y, k);
  apply (s, &w->v, &w->v_b, s->y, s->v[layer] + m * h->kv_heads * h->value_dim);
  norm_heads (s, &w->q_norm, h->heads, s->q);
  norm_heads (s, &w->k_norm, h->kv_heads, k);
  for (size_t head = 0; head < h->heads; head++)
    attend_head (s, layer, &g, head, m);
  apply (s, &w->out, &w->out_b, s->o, s->add);
  if (w->attn_post_norm.data)
    norm (s, h->arch->norm, &w->attn_post_norm, NULL, s->add, h->dim, s->add);
}

/* x += feed-forward (y) */
static void
feed_forward (state *s, size_t layer)
{
  const rw_hyper *h = s->h;
  const rw_layer *w = &s->ask->network->layer[layer];
  apply (s, &w->up, &w->up_b, s->y, s->up);
  if (h->arch->gated)
    apply (s, &w->gate, NULL, s->y, s->gate);
  for (size_t i = 0; i < h->hidden; i++)
    s->up[i]
        = h->arch->gated ? act (h->arch->act, s->gate[i]) * s->up[i] : act (h->arch->act, s->up[i]);
  apply (s, &w->down, &w->down_b, s->up, s->add);
  if (w->ffn_post_norm.data)
    norm (s, h->arch->norm, &w->ffn_post_norm, NULL, s->add, h->dim, s->add);
  for (size_t i = 0; i < h->dim; i++)
    s->x[i] += s->add[i];
}

static void
token (state *s, int32_t id, size_t m, double *logit)
{
  const rw_hyper *h = s->h;
  const rw_network *net = s->ask->network;
  read_row (&net->embed, (size_t) id, s->row);
  for (size_t i = 0; i < h->dim; i++)
    s->x[i] = (double) s->row[i] * (h->arch->scaled_embed ? sqrt ((double) h->dim) : 1);
  for (size_t l = 0; l < h->layers; l++)
    {
      const rw_layer *w = &net->layer[l];
      attention (s, l, m);
      if (h->arch->parallel)
        norm (s, h->arch->norm, &w->ffn_norm, &w->ffn_norm_b, s->x, h->dim, s->y);
      for (size_t i = 0; i < h->dim; i++)
        s->x[i] += s->add[i];
      if (!h->arch->parallel)
        norm (s, h->arch->norm, &w->ffn_norm, &w->ffn_norm_b, s->x, h->dim, s->y);
      feed_forward (s, l);
    }
  norm (s, h->arch->norm, &net->out_norm, &net->out_norm_b, s->x, h->dim, s->y);
  apply (s, &net->out, NULL, s->y, logit);
  for (size_t i = 0; i < h->vocab; i++)
    logit[i] = capped (logit[i], h->final_cap);
}

/* ---- memory ---- */

static void *
piece (rw_arena *a, size_t n, size_t size, bool *fine)
{
  void *p = rw_arena_take (a, n, size);
  *fine = *fine && p;
  return p;
}

static size_t
widest (const rw_hyper *h)
{
  const size_t all[] = { h->dim,
                         h->hidden,
                         h->vocab,
                         h->heads * h->head_dim,
                         h->heads * h->value_dim,
                         h->kv_heads * h->head_dim };
  size_t most = 0;
  for (size_t i = 0; i < sizeof all / sizeof *all; i++)
    most = all[i] > most ? all[i] : most;
  return most;
}

static rw_status
state_take (state *s, rw_arena *a, rw_error *err)
{
  const rw_hyper *h = s->h;
  bool fine = true;
  double **const wide[] = { &s->x, &s->y, &s->q, &s->o, &s->gate, &s->up, &s->add };
  for (size_t i = 0; i < sizeof wide / sizeof *wide; i++)
    *wide[i] = piece (a, widest (h), sizeof (double), &fine);
  s->weight = piece (a, s->n, sizeof *s->weight, &fine);
  s->trained = piece (a, h->head_dim, sizeof *s->trained, &fine);
  s->row = piece (a, widest (h), sizeof *s->row, &fine);
  s->k = piece (a, h->layers, sizeof *s->k, &fine);
  s->v = piece (a, h->layers, sizeof *s->v, &fine);
  for (size_t l = 0; fine && l < h->layers; l++)
    {
      s->k[l] = piece (a, s->n * h->kv_heads * h->head_dim, sizeof (double), &fine);
      s->v[l] = piece (a, s->n * h->kv_heads * h->value_dim, sizeof (double), &fine);
    }
  return fine ? RW_OK : rw_nomem (err, s->n * h->layers * sizeof (double));
}

rw_status
rw_forward_plain (const rw_forward_ask *ask, const int32_t *id, size_t n, double *logits,
                  rw_error *err)
{
  state s = { .ask = ask, .h = &ask->network->hyper, .n = n };
  rw_arena *arena = rw_arena_new ();
  rw_status status = arena ? state_take (&s, arena, err) : rw_nomem (err, sizeof s);
  for (size_t m = 0; !status && m < n; m++)
    token (&s, id[m], m, logits + m * s.h->vocab);
  rw_arena_free (arena);
  return status;
}
