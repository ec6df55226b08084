/* attend_score: which keys a row sees, and its scores with a block of them.

   Pieces of a frame are met six at a time, span by span.  Where a group of 64 keys is not all of
   one span, the scores of each piece go elsewhere first and its own keys are copied.  Under a rule
   of many spans the keys turn anew for every query.  */
#include "model/attend_part.h"

#include <math.h>
#include <string.h>

enum
{
  GROUP = RW_ATTEND_GROUP,
  KEYS = RW_ATTEND_KEYS,
  BLOCK = RW_ATTEND_BLOCK,
  LINE = RW_ATTEND_LINE
};

static void
add_pieces (rw_attend_desk *d, size_t query, size_t span, const rw_span *s, size_t *n)
{
  const rw_attend_job *j = d->job;
  for (size_t r = query * j->group; r < (query + 1) * j->group; r++)
    {
      const rw_attend_row *row = &d->row[r];
      const size_t from = (size_t) ceil (s->from), to = (size_t) ceil (s->to);
      rw_attend_piece *p = &d->piece[*n];
      *p = (rw_attend_piece){ .row = r,
                              .from = from > row->from ? from : row->from,
                              .to = to < row->to ? to : row->to,
                              .q = d->q + (span * d->n_rows + r) * j->dim };
      *n += p->from < p->to;
    }
}

static void
cut_rows (rw_attend_desk *d)
{
  const rw_attend_job *j = d->job;
  const rw_attention *a = j->a;
  for (size_t r = 0; r < d->n_rows; r++)
    {
      const size_t query = d->query + r / j->group, m = a->n_keys - a->n_queries + query;
      d->row[r] = (rw_attend_row){ .query = query,
                                   .head = d->kv * j->group + r % j->group,
                                   .from = a->window && m >= a->window ? m - a->window + 1 : 0,
                                   .to = m + 1,
                                   .all_ref = -INFINITY };
    }
}

void
rw_attend_cut (rw_attend_desk *d)
{
  const rw_attend_job *j = d->job;
  const rw_attend_turns *t = j->turns;
  size_t n = 0;
  cut_rows (d);
  for (size_t frame = 0; frame < t->frames && !t->by_distance; d->frame_end[frame++] = n)
    for (size_t span = 0; span < t->spans; span++)
      for (size_t q = 0; q < d->n_queries; q++)
        {
          rw_span spans[RW_SPANS_FEW] = { 0 };
          const double m = (double) d->row[q * j->group].to - 1;
          const size_t count = rw_rule_spans (j->a->freqs, j->a->length, m, spans);
          for (size_t g = 0; g < j->group; g++)
            d->row[q * j->group + g].whole = count == 1;
          if (span < count && spans[span].frame == frame)
            add_pieces (d, q, span, &spans[span], &n);
        }
}

/* A piece's place for the scores with the keys at `first`, in the block at `block`.  */
static float *
place (rw_attend_desk *d, const rw_attend_piece *p, size_t k, size_t block, size_t first)
{
  const bool all = d->row[p->row].whole || (p->from <= first && first + KEYS <= p->to);
  return all ? d->s + p->row * RW_ATTEND_STEP + (first - block) : d->spill + k * KEYS;
}

static void
multiply (const rw_attend_kernels *k, const rw_attend_product *p, size_t n)
{
  (n == 1 ? k->rows1 : n <= 3 ? k->rows3 : k->rows6) (p);
}

/* n pieces, at most six, with the keys at `first`, of which `lines` are wanted.  */
static void
score_keys (rw_attend_desk *d, const rw_attend_piece *piece, size_t n, size_t block, size_t first,
            size_t lines, const float *key)
{
  rw_attend_product p
      = { .b = key, .b_row = KEYS, .depth = d->job->dim, .lines = lines, .mode = RW_ATTEND_SET };
  for (size_t k = 0; k < GROUP; k++)
    {
      p.a[k] = piece[k < n ? k : 0].q;
      p.c[k] = k < n ? place (d, &piece[k], k, block, first) : d->spill + k * KEYS;
    }
  multiply (d->job->kernels, &p, n);
  for (size_t k = 0; k < n; k++)
    {
      const float *s = d->spill + k * KEYS;
      const size_t from = piece[k].from > first ? piece[k].from : first;
      const size_t to = piece[k].to < first + KEYS ? piece[k].to : first + KEYS;
      if (p.c[k] == s && from < to)
        memcpy (d->s + piece[k].row * RW_ATTEND_STEP + (from - block), s + (from - first),
                (to - from) * sizeof *s);
    }
}

static void
score_pieces (rw_attend_desk *d, const rw_attend_piece *piece, size_t n, size_t block,
              const float *key)
{
  size_t from = block + BLOCK, to = block;
  for (size_t k = 0; k < n; k++)
    {
      const size_t a = piece[k].from > block ? piece[k].from : block;
      const size_t b = piece[k].to < block + BLOCK ? piece[k].to : block + BLOCK;
      if (a >= b)
        continue;
      from = a < from ? a : from;
      to = b > to ? b : to;
    }
  for (size_t first = from / KEYS * KEYS; first < to; first += KEYS)
    {
      const size_t lines = to - first < KEYS ? (to - first + LINE - 1) / LINE : KEYS / LINE;
      score_keys (d, piece, n, block, first, lines, key + (first - block) * d->job->dim);
    }
}

/* The rows of one query with 64 keys that turn for it.  */
static void
score_turning (rw_attend_desk *d, size_t query, size_t block, size_t first)
{
  const rw_attend_job *j = d->job;
  const size_t r = query * j->group, m = d->row[r].to - 1;
  int64_t distance[KEYS];
  for (size_t k = 0; k < KEYS; k++)
    distance[k] = first + k < m ? (int64_t) (m - first - k) : 0; /* keys beyond m are not seen */
  rw_attend_pack_keys (j, d->turned, d->kv, 0, first, distance, d->key);
  for (size_t g = 0, n; g < j->group; g += n)
    {
      n = j->group - g < GROUP ? j->group - g : GROUP;
      rw_attend_product p = {
        .b = d->key, .b_row = KEYS, .depth = j->dim, .lines = KEYS / LINE, .mode = RW_ATTEND_SET
      };
      for (size_t k = 0; k < GROUP; k++)
        {
          const size_t row = r + g + (k < n ? k : 0);
          p.a[k] = d->q + row * j->dim;
          p.c[k] = k < n ? d->s + row * RW_ATTEND_STEP + (first - block) : d->spill + k * KEYS;
        }
      multiply (j->kernels, &p, n);
    }
}

static void
score_by_distance (rw_attend_desk *d, size_t block)
{
  for (size_t q = 0; q < d->n_queries; q++)
    {
      const rw_attend_row *row = &d->row[q * d->job->group];
      size_t from = row->from > block ? row->from : block;
      const size_t to = row->to < block + BLOCK ? row->to : block + BLOCK;
      for (from = from / KEYS * KEYS; from < to; from += KEYS)
        score_turning (d, q, block, from);
    }
}

void
rw_attend_score (rw_attend_desk *d, size_t first, const float *const *key)
{
  const rw_attend_turns *t = d->job->turns;
  if (t->by_distance)
    {
      score_by_distance (d, first);
      return;
    }
  for (size_t frame = 0, from = 0; frame < t->frames; frame++)
    for (size_t n; from < d->frame_end[frame]; from += n)
      {
        n = d->frame_end[frame] - from;
        n = n < GROUP ? n : GROUP;
        score_pieces (d, d->piece + from, n, first, key[frame]);
      }
}
