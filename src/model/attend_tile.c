/* attend_tile: a few queries over the keys they see, segment by segment.  */
#include "model/attend_part.h"

#include <string.h>

enum
{
  BLOCK = RW_ATTEND_BLOCK,
  KEYS = RW_ATTEND_KEYS,
  SEGMENT = RW_ATTEND_SEGMENT
};

rw_status
rw_attend_desk_take (const rw_attend_job *j, rw_attend_desk *d, rw_error *err)
{
  rw_arena *scratch = j->a->scratch;
  const size_t rows = j->queries * j->group, spans = j->turns->spans, dim = j->dim;
  const size_t frames = j->streams ? j->turns->frames : j->turns->by_distance ? 1 : 0;
  const struct
  {
    float **to;
    size_t n;
  } parts[] = {
    { &d->q, spans * rows * dim },
    { &d->s, RW_ATTEND_GROUP * RW_ATTEND_STEP },
    { &d->w, RW_ATTEND_GROUP * RW_ATTEND_STEP },
    { &d->o, rows * j->width },
    { &d->sum, RW_ATTEND_GROUP * j->width },
    { &d->spill, RW_ATTEND_GROUP * RW_ATTEND_STEP },
    { &d->turned, KEYS * dim },
    { &d->key, frames * BLOCK * dim },
    { &d->value, j->streams ? BLOCK * j->width : 0 },
  };
  d->job = j;
  d->row = rw_arena_take (scratch, rows, sizeof *d->row);
  d->piece = rw_arena_take (scratch, rows * spans + 1, sizeof *d->piece);
  d->piece_end = rw_arena_take (scratch, rows / RW_ATTEND_GROUP + 1, sizeof *d->piece_end);
  d->span = rw_arena_take (scratch, j->queries * spans, sizeof *d->span);
  d->n_spans = rw_arena_take (scratch, j->queries, sizeof *d->n_spans);
  d->all = rw_arena_take (scratch, rows * j->width, sizeof *d->all);
  if (!d->row || !d->piece || !d->piece_end || !d->span || !d->n_spans || !d->all)
    return rw_nomem (err, rows * j->width * sizeof *d->all);
  for (size_t k = 0; k < sizeof parts / sizeof *parts; k++)
    if (!(*parts[k].to = rw_arena_take (scratch, parts[k].n, sizeof (float))))
      return rw_nomem (err, parts[k].n * sizeof (float));
  return RW_OK;
}

void
rw_attend_tile_begin (rw_attend_desk *d, size_t kv, size_t tile)
{
  const rw_attend_job *j = d->job;
  const size_t left = j->a->n_queries - tile * j->queries;
  d->kv = kv;
  d->query = tile * j->queries;
  d->n_queries = left < j->queries ? left : j->queries;
  d->n_rows = d->n_queries * j->group;
  rw_attend_turn_queries (d);
  rw_attend_cut (d);
}

/* The block of keys at `first`.  */
static void
meet (rw_attend_desk *d, size_t first)
{
  const rw_attend_job *j = d->job;
  const rw_attention *a = j->a;
  const size_t dim = j->dim, frames = j->turns->frames, n_keys = a->n_keys - first;
  const size_t n = n_keys < BLOCK ? n_keys : BLOCK, at = first - j->from, kv = d->kv - j->kv_from;
  const float *key[RW_SPANS_FEW] = { NULL }, *value = d->value;
  size_t step = j->width;
  for (size_t f = 0; f < frames && !j->turns->by_distance; f++)
    {
      key[f]
          = j->streams ? d->key + f * BLOCK * dim : j->key + ((kv * frames + f) * j->n + at) * dim;
      for (size_t k = 0; j->streams && k < n; k += KEYS)
        rw_attend_pack_keys (j, d->turned, d->kv, f, first + k, NULL,
                             d->key + (f * BLOCK + k) * dim);
    }
  if (!j->streams)
    value = j->value + (kv * j->n + at) * j->width;
  else if (j->width == a->value_dim) /* they lie as the kernel wants them */
    value = a->v + first * a->v_token + d->kv * a->value_dim, step = a->v_token;
  else
    rw_attend_pack_values (j, d->kv, first, n, d->value);
  for (size_t group = 0; group * RW_ATTEND_GROUP < d->n_rows; group++)
    {
      rw_attend_score (d, group, first, key);
      rw_attend_weigh (d, group, first, value, step);
    }
}

void
rw_attend_tile_segment (rw_attend_desk *d, size_t segment)
{
  const rw_attend_row *last = &d->row[d->n_rows - 1];
  size_t from = d->row[0].from / BLOCK * BLOCK, to = last->to;
  from = from > segment * SEGMENT ? from : segment * SEGMENT;
  to = to < (segment + 1) * SEGMENT ? to : (segment + 1) * SEGMENT;
  rw_attend_clear (d);
  for (size_t first = from; first < to; first += BLOCK)
    meet (d, first);
}
