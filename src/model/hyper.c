/* hyper: the hyperparameters of a GGUF file; see hyper.h.

   Keys and defaults: gguf-py's constants.py (0.19), llama.cpp's src/llama-model.cpp and
   src/models (2026).  */
#include "model/hyper.h"
#include "base/mem.h"
#include "base/text.h"
#include "model/arch.h"
#include "model/gguf_part.h"
#include "rope/model.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum
{
  KEY = 96,             /* bytes of a key */
  HEADS_MOST = 1 << 16, /* far above any, as are the next */
  WIDTH_MOST = 1 << 24, /* channels of a model, of its feed-forward; tokens of a vocabulary */
  GEMMA_PERIOD = 6,     /* every sixth layer of Gemma 3 is full: arXiv 2503.19786, section 2 */
  GEMMA_27B_LAYERS = 62 /* the one whose scores are scaled by dim / heads: llama.cpp, gemma3 */
};

/* What is being read.  */
typedef struct
{
  const rw_gguf *g;
  const char *arch;
  rw_error *err;
} reading;

static const char *
arch_name (size_t i, const void *data)
{
  (void) data;
  return rw_arch_at (i) ? rw_arch_at (i)->name : NULL;
}

static rw_status
unknown_arch (const char *path, const char *name, rw_error *err)
{
  rw_text known = { 0 };
  char near[96], shown[RW_GGUF_SHOWN + 4];
  for (size_t i = 0; rw_arch_at (i); i++)
    rw_text_addf (&known, "%s%s", i ? ", " : "", rw_arch_at (i)->name);
  rw_fail (err, RW_EINVAL, "%s: general.architecture: '%s' is not read; known: %s%s", path,
           rw_gguf_show ((rw_gguf_text){ name, strlen (name) }, shown), rw_text_get (&known),
           rw_did_you_mean (near, sizeof near, name, arch_name, NULL));
  rw_text_free (&known);
  return RW_EINVAL;
}

static rw_status
read_arch (const rw_gguf *g, const rw_arch **out, rw_error *err)
{
  char *name = NULL;
  const rw_status s = rw_gguf_may_text (g, "general.architecture", &name, err);
  if (s)
    return s;
  if (!name)
    {
      rw_fail (err, RW_EINVAL, "%s: general.architecture: not in the metadata", rw_gguf_path (g));
      return rw_hint (err, "a file of weights alone (an adapter, a projector)? give the model's");
    }
  *out = NULL;
  for (size_t i = 0; !*out && rw_arch_at (i); i++)
    if (strcmp (rw_arch_at (i)->name, name) == 0)
      *out = rw_arch_at (i);
  const rw_status found = *out ? RW_OK : unknown_arch (rw_gguf_path (g), name, err);
  rw_free (name);
  return found;
}

/* A whole number from 1 to `most`; `needed`: a missing key is an error.  */
static rw_status
read_size (const reading *r, const char *tail, bool needed, size_t most, size_t *out)
{
  char key[KEY];
  double x = (double) *out;
  snprintf (key, sizeof key, "%s.%s", r->arch, tail);
  const rw_status s = (needed ? rw_gguf_need_number : rw_gguf_may_number) (
      r->g, key, needed ? 1 : 0, (double) most, &x, r->err);
  if (!s && x != floor (x))
    return rw_fail (r->err, RW_EINVAL, "%s: %s: %g; expected a whole number", rw_gguf_path (r->g),
                    key, x);
  if (!s)
    *out = (size_t) x;
  return s;
}

static rw_status
read_real (const reading *r, const char *tail, bool needed, double lo, double hi, double *out)
{
  char key[KEY];
  snprintf (key, sizeof key, "%s.%s", r->arch, tail);
  return (needed ? rw_gguf_need_number : rw_gguf_may_number) (r->g, key, lo, hi, out, r->err);
}

/* "FILE: ARCH.TAIL: ..."  */
static rw_status
refuse (const reading *r, const char *tail, const char *text)
{
  return rw_fail (r->err, RW_EINVAL, "%s: %s.%s: %s", rw_gguf_path (r->g), r->arch, tail, text);
}

static rw_status
read_heads (const reading *r, rw_hyper *h)
{
  rw_status s = read_size (r, "attention.head_count", true, HEADS_MOST, &h->heads);
  h->kv_heads = h->heads;
  if (!s)
    s = read_size (r, "attention.head_count_kv", false, HEADS_MOST, &h->kv_heads);
  if (!s && (!h->kv_heads || h->heads % h->kv_heads))
    return refuse (r, "attention.head_count_kv", "heads of q do not share heads of k evenly");
  h->head_dim = s ? 0 : h->dim / h->heads;
  if (!s)
    s = read_size (r, "attention.key_length", false, RW_HEAD_DIM_MAX, &h->head_dim);
  h->value_dim = s ? 0 : h->dim / h->heads;
  if (!s)
    s = read_size (r, "attention.value_length", false, RW_HEAD_DIM_MAX, &h->value_dim);
  if (!s && (h->head_dim < 2 || h->head_dim > RW_HEAD_DIM_MAX || !h->value_dim))
    return refuse (r, "attention.key_length", "a head has 2 to 65536 channels");
  h->rotary_dim = h->head_dim;
  if (!s)
    s = read_size (r, "rope.dimension_count", false, RW_HEAD_DIM_MAX, &h->rotary_dim);
  if (!s && (h->rotary_dim < 2 || h->rotary_dim > h->head_dim || h->rotary_dim % 2))
    return refuse (r, "rope.dimension_count", "expected an even number, 2 to the head's channels");
  return s;
}

static rw_status
read_sizes (const reading *r, rw_hyper *h)
{
  const rw_gguf_tensor *embed = rw_gguf_tensor_find (r->g, "token_embd.weight");
  size_t experts = 0;
  rw_status s = read_size (r, "block_count", true, RW_LAYERS_MAX, &h->layers);
  if (!s)
    s = read_size (r, "embedding_length", true, WIDTH_MOST, &h->dim);
  if (!s)
    s = read_size (r, "feed_forward_length", true, WIDTH_MOST, &h->hidden);
  if (!s)
    s = read_size (r, "expert_count", false, WIDTH_MOST, &experts);
  if (!s && experts)
    return refuse (r, "expert_count", "mixtures of experts are not read");
  if (!s)
    s = read_heads (r, h);
  if (!s)
    s = read_real (r, "context_length", true, 1, RW_LENGTH_MAX, &h->context_length);
  h->vocab = embed ? embed->shape[1] : 0;
  return s;
}

/* Norms, caps and the scale of the scores.  */
static rw_status
read_scales (const reading *r, rw_hyper *h)
{
  const bool rms = h->arch->norm == RW_NORM_RMS;
  rw_status s
      = read_real (r, rms ? "attention.layer_norm_rms_epsilon" : "attention.layer_norm_epsilon",
                   true, 0, 1, &h->norm_eps);
  if (!s)
    s = read_real (r, "attention.scale", false, 0, 1e6, &h->logit_scale);
  if (!s)
    s = read_real (r, "attn_logit_softcapping", false, 0, 1e6, &h->score_cap);
  if (!s)
    s = read_real (r, "final_logit_softcapping", false, 0, 1e6, &h->final_cap);
  if (h->logit_scale == 0 && strcmp (r->arch, "gemma3") == 0 && h->layers == GEMMA_27B_LAYERS)
    h->logit_scale = 1 / sqrt ((double) h->dim / (double) h->heads);
  return s;
}

/* A list with one entry a layer, true where it slides: it must be a pattern that repeats.  */
static rw_status
read_pattern (const reading *r, const rw_gguf_value *v, rw_hyper *h)
{
  static const char *const tail = "attention.sliding_window_pattern";
  double x = 1;
  size_t first = 0;
  if (v->n < h->layers)
    return refuse (r, tail, "fewer entries than layers");
  while (first < h->layers && rw_gguf_number (v, first, &x) && x != 0)
    first++;
  for (size_t l = 0; l < h->layers; l++)
    if (!rw_gguf_number (v, l, &x) || (x == 0) != (l % (first + 1) == first))
      return refuse (r, tail, "expected numbers in which every n-th layer is full (0)");
  h->window_period = first + 1;
  if (first == 0) /* all are full */
    h->window = h->window_period = 0;
  return RW_OK;
}

static rw_status
read_windows (const reading *r, rw_hyper *h)
{
  char key[KEY];
  const bool gemma = strcmp (r->arch, "gemma3") == 0;
  rw_status s
      = read_size (r, "attention.sliding_window", false, (size_t) RW_LENGTH_MAX, &h->window);
  if (s || !h->window)
    return s;
  h->window_period = gemma ? GEMMA_PERIOD : 0;
  snprintf (key, sizeof key, "%s.attention.sliding_window_pattern", r->arch);
  const rw_gguf_value *v = rw_gguf_find (r->g, key);
  if (v && v->array)
    return read_pattern (r, v, h);
  return read_size (r, "attention.sliding_window_pattern", false, RW_LAYERS_MAX, &h->window_period);
}

static rw_status
read_parallel (const reading *r, rw_hyper *h)
{
  double parallel = 1;
  const rw_status s = read_real (r, "use_parallel_residual", false, 0, 1, &parallel);
  if (!s && parallel == 0)
    h->arch = rw_arch_serial (h->arch);
  return s;
}

rw_status
rw_hyper_read (const rw_gguf *g, rw_hyper *out, rw_error *err)
{
  *out = (rw_hyper){ 0 };
  rw_status s = read_arch (g, &out->arch, err);
  if (s)
    return s;
  const reading r = { .g = g, .arch = out->arch->name, .err = err };
  s = read_sizes (&r, out);
  if (!s)
    s = read_scales (&r, out);
  if (!s)
    s = read_windows (&r, out);
  if (!s && out->arch->parallel)
    s = read_parallel (&r, out);
  return s;
}

size_t
rw_hyper_window (const rw_hyper *h, size_t layer)
{
  const bool full = h->window_period && layer % h->window_period == h->window_period - 1;
  return full ? 0 : h->window;
}
