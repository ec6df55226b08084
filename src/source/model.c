/* model: queries, keys and values of a network that runs on a text: one layer and head of it.

   The sequence is the point's length: BOS where it is asked for, then the corpus from the offset
   on. What layer l is given depends on the schedule through the layers below it:

   frozen  every layer below runs under the model's own schedule, as the model itself would run a
           sequence of this length, without position rule or query scale; all schedules of the
           sweep then rotate the same q and k.  That is what a source otherwise promises, exact for
           layer 0, and the way published score statistics are taken.
   self    the layers below run under the point's own table, position rule and query scale, so that
           q and k are those of the model at work; they are made for every schedule.

   Grouped heads (GQA, arXiv 2305.13245): query head h of H reads key head floor (h KV / H).  */
#include "source/capture.h"
#include "source/source.h"

#include <math.h>
#include <string.h>

typedef struct
{
  char *text, *tokens;
  int activations;
  bool bos;
  int64_t offset;
} model;

enum
{
  FROZEN,
  SELF
};

static const char *const activations[] = { "frozen", "self", NULL };

static unsigned
needs (const void *self)
{
  const model *p = self;
  return RW_NEEDS_NETWORK | (p->activations == SELF ? RW_NEEDS_FREQS : 0);
}

static void
corpus (const void *self, rw_corpus_wish *out)
{
  const model *p = self;
  *out = (rw_corpus_wish){ .text = p->text, .tokens = p->tokens };
}

/* ---- checks ---- */

static rw_status
check_tokens (const model *p, const rw_input *in, rw_error *err)
{
  const size_t n = in->corpus->tokens, offset = (size_t) p->offset;
  const size_t left = n > offset ? n - offset : 0;
  if ((double) left + p->bos >= in->length)
    return RW_OK;
  if (offset)
    rw_fail (err, RW_EINVAL,
             "%s: has %zu tokens, %zu of them from offset %zu on; the point's "
             "length is %.0f",
             p->text ? p->text : p->tokens, n, left, offset, in->length);
  else
    rw_fail (err, RW_EINVAL, "%s: has %zu tokens, the point's length is %.0f",
             p->text ? p->text : p->tokens, n, in->length);
  return rw_hint (err, "lower length, or give a longer text");
}

static rw_status
check_bos (const rw_network *network, rw_error *err)
{
  const rw_tokenizer *tokenizer = NULL;
  const rw_status s = rw_network_tokenizer (network, &tokenizer, err);
  if (s)
    return rw_within (err, s, "bos");
  if (rw_tokenizer_bos (tokenizer) >= 0)
    return RW_OK;
  return rw_fail (err, RW_EINVAL, "bos: the model's tokenizer has no such token");
}

/* Of the weights themselves: what the model's metadata says of ropes may be another count.  */
static rw_status
check_network (const rw_input *in, rw_error *err)
{
  const rw_hyper *h = &in->network->hyper;
  if (in->layer >= h->layers)
    return rw_fail (err, RW_EINVAL, "layer %zu: the model has %zu, counted from 0", in->layer,
                    h->layers);
  if (in->head >= h->heads)
    return rw_fail (err, RW_EINVAL, "head %zu: the model has %zu, counted from 0", in->head,
                    h->heads);
  if ((size_t) in->geometry->head_dim != h->head_dim)
    return rw_fail (err, RW_EINVAL, "head_dim: %lld, the weights have heads of %zu",
                    (long long) in->geometry->head_dim, h->head_dim);
  return RW_OK;
}

static rw_status
check (const void *self, const rw_input *in, const rw_tensor *tensors, rw_error *err)
{
  const model *p = self;
  rw_status s = RW_OK;
  (void) tensors;
  if (!p->text && !p->tokens)
    {
      rw_fail (err, RW_EINVAL, "text: expected one, or tokens: what the model runs on");
      return rw_hint (err, "\"source\": {\"name\": \"model\", \"text\": \"book.txt\"}");
    }
  if (p->activations == SELF && in->rope != 0)
    {
      rw_fail (err, RW_EINVAL,
               "activations: self: layer %zu does not have the model's first rope, "
               "and the schedule of that is not known here",
               in->layer);
      return rw_hint (err, "take layers of full attention, or \"activations\": \"frozen\"");
    }
  if (in->network)
    s = check_network (in, err);
  if (!s && in->network && p->bos)
    s = check_bos (in->network, err);
  return !s && in->corpus ? check_tokens (p, in, err) : s;
}

/* ---- values ---- */

/* Head `head` of `heads`, each `dim` wide, of n tokens, side by side.  */
static rw_status
take_head (const float *from, size_t n, size_t heads, size_t head, size_t dim, rw_rows *out,
           void **owned, rw_error *err)
{
  float *to = *owned = rw_new (n * dim, sizeof *to);
  if (!to)
    return rw_nomem (err, n * dim * sizeof *to);
  for (size_t i = 0; i < n; i++)
    memcpy (to + i * dim, from + (i * heads + head) * dim, dim * sizeof *to);
  *out = (rw_rows){ .data = to, .type = RW_FLOAT32, .n = n, .dim = dim, .stride = (ptrdiff_t) dim };
  return RW_OK;
}

/* A damaged file may have weights that are not finite.  */
static rw_status
check_values (const rw_qk *qk, const rw_input *in, rw_error *err)
{
  const rw_rows *const rows[] = { &qk->q, &qk->k, &qk->v };
  for (size_t a = 0; a < 3; a++)
    {
      size_t token, channel;
      if (rw_rows_flaw (rows[a], &token, &channel))
        return rw_fail (err, RW_EDOMAIN,
                        "%c: layer %zu, head %zu: token %zu, channel %zu is not finite", "qkv"[a],
                        in -> layer, in -> head, token, channel);
    }
  return RW_OK;
}

static rw_status
fill (const void *self, const rw_input *in, const rw_tensor *tensors, rw_qk *out, rw_error *err)
{
  const model *p = self;
  const rw_capture_ask ask = { .in = in,
                               .offset = (size_t) p->offset,
                               .tokens = (size_t) in->length,
                               .bos = p->bos,
                               .freqs = p->activations == SELF ? in->freqs : NULL };
  rw_captured all;
  void *own = NULL, **memo = in->memo ? in->memo : &own;
  rw_status s = check (self, in, tensors, err);
  if (!s && !(in->network && in->corpus))
    s = rw_fail (err, RW_EINVAL, "the model was not opened before the run");
  if (!s)
    s = rw_captures_get (memo, &ask, &all, err);
  if (!s)
    {
      const rw_hyper *h = &in->network->hyper;
      const size_t n = ask.tokens, kv = in->head / (h->heads / h->kv_heads);
      s = take_head (all.q, n, h->heads, in->head, h->head_dim, &out->q, &out->owned[0], err);
      if (!s)
        s = take_head (all.k, n, h->kv_heads, kv, h->head_dim, &out->k, &out->owned[1], err);
      if (!s)
        s = take_head (all.v, n, h->kv_heads, kv, h->value_dim, &out->v, &out->owned[2], err);
    }
  rw_captures_free (own);
  return s ? s : check_values (out, in, err);
}

/* One layer's share of a run: heads share a run, and so do most layers.  */
static double
cost (const void *self, const rw_input *in)
{
  const double rate = 5e10; /* floating-point operations a second of one core, within a factor 3 */
  (void) self;
  if (!in->network)
    return 0;
  const rw_hyper *h = &in->network->hyper;
  const double dim = (double) h->dim, inner = (double) (h->heads * h->head_dim), n = in->length;
  const double weights = 4 * dim * inner + 3 * dim * (double) h->hidden;
  return n * (2 * weights + 2 * inner * n) / (rate * (double) h->heads);
}

static const rw_param params[] = {
  { .name = "text",
    .type = RW_TEXT,
    .at = offsetof (model, text),
    .text = "a text, or a folder whose *.txt files follow each other; cut by the model's own "
            "tokenizer" },
  { .name = "tokens",
    .type = RW_TEXT,
    .at = offsetof (model, tokens),
    .text = "instead: ids, an NPY file of integers or a JSON list" },
  { .name = "activations",
    .type = RW_CHOICE,
    .at = offsetof (model, activations),
    .choices = activations,
    .text
    = "frozen: the layers below run under the model's own schedule; self: under the point's" },
  { .name = "bos",
    .type = RW_BOOL,
    .at = offsetof (model, bos),
    .text = "the sequence begins with the tokenizer's BOS token" },
  { .name = "offset",
    .type = RW_INT,
    .at = offsetof (model, offset),
    .defined = RW_BETWEEN (0, RW_LENGTH_MAX),
    .unit = "tokens",
    .text = "the first token that is taken" },
  { 0 },
};

const rw_source rw_source_model = {
  .as = { .name = "model",
          .size = sizeof (model),
          .params = params,
          .text = "queries, keys and values of a trained model that runs on a text",
          .cite = "grouped heads: GQA, arXiv 2305.13245" },
  .needs = needs,
  .corpus = corpus,
  .forget = rw_captures_free,
  .check = check,
  .fill = fill,
  .cost = cost,
};
