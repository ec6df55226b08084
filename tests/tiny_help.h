/* tiny_help: a small random llama as a GGUF file: three layers of four query heads and two key
   heads of eight channels, and the byte tokenizer that the shipped model has: 256 bytes as GPT-2
   writes them, no merges, and one control token, <|endoftext|>, for BOS and EOS.  */
#ifndef RW_TESTS_TINY_HELP_H
#define RW_TESTS_TINY_HELP_H

#include "gguf_help.h"

enum
{
  NET_LAYERS = 3,
  NET_HEADS = 4,
  NET_KV_HEADS = 2,
  NET_HEAD_DIM = 8,
  NET_DIM = NET_HEADS * NET_HEAD_DIM,
  NET_KV_DIM = NET_KV_HEADS * NET_HEAD_DIM,
  NET_HIDDEN = 48,
  NET_BOS = 256,
  NET_VOCAB = 257,
  NET_LENGTH = 64, /* trained */
  NET_THETA = 100
};

/* What may differ from file to file.  */
typedef struct
{
  uint64_t seed;
  bool no_tokenizer;
  const char *cut; /* a tensor that is left out, or NULL */
} net_options;

/* The character that stands for a byte in GPT-2's vocabulary: itself where it can be printed, else
   one of U+0100 and on.  */
__attribute__ ((unused)) static void
net_put_byte (bytes *b, unsigned byte)
{
  unsigned next = 256, c = byte;
  char s[3] = { 0 };
  for (unsigned k = 0; k <= byte; k++)
    {
      const bool printed = (k >= 33 && k <= 126) || (k >= 161 && k <= 172) || k >= 174;
      c = printed ? k : next++;
    }
  s[0] = (char) (c < 128 ? c : 0xc0 | c >> 6);
  s[1] = (char) (c < 128 ? 0 : 0x80 | (c & 63));
  put_text (b, s);
}

__attribute__ ((unused)) static void
net_add_tokenizer (gguf_file *f)
{
  uint32_t types[NET_VOCAB];
  add_text (f, "tokenizer.ggml.model", "gpt2");
  add_text (f, "tokenizer.ggml.pre", "gpt-2");
  add_array (f, "tokenizer.ggml.tokens", RW_GGUF_STRING, NET_VOCAB, NULL, 0);
  for (unsigned k = 0; k < 256; k++)
    net_put_byte (&f->meta, k);
  put_text (&f->meta, "<|endoftext|>");
  for (unsigned k = 0; k < NET_VOCAB; k++)
    types[k] = k < 256 ? 1 : 3; /* normal, control */
  add_array (f, "tokenizer.ggml.token_type", RW_GGUF_INT32, NET_VOCAB, types, sizeof types);
  add_array (f, "tokenizer.ggml.merges", RW_GGUF_STRING, 0, NULL, 0);
  add_u32 (f, "tokenizer.ggml.bos_token_id", NET_BOS);
  add_u32 (f, "tokenizer.ggml.eos_token_id", NET_BOS);
}

__attribute__ ((unused)) static void
net_add_hyper (gguf_file *f)
{
  add_text (f, "general.architecture", "llama");
  add_u32 (f, "llama.block_count", NET_LAYERS);
  add_u32 (f, "llama.embedding_length", NET_DIM);
  add_u32 (f, "llama.feed_forward_length", NET_HIDDEN);
  add_u32 (f, "llama.attention.head_count", NET_HEADS);
  add_u32 (f, "llama.attention.head_count_kv", NET_KV_HEADS);
  add_u32 (f, "llama.context_length", NET_LENGTH);
  add_u32 (f, "llama.rope.dimension_count", NET_HEAD_DIM);
  add_f32 (f, "llama.rope.freq_base", NET_THETA);
  add_f32 (f, "llama.attention.layer_norm_rms_epsilon", 1e-5f);
}

/* Vectors near 1; matrices such that products keep the size of what they are given.  Uniform
   numbers by a 64-bit linear congruence (Knuth's MMIX).  */
__attribute__ ((unused)) static void
net_add_tensor (gguf_file *f, net_options *how, const char *name, size_t rows, size_t cols)
{
  static float values[NET_VOCAB * NET_DIM];
  const double width = rows == 1 ? 0.25 : 1.7 / sqrt ((double) cols);
  for (size_t i = 0; i < rows * cols; i++)
    {
      how->seed = how->seed * 6364136223846793005u + 1442695040888963407u;
      values[i] = (float) ((rows == 1) + width * ((double) (how->seed >> 40) / (1 << 23) - 1));
    }
  if (!how->cut || strcmp (how->cut, name) != 0)
    add_tensor (f, name, 0, cols, rows, values, rows * cols * sizeof *values);
}

__attribute__ ((unused)) static void
net_write (const char *path, net_options how)
{
  static const struct
  {
    const char *tail;
    size_t rows, cols;
  } rows[] = { { "attn_norm", 1, NET_DIM },         { "attn_q", NET_DIM, NET_DIM },
               { "attn_k", NET_KV_DIM, NET_DIM },   { "attn_v", NET_KV_DIM, NET_DIM },
               { "attn_output", NET_DIM, NET_DIM }, { "ffn_norm", 1, NET_DIM },
               { "ffn_gate", NET_HIDDEN, NET_DIM }, { "ffn_up", NET_HIDDEN, NET_DIM },
               { "ffn_down", NET_DIM, NET_HIDDEN } };
  gguf_file f = { 0 };
  bytes b;
  char name[64];
  net_add_hyper (&f);
  if (!how.no_tokenizer)
    net_add_tokenizer (&f);
  net_add_tensor (&f, &how, "token_embd.weight", NET_VOCAB, NET_DIM);
  net_add_tensor (&f, &how, "output_norm.weight", 1, NET_DIM);
  for (size_t l = 0; l < NET_LAYERS; l++)
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++)
      {
        snprintf (name, sizeof name, "blk.%zu.%s.weight", l, rows[k].tail);
        net_add_tensor (&f, &how, name, rows[k].rows, rows[k].cols);
      }
  finish_file (&f, &b);
  if (!write_file (path, &b))
    {
      ok (0, "%s can be written", path);
      exit (tap_end ());
    }
  free (b.s);
}

#endif
