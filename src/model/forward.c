/* forward: a network at work: state, groups of sequences, layers in order; see forward.h.  */
#include "model/forward_part.h"
#include "base/mem.h"
#include "base/threads.h"
#include "model/product.h"

#include <math.h>

/* ---- new, free ---- */

static void
keep_free (float **kept, size_t layers)
{
  for (size_t l = 0; kept && l < layers; l++)
    rw_free (kept[l]);
  rw_free (kept);
}

void
rw_forward_free (rw_forward *f)
{
  if (!f)
    return;
  rw_forward_room *const rooms[] = { &f->x,   &f->keys, &f->values, &f->row,   &f->queries,
                                     &f->out, &f->gate, &f->up,     &f->logits };
  for (size_t i = 0; i < sizeof rooms / sizeof *rooms; i++)
    rw_free (rooms[i]->v);
  keep_free (f->k, f->h->layers);
  keep_free (f->v, f->h->layers);
  rw_gemm_free (f->gemm);
  rw_arena_free (f->scratch);
  rw_free (f->geometry);
  rw_forward_turns_free (f);
  rw_free (f->turns);
  rw_free (f->turns_of);
  rw_free (f->window);
  rw_free (f->vector);
  rw_free (f);
}

static const rw_rope *
rope_of (const rw_model *m, size_t layer)
{
  const size_t rope = m->rope_of_layer && layer < m->n_layers ? m->rope_of_layer[layer] : 0;
  return &m->rope[rope < m->n_ropes ? rope : 0];
}

/* The smaller of the windows that there are.  */
static size_t
window_of (const rw_forward_ask *ask, size_t layer)
{
  const rw_model *m = ask->model;
  const size_t own = m->window_of_layer && layer < m->n_layers
                         ? (size_t) m->window_of_layer[layer]
                         : rw_hyper_window (&ask->network->hyper, layer);
  if (own && ask->window)
    return own < ask->window ? own : ask->window;
  return own ? own : ask->window;
}

static rw_status
layers_ready (rw_forward *f, rw_error *err)
{
  const rw_hyper *h = f->h;
  for (size_t l = 0; l < h->layers; l++)
    {
      rw_geometry *g = &f->geometry[l];
      *g = rope_of (f->ask.model, l)->geometry;
      if (g->head_dim != (int64_t) h->head_dim || 2 * f->ask.freqs[l]->n > h->head_dim)
        return rw_fail (err, RW_EINVAL,
                        "layer %zu: a rope of %zu pairs over %lld channels on heads of %zu", l,
                        f->ask.freqs[l]->n, (long long) g->head_dim, h->head_dim);
      g->layout = h->arch->layout; /* as the file's q and k lie */
      if (h->logit_scale > 0)
        g->logit_scale = h->logit_scale;
      f->window[l] = window_of (&f->ask, l);
    }
  return RW_OK;
}

static rw_status
keep_new (rw_forward *f, size_t width, float ***out, rw_error *err)
{
  const size_t n = rw_forward_tiles (f->ask.room) + RW_PRODUCT_ROWS; /* a run ends anywhere */
  *out = rw_new (f->h->layers, sizeof **out);
  if (!*out)
    return rw_nomem (err, f->h->layers * sizeof **out);
  for (size_t l = 0; l < f->h->layers; l++)
    if (!((*out)[l] = rw_new (n * width, sizeof (float))))
      return rw_nomem (err, n * width * sizeof (float));
  return RW_OK;
}

static rw_status
parts_new (rw_forward *f, rw_error *err)
{
  const size_t layers = f->h->layers;
  rw_status s = rw_gemm_new (f->ask.threads, f->ask.bfloat16, &f->gemm, err);
  if (s)
    return s;
  f->vector_row = f->w.dim > f->h->head_dim ? f->w.dim : f->h->head_dim;
  f->scratch = rw_arena_new ();
  f->geometry = rw_new (layers, sizeof *f->geometry);
  f->window = rw_new (layers, sizeof *f->window);
  f->turns = rw_new (layers, sizeof *f->turns);
  f->turns_of = rw_new (layers, sizeof *f->turns_of);
  f->vector = rw_new (RW_FORWARD_VECTORS * f->vector_row, sizeof *f->vector);
  if (!f->scratch || !f->geometry || !f->window || !f->turns || !f->turns_of || !f->vector)
    return rw_nomem (err, RW_FORWARD_VECTORS * f->vector_row * sizeof *f->vector);
  s = layers_ready (f, err);
  if (!s && f->ask.room)
    s = rw_forward_affordable (&f->ask, 1, f->ask.room, err);
  if (!s && f->ask.room)
    s = keep_new (f, f->w.k, &f->k, err);
  if (!s && f->ask.room)
    s = keep_new (f, f->w.v, &f->v, err);
  return s;
}

rw_status
rw_forward_new (const rw_forward_ask *ask, rw_forward **out, rw_error *err)
{
  *out = NULL;
  rw_forward *f = rw_new (1, sizeof *f);
  if (!f)
    return rw_nomem (err, sizeof *f);
  f->ask = *ask;
  f->ask.threads = ask->threads > 1 ? ask->threads : 1;
  f->h = &ask->network->hyper;
  f->w = rw_forward_widths_of (f->h);
  f->simd = rw_simd_get ();
  f->chunk = rw_forward_chunk (&f->w);
  const rw_status s = parts_new (f, err);
  if (s)
    rw_forward_free (f);
  else
    *out = f;
  return s;
}

/* ---- a run ---- */

static rw_status
check_ids (const rw_forward *f, const rw_batch *b, rw_error *err)
{
  const size_t n = b->start[b->n_sequences];
  for (size_t i = b->start[0]; i < n; i++)
    {
      const int32_t target = b->target ? b->target[i] : -1;
      if (b->id[i] < 0 || (size_t) b->id[i] >= f->w.vocab)
        return rw_fail (err, RW_EINVAL, "token %zu: id %d is not below the vocabulary's %zu", i,
                        b->id[i], f->w.vocab);
      if (target < -1 || target >= (int64_t) f->w.vocab)
        return rw_fail (err, RW_EINVAL, "target %zu: id %d is not below the vocabulary's %zu", i,
                        target, f->w.vocab);
    }
  return RW_OK;
}

static rw_status
check (const rw_forward *f, const rw_batch *b, size_t *length, rw_error *err)
{
  size_t longest = 0;
  if (f->ask.room && b->n_sequences != 1)
    return rw_fail (err, RW_EINVAL, "%zu sequences where one is kept", b->n_sequences);
  for (size_t s = 0; s < b->n_sequences; s++)
    {
      if (b->start[s + 1] <= b->start[s])
        return rw_fail (err, RW_EINVAL, "sequence %zu has no tokens", s);
      const size_t n = b->start[s + 1] - b->start[s];
      longest = n > longest ? n : longest;
    }
  if (f->ask.room && longest > f->ask.room - f->kept)
    return rw_fail (err, RW_EINVAL, "%zu tokens after %zu do not fit into the %zu that are kept",
                    longest, f->kept, f->ask.room);
  *length = f->ask.room ? f->ask.room : longest;
  const rw_status s = check_ids (f, b, err);
  return s ? s
           : rw_forward_affordable (&f->ask, b->start[b->n_sequences] - b->start[0], longest, err);
}

static void
embed (rw_forward_group *g)
{
  const rw_forward *f = g->f;
  const rw_weight *w = &f->ask.network->embed;
  const size_t row = w->cols / rw_quant_block (w->type) * rw_quant_bytes (w->type);
  const float scale = f->h->arch->scaled_embed ? (float) sqrt ((double) f->w.dim) : 1;
  const int32_t *id = g->batch->id + g->batch->start[g->first];
  rw_quant_reader *read = rw_quant_reader_of (w->type, f->simd);
  /* Unpacking, and misses: near a value a nanosecond.  */
  const int threads = rw_threads_for (1e-9 * (double) (g->n * w->cols), f->ask.threads);
  (void) threads; /* of no use without OpenMP */
#pragma omp parallel for num_threads(threads) if (threads > 1) schedule(static)
  for (size_t i = 0; i < g->n; i++)
    {
      float *x = f->x.v + i * w->cols;
      read ((const char *) w->data + (size_t) id[i] * row, w->cols, x);
      for (size_t c = 0; scale != 1 && c < w->cols; c++)
        x[c] *= scale;
    }
}

static rw_status
group_rooms (rw_forward_group *g, rw_error *err)
{
  rw_forward *f = g->f;
  const rw_forward_widths *w = &f->w;
  const size_t rows = f->chunk < g->n ? f->chunk : g->n;
  rw_status s = rw_forward_room_need (&f->x, g->n, w->dim, err);
  if (!s && !f->ask.room)
    s = rw_forward_room_need (&f->keys, g->n, w->k, err);
  if (!s && !f->ask.room)
    s = rw_forward_room_need (&f->values, g->n, w->v, err);
  s = s ? s : rw_forward_room_need (&f->row, rows, w->dim, err);
  s = s ? s : rw_forward_room_need (&f->queries, g->batch->tap ? g->n : rows, w->q, err);
  if (!s && w->o != w->q)
    s = rw_forward_room_need (&f->out, rows, w->o, err);
  s = s ? s : rw_forward_room_need (&f->up, rows, w->hidden, err);
  return s || !f->h->arch->gated ? s : rw_forward_room_need (&f->gate, rows, w->hidden, err);
}

static rw_status
run_group (rw_forward_group *g, rw_error *err)
{
  rw_forward *f = g->f;
  const rw_batch *b = g->batch;
  bool end = false;
  rw_status s = group_rooms (g, err);
  if (!s)
    embed (g);
  for (size_t l = 0; !s && !end && l < f->h->layers; l++)
    {
      if (b->stop && b->stop (b->data))
        return rw_fail (err, RW_EINTR, "interrupted before layer %zu", l);
      g->k = f->ask.room ? f->k[l] + f->kept * f->w.k : f->keys.v;
      g->v = f->ask.room ? f->v[l] + f->kept * f->w.v : f->values.v;
      s = rw_forward_layer (g, l, &end, err);
    }
  return s || end ? s : rw_forward_head (g, err);
}

rw_status
rw_forward_run (rw_forward *f, const rw_batch *batch, rw_error *err)
{
  size_t length = 0;
  rw_status s = check (f, batch, &length, err);
  s = s ? s : rw_forward_turns_need (f, length, err);
  for (size_t first = 0, last; !s && first < batch->n_sequences; first = last)
    {
      const size_t from = batch->start[first];
      last = first + 1;
      while (last < batch->n_sequences
             && (batch->tap || batch->start[last + 1] - from <= RW_FORWARD_GROUP))
        last++;
      rw_forward_group g = {
        .f = f, .batch = batch, .first = first, .last = last, .n = batch->start[last] - from
      };
      s = run_group (&g, err);
    }
  if (!s && f->ask.room)
    f->kept += batch->start[1] - batch->start[0];
  return s;
}

size_t
rw_forward_kept (const rw_forward *f)
{
  return f->kept;
}

void
rw_forward_rewind (rw_forward *f, size_t n)
{
  f->kept = n < f->kept ? n : f->kept;
}
