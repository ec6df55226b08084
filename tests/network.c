/* Opening networks: every architecture has its weights where they belong, and what is missing, odd
   or unknown is refused by name.  */
#include "model/network.h"
#include "network_help.h"

static rw_error err;

static float
value (const rw_weight *w, size_t row, size_t col)
{
  float x;
  memcpy (&x, (const char *) w->data + (row * w->cols + col) * sizeof x, sizeof x);
  return x;
}

static bool
is (const rw_weight *w, size_t rows, size_t cols, float first)
{
  return w->data && w->rows == rows && w->cols == cols && w->type == RW_QUANT_F32
         && value (w, 0, 0) == first
         && value (w, rows - 1, cols - 1) == first + (float) (rows * cols - 1);
}

/* Where the first value of a view is number n of the fused tensor.  */
static void
check_layer (const small_arch *a, const rw_layer *y)
{
  const size_t q = HEADS * HEAD_DIM, k = KV_HEADS * HEAD_DIM;
  const float kf = a->fused_qkv ? (float) q : 0, vf = a->fused_qkv ? (float) (q + k) : 0;
  ok (is (&y->q, q, DIMS, 0) && is (&y->k, k, DIMS, kf * DIMS) && is (&y->v, k, DIMS, vf * DIMS),
      "%s: q, k, v", a->arch);
  ok (a->qkv_bias ? is (&y->q_b, 1, q, 0) && is (&y->k_b, 1, k, kf) && is (&y->v_b, 1, k, vf)
                  : !y->q_b.data && !y->k_b.data && !y->v_b.data,
      "%s: their biases", a->arch);
  ok (is (&y->out, DIMS, q, 0) && !!y->out_b.data == a->biases, "%s: output", a->arch);
  ok (is (&y->up, HIDDEN, DIMS, a->fused_up ? HIDDEN * DIMS : 0)
          && (a->gated ? is (&y->gate, HIDDEN, DIMS, 0) : !y->gate.data)
          && is (&y->down, DIMS, HIDDEN, 0) && !!y->up_b.data == a->biases
          && !!y->down_b.data == a->biases,
      "%s: feed-forward", a->arch);
  ok (is (&y->attn_norm, 1, DIMS, 0) && is (&y->ffn_norm, 1, DIMS, 0)
          && !!y->attn_norm_b.data == a->biases && !!y->ffn_norm_b.data == a->biases
          && (a->head_norm ? is (&y->q_norm, 1, HEAD_DIM, 0) && is (&y->k_norm, 1, HEAD_DIM, 0)
                           : !y->q_norm.data && !y->k_norm.data)
          && !!y->attn_post_norm.data == a->post_norm && !!y->ffn_post_norm.data == a->post_norm,
      "%s: norms", a->arch);
}

static void
whole_networks (void)
{
  for (const small_arch *a = small_archs; a->arch; a++)
    {
      gguf_file f = { 0 };
      rw_network *n = NULL;
      add_shape (&f, a);
      add_weights (&f, a, NULL);
      const char *path = write_gguf (&f);
      if (ok (rw_network_open (path, &n, &err) == RW_OK, "%s opens", a->arch))
        {
          const rw_hyper *h = &n->hyper;
          ok (strcmp (h->arch->name, a->arch) == 0 && h->layers == LAYERS && h->dim == DIMS
                  && h->hidden == HIDDEN && h->heads == HEADS && h->kv_heads == KV_HEADS
                  && h->head_dim == HEAD_DIM && h->value_dim == HEAD_DIM
                  && h->rotary_dim == HEAD_DIM && h->vocab == VOCAB && h->norm_eps == 0x1p-17
                  && h->context_length == 64,
              "%s: hyperparameters", a->arch);
          ok (is (&n->embed, VOCAB, DIMS, 0) && n->out.data == n->embed.data
                  && is (&n->out_norm, 1, DIMS, 0) && !!n->out_norm_b.data == a->biases,
              "%s: the embedding is the output", a->arch);
          for (size_t l = 0; l < LAYERS; l++)
            check_layer (a, &n->layer[l]);
          ok (strcmp (n->layer[1].down.name, "blk.1.ffn_down.weight") == 0, "%s: names", a->arch);
        }
      else
        printf ("# %s\n", err.text);
      rw_network_close (n);
      unlink (path);
    }
  rw_network_close (NULL);
}

/* Weights that may be there.  */
static void
optional_weights (void)
{
  gguf_file f = { 0 };
  rw_network *n = NULL;
  const rw_tokenizer *t;
  add_shape (&f, &small_archs[0]);
  add_weights (&f, &small_archs[0], NULL);
  add_counted (&f, NULL, "output.weight", VOCAB, DIMS);
  add_counted (&f, NULL, "blk.1.attn_q.bias", 1, HEADS * HEAD_DIM);
  add_counted (&f, NULL, "rope_freqs.weight", 1, HEAD_DIM / 2);
  const char *path = write_gguf (&f);
  if (ok (rw_network_open (path, &n, &err) == RW_OK, "a llama may have biases and an output"))
    {
      ok (n->out.data != n->embed.data && n->layer[1].q_b.data && !n->layer[0].q_b.data,
          "which are found");
      ok (rw_network_tokenizer (n, &t, &err) == RW_EINVAL && !t, "and no tokenizer");
      has (err.hint, "give token ids", "which is told, with the way out");
      ok (rw_network_tokenizer (n, &t, NULL) == RW_EINVAL, "also to who does not ask why");
    }
  rw_network_close (n);
  unlink (path);
}

/* A tokenizer is the network's if every id that it gives has a row.  */
static void
tokenizers (void)
{
  for (size_t more = 0; more < 2; more++)
    {
      gguf_file f = { 0 };
      rw_network *n = NULL;
      const rw_tokenizer *t;
      add_shape (&f, &small_archs[0]);
      add_text (&f, "tokenizer.ggml.model", "gpt2");
      add_array (&f, "tokenizer.ggml.tokens", RW_GGUF_STRING, VOCAB + more, "", 0);
      for (size_t i = 0; i < VOCAB + more; i++)
        put_text (&f.meta, "a");
      add_weights (&f, &small_archs[0], NULL);
      const char *path = write_gguf (&f);
      ok (rw_network_open (path, &n, &err) == RW_OK, "a network opens with its tokenizer");
      const rw_status s = rw_network_tokenizer (n, &t, &err);
      if (more)
        {
          ok (s == RW_EINVAL && !t, "but one of more tokens than the embedding is none");
          has (err.text, "8 tokens, but token_embd.weight has rows for 7", "which is told");
        }
      else
        ok (s == RW_OK && t && rw_tokenizer_size (t) == VOCAB, "and gives it");
      rw_network_close (n);
      unlink (path);
    }
}

/* What a file must not say.  */
static void
refused (gguf_file *f, const char *part, const char *name)
{
  rw_network *n = NULL;
  const char *path = write_gguf (f);
  const rw_status s = rw_network_open (path, &n, &err);
  ok (s == RW_EINVAL && !n, "%s: refused", name);
  if (has (err.text, part, name))
    ok (strncmp (err.text, path, strlen (path)) == 0, "with the file");
  rw_network_close (n);
  unlink (path);
}

static void
missing_weights (void)
{
  static const char *const names[] = { "token_embd.weight",
                                       "output_norm.weight",
                                       "output_norm.bias",
                                       "blk.1.attn_norm.bias",
                                       "blk.0.attn_qkv.bias",
                                       "blk.1.attn_output.weight",
                                       "blk.1.attn_output.bias",
                                       "blk.0.ffn_norm.weight",
                                       "blk.0.ffn_up.bias",
                                       "blk.1.ffn_down.weight",
                                       NULL };
  char part[96];
  for (const char *const *name = names; *name; name++)
    {
      gguf_file f = { 0 };
      add_shape (&f, &small_archs[5]);
      add_weights (&f, &small_archs[5], *name);
      snprintf (part, sizeof part, "tensor '%s': not in the file", *name);
      refused (&f, part, *name);
    }
}

static void
odd_weights (void)
{
  const small_arch *llama = &small_archs[0];
  gguf_file f = { 0 };
  add_shape (&f, llama);
  add_weights (&f, llama, "blk.1.attn_k.weight");
  add_counted (&f, NULL, "blk.1.attn_k.weight", DIMS, KV_HEADS * HEAD_DIM + 1);
  refused (&f, "tensor 'blk.1.attn_k.weight': 13 x 12 x 1 x 1; expected 12 rows of 12 values",
           "a wrong shape");
  add_shape (&f, llama);
  add_weights (&f, llama, NULL);
  add_counted (&f, NULL, "blk.0.attn_sub_norm.weight", 1, DIMS);
  refused (&f, "tensor 'blk.0.attn_sub_norm.weight': a 'llama' network is not known to have it",
           "a tensor that changes the network");
  add_shape (&f, llama);
  add_weights (&f, llama, "output_norm.weight");
  add_tensor (&f, "output_norm.weight", 26, DIMS, 1, NULL, 4 * DIMS);
  refused (&f, "tensor 'output_norm.weight': type I32 is not read; known: F32, F16, BF16",
           "a type that is not read");
}

static void
bad_shapes (void)
{
  static const struct
  {
    const char *tail;
    double x; /* below 0: the key is left out */
    const char *part;
  } rows[] = {
    { "block_count", -1, "llama.block_count: not in the metadata" },
    { "block_count", 0, "llama.block_count: 0; expected 1 to 4096" },
    { "block_count", 1e9, "llama.block_count: 1000000000; expected 1 to 4096" },
    { "block_count", 1.5, "llama.block_count: 1.5; expected a whole number" },
    { "block_count", 3, "tensor 'blk.2.attn_norm.weight': not in the file" },
    { "embedding_length", 0, "llama.embedding_length: 0; expected 1 to" },
    { "embedding_length", 13, "tensor 'token_embd.weight': 12 x 7 x 1 x 1; expected 7 rows of 13" },
    { "feed_forward_length", 21, "tensor 'blk.0.ffn_gate.weight': 12 x 20" },
    { "attention.head_count", 3, "llama.attention.head_count_kv: heads of q do not share" },
    { "attention.head_count_kv", 0, "llama.attention.head_count_kv: heads of q do not share" },
    { "attention.key_length", 1, "llama.attention.key_length: a head has 2 to 65536 channels" },
    { "attention.key_length", 1e6, "llama.attention.key_length: 1000000; expected 0 to 65536" },
    { "rope.dimension_count", 5, "llama.rope.dimension_count: expected an even number" },
    { "rope.dimension_count", 8, "llama.rope.dimension_count: expected an even number" },
    { "context_length", 0, "llama.context_length: 0; expected 1 to" },
    { "attention.layer_norm_rms_epsilon", -1, "layer_norm_rms_epsilon: not in the metadata" },
    { "expert_count", 8, "llama.expert_count: mixtures of experts are not read" },
    { NULL, 0, NULL },
  };
  for (size_t i = 0; rows[i].tail; i++)
    {
      gguf_file f = { 0 };
      add_text (&f, "general.architecture", "llama");
      static const char *const tails[] = { "block_count",
                                           "embedding_length",
                                           "feed_forward_length",
                                           "attention.head_count",
                                           "attention.head_count_kv",
                                           "attention.key_length",
                                           "attention.value_length",
                                           "context_length",
                                           "attention.layer_norm_rms_epsilon",
                                           NULL };
      static const float values[]
          = { LAYERS, DIMS, HIDDEN, HEADS, KV_HEADS, HEAD_DIM, HEAD_DIM, 64, 0x1p-17F };
      for (size_t k = 0; tails[k]; k++)
        if (strcmp (tails[k], rows[i].tail) != 0)
          add_f32 (&f, keyed ("llama", tails[k]), values[k]);
      if (rows[i].x >= 0)
        add_f32 (&f, keyed ("llama", rows[i].tail), (float) rows[i].x);
      add_weights (&f, &small_archs[0], NULL);
      refused (&f, rows[i].part, rows[i].part);
    }
}

static void
unknown_archs (void)
{
  gguf_file f = { 0 };
  add_text (&f, "general.architecture", "lama");
  refused (&f,
           "general.architecture: 'lama' is not read; known: llama, qwen2, qwen3, phi3, "
           "gemma3, gptneox; did you mean 'llama'?",
           "an unknown architecture");
  add_text (&f, "general.name", "x");
  refused (&f, "general.architecture: not in the metadata", "none at all");
  add_u32 (&f, "general.architecture", 3);
  refused (&f, "general.architecture: expected a text, got a number", "a number");
}

/* ---- windows, scales, parallel layers ---- */

static bool
read_hyper (gguf_file *f, rw_hyper *h)
{
  bytes b;
  rw_gguf *g = NULL;
  finish_file (f, &b);
  rw_status s = rw_gguf_parse ("hyper", b.s, b.n, &g, &err);
  if (!s)
    s = rw_hyper_read (g, h, &err);
  rw_gguf_close (g);
  free (b.s);
  return s == RW_OK;
}

static void
windows (void)
{
  const small_arch *gemma = &small_archs[4];
  const unsigned char pattern[LAYERS] = { 0, 1 }, odd[3] = { 0, 0, 1 };
  gguf_file f = { 0 };
  rw_hyper h;
  add_shape (&f, gemma);
  add_u32 (&f, "gemma3.attention.sliding_window", 16);
  ok (read_hyper (&f, &h) && h.window == 16 && h.window_period == 6 && rw_hyper_window (&h, 4) == 16
          && rw_hyper_window (&h, 5) == 0 && rw_hyper_window (&h, 6) == 16
          && rw_hyper_window (&h, 11) == 0,
      "gemma3: every sixth layer is full");
  add_shape (&f, gemma);
  add_u32 (&f, "gemma3.attention.sliding_window", 16);
  add_u32 (&f, "gemma3.attention.sliding_window_pattern", 3);
  ok (read_hyper (&f, &h) && rw_hyper_window (&h, 1) == 16 && rw_hyper_window (&h, 2) == 0,
      "a period of its own");
  add_shape (&f, gemma);
  add_u32 (&f, "gemma3.attention.sliding_window", 16);
  add_array (&f, "gemma3.attention.sliding_window_pattern", RW_GGUF_BOOL, LAYERS, "\1\0", LAYERS);
  ok (read_hyper (&f, &h) && h.window_period == 2 && rw_hyper_window (&h, 0) == 16
          && rw_hyper_window (&h, 1) == 0,
      "layer by layer");
  add_shape (&f, gemma);
  add_u32 (&f, "gemma3.attention.sliding_window", 16);
  add_array (&f, "gemma3.attention.sliding_window_pattern", RW_GGUF_BOOL, LAYERS, pattern, LAYERS);
  ok (!read_hyper (&f, &h), "layers without a period are refused");
  has (err.text, "sliding_window_pattern: expected numbers in which every n-th layer", "and told");
  add_shape (&f, gemma);
  add_u32 (&f, "gemma3.attention.sliding_window", 16);
  add_array (&f, "gemma3.attention.sliding_window_pattern", RW_GGUF_BOOL, 1, odd, 1);
  ok (!read_hyper (&f, &h), "a list that is too short is refused");
  add_shape (&f, &small_archs[3]);
  add_u32 (&f, "phi3.attention.sliding_window", 16);
  ok (read_hyper (&f, &h) && rw_hyper_window (&h, 0) == 16 && rw_hyper_window (&h, 1) == 16,
      "phi3: every layer slides");
  add_shape (&f, &small_archs[0]);
  ok (read_hyper (&f, &h) && rw_hyper_window (&h, 0) == 0, "llama: none does");
}

static void
scales (void)
{
  gguf_file f = { 0 };
  rw_hyper h;
  add_text (&f, "general.architecture", "gemma3");
  add_u32 (&f, "gemma3.block_count", 62);
  add_u32 (&f, "gemma3.embedding_length", 5376);
  add_u32 (&f, "gemma3.feed_forward_length", 21504);
  add_u32 (&f, "gemma3.attention.head_count", 32);
  add_u32 (&f, "gemma3.attention.head_count_kv", 16);
  add_u32 (&f, "gemma3.attention.key_length", 128);
  add_u32 (&f, "gemma3.attention.value_length", 128);
  add_u32 (&f, "gemma3.context_length", 131072);
  add_f32 (&f, "gemma3.attention.layer_norm_rms_epsilon", 1e-6F);
  add_f32 (&f, "gemma3.final_logit_softcapping", 30);
  ok (read_hyper (&f, &h) && h.vocab == 0 && h.final_cap == 30, "gemma3 27B");
  near (h.logit_scale, 1 / sqrt (168), TOL0, "scores over the root of 168 (its config's scalar)");
  add_shape (&f, &small_archs[0]);
  add_f32 (&f, "llama.attention.scale", 0.25F);
  add_f32 (&f, "llama.attn_logit_softcapping", 50);
  ok (read_hyper (&f, &h) && h.logit_scale == 0.25 && h.score_cap == 50, "a scale of the file");
  add_shape (&f, &small_archs[0]);
  ok (read_hyper (&f, &h) && h.logit_scale == 0 && h.score_cap == 0 && h.final_cap == 0,
      "and none");
}

static void
parallel_layers (void)
{
  gguf_file f = { 0 };
  rw_hyper h;
  add_shape (&f, &small_archs[5]);
  ok (read_hyper (&f, &h) && h.arch->parallel && h.arch->norm == RW_NORM_LAYER,
      "gptneox: parallel");
  add_shape (&f, &small_archs[5]);
  add_bool (&f, "gptneox.use_parallel_residual", false);
  ok (read_hyper (&f, &h) && !h.arch->parallel && strcmp (h.arch->name, "gptneox") == 0
          && h.arch->norm == RW_NORM_LAYER && h.arch->qkv_bias,
      "or one after the other");
}

/* ---- split files ---- */

/* Part i of n with every n-th tensor of the network; part 0 has the shape.  */
static void
write_part (const char *path, uint16_t i, uint16_t n, uint16_t says)
{
  gguf_file f = { 0 };
  bytes b;
  char name[64];
  if (i == 0)
    add_shape (&f, &small_archs[0]);
  add_u16 (&f, "split.no", i);
  add_u16 (&f, "split.count", says);
  add_key (&f, "split.tensors.count", RW_GGUF_INT32, &(int32_t){ 6 }, 4);
  for (int t = i; t < 6; t += n)
    {
      snprintf (name, sizeof name, "t%d.weight", t);
      add_counted (&f, NULL, name, (uint64_t) t + 1, 4);
    }
  finish_file (&f, &b);
  if (!write_file (path, &b))
    ok (0, "%s could not be written", path);
  free (b.s);
}

static void
split_files (void)
{
  enum
  {
    PARTS = 3
  };
  char path[PARTS][64];
  rw_gguf *g = NULL;
  for (uint16_t i = 0; i < PARTS; i++)
    {
      snprintf (path[i], sizeof path[i], "split-%ld-%05d-of-%05d.gguf", (long) getpid (), i + 1,
                PARTS);
      write_part (path[i], i, PARTS, PARTS);
    }
  for (size_t i = 0; i < PARTS; i++)
    {
      ok (rw_gguf_open (path[i], &g, &err) == RW_OK && rw_gguf_tensors (g) == 6
              && rw_gguf_find (g, "llama.block_count"),
          "a split model opens by its part %zu", i);
      const rw_gguf_tensor *t = g ? rw_gguf_tensor_find (g, "t4.weight") : NULL;
      float last = 0;
      if (t)
        memcpy (&last, (const char *) t->data + t->bytes - 4, 4);
      ok (last == 19, "with the tensors of every part");
      rw_gguf_close (g);
      g = NULL;
    }
  write_part (path[2], 2, PARTS, 4);
  ok (rw_gguf_open (path[0], &g, &err) == RW_EINVAL && !g, "a part of another model is refused");
  has (err.text, "say part 3 of 4; expected 3 of 3", "with what it says");
  unlink (path[2]);
  ok (rw_gguf_open (path[0], &g, &err) == RW_EIO && !g, "a missing part is told");
  has (err.hint, "all 3 parts of the model must lie beside each other", "with the way out");
  rename (path[0], "split.gguf");
  ok (rw_gguf_open ("split.gguf", &g, &err) == RW_EINVAL && !g, "a part under another name");
  has (err.text, "part 1 of 3 of a split model, but not called so", "is told");
  unlink ("split.gguf");
  unlink (path[1]);
}

int
main (void)
{
  whole_networks ();
  optional_weights ();
  tokenizers ();
  missing_weights ();
  odd_weights ();
  bad_shapes ();
  unknown_archs ();
  windows ();
  scales ();
  parallel_layers ();
  split_files ();
  return tap_end ();
}
