/* rows_pack: keys turned once a frame, in double and rounded once, and packed for the kernel.  Keys
   in float64 are rounded to float32 before, too: scores are float32 anyway.  */
#include "score/rows_part.h"

#include "base/transpose.h"
#include "rope/trained.h"

#include <string.h>

enum
{
  BLOCK = RW_ROWS_BLOCK,
  TILE = RW_TRANSPOSE
};

/* What a thread works on.  */
typedef struct
{
  float *row;   /* (BLOCK, dim) keys of a block */
  float *x;     /* (dim, BLOCK) the same by channel */
  double *room; /* (2, BLOCK) */
  rw_rows_places at;
} desk;

/* (re, im) (BLOCK,) times (c, s), and all times `by`; plain products, so that the width of the
   vectors changes no bit.  */
#define ROTATE(name, attribute, bytes)                                                             \
  attribute static void name (const float *re, const float *im, const double *c, const double *s,  \
                              rw_turn by, float *x, float *y)                                      \
  {                                                                                                \
    typedef double v __attribute__ ((vector_size (bytes), aligned (8), may_alias));                \
    typedef float half __attribute__ ((vector_size (bytes / 2), aligned (4), may_alias));          \
    for (size_t j = 0; j < BLOCK; j += bytes / sizeof (double))                                    \
      {                                                                                            \
        const v cj = *(const v *) (c + j), sj = *(const v *) (s + j);                              \
        const v u = by.c * cj - by.s * sj, w = by.s * cj + by.c * sj;                              \
        const v a = __builtin_convertvector(*(const half *) (re + j), v);                          \
        const v b = __builtin_convertvector(*(const half *) (im + j), v);                          \
        *(half *) (x + j) = __builtin_convertvector(a * u - b * w, half);                          \
        *(half *) (y + j) = __builtin_convertvector(a * w + b * u, half);                          \
      }                                                                                            \
  }

ROTATE (rotate_plain, , 16)
#if defined __x86_64__
ROTATE (rotate_avx2, __attribute__ ((target ("avx2"))), 32)
ROTATE (rotate_avx512, __attribute__ ((target ("avx512f"))), 64)
#endif

static void (*const rotate[]) (const float *re, const float *im, const double *c, const double *s,
                               rw_turn by, float *x, float *y)
    = {
        [RW_SIMD_PLAIN] = rotate_plain,
#if defined __x86_64__
        [RW_SIMD_AVX2] = rotate_avx2,
        [RW_SIMD_AVX512] = rotate_avx512,
#endif
      };

/* The keys of a block channel by channel; zeros after the last.  */
static void
read_keys (const rw_rows_keys *keys, size_t first, desk *d)
{
  const size_t dim = keys->dim, n = keys->n - first < BLOCK ? keys->n - first : BLOCK;
  const size_t whole = dim / TILE * TILE;
  rw_rows_read (&keys->ask->qk->k, first, n, d->row);
  if (n < BLOCK)
    memset (d->row + n * dim, 0, (BLOCK - n) * dim * sizeof *d->row);
  for (size_t j = 0; j < BLOCK; j += TILE)
    for (size_t c = 0; c < whole; c += TILE)
      rw_transpose (d->row + j * dim + c, dim, d->x + c * BLOCK + j, BLOCK);
  for (size_t c = whole; c < dim; c++)
    for (size_t j = 0; j < BLOCK; j++)
      d->x[c * BLOCK + j] = d->row[j * dim + c];
}

/* Channels `from` and on as they are.  */
static void
copy (const desk *d, size_t from, size_t dim, float *out)
{
  memcpy (out + from * BLOCK, d->x + from * BLOCK, (dim - from) * BLOCK * sizeof *out);
}

static void
pack_block (const rw_rows_keys *keys, const rw_rows_turns *t, size_t frame, size_t block, desk *d)
{
  const size_t pairs = keys->pairs;
  const bool half = keys->ask->geometry->layout == RW_HALF;
  float *out = keys->key[frame] + block * keys->dim * BLOCK;
  rw_rows_turns_place (t, frame, block * BLOCK, &d->at);
  for (size_t i = 0; i < pairs; i++)
    {
      const size_t x = half ? i : 2 * i, y = half ? i + pairs : 2 * i + 1;
      const double *c, *s;
      const rw_turn by = rw_rows_turns_get (t, frame, &d->at, i, d->room, &c, &s);
      rotate[keys->simd](d->x + x * BLOCK, d->x + y * BLOCK, c, s, by, out + x * BLOCK,
                         out + y * BLOCK);
    }
  copy (d, 2 * pairs, keys->dim, out);
}

/* Threads take ranges of blocks.  */
static void
pack_all (const rw_rows_keys *keys, const rw_rows_turns *t, desk *desks)
{
  const int threads = keys->ask->threads;
#pragma omp parallel for num_threads(threads) if (threads > 1) schedule(static)
  for (int k = 0; k < threads; k++)
    {
      const size_t from = keys->blocks * (size_t) k / (size_t) threads;
      const size_t to = keys->blocks * ((size_t) k + 1) / (size_t) threads;
      for (size_t b = from; b < to; b++)
        {
          read_keys (keys, b * BLOCK, &desks[k]);
          if (keys->turning)
            copy (&desks[k], 0, keys->dim, keys->key[0] + b * keys->dim * BLOCK);
          for (size_t f = 0; !keys->turning && f < keys->frames; f++)
            pack_block (keys, t, f, b, &desks[k]);
        }
    }
}

static rw_status
desks_new (const rw_rows_keys *keys, desk **out, rw_error *err)
{
  const size_t n = (size_t) keys->ask->threads, size = keys->dim * BLOCK;
  desk *d = *out = rw_arena_take (keys->ask->scratch, n, sizeof *d);
  float *keys_of = rw_arena_take (keys->ask->scratch, 2 * n * size, sizeof *keys_of);
  double *room = rw_arena_take (keys->ask->scratch, n * 2 * BLOCK, sizeof *room);
  if (!d || !keys_of || !room)
    return rw_nomem (err, 2 * n * size * sizeof *keys_of);
  for (size_t k = 0; k < n; k++)
    {
      d[k].row = keys_of + 2 * k * size;
      d[k].x = d[k].row + size;
      d[k].room = room + k * 2 * BLOCK;
    }
  return RW_OK;
}

/* cos and sin of every distance, for a rule of many spans.  */
static rw_status
turn_distances (rw_rows_keys *keys, rw_error *err)
{
  const rw_rows_ask *ask = keys->ask;
  const int threads = ask->threads; /* of no use without OpenMP */
  (void) threads;
  for (int k = 0; k < 2; k++)
    if (!(keys->turn[k] = rw_arena_take (ask->scratch, keys->pairs * keys->n, sizeof (float))))
      return rw_nomem (err, keys->pairs * keys->n * sizeof (float));
#pragma omp parallel for num_threads(threads) if (threads > 1) schedule(static)
  for (size_t r = 0; r < keys->n; r++)
    {
      double delta = (double) (keys->n - 1 - r);
      rw_rule_distance (ask->freqs, ask->length, &delta);
      for (size_t i = 0; i < keys->pairs; i++)
        {
          const rw_turn x = rw_turn_of (delta, ask->freqs->inv_freq[i]);
          keys->turn[0][i * keys->n + r] = (float) x.c;
          keys->turn[1][i * keys->n + r] = (float) x.s;
        }
    }
  return RW_OK;
}

/* The bias of every distance, in units of ln 2.  Key n of query m lies at n - 1 - (m - n): a block
   that holds the query itself reads up to a block beyond.  */
static rw_status
bias_distances (rw_rows_keys *keys, rw_error *err)
{
  const rw_rows_ask *ask = keys->ask;
  if (!ask->freqs->bias)
    return RW_OK;
  keys->bias = rw_arena_take (ask->scratch, keys->n + BLOCK, sizeof *keys->bias);
  if (!keys->bias)
    return rw_nomem (err, keys->n * sizeof *keys->bias);
  for (size_t r = 0; r < keys->n; r++)
    {
      const double delta = (double) (keys->n - 1 - r);
      keys->bias[r] = (float) (rw_bias_at (ask->freqs, ask->geometry, delta) * M_LOG2E);
    }
  return RW_OK;
}

static rw_status
pack (rw_rows_keys *keys, rw_rows_turns **turns, rw_error *err)
{
  rw_arena *scratch = keys->ask->scratch;
  desk *desks;
  rw_status s = desks_new (keys, &desks, err);
  for (size_t f = 0; !s && f < keys->frames; f++)
    {
      keys->key[f] = rw_arena_take (scratch, keys->blocks * keys->dim, BLOCK * sizeof (float));
      if (!keys->key[f])
        s = rw_nomem (err, keys->blocks * keys->dim * BLOCK * sizeof (float));
    }
  if (!s)
    s = bias_distances (keys, err);
  if (!s && keys->turning)
    s = turn_distances (keys, err);
  else if (!s)
    s = rw_rows_turns_new (keys, turns, err);
  if (!s)
    pack_all (keys, *turns, desks);
  return s;
}

rw_status
rw_rows_pack (const rw_rows_ask *ask, rw_rows_keys *out, rw_error *err)
{
  size_t spans;
  rw_rows_turns *turns = NULL;
  *out = (rw_rows_keys){ .ask = ask,
                         .simd = rw_simd_get (),
                         .n = ask->qk->k.n,
                         .dim = ask->qk->k.dim,
                         .pairs = ask->freqs->n,
                         .blocks = (ask->qk->k.n + BLOCK - 1) / BLOCK,
                         .frames = rw_rule_frames (ask->freqs, &spans) };
  out->turning = spans > RW_SPANS_FEW;
  out->frames = out->turning ? 1 : out->frames;
  out->trained = rw_arena_take (ask->scratch, out->pairs, sizeof *out->trained);
  out->key = rw_arena_take (ask->scratch, out->frames, sizeof *out->key);
  if (!out->trained || !out->key)
    return rw_nomem (err, (out->pairs + out->frames) * sizeof (double));
  rw_trained_fill (ask->geometry, out->pairs, out->trained);
  const rw_status s = pack (out, &turns, err);
  rw_rows_turns_free (turns);
  return s;
}
