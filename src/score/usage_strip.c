/* usage_strip: a strip of keys and the groups of a batch: scores, weights, weighted sums.  */
#include "score/usage_part.h"

#include <string.h>

enum
{
  STRIP = RW_ROWS_STRIP,
  BLOCK = RW_ROWS_BLOCK,
  GROUP = RW_ROWS_GROUP,
  ROW = RW_ROWS_ROW
};

size_t
rw_usage_channel (const rw_rows_keys *keys, size_t pair, bool imaginary)
{
  if (keys->ask->geometry->layout == RW_HALF)
    return pair + (imaginary ? keys->pairs : 0);
  return 2 * pair + imaginary;
}

static void
norms (rw_usage_batch *b, size_t frame, size_t strip)
{
  const rw_rows_keys *keys = b->keys;
  for (size_t j = 0; j < STRIP / BLOCK && strip / BLOCK + j < keys->blocks; j++)
    for (size_t i = 0; i < keys->pairs; i++)
      {
        const float *k = keys->key[frame] + (strip / BLOCK + j) * keys->dim * BLOCK;
        rw_usage_norm (keys->simd, k + rw_usage_channel (keys, i, false) * BLOCK,
                       k + rw_usage_channel (keys, i, true) * BLOCK, BLOCK,
                       b->norm + (j * keys->pairs + i) * BLOCK);
      }
}

/* Scores of blocks from .. to - 1 with a group.  */
static void
score (rw_usage_batch *b, size_t group, size_t from, size_t to)
{
  const rw_rows_keys *keys = b->keys;
  const float *q = b->q + group * keys->dim * ROW;
  const rw_usage_piece *p = &b->piece[b->start[group]];
  const size_t n = b->start[group + 1] - b->start[group];
  for (size_t block = from; block < to; block++)
    {
      float *s = b->score + block * BLOCK % STRIP;
      if (!keys->turning)
        rw_rows_dot (keys->simd, q, keys->key[p->frame] + block * keys->dim * BLOCK, NULL,
                     keys->dim, s);
      for (size_t r = 0; keys->turning && r < n; r++)
        if (b->query[p[r].row].m >= (int64_t) (block * BLOCK))
          rw_rows_turn (keys, q + r, b->query[p[r].row].m, block, s + r * STRIP);
      for (size_t r = 0; keys->bias && r < n; r++)
        rw_rows_bias (keys, b->query[p[r].row].m, block, s + r * STRIP);
    }
}

/* Weights of blocks from .. to - 1 with a group; those of keys that a piece does not hold are 0. */
static void
weigh (rw_usage_batch *b, size_t group, size_t from, size_t to)
{
  const int64_t first = (int64_t) (from * BLOCK), size = (int64_t) ((to - from) * BLOCK);
  const size_t at = from * BLOCK % STRIP, n = b->start[group + 1] - b->start[group];
  for (size_t r = 0; r < GROUP; r++)
    {
      const float *s = b->score + r * STRIP + at;
      float *w = b->weight + r * STRIP + at;
      const rw_usage_piece *p = &b->piece[b->start[group] + r];
      if (r >= n || p->to <= first || p->from >= first + size)
        {
          memset (w, 0, (size_t) size * sizeof *w);
          continue;
        }
      rw_usage_query *y = &b->query[p->row];
      int64_t low = p->from > first ? p->from - first : 0;
      const int64_t high = p->to < first + size ? p->to - first : size;
      if (p->from == 0 && first == 0)
        {
          y->first = exp2 ((double) s[0] - (double) y->ref);
          low = 1;
        }
      y->weight += (double) rw_usage_weigh (b->keys->simd, s, (size_t) size, (size_t) low,
                                            (size_t) high, y->ref, w);
    }
}

/* Under `turning` the pairs of scores themselves are added, each turned by its own distance, into
   the places of the first half of the channels.  */
static void
add_turned (rw_usage_batch *b, size_t group, size_t block)
{
  const rw_rows_keys *keys = b->keys;
  const float *k = keys->key[0] + block * keys->dim * BLOCK;
  double *sum = b->sum + group * b->sums * GROUP;
  for (size_t r = 0; r < b->start[group + 1] - b->start[group]; r++)
    {
      const rw_usage_piece *p = &b->piece[b->start[group] + r];
      const float *q = b->q + group * keys->dim * ROW + r;
      const float *w = b->weight + r * STRIP + block * BLOCK % STRIP;
      const int64_t m = b->query[p->row].m, n = m + 1 - (int64_t) (block * BLOCK);
      const size_t most = n < 0 ? 0 : n < BLOCK ? (size_t) n : BLOCK;
      const size_t at = keys->n - 1 - (size_t) m + block * BLOCK;
      for (size_t i = 0; most && i < keys->pairs; i++)
        {
          const size_t re = rw_usage_channel (keys, i, false),
                       im = rw_usage_channel (keys, i, true);
          const float *c = keys->turn[0] + i * keys->n + at, *s = keys->turn[1] + i * keys->n + at;
          const float u = q[re * ROW], v = q[im * ROW], *x = k + re * BLOCK, *y = k + im * BLOCK;
          float total = 0;
          for (size_t j = 0; j < most; j++)
            total += w[j] * ((u * x[j] + v * y[j]) * c[j] - (v * x[j] - u * y[j]) * s[j]);
          sum[i * GROUP + r] += (double) total;
        }
    }
}

static void
add (rw_usage_batch *b, size_t group, size_t from, size_t to)
{
  const rw_rows_keys *keys = b->keys;
  const size_t at = from * BLOCK % STRIP, dim = keys->dim, pairs = keys->pairs;
  const float *w = b->weight + at;
  double *sum = b->sum + group * b->sums * GROUP;
  rw_usage_add (keys->simd, w, b->norm + at / BLOCK * pairs * BLOCK, pairs * BLOCK, to - from,
                pairs, sum + 2 * pairs * GROUP);
  for (size_t block = from; keys->turning && block < to; block++)
    add_turned (b, group, block);
  if (!keys->turning)
    rw_usage_add (keys->simd, w, keys->key[b->piece[b->start[group]].frame] + from * dim * BLOCK,
                  dim * BLOCK, to - from, 2 * pairs, sum);
}

/* Whether any key of the strip belongs to the group; then the blocks in *from, *to.  */
static bool
meets (const rw_usage_batch *b, size_t group, int64_t strip, size_t *from, size_t *to)
{
  int64_t low = INT64_MAX, high = 0;
  for (size_t k = b->start[group]; k < b->start[group + 1]; k++)
    {
      const rw_usage_piece *p = &b->piece[k];
      if (p->to <= strip || p->from >= strip + STRIP)
        continue;
      low = p->from < low ? p->from : low;
      high = p->to > high ? p->to : high;
    }
  low = low < strip ? strip : low;
  high = high > strip + STRIP ? strip + STRIP : high;
  *from = (size_t) low / BLOCK;
  *to = ((size_t) high + BLOCK - 1) / BLOCK;
  return low < high;
}

void
rw_usage_strip (rw_usage_batch *b, int64_t strip)
{
  size_t normed = SIZE_MAX, from, to; /* the frame whose norms are there */
  for (size_t group = 0; group < b->n_groups; group++)
    {
      const size_t frame = b->piece[b->start[group]].frame;
      if (!meets (b, group, strip, &from, &to))
        continue;
      if (normed != frame)
        norms (b, frame, (size_t) strip);
      normed = frame;
      score (b, group, from, to);
      weigh (b, group, from, to);
      add (b, group, from, to);
    }
}
