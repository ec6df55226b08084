/* capture: q, k and v of a network's layers, kept; see capture.h.  */
#include "source/capture.h"

#include <string.h>

/* Everything that decides what a run gives.  */
typedef struct
{
  const rw_network *network;
  const rw_model *model;
  const rw_corpus *corpus;
  size_t offset, tokens;
  bool bos, own; /* own: the model's own schedules */
  size_t rope;
  rw_freqs freqs;                /* a copy, with copies of rule and query scale; 0 where own */
  rw_object *rule, *query_scale; /* owned */
} run_key;

typedef struct
{
  run_key key;
  float **layer; /* (layers,) q, k and v one after the other, or NULL; owned */
  uint64_t used; /* when last */
} capture;

typedef struct
{
  capture **item; /* (n,) */
  size_t n;
  uint64_t clock;
} captures;

/* ---- what decides ---- */

static rw_status
copy_object (const rw_object *from, rw_object **own, const rw_object **view, rw_error *err)
{
  const rw_status s = from ? rw_object_copy (from, own, err) : RW_OK;
  *view = *own;
  return s;
}

static rw_status
copy_freqs (const rw_freqs *from, run_key *to, rw_error *err)
{
  rw_freqs *f = &to->freqs;
  rw_status s = rw_freqs_size (f, from->n, err);
  if (s)
    return s;
  if (from->n)
    memcpy (f->inv_freq, from->inv_freq, from->n * sizeof *from->inv_freq);
  f->attention_factor = from->attention_factor;
  f->softmax_factor = from->softmax_factor;
  s = copy_object (from->rule, &to->rule, &f->rule, err);
  return s ? s : copy_object (from->query_scale, &to->query_scale, &f->query_scale, err);
}

static bool
same_freqs (const rw_freqs *a, const rw_freqs *b)
{
  return a->n == b->n && a->attention_factor == b->attention_factor
         && a->softmax_factor == b->softmax_factor
         && (!a->n || memcmp (a->inv_freq, b->inv_freq, a->n * sizeof *a->inv_freq) == 0)
         && rw_object_same (a->rule, b->rule) && rw_object_same (a->query_scale, b->query_scale);
}

static bool
is_of (const capture *c, const rw_capture_ask *ask)
{
  const run_key *k = &c->key;
  return k->network == ask->in->network && k->model == ask->in->model
         && k->corpus == ask->in->corpus && k->offset == ask->offset && k->tokens == ask->tokens
         && k->bos == ask->bos && k->own == !ask->freqs
         && (k->own || (k->rope == ask->in->rope && same_freqs (&k->freqs, ask->freqs)));
}

static void
free_capture (capture *c)
{
  if (!c)
    return;
  for (size_t l = 0; c->layer && l < c->key.network->hyper.layers; l++)
    rw_free (c->layer[l]);
  rw_free (c->layer);
  rw_freqs_free (&c->key.freqs);
  rw_object_free (c->key.rule);
  rw_object_free (c->key.query_scale);
  rw_free (c);
}

static rw_status
new_capture (const rw_capture_ask *ask, capture **out, rw_error *err)
{
  const rw_input *in = ask->in;
  capture *c = *out = rw_new (1, sizeof *c);
  if (!c)
    return rw_nomem (err, sizeof *c);
  c->key = (run_key){ .network = in->network,
                      .model = in->model,
                      .corpus = in->corpus,
                      .offset = ask->offset,
                      .tokens = ask->tokens,
                      .bos = ask->bos,
                      .own = !ask->freqs,
                      .rope = in->rope };
  if (!(c->layer = rw_new (in->network->hyper.layers, sizeof *c->layer)))
    return rw_nomem (err, in->network->hyper.layers * sizeof *c->layer);
  return ask->freqs ? copy_freqs (ask->freqs, &c->key, err) : RW_OK;
}

/* ---- one run ---- */

/* Values of q and of k a token of all heads; v has heads of its own width.  */
static size_t
width_of (const rw_hyper *h, char what)
{
  return what == 'q' ? h->heads * h->head_dim
                     : h->kv_heads * (what == 'k' ? h->head_dim : h->value_dim);
}

static size_t
layer_values (const rw_hyper *h, size_t tokens)
{
  return tokens * (width_of (h, 'q') + width_of (h, 'k') + width_of (h, 'v'));
}

typedef struct
{
  capture *c;
  size_t first, last; /* layers to keep */
  bool starved;
} watch;

static bool
see_layer (void *data, const rw_activations *a)
{
  watch *w = data;
  const rw_hyper *h = &w->c->key.network->hyper;
  const size_t n = a->tokens;
  if (a->layer < w->first || w->c->layer[a->layer])
    return a->layer < w->last;
  float *to = w->c->layer[a->layer] = rw_new (layer_values (h, n), sizeof *to);
  if (!to)
    {
      w->starved = true;
      return false;
    }
  memcpy (to, a->q, n * width_of (h, 'q') * sizeof *to);
  to += n * width_of (h, 'q');
  memcpy (to, a->k, n * width_of (h, 'k') * sizeof *to);
  to += n * width_of (h, 'k');
  memcpy (to, a->v, n * width_of (h, 'v') * sizeof *to);
  return a->layer < w->last;
}

static rw_status
run_layers (capture *c, const rw_capture_ask *ask, size_t first, size_t last, rw_error *err)
{
  watch w = { .c = c, .first = first, .last = last };
  const rw_status s = rw_capture_run (ask, see_layer, &w, err);
  if (!s && w.starved)
    return rw_nomem (err, layer_values (&ask->in->network->hyper, ask->tokens) * sizeof (float));
  return s;
}

/* ---- all of them ---- */

static double
bytes_of (const capture *c)
{
  double layers = 0;
  for (size_t l = 0; l < c->key.network->hyper.layers; l++)
    layers += c->layer[l] != NULL;
  return layers * sizeof (float) * (double) layer_values (&c->key.network->hyper, c->key.tokens);
}

/* Lets captures go, the longest unused first, until those left and `need` bytes are within the
   budget; never `keep`.  */
static void
make_room (captures *all, const capture *keep, double need)
{
  for (;;)
    {
      double bytes = need;
      size_t oldest = all->n;
      for (size_t i = 0; i < all->n; i++)
        if (all->item[i] != keep)
          {
            bytes += bytes_of (all->item[i]);
            if (oldest == all->n || all->item[i]->used < all->item[oldest]->used)
              oldest = i;
          }
      if (bytes <= RW_CAPTURE_BYTES || oldest == all->n)
        return;
      free_capture (all->item[oldest]);
      all->item[oldest] = all->item[--all->n];
    }
}

static rw_status
find_capture (captures *all, const rw_capture_ask *ask, capture **out, bool *fresh, rw_error *err)
{
  *fresh = false;
  for (size_t i = 0; i < all->n; i++)
    if (is_of (*out = all->item[i], ask))
      return RW_OK;
  *fresh = true;
  rw_status s = new_capture (ask, out, err);
  if (!s)
    s = rw_grow ((void **) &all->item, all->n, all->n + 1, sizeof (capture *), err);
  if (s)
    free_capture (*out);
  else
    all->item[all->n++] = *out;
  return s;
}

/* Which layers to keep of a run that must reach layer `l`; see capture.h.  */
static void
choose_layers (const rw_capture_ask *ask, size_t l, bool fresh, size_t *first, size_t *last)
{
  const rw_hyper *h = &ask->in->network->hyper;
  const double each = sizeof (float) * (double) layer_values (h, ask->tokens);
  const double fit = RW_CAPTURE_BYTES / each;
  const size_t most = fit >= (double) h->layers ? h->layers : fit < 1 ? 1 : (size_t) fit;
  *last = l;
  *first = l + 1 > most ? l + 1 - most : 0;
  if (fresh)
    return;
  *first = most == h->layers ? 0 : l;
  *last = *first + most < h->layers ? *first + most - 1 : h->layers - 1;
}

/* Runs the network for layer `l` of the capture.  */
static rw_status
fill_capture (captures *all, capture *c, const rw_capture_ask *ask, bool fresh, rw_error *err)
{
  const rw_hyper *h = &ask->in->network->hyper;
  size_t first, last;
  choose_layers (ask, ask->in->layer, fresh, &first, &last);
  for (size_t l = 0; l < h->layers; l++)
    if (l < first || l > last)
      {
        rw_free (c->layer[l]);
        c->layer[l] = NULL;
      }
  const double each = sizeof (float) * (double) layer_values (h, ask->tokens);
  make_room (all, c, (double) (last - first + 1) * each);
  return run_layers (c, ask, first, last, err);
}

rw_status
rw_captures_get (void **memo, const rw_capture_ask *ask, rw_captured *out, rw_error *err)
{
  const rw_hyper *h = &ask->in->network->hyper;
  captures *all = *memo;
  capture *c;
  bool fresh;
  if (!all && !(all = *memo = rw_new (1, sizeof *all)))
    return rw_nomem (err, sizeof *all);
  rw_status s = find_capture (all, ask, &c, &fresh, err);
  if (s)
    return s;
  c->used = ++all->clock;
  if (!c->layer[ask->in->layer])
    s = fill_capture (all, c, ask, fresh, err);
  if (s)
    return s;
  const float *at = c->layer[ask->in->layer];
  out->q = at;
  out->k = out->q + ask->tokens * width_of (h, 'q');
  out->v = out->k + ask->tokens * width_of (h, 'k');
  return RW_OK;
}

void
rw_captures_free (void *memo)
{
  captures *all = memo;
  for (size_t i = 0; all && i < all->n; i++)
    free_capture (all->item[i]);
  if (all)
    rw_free (all->item);
  rw_free (all);
}
