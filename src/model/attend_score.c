/* attend_score: which keys a row sees, and a group's scores with a block of them.

   Pieces of a frame are met six at a time, span by span.  Where a row has several spans and 64 keys
   are not all of one, the scores of each piece go elsewhere first and its own keys are copied.
   Under a rule of many spans the keys turn anew for every query.  */
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

static void
cut_spans (rw_attend_desk *d)
{
  const rw_attend_job *j = d->job;
  for (size_t q = 0; q < d->n_queries; q++)
    {
      const double m = (double) d->row[q * j->group].to - 1;
      rw_span *span = d->span + q * j->turns->spans;
      memset (span, 0, j->turns->spans * sizeof *span);
      d->n_spans[q] = rw_rule_spans (j->a->freqs, j->a->length, m, span);
      for (size_t g = 0; g < j->group; g++)
        d->row[q * j->group + g].whole = d->n_spans[q] == 1;
    }
}

/* The piece of a row and a span, if it is of the frame and has keys.  */
static size_t
cut_piece (const rw_attend_desk *d, size_t r, size_t frame, size_t k, rw_attend_piece *p)
{
  const rw_attend_job *j = d->job;
  const rw_attend_row *row = &d->row[r];
  const size_t q = r / j->group;
  const rw_span *span = &d->span[q * j->turns->spans + k];
  if (k >= d->n_spans[q] || span->frame != frame)
    return 0;
  const size_t from = (size_t) ceil (span->from), to = (size_t) ceil (span->to);
  *p = (rw_attend_piece){ .row = r,
                          .frame = frame,
                          .from = from > row->from ? from : row->from,
                          .to = to < row->to ? to : row->to,
                          .q = d->q + (k * d->n_rows + r) * j->dim };
  return p->from < p->to;
}

void
rw_attend_cut (rw_attend_desk *d)
{
  const rw_attend_turns *t = d->job->turns;
  size_t n = 0;
  cut_rows (d);
  if (t->by_distance)
    return;
  cut_spans (d);
  for (size_t group = 0, first = 0, end; first < d->n_rows; first = end)
    {
      end = first + GROUP < d->n_rows ? first + GROUP : d->n_rows;
      for (size_t frame = 0; frame < t->frames; frame++)
        for (size_t k = 0; k < t->spans; k++)
          for (size_t r = first; r < end; r++)
            n += cut_piece (d, r, frame, k, &d->piece[n]);
      d->piece_end[group++] = n;
    }
}

static void
multiply (const rw_attend_kernels *k, const rw_attend_product *p, size_t n)
{
  (n == 1 ? k->rows1 : n <= 3 ? k->rows3 : k->rows6) (p);
}

/* Up to six pieces with `keys` keys from `place` of the block on, a multiple of 64.  */
static rw_attend_product
product_of (const rw_attend_desk *d, const rw_attend_piece *piece, size_t n, size_t place,
            size_t keys, const float *key)
{
  const size_t dim = d->job->dim;
  rw_attend_product p = { .b = key + place * dim,
                          .b_row = KEYS,
                          .b_panel = KEYS * dim,
                          .depth = dim,
                          .lines = (keys + LINE - 1) / LINE,
                          .mode = RW_ATTEND_SET };
  for (size_t k = 0; k < GROUP; k++)
    {
      p.a[k] = piece[k < n ? k : 0].q;
      p.c[k] = d->spill + k * RW_ATTEND_STEP;
    }
  return p;
}

/* Rows of one span: straight to their places.  What they do not see may be written, too.  */
static void
score_whole (rw_attend_desk *d, const rw_attend_piece *piece, size_t n, size_t place, size_t keys,
             const float *key)
{
  rw_attend_product p = product_of (d, piece, n, place, keys, key);
  for (size_t k = 0; k < n; k++)
    p.c[k] = d->s + piece[k].row % GROUP * RW_ATTEND_STEP + place;
  multiply (d->job->kernels, &p, n);
}

/* Rows of several spans: each piece's own keys.  */
static void
score_parts (rw_attend_desk *d, const rw_attend_piece *piece, size_t n, size_t block, size_t place,
             size_t keys, const float *key)
{
  const rw_attend_product p = product_of (d, piece, n, place, keys, key);
  const size_t first = block + place;
  multiply (d->job->kernels, &p, n);
  for (size_t k = 0; k < n; k++)
    {
      const size_t from = piece[k].from > first ? piece[k].from : first;
      const size_t to = piece[k].to < first + keys ? piece[k].to : first + keys;
      if (from < to)
        memcpy (d->s + piece[k].row % GROUP * RW_ATTEND_STEP + (from - block),
                p.c[k] + (from - first), (to - from) * sizeof (float));
    }
}

static void
score_pieces (rw_attend_desk *d, const rw_attend_piece *piece, size_t n, size_t block,
              const float *key)
{
  size_t from = BLOCK, to = 0; /* places in the block */
  bool whole = true;
  for (size_t k = 0; k < n; k++)
    {
      const size_t a = piece[k].from > block ? piece[k].from - block : 0;
      const size_t b = piece[k].to > block ? piece[k].to - block : 0;
      whole = whole && d->row[piece[k].row].whole;
      from = a < from && b ? a : from;
      to = b > to && a < BLOCK ? b : to;
    }
  from = from / KEYS * KEYS;
  to = to < BLOCK ? to : BLOCK;
  if (from < to && whole)
    score_whole (d, piece, n, from, to - from, key);
  else if (from < to)
    score_parts (d, piece, n, block, from, to - from, key);
}

/* Rows first .. first + n - 1 of one query with 64 keys that turn for it.  */
static void
score_turning (rw_attend_desk *d, size_t first, size_t n, size_t block, size_t place)
{
  const rw_attend_job *j = d->job;
  const size_t m = d->row[first].to - 1;
  rw_attend_piece piece[GROUP];
  int64_t distance[KEYS];
  for (size_t k = 0; k < KEYS; k++) /* keys beyond m are not seen */
    distance[k] = block + place + k < m ? (int64_t) (m - block - place - k) : 0;
  rw_attend_pack_keys (j, d->turned, d->kv, 0, block + place, distance, d->key + place * j->dim);
  for (size_t k = 0; k < n; k++)
    piece[k] = (rw_attend_piece){ .row = first + k, .q = d->q + (first + k) * j->dim };
  score_whole (d, piece, n, place, KEYS, d->key);
}

static void
score_by_distance (rw_attend_desk *d, size_t first, size_t end, size_t block)
{
  for (size_t n; first < end; first += n)
    {
      const rw_attend_row *row = &d->row[first];
      const size_t from = row->from > block ? row->from - block : 0;
      const size_t to = row->to > block ? row->to - block : 0;
      n = 1;
      while (first + n < end && row[n].to == row->to)
        n++;
      for (size_t place = from / KEYS * KEYS; place < to && place < BLOCK; place += KEYS)
        score_turning (d, first, n, block, place);
    }
}

void
rw_attend_score (rw_attend_desk *d, size_t group, size_t first, const float *const *key)
{
  const size_t row = group * GROUP, end = row + GROUP < d->n_rows ? row + GROUP : d->n_rows;
  if (d->job->turns->by_distance)
    {
      score_by_distance (d, row, end, first);
      return;
    }
  for (size_t from = group ? d->piece_end[group - 1] : 0, n; from < d->piece_end[group]; from += n)
    {
      const rw_attend_piece *p = d->piece + from;
      n = 1;
      while (n < GROUP && from + n < d->piece_end[group] && p[n].frame == p->frame)
        n++;
      score_pieces (d, p, n, first, key[p->frame]);
    }
}
