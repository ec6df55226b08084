/* rows_walk: a chunk of queries over all their keys.

   Each span of a query is a piece.  Pieces of a frame are taken six at a time; for a strip of 512
   keys the kernel makes the scores of the six, and then each piece takes its own keys of them in
   runs: a run ends where the bin of the distance changes, after the last sink, and where float sums
   have to go into double.  The reference of a piece is the largest score of its first run, raised
   only when a score passes it by 2^43 (e^30): then sums have their full float precision and never
   overflow.  */
#include "score/rows_part.h"

#include <math.h>
#include <string.h>

enum
{
  STRIP = RW_ROWS_STRIP,
  BLOCK = RW_ROWS_BLOCK,
  GROUP = RW_ROWS_GROUP,
  SPANS = RW_SPANS_FEW + 1
};

typedef struct
{
  size_t row;       /* query of the chunk */
  int64_t from, to; /* keys */
  size_t frame;
  double position;
  bool trained;
  int64_t bin, end; /* bin of the next key, and the first key after it; RW_ROWS_NO_BIN */
  size_t at;        /* entries of ask->at that are not farther than the next key */
} piece;

struct rw_rows_walk
{
  const rw_rows_keys *keys;
  size_t most;
  rw_rows_row *row;   /* (most,) */
  piece *piece;       /* (most * SPANS,) */
  rw_rows_sums *sums; /* (most * SPANS,) */
  size_t n_pieces;
  float *q;      /* (groups, dim, RW_ROWS_ROW) */
  double *x;     /* (dim,) */
  float *scores; /* (GROUP, STRIP) */
  rw_rows_band *band;
};

rw_status
rw_rows_walk_new (const rw_rows_keys *keys, size_t most, rw_rows_walk **out, rw_error *err)
{
  const rw_rows_ask *ask = keys->ask;
  const size_t pieces = most * SPANS, bins = ask->n_bins, ats = ask->n_at;
  rw_rows_walk *w = *out = rw_new (1, sizeof *w);
  if (!w)
    return rw_nomem (err, sizeof *w);
  w->keys = keys;
  w->most = most;
  w->row = rw_new (most, sizeof *w->row);
  w->piece = rw_new (pieces, sizeof *w->piece);
  w->sums = rw_new (pieces, sizeof *w->sums);
  /* Every frame may leave a group half empty.  */
  w->q = rw_new ((pieces / GROUP + SPANS + keys->frames) * keys->dim, RW_ROWS_ROW * sizeof *w->q);
  w->x = rw_new (keys->dim, sizeof *w->x);
  w->scores = rw_new (GROUP * STRIP, sizeof *w->scores);
  double *bin = rw_new (most * bins, sizeof *bin);
  float *at = rw_new (most * ats, sizeof *at);
  if (w->row && bin && at)
    for (size_t k = 0; k < most; k++)
      w->row[k] = (rw_rows_row){ .bin = bin + k * bins, .at = at + k * ats };
  if (!w->row || !bin || !at)
    {
      rw_free (bin);
      rw_free (at);
      return rw_nomem (err, most * bins * sizeof *bin);
    }
  return w->piece && w->sums && w->q && w->x && w->scores
             ? RW_OK
             : rw_nomem (err, pieces * sizeof *w->sums);
}

void
rw_rows_walk_free (rw_rows_walk *w)
{
  if (!w)
    return;
  if (w->row)
    {
      rw_free (w->row[0].bin);
      rw_free (w->row[0].at);
    }
  rw_free (w->row);
  rw_free (w->piece);
  rw_free (w->sums);
  rw_free (w->q);
  rw_free (w->x);
  rw_free (w->scores);
  rw_free (w);
}

/* ---- pieces ---- */

/* The bin of key n of query m, and where it ends.  */
static void
find_bin (const rw_rows_ask *ask, int64_t m, int64_t n, piece *p)
{
  const int64_t delta = m - n;
  int64_t low = 0, high = (int64_t) ask->n_bins + 1; /* edges at or below delta */
  while (low < high)
    {
      const int64_t middle = low + (high - low) / 2;
      if (ask->n_bins && ask->edge[middle] <= delta)
        low = middle + 1;
      else
        high = middle;
    }
  const int64_t below = ask->n_bins ? low : 0;
  p->bin = below > 0 && below <= (int64_t) ask->n_bins ? below - 1 : RW_ROWS_NO_BIN;
  p->end = below > 0 ? m - ask->edge[below - 1] + 1 : m + 1;
}

static size_t
count_at (const rw_rows_ask *ask, int64_t delta)
{
  size_t low = 0, high = ask->n_at;
  while (low < high)
    {
      const size_t middle = low + (high - low) / 2;
      if (ask->at[middle] <= delta)
        low = middle + 1;
      else
        high = middle;
    }
  return low;
}

static void
add_piece (rw_rows_walk *w, size_t row, const rw_span *span)
{
  const rw_rows_ask *ask = w->keys->ask;
  const int64_t m = w->row[row].m, first = rw_rows_first (ask, m);
  int64_t from = (int64_t) ceil (span->from), to = (int64_t) ceil (span->to);
  from = from < first ? first : from;
  to = to > m + 1 ? m + 1 : to;
  if (from >= to)
    return;
  piece *p = &w->piece[w->n_pieces];
  *p = (piece){ .row = row,
                .from = from,
                .to = to,
                .frame = span->frame,
                .position = span->position,
                .trained = span->trained };
  p->at = count_at (ask, m - from);
  find_bin (ask, m, from, p);
  w->sums[w->n_pieces++] = (rw_rows_sums){ .ref = -INFINITY };
}

/* The pieces of the chunk, frame by frame.  */
static void
cut (rw_rows_walk *w, size_t n)
{
  const rw_rows_keys *keys = w->keys;
  rw_span spans[SPANS];
  w->n_pieces = 0;
  for (size_t frame = 0; frame < keys->frames; frame++)
    for (size_t k = 0; k < n; k++)
      {
        const double m = (double) w->row[k].m;
        size_t count = 1;
        if (keys->turning)
          spans[0] = (rw_span){ .to = m + 1, .position = m };
        else
          {
            memset (spans, 0, sizeof spans);
            count = rw_rule_spans (keys->ask->freqs, keys->ask->length, m, spans);
          }
        for (size_t j = 0; j < count; j++)
          if (spans[j].frame == frame)
            add_piece (w, k, &spans[j]);
      }
}

/* ---- a run of keys of one piece ---- */

/* The last key that float sums may take which have begun at key n: places count from it backwards,
   so that distances close to the query are small numbers and lose nothing.  */
static int64_t
origin (const piece *p, int64_t n)
{
  const int64_t end = n - n % RW_ROWS_FLUSH + RW_ROWS_FLUSH;
  return (end < p->to ? end : p->to) - 1;
}

static void
flush (rw_rows_walk *w, size_t k)
{
  const piece *p = &w->piece[k];
  const rw_rows_ask *ask = w->keys->ask;
  rw_rows_row *row = &w->row[p->row];
  const int64_t base = w->sums[k].base;
  rw_rows_gather (row, &w->sums[k], ask->n_bins, p->bin, row->m - origin (p, base),
                  base < (int64_t) ask->n_sink);
}

/* Keys from .. to - 1, all of one bin, and all sinks or none; s is that of the first.  */
static void
run (rw_rows_walk *w, size_t k, const float *s, int64_t from, int64_t to)
{
  const rw_simd simd = w->keys->simd;
  rw_rows_sums *sums = &w->sums[k];
  rw_rows_row *row = &w->row[w->piece[k].row];
  const size_t n = (size_t) (to - from);
  const float x = (float) (from - origin (&w->piece[k], sums->base));
  float most;
  if (!rw_rows_fold (simd, s, n, x, sums, &most))
    {
      flush (w, k);
      sums->ref = most;
      rw_rows_fold (simd, s, n, x, sums, &most);
    }
  row->max = fmax (row->max, (double) most);
}

/* The scores of wanted distances among keys from .. to - 1.  */
static void
keep (rw_rows_walk *w, piece *p, const float *s, int64_t from, int64_t to)
{
  const int64_t *at = w->keys->ask->at;
  rw_rows_row *row = &w->row[p->row];
  for (; p->at && row->m - at[p->at - 1] < to; p->at--)
    row->at[p->at - 1] = s[row->m - at[p->at - 1] - from];
}

/* Keys from .. to - 1 of a strip; s is that of the first.  */
static void
take (rw_rows_walk *w, size_t k, const float *s, int64_t from, int64_t to)
{
  const rw_rows_keys *keys = w->keys;
  piece *p = &w->piece[k];
  const int64_t m = w->row[p->row].m, sinks = (int64_t) keys->ask->n_sink;
  if (w->band)
    rw_rows_band_add (keys->simd, w->band, m, from, (size_t) (to - from), s);
  keep (w, p, s, from, to);
  for (int64_t n = from, end; n < to; n = end)
    {
      end = p->end < to ? p->end : to;
      end = n < sinks && sinks < end ? sinks : end;
      run (w, k, s + (n - from), n, end);
      if (end == p->end || end == sinks)
        {
          flush (w, k);
          w->sums[k].base = end;
        }
      if (end == p->end)
        find_bin (keys->ask, m, end, p);
    }
}

/* ---- a group and a strip ---- */

/* Scores of a strip, of keys from .. to - 1 at least.  The first groups fetch a quarter each of
   the next strip.  */
static void
score (rw_rows_walk *w, size_t first, size_t n, const float *q, int64_t from, int64_t to)
{
  const rw_rows_keys *keys = w->keys;
  const size_t dim = keys->dim, quarter = first / GROUP;
  for (int64_t b = from / BLOCK; b * BLOCK < to; b++)
    {
      float *s = w->scores + b * BLOCK % STRIP;
      const float *k = keys->key[w->piece[first].frame] + (size_t) b * dim * BLOCK;
      const bool more = quarter < 4 && (size_t) b + STRIP / BLOCK < keys->blocks;
      const float *far = more ? k + (STRIP + quarter * (BLOCK / 4)) * dim : NULL;
      if (!keys->turning)
        rw_rows_dot (keys->simd, q, k, far, dim, s);
      else
        for (size_t r = 0; r < n; r++)
          if (w->row[w->piece[first + r].row].m >= b * BLOCK)
            rw_rows_turn (keys, q + r, w->row[w->piece[first + r].row].m, (size_t) b,
                          s + r * STRIP);
      for (size_t r = 0; keys->bias && r < n; r++)
        rw_rows_bias (keys, w->row[w->piece[first + r].row].m, (size_t) b, s + r * STRIP);
    }
}

/* Pieces first .. first + n - 1 of one frame and their keys of a strip.  */
static void
group (rw_rows_walk *w, size_t first, size_t n, const float *q, int64_t strip)
{
  int64_t from = INT64_MAX, to = 0;
  for (size_t k = first; k < first + n; k++)
    {
      const piece *p = &w->piece[k];
      if (p->to <= strip || p->from >= strip + STRIP)
        continue;
      from = p->from < from ? p->from : from;
      to = p->to > to ? p->to : to;
    }
  from = from < strip ? strip : from;
  to = to > strip + STRIP ? strip + STRIP : to;
  if (from >= to)
    return;
  score (w, first, n, q, from, to);
  for (size_t r = 0; r < n; r++)
    {
      const piece *p = &w->piece[first + r];
      const int64_t a = p->from > strip ? p->from : strip;
      const int64_t b = p->to < strip + STRIP ? p->to : strip + STRIP;
      if (a >= b)
        continue;
      if (a == p->from)
        w->sums[first + r].base = a;
      take (w, first + r, w->scores + r * STRIP + (a - strip), a, b);
      if (b == p->to || b % RW_ROWS_FLUSH == 0)
        {
          flush (w, first + r);
          w->sums[first + r].base = b;
        }
    }
}

static size_t
group_size (const rw_rows_walk *w, size_t first)
{
  size_t n = 1;
  while (n < GROUP && first + n < w->n_pieces && w->piece[first + n].frame == w->piece[first].frame)
    n++;
  return n;
}

static void
turn_queries (rw_rows_walk *w)
{
  const rw_rows_keys *keys = w->keys;
  float *q = w->q;
  for (size_t first = 0, n; first < w->n_pieces; first += n, q += keys->dim * RW_ROWS_ROW)
    {
      n = group_size (w, first);
      for (size_t r = 0; r < n; r++)
        {
          const piece *p = &w->piece[first + r];
          const rw_span span = { .position = p->position, .trained = p->trained };
          rw_rows_query (keys, w->row[p->row].m, &span, w->x, q + r);
        }
    }
}

void
rw_rows_walk_run (rw_rows_walk *w, size_t first, size_t n, rw_rows_band *band, rw_rows_result *out,
                  double *sum)
{
  const rw_rows_ask *ask = w->keys->ask;
  int64_t from = INT64_MAX, to = 0;
  for (size_t k = 0; k < n; k++)
    {
      rw_rows_row *row = &w->row[k];
      memset (row->bin, 0, ask->n_bins * sizeof *row->bin);
      *row = (rw_rows_row){ .m = ask->query[first + k],
                            .ref = -INFINITY,
                            .max = -INFINITY,
                            .bin = row->bin,
                            .at = row->at };
    }
  w->band = band;
  cut (w, n);
  turn_queries (w);
  for (size_t k = 0; k < w->n_pieces; k++)
    {
      from = w->piece[k].from < from ? w->piece[k].from : from;
      to = w->piece[k].to > to ? w->piece[k].to : to;
    }
  for (int64_t strip = from / STRIP * STRIP; strip < to; strip += STRIP)
    {
      const float *q = w->q;
      for (size_t k = 0, size; k < w->n_pieces; k += size, q += w->keys->dim * RW_ROWS_ROW)
        {
          size = group_size (w, k);
          group (w, k, size, q, strip);
        }
    }
  for (size_t k = 0; k < n; k++)
    rw_rows_close (w->keys, &w->row[k], first + k, out, sum);
}
