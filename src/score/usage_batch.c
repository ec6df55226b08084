/* usage_batch: a batch of queries over all their keys: weighted sums of turned keys and of their
   norms, one of each a piece.

   sum_n p Re (q conj (k)) = Re (q conj (sum_n p k)) where both are turned: the sums of keys are all
   that is needed, and pairs are taken apart at the end.  Key 0 is kept out of them and added by
   itself, so that a heavy first key costs the others no digits.  */
#include "score/usage_part.h"

#include <string.h>

enum
{
  STRIP = RW_ROWS_STRIP,
  BLOCK = RW_ROWS_BLOCK,
  GROUP = RW_ROWS_GROUP,
  ROW = RW_ROWS_ROW,
  SPANS = RW_SPANS_FEW + 1
};

rw_status
rw_usage_batch_new (const rw_rows_keys *keys, rw_usage_batch **out, rw_error *err)
{
  const size_t pieces = (size_t) RW_USAGE_BATCH * SPANS;
  const size_t groups
      = pieces / GROUP + SPANS + keys->frames; /* a frame may leave one half empty */
  rw_usage_batch *b = *out = rw_new (1, sizeof *b);
  if (!b)
    return rw_nomem (err, sizeof *b);
  b->keys = keys;
  b->sums = 3 * keys->pairs;
  b->piece = rw_new (pieces, sizeof *b->piece);
  b->start = rw_new (groups + 1, sizeof *b->start);
  b->q = rw_new (groups * keys->dim, ROW * sizeof *b->q);
  b->sum = rw_new (groups * b->sums, GROUP * sizeof *b->sum);
  b->x = rw_new (keys->dim, sizeof *b->x);
  b->score = rw_new (GROUP, STRIP * sizeof *b->score);
  b->weight = rw_new (GROUP, STRIP * sizeof *b->weight);
  b->norm = rw_new (keys->pairs, STRIP * sizeof *b->norm);
  b->result = rw_new (4 * keys->pairs, sizeof *b->result);
  return b->piece && b->start && b->q && b->sum && b->x && b->score && b->weight && b->norm
                 && b->result
             ? RW_OK
             : rw_nomem (err, groups * b->sums * GROUP * sizeof *b->sum);
}

void
rw_usage_batch_free (rw_usage_batch *b)
{
  if (!b)
    return;
  rw_free (b->piece);
  rw_free (b->start);
  rw_free (b->q);
  rw_free (b->sum);
  rw_free (b->x);
  rw_free (b->score);
  rw_free (b->weight);
  rw_free (b->norm);
  rw_free (b->result);
  rw_free (b);
}

/* ---- pieces ---- */

static void
add_piece (rw_usage_batch *b, size_t row, const rw_span *span, bool fresh)
{
  rw_usage_query *y = &b->query[row];
  const int64_t first = rw_rows_first (b->keys->ask, y->m);
  int64_t from = (int64_t) ceil (span->from), to = (int64_t) ceil (span->to);
  from = from < first ? first : from;
  to = to > y->m + 1 ? y->m + 1 : to;
  if (from >= to)
    return;
  rw_usage_piece *p = &b->piece[b->n_pieces];
  *p = (rw_usage_piece){ .row = row,
                         .from = from,
                         .to = to,
                         .frame = span->frame,
                         .position = span->position,
                         .trained = span->trained };
  if (from == 0)
    y->opening = p;
  if (fresh || b->n_pieces - b->start[b->n_groups - 1] == GROUP)
    b->start[b->n_groups++] = b->n_pieces;
  p->group = b->n_groups - 1;
  p->at = b->n_pieces - b->start[p->group];
  b->start[b->n_groups] = ++b->n_pieces;
}

/* The pieces of the batch, frame by frame.  */
static void
cut (rw_usage_batch *b)
{
  const rw_rows_keys *keys = b->keys;
  rw_span spans[SPANS];
  b->n_pieces = b->n_groups = 0;
  for (size_t frame = 0; frame < keys->frames; frame++)
    {
      const size_t before = b->n_pieces;
      for (size_t k = 0; k < b->n_queries; k++)
        {
          const double m = (double) b->query[k].m;
          size_t count = 1;
          memset (spans, 0, sizeof spans);
          if (keys->turning)
            spans[0] = (rw_span){ .to = m + 1, .position = m };
          else
            count = rw_rule_spans (keys->ask->freqs, keys->ask->length, m, spans);
          for (size_t j = 0; j < count; j++)
            if (spans[j].frame == frame)
              add_piece (b, k, &spans[j], b->n_pieces == before);
        }
    }
}

static void
turn_queries (rw_usage_batch *b)
{
  const rw_rows_keys *keys = b->keys;
  for (size_t k = 0; k < b->n_pieces; k++)
    {
      const rw_usage_piece *p = &b->piece[k];
      const rw_span span = { .position = p->position, .trained = p->trained };
      rw_rows_query (keys, b->query[p->row].m, &span, b->x,
                     b->q + p->group * keys->dim * ROW + p->at);
    }
  memset (b->sum, 0, b->n_groups * b->sums * GROUP * sizeof *b->sum);
}

void
rw_usage_batch_run (rw_usage_batch *b, size_t first, size_t n, const double *log_partition)
{
  const rw_rows_ask *ask = b->keys->ask;
  int64_t from = INT64_MAX, to = 0;
  b->n_queries = n;
  for (size_t k = 0; k < n; k++)
    {
      const float ref = (float) (log_partition[first + k] * M_LOG2E);
      b->query[k] = (rw_usage_query){ .m = ask->query[first + k],
                                      .ref = ref,
                                      .weight = exp2 (ask->qk->sink * M_LOG2E - (double) ref) };
    }
  cut (b);
  turn_queries (b);
  for (size_t k = 0; k < b->n_pieces; k++)
    {
      from = b->piece[k].from < from ? b->piece[k].from : from;
      to = b->piece[k].to > to ? b->piece[k].to : to;
    }
  for (int64_t strip = from / STRIP * STRIP; strip < to; strip += STRIP)
    rw_usage_strip (b, strip);
}

/* ---- results ---- */

/* Adds what a piece has gathered.  */
static void
gather (const rw_usage_batch *b, const rw_usage_piece *p, double *contribution, double *ceiling)
{
  const rw_rows_keys *keys = b->keys;
  const float *q = b->q + p->group * keys->dim * ROW + p->at;
  const double *sum = b->sum + p->group * b->sums * GROUP + p->at;
  for (size_t i = 0; i < keys->pairs; i++)
    {
      const size_t re = rw_usage_channel (keys, i, false), im = rw_usage_channel (keys, i, true);
      const double u = (double) q[re * ROW], v = (double) q[im * ROW];
      contribution[i] += keys->turning ? sum[i * GROUP] : u * sum[re * GROUP] + v * sum[im * GROUP];
      ceiling[i] += hypot (u, v) * sum[(2 * keys->pairs + i) * GROUP];
    }
}

/* Adds key 0, of weight p.  */
static void
gather_first (const rw_usage_batch *b, const rw_usage_query *y, double *contribution,
              double *ceiling)
{
  const rw_rows_keys *keys = b->keys;
  const rw_usage_piece *p = y->opening;
  const float *q = b->q + p->group * keys->dim * ROW + p->at, *key = keys->key[p->frame];
  for (size_t i = 0; i < keys->pairs; i++)
    {
      const size_t re = rw_usage_channel (keys, i, false), im = rw_usage_channel (keys, i, true);
      const double u = (double) q[re * ROW], v = (double) q[im * ROW];
      const double kx = (double) key[re * BLOCK], ky = (double) key[im * BLOCK];
      double term = u * kx + v * ky;
      if (keys->turning)
        {
          const size_t at = i * keys->n + keys->n - 1 - (size_t) y->m;
          term = term * (double) keys->turn[0][at] - (v * kx - u * ky) * (double) keys->turn[1][at];
        }
      contribution[i] += y->first * term;
      ceiling[i] += y->first * hypot (u, v) * hypot (kx, ky);
    }
}

rw_usage_row
rw_usage_batch_row (rw_usage_batch *b, size_t row)
{
  const size_t pairs = b->keys->pairs;
  const rw_usage_query *y = &b->query[row];
  rw_usage_row out = { .contribution = b->result,
                       .ceiling = b->result + pairs,
                       .contribution_rest = b->result + 2 * pairs,
                       .ceiling_rest = b->result + 3 * pairs };
  memset (b->result, 0, 2 * pairs * sizeof *b->result);
  for (size_t k = 0; k < b->n_pieces; k++)
    {
      out.rest = out.rest || (b->piece[k].row == row && b->piece[k].to > 1);
      if (b->piece[k].row == row)
        gather (b, &b->piece[k], out.contribution, out.ceiling);
    }
  for (size_t i = 0; i < 2 * pairs; i++) /* scores are in units of ln 2 */
    b->result[2 * pairs + i] = M_LN2 * b->result[i] / y->weight;
  if (y->opening)
    gather_first (b, y, out.contribution, out.ceiling);
  for (size_t i = 0; i < 2 * pairs; i++)
    b->result[i] = M_LN2 * b->result[i] / (y->weight + y->first);
  return out;
}
