/* forward_head: logits where they are asked for, and what they say; see forward_part.h.  */
#include "model/forward_part.h"
#include "base/mem.h"
#include "base/threads.h"
#include "model/loss.h"

#include <math.h>

/* A row of x whose logits are wanted.  */
typedef struct
{
  size_t *row;  /* (n,) of the group, rising */
  size_t *ends; /* (n,) 1 + the sequence that ends there; 0 */
  size_t n;
} wanted;

static bool
is_target (const rw_batch *b, size_t i)
{
  return b->target && b->target[i] >= 0 && (b->nll || b->rank || b->margin);
}

static void
none (const rw_batch *b, size_t i)
{
  if (b->nll)
    b->nll[i] = NAN;
  if (b->rank)
    b->rank[i] = -1;
  if (b->margin)
    b->margin[i] = NAN;
}

static rw_status
want (const rw_forward_group *g, wanted *out, rw_error *err)
{
  const rw_batch *b = g->batch;
  const size_t base = b->start[g->first];
  out->row = rw_new (g->n, sizeof *out->row);
  out->ends = rw_new (g->n, sizeof *out->ends);
  if (!out->row || !out->ends)
    return rw_nomem (err, g->n * sizeof *out->row);
  for (size_t s = g->first; s < g->last; s++)
    for (size_t i = b->start[s]; i < b->start[s + 1]; i++)
      {
        const bool ends = b->best && i + 1 == b->start[s + 1];
        if (!is_target (b, i))
          none (b, i);
        if (!ends && !is_target (b, i))
          continue;
        out->row[out->n] = i - base;
        out->ends[out->n++] = ends ? s + 1 : 0;
      }
  return RW_OK;
}

static void
cap_row (float *logit, size_t n, double cap)
{
  for (size_t i = 0; i < n; i++)
    logit[i] = (float) (cap * tanh ((double) logit[i] / cap));
}

static void
judge (const rw_forward_group *g, const wanted *w, size_t at, float *logit)
{
  const rw_batch *b = g->batch;
  const rw_forward *f = g->f;
  const size_t i = b->start[g->first] + w->row[at];
  if (f->h->final_cap > 0)
    cap_row (logit, f->w.vocab, f->h->final_cap);
  if (w->ends[at])
    b->best[w->ends[at] - 1] = rw_loss_best (logit, f->w.vocab);
  if (!is_target (b, i))
    return;
  const rw_loss loss = rw_loss_of (logit, f->w.vocab, (size_t) b->target[i], f->simd);
  if (b->nll)
    b->nll[i] = loss.nll;
  if (b->rank)
    b->rank[i] = loss.rank;
  if (b->margin)
    b->margin[i] = loss.margin;
}

static rw_status
do_rows (const rw_forward_group *g, const wanted *w, size_t from, size_t to, rw_error *err)
{
  rw_forward *f = g->f;
  const rw_network *net = f->ask.network;
  const size_t vocab = f->w.vocab, rows = to - from;
  const float *b = net->out_norm_b.data ? f->vector + f->vector_row : NULL;
  rw_forward_norm (f, f->vector, b, rows, f->x.v, w->row + from, f->row.v);
  const rw_status s = rw_gemm_run (f->gemm, &net->out, NULL, rw_forward_tiles (rows), f->row.v,
                                   f->w.dim, f->logits.v, vocab, false, err);
  if (s)
    return s;
  /* An exponential a value, in double.  */
  const int threads = rw_threads_for (2e-9 * (double) (rows * vocab), f->ask.threads);
  (void) threads; /* of no use without OpenMP */
#pragma omp parallel for num_threads(threads) if (threads > 1) schedule(dynamic, 8)
  for (size_t r = 0; r < rows; r++)
    judge (g, w, from + r, f->logits.v + r * vocab);
  return RW_OK;
}

static void
read_norms (rw_forward *f)
{
  const rw_weight *const w[] = { &f->ask.network->out_norm, &f->ask.network->out_norm_b };
  for (size_t i = 0; i < 2; i++)
    if (w[i]->data)
      rw_quant_reader_of (w[i]->type, f->simd) (w[i]->data, f->w.dim,
                                                f->vector + i * f->vector_row);
}

rw_status
rw_forward_head (rw_forward_group *g, rw_error *err)
{
  rw_forward *f = g->f;
  wanted w = { 0 };
  size_t rows = rw_forward_logits_rows (&f->w);
  rw_status s = want (g, &w, err);
  rows = rows < w.n ? rows : w.n;
  if (!s && w.n)
    s = rw_forward_room_need (&f->logits, rows, f->w.vocab, err);
  if (!s)
    s = rw_forward_room_need (&f->row, rows, f->w.dim, err);
  read_norms (f);
  for (size_t at = 0; !s && at < w.n; at += rows)
    s = do_rows (g, &w, at, w.n - at < rows ? w.n : at + rows, err);
  rw_free (w.row);
  rw_free (w.ends);
  return s;
}
