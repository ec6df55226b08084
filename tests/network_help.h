/* network_help: small whole networks of every architecture, written by hand.  */
#ifndef RW_TESTS_NETWORK_HELP_H
#define RW_TESTS_NETWORK_HELP_H

#include "gguf_help.h"

#include <unistd.h>

/* Sizes that differ from each other, so that a mix-up shows.  */
enum
{
  LAYERS = 2,
  DIMS = 12,
  HIDDEN = 20,
  HEADS = 4,
  KV_HEADS = 2,
  HEAD_DIM = 6,
  VOCAB = 7
};

typedef struct
{
  const char *arch;
  bool fused_qkv, fused_up, gated, head_norm, post_norm, biases, qkv_bias;
} small_arch;

static const small_arch small_archs[] = {
  { "llama", .gated = true },
  { "qwen2", .gated = true, .qkv_bias = true },
  { "qwen3", .gated = true, .head_norm = true },
  { "phi3", .gated = true, .fused_qkv = true, .fused_up = true },
  { "gemma3", .gated = true, .head_norm = true, .post_norm = true },
  { "gptneox", .fused_qkv = true, .biases = true, .qkv_bias = true },
  { .arch = NULL },
};

/* ARCH.TAIL */
static const char *
keyed (const char *arch, const char *tail)
{
  static char key[128];
  snprintf (key, sizeof key, "%s.%s", arch, tail);
  return key;
}

__attribute__ ((unused)) static void
add_shape (gguf_file *f, const small_arch *a)
{
  add_text (f, "general.architecture", a->arch);
  add_u32 (f, keyed (a->arch, "block_count"), LAYERS);
  add_u32 (f, keyed (a->arch, "embedding_length"), DIMS);
  add_u32 (f, keyed (a->arch, "feed_forward_length"), HIDDEN);
  add_u32 (f, keyed (a->arch, "attention.head_count"), HEADS);
  add_u32 (f, keyed (a->arch, "attention.head_count_kv"), KV_HEADS);
  add_u32 (f, keyed (a->arch, "attention.key_length"), HEAD_DIM);
  add_u32 (f, keyed (a->arch, "attention.value_length"), HEAD_DIM);
  add_u32 (f, keyed (a->arch, "context_length"), 64);
  add_f32 (f,
           keyed (a->arch,
                  a->biases ? "attention.layer_norm_epsilon" : "attention.layer_norm_rms_epsilon"),
           0x1p-17F);
}

/* (n, m) numbers that count up from `first`: value i of row r is first + r m + i.  `skip` is a
   name that is left out, or NULL.  */
__attribute__ ((unused)) static void
add_counted (gguf_file *f, const char *skip, const char *name, uint64_t n, uint64_t m)
{
  float *x = malloc (n * m * sizeof *x);
  for (uint64_t i = 0; i < n * m; i++)
    x[i] = (float) i;
  if (!skip || strcmp (skip, name) != 0)
    add_tensor (f, name, 0, m, n, x, n * m * sizeof *x);
  free (x);
}

static void
add_block (gguf_file *f, const small_arch *a, const char *skip, int l)
{
  const uint64_t q = HEADS * HEAD_DIM, k = KV_HEADS * HEAD_DIM;
  const struct
  {
    const char *name;
    uint64_t n, m;
    bool there;
  } rows[] = {
    { "attn_norm.weight", 1, DIMS, true },
    { "attn_norm.bias", 1, DIMS, a->biases },
    { "attn_qkv.weight", q + 2 * k, DIMS, a->fused_qkv },
    { "attn_qkv.bias", 1, q + 2 * k, a->fused_qkv && a->qkv_bias },
    { "attn_q.weight", q, DIMS, !a->fused_qkv },
    { "attn_k.weight", k, DIMS, !a->fused_qkv },
    { "attn_v.weight", k, DIMS, !a->fused_qkv },
    { "attn_q.bias", 1, q, !a->fused_qkv && a->qkv_bias },
    { "attn_k.bias", 1, k, !a->fused_qkv && a->qkv_bias },
    { "attn_v.bias", 1, k, !a->fused_qkv && a->qkv_bias },
    { "attn_q_norm.weight", 1, HEAD_DIM, a->head_norm },
    { "attn_k_norm.weight", 1, HEAD_DIM, a->head_norm },
    { "attn_output.weight", DIMS, q, true },
    { "attn_output.bias", 1, DIMS, a->biases },
    { "post_attention_norm.weight", 1, DIMS, a->post_norm },
    { "ffn_norm.weight", 1, DIMS, true },
    { "ffn_norm.bias", 1, DIMS, a->biases },
    { "ffn_gate.weight", HIDDEN, DIMS, a->gated && !a->fused_up },
    { "ffn_up.weight", a->fused_up ? 2 * HIDDEN : HIDDEN, DIMS, true },
    { "ffn_up.bias", 1, HIDDEN, a->biases },
    { "ffn_down.weight", DIMS, HIDDEN, true },
    { "ffn_down.bias", 1, DIMS, a->biases },
    { "post_ffw_norm.weight", 1, DIMS, a->post_norm },
  };
  char name[64];
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    {
      snprintf (name, sizeof name, "blk.%d.%s", l, rows[i].name);
      if (rows[i].there)
        add_counted (f, skip, name, rows[i].n, rows[i].m);
    }
}

/* All weights but `skip`; no output.weight: the embedding serves.  */
__attribute__ ((unused)) static void
add_weights (gguf_file *f, const small_arch *a, const char *skip)
{
  add_counted (f, skip, "token_embd.weight", VOCAB, DIMS);
  add_counted (f, skip, "output_norm.weight", 1, DIMS);
  if (a->biases)
    add_counted (f, skip, "output_norm.bias", 1, DIMS);
  for (int l = 0; l < LAYERS; l++)
    add_block (f, a, skip, l);
}

/* Writes the file under a name of its own, which it returns.  */
__attribute__ ((unused)) static const char *
write_gguf (gguf_file *f)
{
  static char path[64];
  bytes b;
  snprintf (path, sizeof path, "network-%ld.gguf", (long) getpid ());
  finish_file (f, &b);
  if (!write_file (path, &b))
    ok (0, "%s could not be written", path);
  free (b.s);
  return path;
}

#endif
