/* direct_turn: keys and queries as the kernels of `direct` meet them; see direct_pass.h.  */
#include "rope/rotate.h"
#include "rope/trained.h"
#include "rope/trig.h"
#include "rule/logit.h"
#include "score/direct_pass.h"

#include <string.h>

enum
{
  PANEL = RW_GRAM_PANEL
};

void
rw_direct_pack (const float *x, size_t n, size_t dim, float *out)
{
  for (size_t c = 0; c < dim; c++)
    for (size_t l = 0; l < PANEL; l++)
      out[c * PANEL + l] = l < n ? x[l * dim + c] : 0;
}

rw_status
rw_direct_turn_open (rw_direct_pass *p, rw_error *err)
{
  const size_t pairs = p->ask->freqs->n, keys = p->ask->qk->k.n, dim = p->dim;
  const size_t room = p->room = RW_DIRECT_STRETCH * p->spans + PANEL * p->frames;
  bool wide = false;
  for (size_t k = 0; k < p->n_tasks; k++)
    wide |= p->task[k].wide;
  p->trained = rw_new (pairs, sizeof *p->trained);
  p->key = rw_new (p->frames * keys, dim * sizeof *p->key);
  p->start = rw_new (p->frames + 1, sizeof *p->start);
  p->row = rw_new (room, sizeof *p->row);
  p->span = rw_new (RW_DIRECT_STRETCH, p->spans * sizeof *p->span);
  p->n_span = rw_new (RW_DIRECT_STRETCH, sizeof *p->n_span);
  p->q = rw_new (room, dim * sizeof *p->q);
  p->panel = wide ? rw_new (room, dim * sizeof *p->panel) : NULL;
  p->position = rw_new (room, sizeof *p->position);
  p->turns = rw_new (room, sizeof *p->turns);
  p->cos = rw_new (room, pairs * sizeof *p->cos);
  p->sin = rw_new (room, pairs * sizeof *p->sin);
  p->raw = rw_new (RW_DIRECT_STRETCH, dim * sizeof *p->raw);
  p->tables = rw_arena_new ();
  if (!p->trained || !p->key || !p->start || !p->row || !p->span || !p->n_span || !p->q
      || (wide && !p->panel) || !p->position || !p->turns || !p->cos || !p->sin || !p->raw
      || !p->tables)
    return rw_nomem (err, p->frames * keys * dim * sizeof *p->key);
  rw_trained_fill (p->ask->geometry, pairs, p->trained);
  return RW_OK;
}

void
rw_direct_turn_close (rw_direct_pass *p)
{
  rw_free (p->trained);
  rw_free (p->key);
  rw_free (p->start);
  rw_free (p->row);
  rw_free (p->span);
  rw_free (p->n_span);
  rw_free (p->q);
  rw_free (p->panel);
  rw_free (p->position);
  rw_free (p->turns);
  rw_free (p->cos);
  rw_free (p->sin);
  rw_free (p->raw);
  rw_arena_free (p->tables);
}

/* cos and sin of every row's angles: runs of rows that turn by the same frequencies.  */
static rw_status
fill_table (const rw_direct_pass *p, size_t n, rw_error *err)
{
  const rw_freqs *f = p->ask->freqs;
  const rw_freqs plain = { .n = f->n, .inv_freq = p->trained, .attention_factor = 1 };
  const double *at = p->position;
  rw_status s = RW_OK;
  for (size_t from = 0, to; !s && from < n; from = to)
    {
      bool even = true; /* one after the other: the fast path of the table */
      for (to = from + 1; to < n && p->turns[to] == p->turns[from]; to++)
        even &= at[to] == at[to - 1] + 1;
      const rw_positions where
          = { .n = to - from, .from = at[from], .step = 1, .at = even ? NULL : at + from };
      rw_trig t = { .n = to - from,
                    .pairs = f->n,
                    .row = (ptrdiff_t) f->n,
                    .cos = p->cos + from * f->n,
                    .sin = p->sin + from * f->n };
      rw_arena_reset (p->tables);
      s = rw_trig_fill (p->turns[from] ? &plain : f, &where, RW_TRIG_EXACT, p->ask->threads,
                        p->tables, &t, err);
    }
  return s;
}

/* Turns x (n, dim) in place, row r to position[r], by the trained frequencies where turns[r].  */
static rw_status
turn (const rw_direct_pass *p, size_t n, float *x, rw_error *err)
{
  const size_t pairs = p->ask->freqs->n;
  const rw_rotation r = { .type = RW_FLOAT32,
                          .layout = p->ask->geometry->layout,
                          .tokens = n,
                          .heads = 1,
                          .dim = p->dim,
                          .from_token = (ptrdiff_t) p->dim,
                          .to_token = (ptrdiff_t) p->dim,
                          .scale = 1,
                          .threads = p->ask->threads,
                          .simd = p->simd };
  const rw_trig t
      = { .n = n, .pairs = pairs, .row = (ptrdiff_t) pairs, .cos = p->cos, .sin = p->sin };
  const rw_status s = fill_table (p, n, err);
  return s ? s : rw_rotate (&r, &t, x, x, err);
}

rw_status
rw_direct_turn_keys (rw_direct_pass *p, rw_error *err)
{
  const rw_rows *k = &p->ask->qk->k;
  rw_status s = RW_OK;
  for (size_t from = 0; !s && from < k->n; from += RW_DIRECT_STRETCH)
    {
      const size_t n = k->n - from < RW_DIRECT_STRETCH ? k->n - from : RW_DIRECT_STRETCH;
      rw_rows_read (k, from, n, p->raw);
      for (size_t f = 0; !s && f < p->frames; f++)
        {
          float *x = p->key + (f * k->n + from) * p->dim;
          for (size_t j = 0; j < n; j++)
            {
              memcpy (x + j * p->dim, p->raw + j * k->dim, k->dim * sizeof *x);
              p->position[j] = rw_rule_key (p->ask->freqs, p->ask->length, f, (double) (from + j),
                                            &p->turns[j]);
            }
          if (!p->by_distance)
            s = turn (p, n, x, err);
        }
    }
  return s;
}

/* Reads the queries and lists their spans.  */
static void
read_queries (rw_direct_pass *p, size_t from, size_t n)
{
  const rw_rows *q = &p->ask->qk->q;
  for (size_t j = 0; j < n; j++)
    {
      const size_t m = p->query ? (size_t) p->query[from + j] : from + j;
      rw_span *span = p->span + j * p->spans;
      if (p->query)
        rw_rows_read (q, m, 1, p->raw + j * q->dim);
      if (p->by_distance)
        *span = (rw_span){ .to = (double) m + 1 };
      p->n_span[j]
          = p->by_distance ? 1 : rw_rule_spans (p->ask->freqs, p->ask->length, (double) m, span);
    }
  if (!p->query)
    rw_rows_read (q, from, n, p->raw);
}

/* The row of query j, token m, in a span.  */
static void
put_row (rw_direct_pass *p, size_t row, size_t j, size_t m, const rw_span *span)
{
  const rw_direct_ask *a = p->ask;
  const double factor = rw_logit_scale (a->geometry) * a->freqs->softmax_factor
                        * rw_query_scale_at (a->freqs, a->geometry, (double) m);
  p->row[row] = (rw_direct_row){
    .m = (int64_t) m, .from = (int64_t) span->from, .to = (int64_t) span->to, .factor = factor
  };
  p->position[row] = span->position;
  p->turns[row] = span->trained;
  memcpy (p->q + row * p->dim, p->raw + j * a->qk->q.dim, a->qk->q.dim * sizeof *p->q);
}

/* Empty rows up to a whole panel; they stand where the next would.  */
static size_t
fill_up (rw_direct_pass *p, size_t row)
{
  for (; row % PANEL; row++)
    {
      p->row[row] = (rw_direct_row){ 0 };
      p->position[row] = p->position[row - 1] + 1;
      p->turns[row] = p->turns[row - 1];
      memset (p->q + row * p->dim, 0, p->dim * sizeof *p->q);
    }
  return row;
}

rw_status
rw_direct_turn_queries (rw_direct_pass *p, size_t from, size_t n, rw_error *err)
{
  size_t row = 0;
  read_queries (p, from, n);
  for (size_t f = 0; f < p->frames; f++)
    {
      p->start[f] = row;
      for (size_t k = 0; k < p->spans; k++) /* spans of a kind together: their keys are near */
        for (size_t j = 0; j < n; j++)
          {
            const rw_span *span = p->span + j * p->spans + k;
            if (k < p->n_span[j] && span->frame == f)
              put_row (p, row++, j, p->query ? (size_t) p->query[from + j] : from + j, span);
          }
      row = fill_up (p, row);
    }
  p->start[p->frames] = row;
  const rw_status s = p->by_distance ? RW_OK : turn (p, row, p->q, err);
  for (size_t r = 0; !s && p->panel && r < row; r += PANEL)
    rw_direct_pack (p->q + r * p->dim, PANEL, p->dim, p->panel + r * p->dim);
  return s;
}
