/* direct_scores: the dot products of a stretch of queries; see direct_pass.h.

   Wide pieces: panels of 16 rows of q against 48 keys, which are laid side by side once for all
   panels that meet them.  Others: for 128 rows at a time, distance by distance, one dot product a
   row.  A piece belongs to one thread, so sums do not depend on their number.  */
#include "rope/rotate.h"
#include "rope/trig.h"
#include "score/direct_pass.h"

#include <math.h>
#include <string.h>
#ifdef _OPENMP
#  include <omp.h>
#else
#  define omp_get_thread_num() 0
#endif

enum
{
  PANEL = RW_GRAM_PANEL,
  WIDTH = 3, /* panels of keys in a tile */
  KEYS = WIDTH * PANEL,
  ROWS = 128, /* of q that stay in the cache */
  FLOATS_PER_LINE = 16
};

struct rw_direct_work
{
  float *keys;         /* (WIDTH, dim, 16) */
  float *sum;          /* (WIDTH, 16, 16) */
  int64_t (*reach)[2]; /* (room / 16,) keys from .. to - 1 that a panel meets */
  const float *ahead[RW_GRAM_ROWS];
  float *turned;    /* (ROWS, dim) */
  float *cos, *sin; /* (pairs,) */
  int64_t *zero;    /* (ROWS,) row 0 of the table, for all */
  rw_status status;
  rw_error error;
};

static int64_t
least (int64_t a, int64_t b)
{
  return a < b ? a : b;
}

static int64_t
most (int64_t a, int64_t b)
{
  return a > b ? a : b;
}

/* Keys *from .. *to - 1 that a row meets at the distances of a piece; none where *from >= *to.  */
static void
keys_of (const rw_direct_pass *p, const rw_direct_piece *piece, const rw_direct_row *row,
         int64_t *from, int64_t *to)
{
  *from = most (most (row->from, row->m - piece->last), (int64_t) p->ask->n_sink);
  *to = least (row->to, row->m - piece->first + 1);
}

/* ---- wide pieces ---- */

/* What each panel of the frame's rows meets, into w->reach; all of it in *from, *to.  */
static void
reach (const rw_direct_pass *p, const rw_direct_piece *piece, size_t frame, rw_direct_work *w,
       int64_t *from, int64_t *to)
{
  *from = INT64_MAX, *to = 0;
  for (size_t g = p->start[frame]; g < p->start[frame + 1]; g += PANEL)
    {
      int64_t *r = w->reach[g / PANEL], lo, hi;
      r[0] = INT64_MAX, r[1] = 0;
      for (size_t i = 0; i < PANEL; i++)
        {
          keys_of (p, piece, &p->row[g + i], &lo, &hi);
          if (lo < hi)
            r[0] = least (r[0], lo), r[1] = most (r[1], hi);
        }
      *from = least (*from, r[0]), *to = most (*to, r[1]);
    }
}

/* Keys n .. n + 47 of the frame, side by side; and where the next ones lie.  */
static void
lay_out (const rw_direct_pass *p, size_t frame, int64_t n, rw_direct_work *w)
{
  const size_t keys = p->ask->qk->k.n;
  const float *key = p->key + (frame * keys + (size_t) n) * p->dim;
  for (size_t b = 0; b < WIDTH; b++)
    {
      const size_t at = (size_t) n + b * PANEL, left = at < keys ? keys - at : 0;
      rw_direct_pack (key + b * PANEL * p->dim, left < PANEL ? left : PANEL, p->dim,
                      w->keys + b * PANEL * p->dim);
    }
  for (size_t r = 0; r < RW_GRAM_ROWS; r++)
    w->ahead[r] = key + KEYS * p->dim + r * FLOATS_PER_LINE;
}

static void
add_tile (const rw_direct_pass *p, rw_direct_piece *piece, size_t panel, int64_t n,
          rw_direct_work *w)
{
  rw_tally_tile t = { .sum = w->sum };
  memset (w->sum, 0, WIDTH * RW_GRAM_SQUARE * sizeof *w->sum);
  rw_gram_scores (p->simd, p->dim, p->panel + panel * p->dim, w->keys, p->dim * PANEL, WIDTH,
                  w->ahead, w->sum);
  for (size_t i = 0; i < PANEL; i++)
    {
      int64_t from, to;
      keys_of (p, piece, &p->row[panel + i], &from, &to);
      t.from[i] = (int) least (most (from - n, 0), KEYS);
      t.to[i] = (int) most (least (to - n, KEYS), t.from[i]);
      t.factor[i] = p->row[panel + i].factor;
    }
  rw_tally_add_tile (p->simd, &piece->tally, piece->shift, &t);
}

static void
wide (const rw_direct_pass *p, rw_direct_piece *piece, rw_direct_work *w)
{
  for (size_t f = 0; f < p->frames; f++)
    {
      int64_t from, to;
      reach (p, piece, f, w, &from, &to);
      for (int64_t n = from; n < to; n += KEYS)
        {
          bool there = false;
          for (size_t g = p->start[f]; g < p->start[f + 1]; g += PANEL)
            if (w->reach[g / PANEL][0] < n + KEYS && w->reach[g / PANEL][1] > n)
              {
                if (!there)
                  lay_out (p, f, n, w);
                there = true;
                add_tile (p, piece, g, n, w);
              }
        }
    }
}

/* ---- distance by distance ---- */

/* The rows turned by the effective distance, where that decides.  */
static rw_status
turn_by (const rw_direct_pass *p, int64_t delta, const float *q, size_t n, rw_direct_work *w,
         rw_error *err)
{
  const rw_freqs *f = p->ask->freqs;
  const double a = f->attention_factor * f->attention_factor;
  double turn = (double) delta;
  rw_rule_distance (f, p->ask->length, &turn);
  for (size_t i = 0; i < f->n; i++)
    {
      w->cos[i] = (float) (a * cos (turn * f->inv_freq[i]));
      w->sin[i] = (float) (a * sin (turn * f->inv_freq[i]));
    }
  const rw_trig t
      = { .n = 1, .pairs = f->n, .row = (ptrdiff_t) f->n, .cos = w->cos, .sin = w->sin };
  const rw_rotation r = { .type = RW_FLOAT32,
                          .layout = p->ask->geometry->layout,
                          .tokens = n,
                          .heads = 1,
                          .dim = p->dim,
                          .from_token = (ptrdiff_t) p->dim,
                          .to_token = (ptrdiff_t) p->dim,
                          .row_of = w->zero,
                          .scale = 1,
                          .threads = 1,
                          .simd = p->simd };
  return rw_rotate (&r, &t, q, w->turned, err);
}

/* Rows from .. from + n - 1 of a frame, at one distance.  */
static rw_status
one_distance (const rw_direct_pass *p, rw_direct_piece *piece, size_t frame, size_t from, size_t n,
              int64_t delta, rw_direct_work *w, rw_error *err)
{
  const float *q = p->q + from * p->dim, *key = p->key + frame * p->ask->qk->k.n * p->dim;
  const rw_direct_row *row = p->row + from;
  const double bias = rw_bias_at (p->ask->freqs, p->ask->geometry, (double) delta);
  if (p->by_distance)
    {
      const rw_status s = turn_by (p, delta, q, n, w, err);
      if (s)
        return s;
      q = w->turned;
    }
  for (size_t i = 0; i < n; i++)
    {
      const int64_t at = row[i].m - delta;
      if (at >= row[i].from && at < row[i].to && at >= (int64_t) p->ask->n_sink)
        {
          const float x
              = rw_tally_dot (p->simd, q + i * p->dim, key + (size_t) at * p->dim, p->dim);
          rw_tally_add (&piece->tally, piece->shift, row[i].factor * (double) x + bias);
        }
    }
  return RW_OK;
}

/* Whether any of the rows meets a key at the distances of the piece.  */
static bool
meets (const rw_direct_pass *p, const rw_direct_piece *piece, size_t from, size_t n)
{
  for (size_t i = from; i < from + n; i++)
    {
      int64_t lo, hi;
      keys_of (p, piece, &p->row[i], &lo, &hi);
      if (lo < hi)
        return true;
    }
  return false;
}

static rw_status
narrow (const rw_direct_pass *p, const rw_direct_task *task, rw_direct_work *w, rw_error *err)
{
  rw_status s = RW_OK;
  for (size_t f = 0; f < p->frames; f++)
    for (size_t from = p->start[f], n; from < p->start[f + 1]; from += n)
      {
        n = p->start[f + 1] - from < ROWS ? p->start[f + 1] - from : ROWS;
        for (size_t k = task->from; k < task->to; k++)
          {
            rw_direct_piece *piece = &p->piece[k];
            if (meets (p, piece, from, n))
              for (int64_t delta = piece->first; !s && delta <= piece->last; delta++)
                s = one_distance (p, piece, f, from, n, delta, w, err);
          }
      }
  return s;
}

static bool
work_take (const rw_direct_pass *p, rw_direct_work *w)
{
  rw_arena *a = p->ask->scratch;
  const size_t pairs = p->ask->freqs->n;
  w->keys = rw_arena_take (a, WIDTH * PANEL, p->dim * sizeof *w->keys);
  w->sum = rw_arena_take (a, WIDTH, RW_GRAM_SQUARE * sizeof *w->sum);
  w->reach = rw_arena_take (a, p->room / PANEL, sizeof *w->reach);
  w->turned = rw_arena_take (a, ROWS, p->dim * sizeof *w->turned);
  w->cos = rw_arena_take (a, pairs, sizeof *w->cos);
  w->sin = rw_arena_take (a, pairs, sizeof *w->sin);
  w->zero = rw_arena_take (a, ROWS, sizeof *w->zero);
  return w->keys && w->sum && w->reach && w->turned && w->cos && w->sin && w->zero;
}

rw_status
rw_direct_scores_open (rw_direct_pass *p, rw_error *err)
{
  const size_t threads = p->ask->threads > 1 ? (size_t) p->ask->threads : 1;
  p->work = rw_arena_take (p->ask->scratch, threads, sizeof *p->work);
  for (size_t t = 0; t < threads; t++)
    if (!p->work || !work_take (p, &p->work[t]))
      return rw_nomem (err, p->dim * KEYS * sizeof (float));
  return RW_OK;
}

rw_status
rw_direct_scores (rw_direct_pass *p, rw_error *err)
{
  const int threads = p->ask->threads > 1 ? p->ask->threads : 1;
#pragma omp parallel for num_threads(threads) schedule(dynamic)
  for (size_t k = 0; k < p->n_tasks; k++)
    {
      const rw_direct_task *task = &p->task[k];
      rw_direct_work *w = &p->work[omp_get_thread_num ()];
      if (task->wide)
        wide (p, &p->piece[task->from], w);
      else if (!w->status)
        w->status = narrow (p, task, w, &w->error);
    }
  for (int t = 0; t < threads; t++)
    if (p->work[t].status)
      return rw_fail (err, p->work[t].status, "%s", p->work[t].error.text);
  return RW_OK;
}
