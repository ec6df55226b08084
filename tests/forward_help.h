/* forward_help: small random networks of every architecture in memory, and how to run them.

   Sizes differ from each other and fit no tile; matrices are bfloat16 and float32 in turn.  */
#ifndef RW_TESTS_FORWARD_HELP_H
#define RW_TESTS_FORWARD_HELP_H

#include "base/mem.h"
#include "model/forward.h"
#include "schedule_help.h"

enum
{
  LAYERS = 3,
  DIM = 44,
  HIDDEN = 90,
  HEADS = 6,
  KV_HEADS = 2,
  HEAD_DIM = 10,
  VALUE_DIM = 8, /* of llama */
  VOCAB = 139,
  ARCHS = 6,
  WINDOW = 9, /* of gemma3's sliding layers */
  BLOCKS_MOST = 1024
};

#define SPREAD 0.35F /* of a matrix: logits of some nats */

/* A network with all that it owns.  */
typedef struct
{
  rw_network net;
  rw_layer layer[LAYERS];
  void *block[BLOCKS_MOST];
  size_t n_blocks;
  rw_rope rope[2];
  uint16_t rope_of_layer[LAYERS];
  int64_t window_of_layer[LAYERS];
  rw_model model;
  rw_forward_tables tables;
  uint64_t seed;
} small;

/* From -1 to 1: splitmix64.  */
static float
small_draw (small *s)
{
  uint64_t z = s->seed += 0x9e3779b97f4a7c15;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
  z = (z ^ z >> 27) * 0x94d049bb133111eb;
  return (float) ((double) (int64_t) (z ^ z >> 31) * 0x1p-63);
}

/* mean + spread * draw.  */
static rw_weight
small_weight (small *s, const char *name, size_t rows, size_t cols, float mean, float spread)
{
  const bool half = rows > 1 && s->n_blocks % 2;
  float *x = calloc (rows * cols, sizeof *x);
  uint16_t *h = calloc (rows * cols, sizeof *h);
  for (size_t i = 0; i < rows * cols; i++)
    {
      uint32_t bits;
      x[i] = mean + spread * small_draw (s);
      memcpy (&bits, &x[i], sizeof bits);
      h[i] = (uint16_t) (bits >> 16);
    }
  free (half ? (void *) x : (void *) h);
  void *data = half ? (void *) h : (void *) x;
  s->block[s->n_blocks++] = data;
  return (rw_weight){ .data = data,
                      .type = half ? RW_QUANT_BF16 : RW_QUANT_F32,
                      .rows = rows,
                      .cols = cols,
                      .name = name };
}

static void
small_layer (small *s, rw_layer *l)
{
  const rw_arch *a = s->net.hyper.arch;
  const size_t q = HEADS * HEAD_DIM, k = KV_HEADS * HEAD_DIM;
  const size_t v = KV_HEADS * s->net.hyper.value_dim, o = HEADS * s->net.hyper.value_dim;
  const bool biased = a->norm == RW_NORM_LAYER;
#define VECTOR(n, mean, spread) small_weight (s, #n, 1, n, mean, spread)
#define MATRIX(n, m) small_weight (s, #n " x " #m, n, m, 0, SPREAD)
  *l = (rw_layer){ .attn_norm = VECTOR (DIM, 1, 0.5F),
                   .ffn_norm = VECTOR (DIM, 1, 0.5F),
                   .q = MATRIX (q, DIM),
                   .k = MATRIX (k, DIM),
                   .v = MATRIX (v, DIM),
                   .out = MATRIX (DIM, o),
                   .up = MATRIX (HIDDEN, DIM),
                   .down = MATRIX (DIM, HIDDEN) };
  if (a->gated)
    l->gate = MATRIX (HIDDEN, DIM);
  if (a->qkv_bias)
    l->q_b = VECTOR (q, 0, 1), l->k_b = VECTOR (k, 0, 1), l->v_b = VECTOR (v, 0, 1);
  if (biased)
    {
      l->attn_norm_b = VECTOR (DIM, 0, 0.3F), l->ffn_norm_b = VECTOR (DIM, 0, 0.3F);
      l->out_b = VECTOR (DIM, 0, 0.3F), l->down_b = VECTOR (DIM, 0, 0.3F);
      l->up_b = VECTOR (HIDDEN, 0, 0.3F);
    }
  if (a->head_norm)
    l->q_norm = VECTOR (HEAD_DIM, 1, 0.5F), l->k_norm = VECTOR (HEAD_DIM, 1, 0.5F);
  if (a->post_norm)
    l->attn_post_norm = VECTOR (DIM, 1, 0.5F), l->ffn_post_norm = VECTOR (DIM, 1, 0.5F);
}

/* gemma3: two ropes, the last layer full; gptneox: a part of the head rotates; llama: one layer
   does not rotate, and its values are narrower than its keys.  */
static void
small_ropes (small *s)
{
  rw_hyper *h = &s->net.hyper;
  const bool gemma = h->arch->post_norm;
  for (int r = 0; r < 2; r++)
    s->rope[r] = (rw_rope){ .geometry = { .head_dim = HEAD_DIM,
                                          .rotary_dim = h->arch->parallel ? 6 : HEAD_DIM,
                                          .rope_theta = r ? 80 : 700,
                                          .original_length = 32,
                                          .max_length = 128,
                                          .layout = h->arch->layout,
                                          .logit_scale = h->logit_scale },
                            .schedule = block ("default") };
  for (int l = 0; l < LAYERS; l++)
    {
      s->rope_of_layer[l] = gemma && l < LAYERS - 1;
      s->window_of_layer[l] = gemma && l < LAYERS - 1 ? WINDOW : 0;
    }
  if (strcmp (h->arch->name, "llama") == 0)
    s->rope_of_layer[1] = RW_NO_ROPE;
  s->model = (rw_model){ .n_ropes = gemma ? 2 : 1,
                         .rope = s->rope,
                         .n_layers = LAYERS,
                         .rope_of_layer = s->rope_of_layer,
                         .window_of_layer = s->window_of_layer };
}

/* Of rw_arch_at (arch).  The caller ends it with small_end, also where it fails.  */
__attribute__ ((unused)) static rw_status
small_make (small *s, size_t arch, rw_error *e)
{
  rw_hyper *h = &s->net.hyper;
  *s = (small){ .seed = 1234567 + arch };
  *h = (rw_hyper){ .arch = rw_arch_at (arch),
                   .layers = LAYERS,
                   .dim = DIM,
                   .hidden = HIDDEN,
                   .heads = HEADS,
                   .kv_heads = KV_HEADS,
                   .head_dim = HEAD_DIM,
                   .value_dim = arch == 0 ? VALUE_DIM : HEAD_DIM,
                   .vocab = VOCAB,
                   .norm_eps = 1e-5 };
  if (h->arch->post_norm)
    h->score_cap = 3.5, h->final_cap = 7.25, h->logit_scale = 0.21;
  s->net.layer = s->layer;
  s->net.embed = MATRIX (VOCAB, DIM);
  s->net.out = arch % 2 ? s->net.embed : MATRIX (VOCAB, DIM);
  s->net.out_norm = VECTOR (DIM, 1, 0.5F);
  if (h->arch->norm == RW_NORM_LAYER)
    s->net.out_norm_b = VECTOR (DIM, 0, 0.3F);
  for (int l = 0; l < LAYERS; l++)
    small_layer (s, &s->layer[l]);
  small_ropes (s);
  if (!s->rope[0].schedule || !s->rope[1].schedule)
    return rw_nomem (e, 1);
  return rw_forward_tables_make (&s->model, LAYERS, RW_NO_ROPE, NULL, 128, &s->tables, e);
}

__attribute__ ((unused)) static void
small_begin (small *s, size_t arch)
{
  rw_error e = { 0 };
  if (small_make (s, arch, &e))
    ok (0, "a small network: %s", e.text);
}

__attribute__ ((unused)) static void
small_end (small *s)
{
  for (size_t i = 0; i < s->n_blocks; i++)
    free (s->block[i]);
  for (int r = 0; r < 2; r++)
    rw_object_free (s->rope[r].schedule);
  rw_forward_tables_free (&s->tables);
}

__attribute__ ((unused)) static rw_forward_ask
small_ask (const small *s)
{
  return (rw_forward_ask){
    .network = &s->net, .model = &s->model, .freqs = s->tables.layer, .length = 128, .threads = 1
  };
}

/* n ids that look like none in particular.  */
__attribute__ ((unused)) static void
small_ids (int32_t *id, size_t n)
{
  for (size_t i = 0; i < n; i++)
    id[i] = (int32_t) ((i * i * 31 + i * 17 + 5) % VOCAB);
}

/* One run of one state; the words of its error where it fails.  */
__attribute__ ((unused)) static rw_status
small_run (const rw_forward_ask *ask, const rw_batch *b, rw_error *e)
{
  rw_forward *f = NULL;
  rw_status s = rw_forward_new (ask, &f, e);
  s = s ? s : rw_forward_run (f, b, e);
  rw_forward_free (f);
  return s;
}

#undef VECTOR
#undef MATRIX

#endif
