/* direct: statistics of scores, one by one; see direct.h and direct_pass.h.  */
#include "rule/logit.h"
#include "score/direct_pass.h"
#include "score/sample.h"

#include <math.h>

enum
{
  WIDE = 32,        /* distances from which tiles pay, though their edges are thrown away */
  WIDE_MOST = 2048, /* distances of a wide piece: work for two threads even from one bin */
  PIECE_MOST = 256, /* the same of one that is not */
  TASK_MOST = 16,   /* other pieces a task: they share rows of q in the cache */
  FRAMES_FEW = 2    /* copies of the keys; where distance decides, more are not made */
};

static size_t
pieces_of (int64_t distances, bool tiles)
{
  const int64_t most = !tiles || distances < WIDE ? PIECE_MOST : WIDE_MOST;
  return (size_t) ((distances + most - 1) / most);
}

/* Cuts the bins into pieces, and those into tasks.  */
static rw_status
cut (rw_direct_pass *p, rw_error *err)
{
  const rw_direct_ask *a = p->ask;
  size_t n = 0;
  for (size_t b = 0; b < a->n_bins; b++)
    n += pieces_of (a->last[b] - a->first[b] + 1, p->tiles);
  p->piece = rw_arena_take (a->scratch, n, sizeof *p->piece);
  p->task = rw_arena_take (a->scratch, n, sizeof *p->task);
  if (!p->piece || !p->task)
    return rw_nomem (err, n * sizeof *p->piece);
  for (size_t b = 0; b < a->n_bins; b++)
    {
      const int64_t many = a->last[b] - a->first[b] + 1;
      const size_t parts = pieces_of (many, p->tiles);
      const bool wide = many >= WIDE && p->tiles;
      for (size_t k = 0; k < parts; k++)
        {
          rw_direct_task *last = p->n_tasks ? &p->task[p->n_tasks - 1] : NULL;
          p->piece[p->n_pieces] = (rw_direct_piece){
            .bin = b,
            .first = a->first[b] + many * (int64_t) k / (int64_t) parts,
            .last = a->first[b] + many * ((int64_t) k + 1) / (int64_t) parts - 1,
          };
          if (last && !wide && !last->wide && !p->by_distance && last->to - last->from < TASK_MOST)
            last->to++;
          else
            p->task[p->n_tasks++]
                = (rw_direct_task){ .from = p->n_pieces, .to = p->n_pieces + 1, .wide = wide };
          p->n_pieces++;
        }
    }
  return RW_OK;
}

/* The sums of a piece are of score - shift: the last query's score is near enough to the mean to
   keep their digits.  */
static rw_status
shift (rw_direct_pass *p, rw_error *err)
{
  const rw_direct_ask *a = p->ask;
  const rw_rows *q = &a->qk->q, *k = &a->qk->k;
  double *x = rw_arena_take (a->scratch, 2 * q->dim, sizeof *x);
  if (!x)
    return rw_nomem (err, 2 * q->dim * sizeof *x);
  const int64_t m = p->query ? p->query[p->n - 1] : (int64_t) q->n - 1;
  rw_rows_at (q, (size_t) m, x);
  for (size_t i = 0; i < p->n_pieces; i++)
    {
      const int64_t n = m - p->piece[i].first;
      if (n < (int64_t) a->n_sink || n < 0)
        continue; /* no query has such a key */
      rw_rows_at (k, (size_t) n, x + q->dim);
      const double s = rw_logit (a->geometry, a->freqs, p->trained, a->length, x, x + q->dim,
                                 (double) m, (double) n);
      p->piece[i].shift = isfinite (s) ? s : 0;
    }
  return RW_OK;
}

static rw_status
check (const rw_direct_ask *a, rw_error *err)
{
  const rw_rows *q = &a->qk->q;
  const rw_status s = rw_qk_check (a->qk, err);
  if (s)
    return s;
  if (2 * a->freqs->n > q->dim)
    return rw_fail (err, RW_EINVAL, "%zu frequencies do not fit in %zu channels", a->freqs->n,
                    q->dim);
  if (!a->every)
    return rw_fail (err, RW_EINVAL, "every 0th query: at least 1 was expected");
  for (size_t b = 0; b < a->n_bins; b++)
    if (a->first[b] < 0 || a->last[b] < a->first[b])
      return rw_fail (err, RW_EINVAL, "bin %zu: distances %lld to %lld", b, (long long) a->first[b],
                      (long long) a->last[b]);
  return RW_OK;
}

static rw_status
sample (rw_direct_pass *p, rw_error *err)
{
  const rw_direct_ask *a = p->ask;
  p->n = rw_sample_size (a->qk->q.n, a->every);
  if (a->every == 1)
    return RW_OK;
  p->query = rw_arena_take (a->scratch, p->n, sizeof *p->query);
  if (!p->query)
    return rw_nomem (err, p->n * sizeof *p->query);
  rw_sample_draw (a->seed, a->group, a->qk->q.n, a->every, p->query);
  return RW_OK;
}

static rw_status
run (rw_direct_pass *p, rw_error *err)
{
  rw_status s = rw_direct_scores_open (p, err);
  if (!s)
    s = shift (p, err);
  if (!s)
    s = rw_direct_turn_keys (p, err);
  for (size_t from = 0; !s && from < p->n; from += RW_DIRECT_STRETCH)
    {
      const size_t left = p->n - from;
      s = rw_direct_turn_queries (p, from, left < RW_DIRECT_STRETCH ? left : RW_DIRECT_STRETCH,
                                  err);
      if (!s)
        s = rw_direct_scores (p, err);
    }
  return s;
}

static void
put (const rw_direct_pass *p, rw_direct_result *out)
{
  for (size_t i = 0, b = 0; b < p->ask->n_bins; b++)
    {
      rw_tally t = { 0 };
      const double shift = i < p->n_pieces ? p->piece[i].shift : 0;
      for (; i < p->n_pieces && p->piece[i].bin == b; i++)
        rw_tally_join (&t, shift, &p->piece[i].tally, p->piece[i].shift);
      if (out->mean)
        out->mean[b] = rw_tally_mean (&t, shift);
      if (out->variance)
        out->variance[b] = rw_tally_variance (&t);
      if (out->min)
        out->min[b] = t.n == 0 ? NAN : t.min;
      if (out->max)
        out->max[b] = t.n == 0 ? NAN : t.max;
    }
}

rw_status
rw_direct_run (const rw_direct_ask *ask, rw_direct_result *out, rw_error *err)
{
  double delta = 0;
  rw_direct_pass p = { .ask = ask, .simd = rw_simd_get () };
  rw_status s = check (ask, err);
  if (s)
    return s;
  p.dim = (ask->qk->q.dim + RW_GRAM_PANEL - 1) / RW_GRAM_PANEL * RW_GRAM_PANEL;
  p.frames = rw_rule_frames (ask->freqs, &p.spans);
  p.by_distance = (p.frames > FRAMES_FEW || p.spans > RW_SPANS_FEW)
                  && rw_rule_distance (ask->freqs, ask->length, &delta);
  if (p.by_distance)
    p.frames = p.spans = 1;
  p.tiles = !p.by_distance && !ask->freqs->bias;
  s = sample (&p, err);
  if (!s)
    s = cut (&p, err);
  if (!s)
    s = rw_direct_turn_open (&p, err);
  if (!s && p.n)
    s = run (&p, err);
  if (!s)
    put (&p, out);
  rw_direct_turn_close (&p);
  return s;
}
