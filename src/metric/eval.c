/* eval: a forward pass opened for a point, and its batches; see eval.h.  */
#include "metric/eval.h"

#include "schedule/schedule.h"

#include <math.h>
#include <string.h>

enum
{
  BATCH = 8192 /* tokens a batch: what a matrix is unpacked for is then far dearer than unpacking */
};

/* ---- open and close ---- */

/* The table of a schedule that is not the point's.  */
static rw_status
fill_own (const rw_eval_ask *ask, rw_freqs *own, rw_error *err)
{
  const rw_input *in = ask->in;
  if (in->rope >= in->model->n_ropes)
    return RW_OK; /* the point's layer does not rotate */
  const rw_rope *rope = &in->model->rope[in->rope];
  return rw_schedule_fill (ask->schedule ? ask->schedule : rope->schedule, &rope->geometry,
                           in->length, own, err);
}

static rw_status
open_forward (rw_eval *e, rw_error *err)
{
  const rw_input *in = e->ask.in;
  const rw_forward_ask ask = { .network = in->network,
                               .model = in->model,
                               .freqs = e->tables.layer,
                               .length = in->length,
                               .room = e->ask.room,
                               .window = e->ask.keep,
                               .bfloat16 = e->ask.bfloat16,
                               .threads = in->threads };
  return rw_forward_new (&ask, &e->forward, err);
}

rw_status
rw_eval_open (const rw_eval_ask *ask, rw_eval *out, rw_error *err)
{
  const rw_input *in = ask->in;
  rw_status s = RW_OK;
  *out = (rw_eval){ .ask = *ask };
  if (!in->network)
    return rw_fail (err, RW_EINVAL, "this needs a model with weights");
  if (!ask->freqs)
    s = fill_own (ask, &out->own, err);
  if (!s)
    s = rw_forward_tables_make (in->model, in->network->hyper.layers, in->rope,
                                ask->freqs ? ask->freqs : &out->own, in->length, &out->tables, err);
  if (!s)
    s = open_forward (out, err);
  if (s)
    rw_eval_close (out);
  return s;
}

void
rw_eval_close (rw_eval *e)
{
  rw_forward_free (e->forward);
  rw_forward_tables_free (&e->tables);
  rw_freqs_free (&e->own);
  e->forward = NULL;
}

/* ---- runs ---- */

static bool
stop (void *data)
{
  const rw_eval *e = data;
  return e->ask.in->stop && *e->ask.in->stop;
}

rw_status
rw_eval_run (rw_eval *e, const rw_batch *batch, rw_error *err)
{
  rw_batch b = *batch;
  b.stop = stop;
  b.data = e;
  if (stop (e))
    return rw_fail (err, RW_EINTR, "interrupted");
  return rw_forward_run (e->forward, &b, err);
}

rw_status
rw_eval_sequences (rw_eval *e, const rw_batch *all, rw_error *err)
{
  size_t *start = rw_arena_take (e->ask.in->scratch, all->n_sequences + 1, sizeof *start);
  rw_status s = start ? RW_OK : rw_nomem (err, all->n_sequences * sizeof *start);
  for (size_t i = 0, k; !s && i < all->n_sequences; i = k)
    {
      const size_t at = all->start[i];
      for (k = i + 1; k < all->n_sequences && all->start[k + 1] - at <= BATCH;)
        k++;
      for (size_t j = i; j <= k; j++)
        start[j - i] = all->start[j] - at;
      const rw_batch part = { .n_sequences = k - i,
                              .start = start,
                              .id = all->id + at,
                              .target = all->target ? all->target + at : NULL,
                              .nll = all->nll ? all->nll + at : NULL,
                              .rank = all->rank ? all->rank + at : NULL,
                              .margin = all->margin ? all->margin + at : NULL,
                              .best = all->best ? all->best + i : NULL };
      s = rw_eval_run (e, &part, err);
    }
  return s;
}

/* One batch of windows on its way through the model.  */
typedef struct
{
  size_t *start;
  int32_t *id, *target;
  double *nll;
} lot;

static rw_status
make_lot (const rw_windows *w, rw_arena *scratch, lot *out, rw_error *err)
{
  const size_t tokens = w->longest > BATCH ? w->longest : BATCH;
  const size_t n = w->fed < tokens ? w->fed : tokens;
  *out = (lot){ .start = rw_arena_take (scratch, w->n + 1, sizeof *out->start),
                .id = rw_arena_take (scratch, n, sizeof *out->id),
                .target = rw_arena_take (scratch, n, sizeof *out->target),
                .nll = rw_arena_take (scratch, n, sizeof *out->nll) };
  return out->start && out->id && out->target && out->nll ? RW_OK
                                                          : rw_nomem (err, n * sizeof (double));
}

/* Windows from i on that fit into one batch; returns the first that does not.  */
static size_t
fill_lot (const rw_windows *w, size_t i, const rw_corpus *corpus, int32_t bos, lot *l)
{
  size_t k = i, at = 0;
  for (; k < w->n && (k == i || at + w->window[k].n <= BATCH); k++)
    {
      l->start[k - i] = at;
      rw_window_fill (&w->window[k], corpus, bos, l->id + at, l->target + at);
      at += w->window[k].n;
    }
  l->start[k - i] = at;
  return k;
}

rw_status
rw_eval_windows (rw_eval *e, const rw_windows *w, int32_t bos, double *nll, rw_error *err)
{
  lot l;
  rw_status s = make_lot (w, e->ask.in->scratch, &l, err);
  for (size_t i = 0, k; !s && i < w->n; i = k)
    {
      k = fill_lot (w, i, e->ask.in->corpus, bos, &l);
      const rw_batch batch = {
        .n_sequences = k - i, .start = l.start, .id = l.id, .target = l.target, .nll = l.nll
      };
      s = rw_eval_run (e, &batch, err);
      for (size_t j = i; !s && j < k; j++)
        {
          const rw_window *v = &w->window[j];
          memcpy (nll, l.nll + l.start[j - i] + v->from, (v->n - v->from) * sizeof *nll);
          nll += v->n - v->from;
        }
    }
  return s;
}

rw_status
rw_eval_losses (const rw_eval_ask *ask, const rw_windows *w, int32_t bos, double *nll,
                rw_error *err)
{
  rw_eval e;
  rw_status s = rw_eval_open (ask, &e, err);
  if (s)
    return s;
  s = rw_eval_windows (&e, w, bos, nll, err);
  rw_eval_close (&e);
  return s;
}

/* ---- around them ---- */

rw_status
rw_eval_bos (const rw_input *in, bool wanted, int32_t *bos, rw_error *err)
{
  const rw_tokenizer *t;
  *bos = -1;
  if (!wanted)
    return RW_OK;
  const rw_status s = rw_network_tokenizer (in->network, &t, err);
  if (s)
    return s;
  if ((*bos = rw_tokenizer_bos (t)) >= 0)
    return RW_OK;
  rw_fail (err, RW_EINVAL, "bos: the model's tokenizer has no BOS token");
  return rw_hint (err, "leave bos out, or say \"bos\": \"none\"");
}

/* Values of the matrices that every token goes through.  */
static double
weights_of (const rw_input *in)
{
  const rw_geometry *g = in->geometry;
  const double wide = (double) (g->heads > 0 ? g->heads : 1) * (double) g->head_dim;
  const double guessed = 12; /* widths^2 a layer: 4 of attention, 8 of a feed-forward part */
  if (!in->network)
    return guessed * wide * wide * (double) g->layers;
  double sum = 0;
  for (size_t l = 0; l < in->network->hyper.layers; l++)
    {
      const rw_layer *y = &in->network->layer[l];
      const rw_weight *const all[] = { &y->q, &y->k, &y->v, &y->out, &y->gate, &y->up, &y->down };
      for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        sum += all[i]->data ? (double) all[i]->rows * (double) all[i]->cols : 0;
    }
  return sum;
}

double
rw_eval_seconds (const rw_input *in, double fed, double length, double scored)
{
  static const double RATE = 5e10;   /* operations a second: half of a recent core's peak */
  static const double VOCAB = 4.9e4; /* where the network is not open yet */
  const rw_geometry *g = in->geometry;
  const double wide = (double) (g->heads > 0 ? g->heads : 1) * (double) g->head_dim;
  const double out = in->network ? (double) in->network->out.rows * (double) in->network->out.cols
                                 : VOCAB * wide;
  const double attention = 2 * length * wide * (double) g->layers; /* half of 4 n: causal */
  return (fed * (2 * weights_of (in) + attention) + scored * 2 * out) / RATE;
}

size_t
rw_eval_length (const rw_input *in)
{
  return in->length < 1 ? 1 : (size_t) in->length;
}

rw_status
rw_eval_check (const rw_input *in, const rw_corpus_wish *wish, rw_error *err)
{
  if (!wish->text && !wish->tokens)
    {
      rw_fail (err, RW_EINVAL, "text is missing: what should the loss be measured on?");
      return rw_hint (err, "\"text\": \"FILE\", tokenized by the model's own tokenizer; or "
                           "\"tokens\": \"FILE\", ids as .npy or JSON");
    }
  if (in->length < 1)
    return rw_fail (err, RW_EDOMAIN, "length %.17g: a window holds at least one token", in->length);
  return RW_OK;
}
