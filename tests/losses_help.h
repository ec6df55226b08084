/* losses_help: a small model of random weights, written as GGUF and opened, for metrics that run
   one.

     lab l;
     lab_open (&l, "nll");          a bench (metric_help.h) with network, model and text
     bench_set (&l.b, ...);
     lab_table (&l, "linear", 2, &f)
     bench_run (&l.b, &f, &err);
     lab_close (&l);

   Two layers, two query heads that share one of k and v, 257 tokens: the bytes and a BOS.  The text
   is not random: words come again, so that losses depend on what was read.  lab_losses is the
   second way: the plain double forward pass, a window at a time.  */
#ifndef RW_TESTS_LOSSES_HELP_H
#define RW_TESTS_LOSSES_HELP_H

#include "gguf_help.h"
#include "metric_help.h"
#include "model/forward.h"

#include <unistd.h>

enum
{
  LAB_DIM = 16,
  LAB_HEAD = 8,
  LAB_HIDDEN = 24,
  LAB_LAYERS = 2,
  LAB_VOCAB = 257,
  LAB_BOS = 256,
  LAB_TRAINED = 32,
  LAB_TEXT = 900 /* tokens of the first document; the second has half of them */
};

typedef struct
{
  bench b;
  rw_network *network;
  rw_rope rope;
  rw_model model;
  int32_t text[2][LAB_TEXT];
  rw_document document[2];
  rw_corpus corpus;
  rw_freqs own;
  double distance[200];
} lab;

static void
lab_matrix (gguf_file *f, const char *name, uint64_t rows, uint64_t cols, double size,
            uint64_t *seed)
{
  static float v[LAB_VOCAB * LAB_DIM];
  for (uint64_t i = 0; i < rows * cols; i++)
    v[i] = (float) (size > 0 ? uniform (seed, -size, size) : 1);
  add_tensor (f, name, 0, cols, rows, v, rows * cols * sizeof (float));
}

/* The letters by which GPT-2 writes bytes: printable ones stand for themselves, the others for the
   letters from 256 on.  */
static void
lab_byte_token (bytes *b, int byte)
{
  int next = 256;
  int letter = byte;
  char s[3] = { 0 };
  for (int c = 0; c <= byte; c++)
    {
      const bool plain = (c >= 33 && c <= 126) || (c >= 161 && c <= 172) || c >= 174;
      letter = plain ? c : next++;
    }
  if (letter < 128)
    s[0] = (char) letter;
  else
    {
      s[0] = (char) (0xc0 | letter >> 6);
      s[1] = (char) (0x80 | (letter & 63));
    }
  put_text (b, s);
}

static void
lab_tokenizer (gguf_file *f)
{
  int32_t type[LAB_VOCAB];
  add_text (f, "tokenizer.ggml.model", "gpt2");
  add_text (f, "tokenizer.ggml.pre", "gpt-2");
  add_array (f, "tokenizer.ggml.tokens", RW_GGUF_STRING, LAB_VOCAB, NULL, 0);
  for (int i = 0; i < 256; i++)
    lab_byte_token (&f->meta, i);
  put_text (&f->meta, "<|bos|>");
  for (int i = 0; i < LAB_VOCAB; i++)
    type[i] = i < 256 ? 1 : 3;
  add_array (f, "tokenizer.ggml.token_type", RW_GGUF_INT32, LAB_VOCAB, type, sizeof type);
  add_array (f, "tokenizer.ggml.merges", RW_GGUF_STRING, 0, NULL, 0);
  add_u32 (f, "tokenizer.ggml.bos_token_id", LAB_BOS);
}

static void
lab_layer (gguf_file *f, int l, uint64_t *seed)
{
  static const struct
  {
    const char *name;
    uint64_t rows, cols;
    double size;
  } parts[] = { { "attn_norm", 1, LAB_DIM, 0 },           { "attn_q", LAB_DIM, LAB_DIM, 0.8 },
                { "attn_k", LAB_HEAD, LAB_DIM, 0.8 },     { "attn_v", LAB_HEAD, LAB_DIM, 0.5 },
                { "attn_output", LAB_DIM, LAB_DIM, 0.5 }, { "ffn_norm", 1, LAB_DIM, 0 },
                { "ffn_gate", LAB_HIDDEN, LAB_DIM, 0.5 }, { "ffn_up", LAB_HIDDEN, LAB_DIM, 0.5 },
                { "ffn_down", LAB_DIM, LAB_HIDDEN, 0.5 } };
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
    {
      char name[64];
      snprintf (name, sizeof name, "blk.%d.%s.weight", l, parts[i].name);
      lab_matrix (f, name, parts[i].rows, parts[i].cols, parts[i].size, seed);
    }
}

static void
lab_write (const char *path, bool tokenizer)
{
  gguf_file f = { 0 };
  bytes b;
  uint64_t seed = 2385;
  add_text (&f, "general.architecture", "llama");
  add_u32 (&f, "llama.context_length", LAB_TRAINED);
  add_u32 (&f, "llama.embedding_length", LAB_DIM);
  add_u32 (&f, "llama.block_count", LAB_LAYERS);
  add_u32 (&f, "llama.feed_forward_length", LAB_HIDDEN);
  add_u32 (&f, "llama.attention.head_count", LAB_DIM / LAB_HEAD);
  add_u32 (&f, "llama.attention.head_count_kv", 1);
  add_f32 (&f, "llama.attention.layer_norm_rms_epsilon", 1e-5f);
  add_f32 (&f, "llama.rope.freq_base", 100);
  add_u32 (&f, "llama.vocab_size", LAB_VOCAB);
  if (tokenizer)
    lab_tokenizer (&f);
  lab_matrix (&f, "token_embd.weight", LAB_VOCAB, LAB_DIM, 1.2, &seed);
  for (int l = 0; l < LAB_LAYERS; l++)
    lab_layer (&f, l, &seed);
  lab_matrix (&f, "output_norm.weight", 1, LAB_DIM, 0, &seed);
  finish_file (&f, &b);
  if (!write_file (path, &b))
    printf ("Bail out! %s cannot be written\n", path);
  free (b.s);
}

static rw_network *
lab_network (bool tokenizer)
{
  char path[] = "losses-XXXXXX";
  rw_error err = { 0 };
  rw_network *network = NULL;
  const int fd = mkstemp (path);
  if (fd >= 0)
    close (fd);
  lab_write (path, tokenizer);
  const rw_status s = rw_network_open (path, &network, &err);
  unlink (path); /* the mapping keeps it; a starved reading leaves nothing behind */
  if (fd < 0 || s)
    {
      printf ("Bail out! %s\n", err.text);
      exit (1);
    }
  return network;
}

/* Words of few letters, most of them seen before.  */
static void
lab_text (int32_t *out, size_t n, uint64_t seed)
{
  for (size_t i = 0; i < n; i++)
    if (i > 20 && uniform (&seed, 0, 1) < 0.7)
      out[i] = out[i - 7 - (size_t) uniform (&seed, 0, 3)];
    else
      out[i] = 'a' + (int32_t) uniform (&seed, 0, 20);
}

__attribute__ ((unused)) static void
lab_open (lab *l, const char *metric)
{
  rw_error err = { 0 };
  const rw_module *plain = NULL;
  memset (l, 0, sizeof *l);
  bench_open (&l->b, metric);
  l->network = lab_network (true);
  l->b.geometry = (rw_geometry){ .head_dim = LAB_HEAD,
                                 .rotary_dim = LAB_HEAD,
                                 .rope_theta = 100,
                                 .original_length = LAB_TRAINED,
                                 .max_length = LAB_TRAINED,
                                 .layout = RW_INTERLEAVED,
                                 .layers = LAB_LAYERS,
                                 .heads = LAB_DIM / LAB_HEAD,
                                 .kv_heads = 1 };
  l->rope.geometry = l->b.geometry;
  if (rw_kind_find (&rw_schedules, "default", &plain, &err)
      || rw_object_new (plain, &l->rope.schedule, &err))
    exit (1);
  l->model = (rw_model){ .n_ropes = 1, .rope = &l->rope };
  lab_text (l->text[0], LAB_TEXT, 1);
  lab_text (l->text[1], LAB_TEXT / 2, 2);
  l->document[0] = (rw_document){ .name = "one.txt", .id = l->text[0], .n = LAB_TEXT };
  l->document[1] = (rw_document){ .name = "two.txt", .id = l->text[1], .n = LAB_TEXT / 2 };
  l->corpus = (rw_corpus){ .n = 1, .document = l->document, .tokens = LAB_TEXT };
  l->b.in.model = &l->model;
  l->b.in.network = l->network;
  l->b.in.corpus = &l->corpus;
  l->b.in.seed = 7;
  l->b.in.length = l->b.in.longest = 64;
  for (size_t i = 0; i < 200; i++)
    l->distance[i] = (double) i;
  l->b.in.distance = l->distance;
  l->b.in.n_distances = 200;
  static const double position[] = { 0, 1, 2, 5, 17, 60, 61, 400 };
  l->b.in.position = position;
  l->b.in.n_positions = sizeof position / sizeof *position;
}

__attribute__ ((unused)) static void
lab_close (lab *l)
{
  rw_freqs_free (&l->own);
  rw_object_free (l->rope.schedule);
  rw_network_close (l->network);
  bench_close (&l->b);
}

/* Losses of the n tokens that follow each of id's first n, by the plain pass in double.  `last`: a
   query sees only so many keys; 0: all.  id has n + 1 tokens.  */
__attribute__ ((unused)) static void
lab_losses (lab *l, const rw_freqs *f, size_t last, const int32_t *id, size_t n, double *nll)
{
  rw_error err = { 0 };
  const rw_freqs *layer[LAB_LAYERS];
  double *logits = calloc (n * LAB_VOCAB, sizeof *logits);
  for (size_t i = 0; i < LAB_LAYERS; i++)
    layer[i] = f;
  const rw_forward_ask ask = { .network = l->network,
                               .model = &l->model,
                               .freqs = layer,
                               .length = l->b.in.length,
                               .window = last,
                               .threads = 1 };
  if (!logits || rw_forward_plain (&ask, id, n, logits, &err))
    {
      printf ("Bail out! %s\n", err.text);
      exit (1);
    }
  for (size_t i = 0; i < n; i++)
    {
      const double *row = logits + i * LAB_VOCAB;
      double top = -INFINITY, sum = 0;
      for (int v = 0; v < LAB_VOCAB; v++)
        top = fmax (top, row[v]);
      for (int v = 0; v < LAB_VOCAB; v++)
        sum += exp (row[v] - top);
      nll[i] = top + log (sum) - row[id[i + 1]];
    }
  free (logits);
}

#endif
