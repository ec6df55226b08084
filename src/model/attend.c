/* attend: the cut into tasks; see attend.h.  FlashAttention (arXiv 2205.14135), algorithm 1, with
   rotated keys packed once.

   Many queries: keys and values of a few kv heads are packed, then tiles are dealt to whoever is
   free, the longest first.  Few queries, all in one tile: packing them all would be dearer than
   meeting them, so a task is one segment of one kv head, and the segments are put together after.
   Either way every row goes through the same operations.  */
#include "base/threads.h"
#include "model/attend_part.h"

#include "rule/logit.h"

#include <math.h>
#include <string.h>

enum
{
  BLOCK = RW_ATTEND_BLOCK,
  KEYS = RW_ATTEND_KEYS,
  SEGMENT = RW_ATTEND_SEGMENT
};
static const size_t room = (size_t) 1 << 28; /* bytes of packed keys, unless one kv head has more */

/* Rows of a tile.  */
enum
{
  ROWS_MOST = 384,
  ROWS_LEAST = 96,
  ROWS_ROOM = 1 << 16, /* floats of turned queries and weighted values: a quarter of the cache */
  TASKS = 8            /* wanted of a thread, for what the diagonal leaves uneven */
};

/* A segment of a row, for later.  */
typedef struct
{
  rw_attend_row row;
  float *o; /* (width,) */
} part;

/* ---- tasks ---- */

/* One task of all, in order; `next` is shared.  */
static size_t
take (size_t *next)
{
  return __atomic_fetch_add (next, 1, __ATOMIC_RELAXED);
}

/* Group b of 64 keys of each kv head.  */
static void
pack_keys (const rw_attend_job *j, rw_attend_desk *d, size_t b)
{
  const size_t frames = j->turns->by_distance ? 0 : j->turns->frames, at = b * KEYS;
  const size_t first = j->from + at, n_keys = j->a->n_keys;
  for (size_t kv = 0; kv < j->kv_count && first < n_keys; kv++)
    {
      for (size_t f = 0; f < frames; f++)
        rw_attend_pack_keys (j, d->turned, j->kv_from + kv, f, first, NULL,
                             j->key + ((kv * frames + f) * j->n + at) * j->dim);
      rw_attend_pack_values (j, j->kv_from + kv, first,
                             n_keys - first < KEYS ? n_keys - first : KEYS,
                             j->value + (kv * j->n + at) * j->width);
    }
}

static void
clear_all (rw_attend_desk *d)
{
  memset (d->all, 0, d->n_rows * d->job->width * sizeof *d->all);
}

static void
do_tile (const rw_attend_job *j, rw_attend_desk *d, size_t task)
{
  const size_t tile = j->tiles - 1 - task / j->kv_count; /* the longest first */
  rw_attend_tile_begin (d, j->kv_from + task % j->kv_count, tile);
  const size_t first = d->row[0].from / SEGMENT, last = (d->row[d->n_rows - 1].to - 1) / SEGMENT;
  if (first < last)
    clear_all (d);
  for (size_t s = first; s <= last; s++)
    {
      rw_attend_tile_segment (d, s);
      for (size_t r = 0; r < d->n_rows && first < last; r++)
        rw_attend_fold (d, r, d->o + r * j->width);
    }
  for (size_t r = 0; r < d->n_rows; r++)
    (first < last ? rw_attend_write : rw_attend_write_only) (d, r);
}

static rw_status
run_tiles (rw_attend_job *j, rw_attend_desk *desks, int threads, rw_error *err)
{
  const size_t frames = j->turns->by_distance ? 0 : j->turns->frames;
  const size_t bytes = j->n * (frames * j->dim + j->width) * sizeof (float);
  const size_t kv_heads = j->a->kv_heads, some = room / bytes ? room / bytes : 1;
  j->kv_count = some < kv_heads ? some : kv_heads;
  j->key = rw_arena_take (j->a->scratch, j->kv_count * frames * j->n * j->dim, sizeof *j->key);
  j->value = rw_arena_take (j->a->scratch, j->kv_count * j->n * j->width, sizeof *j->value);
  if (!j->key || !j->value)
    return rw_nomem (err, j->kv_count * bytes);
  for (size_t count = j->kv_count; j->kv_from < kv_heads; j->kv_from += count)
    {
      j->kv_count = kv_heads - j->kv_from < count ? kv_heads - j->kv_from : count;
      size_t packed = 0, done = 0;
#pragma omp parallel num_threads(threads) if (threads > 1)
      {
#pragma omp for schedule(static, 1)
        for (int t = 0; t < threads; t++)
          for (size_t b; (b = take (&packed)) < j->n / KEYS;)
            pack_keys (j, &desks[t], b);
#pragma omp for schedule(static, 1)
        for (int t = 0; t < threads; t++)
          for (size_t k; (k = take (&done)) < j->tiles * j->kv_count;)
            do_tile (j, &desks[t], k);
      }
    }
  return RW_OK;
}

/* ---- few queries ---- */

static void
do_segment (rw_attend_desk *d, size_t kv, size_t segment, part *to)
{
  const size_t width = d->job->width;
  rw_attend_tile_begin (d, kv, 0);
  rw_attend_tile_segment (d, segment);
  for (size_t r = 0; r < d->n_rows; r++)
    {
      to[r].row = d->row[r];
      memcpy (to[r].o, d->o + r * width, width * sizeof (float));
    }
}

/* The segments of a kv head, in their order, `step` parts apart.  */
static void
put_together (rw_attend_desk *d, size_t kv, size_t segments, const part *from, size_t step)
{
  rw_attend_tile_begin (d, kv, 0);
  clear_all (d);
  for (size_t r = 0; r < d->n_rows; r++)
    {
      for (size_t s = 0; s < segments; s++)
        {
          const part *p = &from[s * step + r];
          d->row[r].seen = p->row.seen;
          d->row[r].ref = p->row.ref;
          d->row[r].sum = p->row.sum;
          rw_attend_fold (d, r, p->o);
        }
      rw_attend_write (d, r);
    }
}

static rw_status
run_segments (rw_attend_job *j, rw_attend_desk *desks, int threads, rw_error *err)
{
  const size_t rows = j->a->n_queries * j->group, first = j->from / SEGMENT;
  const size_t segments = (j->a->n_keys - first * SEGMENT + SEGMENT - 1) / SEGMENT;
  const size_t each = segments * rows, bytes = each * (sizeof (part) + j->width * sizeof (float));
  const size_t kv_heads = j->a->kv_heads, some = room / bytes ? room / bytes : 1;
  const size_t count = some < kv_heads ? some : kv_heads;
  part *parts = rw_arena_take (j->a->scratch, count * each, sizeof *parts);
  float *o = rw_arena_take (j->a->scratch, count * each * j->width, sizeof *o);
  if (!parts || !o)
    return rw_nomem (err, count * bytes);
  for (size_t k = 0; k < count * each; k++)
    parts[k].o = o + k * j->width;
  /* All kv heads of a segment in a row: they are turned by the same part of the tables.  */
  for (; j->kv_from < kv_heads; j->kv_from += count)
    {
      const size_t n = kv_heads - j->kv_from < count ? kv_heads - j->kv_from : count;
      size_t done = 0;
#pragma omp parallel for num_threads(threads) if (threads > 1) schedule(static, 1)
      for (int t = 0; t < threads; t++)
        for (size_t k; (k = take (&done)) < n * segments;)
          do_segment (&desks[t], j->kv_from + k % n, first + k / n, parts + k * rows);
      for (size_t kv = 0; kv < n; kv++)
        put_together (&desks[0], j->kv_from + kv, segments, parts + kv * rows, n * rows);
    }
  return RW_OK;
}

/* ---- the job ---- */

/* Everything that multiplies a score, in units of ln 2, or of the cap.  */
static rw_status
scale_queries (rw_attend_job *j, rw_error *err)
{
  const rw_attention *a = j->a;
  const double c = rw_logit_scale (a->geometry) * a->freqs->softmax_factor;
  j->cap = (float) (a->cap * M_LOG2E);
  j->scale = rw_arena_take (a->scratch, a->n_queries, sizeof *j->scale);
  if (!j->scale)
    return rw_nomem (err, a->n_queries * sizeof *j->scale);
  for (size_t k = 0; k < a->n_queries; k++)
    {
      const double m = (double) (a->n_keys - a->n_queries + k);
      const double by = c * rw_query_scale_at (a->freqs, a->geometry, m);
      j->scale[k] = (float) (a->cap > 0 ? by / a->cap : by * M_LOG2E);
    }
  return RW_OK;
}

/* Whole queries: at least one.  */
static size_t
tile_queries (const rw_attention *a, size_t group, size_t width)
{
  const size_t threads = a->threads < 1 ? 1 : (size_t) a->threads;
  const size_t share = a->n_queries * a->heads / (TASKS * threads);
  size_t rows = ROWS_ROOM / ((size_t) a->geometry->head_dim + width);
  rows = rows < ROWS_MOST ? rows : ROWS_MOST;
  rows = share < rows ? share : rows;
  rows = rows > ROWS_LEAST ? rows : ROWS_LEAST;
  const size_t queries = rows > group ? rows / group : 1;
  return queries < a->n_queries ? queries : a->n_queries;
}

static rw_attend_job
job_of (const rw_attention *a, const rw_attend_turns *turns)
{
  const size_t group = a->heads / a->kv_heads, line = RW_ATTEND_LINE;
  const size_t first = a->n_keys - a->n_queries; /* position of the first query */
  const size_t from = a->window && first >= a->window ? first - a->window + 1 : 0;
  rw_attend_job j = { .a = a,
                      .turns = turns,
                      .simd = rw_simd_get (),
                      .dim = (size_t) a->geometry->head_dim,
                      .width = (a->value_dim + line - 1) / line * line,
                      .group = group,
                      .from = from / BLOCK * BLOCK };
  j.kernels = rw_attend_kernels_of[j.simd];
  j.queries = tile_queries (a, group, j.width);
  j.tiles = (a->n_queries + j.queries - 1) / j.queries;
  j.n = (a->n_keys - j.from + BLOCK - 1) / BLOCK * BLOCK;
  j.streams = j.tiles == 1;
  return j;
}

static rw_status
run (const rw_attention *a, const rw_attend_turns *turns, rw_error *err)
{
  rw_attend_job j = job_of (a, turns);
  /* Two products a score and channel, near 50 GFLOP/s.  */
  const double scores = (double) (a->n_queries * a->heads) * (double) j.n;
  const double seconds = scores * (double) (j.dim + j.width) / 25e9;
  const int threads = rw_threads_for (seconds, a->threads < 1 ? 1 : a->threads);
  rw_attend_desk *desks = rw_arena_take (a->scratch, (size_t) threads, sizeof *desks);
  if (!desks)
    return rw_nomem (err, (size_t) threads * sizeof *desks);
  rw_status s = scale_queries (&j, err);
  for (int t = 0; !s && t < threads; t++)
    s = rw_attend_desk_take (&j, &desks[t], err);
  return s ? s : (j.streams ? run_segments : run_tiles) (&j, desks, threads, err);
}

rw_status
rw_attend (const rw_attention *a, rw_error *err)
{
  rw_attend_turns *own = NULL;
  rw_status s = rw_attend_check (a, err);
  if (s || a->n_queries == 0)
    return s;
  if (!a->turns)
    s = rw_attend_turns_new (a->geometry, a->freqs, a->length, a->n_keys, a->threads, &own, err);
  if (!s)
    s = run (a, a->turns ? a->turns : own, err);
  rw_attend_turns_free (own);
  return s;
}
