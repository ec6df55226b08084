/* rows_pack: keys turned once a frame and packed for the kernel; queries turned one by one.

   e^{i p g} of key position p comes from three tables in double, p = 4096 h + 64 m + l with l below
   128, so that 64 neighbouring keys share the first product; the turned key is made in double and
   rounded once.  Entries come from error-free angles (as in rope/similarity.c), a product of three
   errs by less than 30 ulps of double.  Keys whose positions are not whole, or jump within their
   block, and those that keep the trained frequencies beside others that do not, are turned one by
   one.  */
#include "rope/trained.h"
#include "rule/logit.h"
#include "score/rows_part.h"

#include <math.h>
#include <string.h>

enum
{
  BLOCK = RW_ROWS_BLOCK,
  LOW = 2 * BLOCK,      /* l: a block begins anywhere between two multiples of 64 */
  MIDDLE = 64,          /* m */
  HIGH = MIDDLE * BLOCK /* 4096 */
};

typedef rw_rows_angle turn;

static turn
turn_both (turn a, turn b)
{
  return (turn){ a.c * b.c - a.s * b.s, a.s * b.c + a.c * b.s };
}

/* The tables of one set of frequencies.  */
typedef struct
{
  const double *g; /* (pairs,) */
  double amplitude;
  size_t n_high;
  turn *high, *middle;   /* (pairs, n_high), (pairs, MIDDLE); the first with the amplitude in it */
  double *low_c, *low_s; /* (pairs, LOW) */
} tables;

static rw_status
tables_make (tables *t, size_t pairs, double last, rw_error *err)
{
  t->n_high = last > 0 ? (size_t) last / HIGH + 1 : 1;
  t->high = rw_new (pairs * t->n_high, sizeof *t->high);
  t->middle = rw_new (pairs * MIDDLE, sizeof *t->middle);
  t->low_c = rw_new (pairs * LOW, sizeof *t->low_c);
  t->low_s = rw_new (pairs * LOW, sizeof *t->low_s);
  if (!t->high || !t->middle || !t->low_c || !t->low_s)
    return rw_nomem (err, pairs * t->n_high * sizeof *t->high);
  for (size_t i = 0; i < pairs; i++)
    {
      for (size_t k = 0; k < t->n_high; k++)
        {
          const turn x = rw_rows_angle_of ((double) k * HIGH, t->g[i]);
          t->high[i * t->n_high + k] = (turn){ t->amplitude * x.c, t->amplitude * x.s };
        }
      for (size_t k = 0; k < MIDDLE; k++)
        t->middle[i * MIDDLE + k] = rw_rows_angle_of ((double) (k * BLOCK), t->g[i]);
      for (size_t k = 0; k < LOW; k++)
        {
          const turn x = rw_rows_angle_of ((double) k, t->g[i]);
          t->low_c[i * LOW + k] = x.c, t->low_s[i * LOW + k] = x.s;
        }
    }
  return RW_OK;
}

static void
tables_free (tables *t)
{
  rw_free (t->high);
  rw_free (t->middle);
  rw_free (t->low_c);
  rw_free (t->low_s);
}

/* ---- one block of keys ---- */

typedef struct
{
  double *x;     /* (dim, BLOCK) the keys */
  double *one;   /* (dim,) */
  float *row;    /* (BLOCK, dim) */
  double *c, *s; /* (BLOCK,) of a pair */
  double position[BLOCK];
  bool trained[BLOCK];
  size_t place[BLOCK]; /* in the low table */
  double base;         /* multiple of BLOCK */
  bool smooth;         /* the tables hold all positions of the block */
} desk;

/* (re, im) times (c, s) times `by`: in double, rounded once.  */
#define ROTATE(name, attribute)                                                                    \
  attribute static void name (const double *restrict re, const double *restrict im,                \
                              const double *restrict c, const double *restrict s, turn by,         \
                              float *restrict x, float *restrict y)                                \
  {                                                                                                \
    for (size_t j = 0; j < BLOCK; j++)                                                             \
      {                                                                                            \
        const double cj = by.c * c[j] - by.s * s[j], sj = by.s * c[j] + by.c * s[j];               \
        x[j] = (float) (re[j] * cj - im[j] * sj);                                                  \
        y[j] = (float) (re[j] * sj + im[j] * cj);                                                  \
      }                                                                                            \
  }
ROTATE (rotate_plain, )
#if defined __x86_64__
ROTATE (rotate_avx2, __attribute__ ((target ("avx2"), optimize ("O3"))))
#endif

static void
rotate (rw_simd simd, const double *re, const double *im, const double *c, const double *s, turn by,
        float *x, float *y)
{
#if defined __x86_64__
  if (simd != RW_SIMD_PLAIN)
    {
      rotate_avx2 (re, im, c, s, by, x, y);
      return;
    }
#endif
  (void) simd;
  rotate_plain (re, im, c, s, by, x, y);
}

/* The keys of a block channel by channel; zeros after the last.  */
static void
read_keys (const rw_rows_keys *keys, size_t first, desk *d)
{
  const rw_rows *k = &keys->ask->qk->k;
  const size_t dim = keys->dim, n = keys->n - first < BLOCK ? keys->n - first : BLOCK;
  if (n < BLOCK)
    memset (d->x, 0, dim * BLOCK * sizeof *d->x);
  if (k->type == RW_FLOAT64)
    for (size_t j = 0; j < n; j++)
      {
        rw_rows_at (k, first + j, d->one);
        for (size_t c = 0; c < dim; c++)
          d->x[c * BLOCK + j] = d->one[c];
      }
  else
    {
      rw_rows_read (k, first, n, d->row);
      for (size_t c = 0; c < dim; c++)
        for (size_t j = 0; j < n; j++)
          d->x[c * BLOCK + j] = (double) d->row[j * dim + c];
    }
}

/* Where the keys of the block stand in a frame.  */
static void
place_keys (const rw_rows_keys *keys, size_t frame, size_t first, desk *d)
{
  const rw_rows_ask *ask = keys->ask;
  double least = INFINITY, most = -INFINITY;
  d->smooth = true;
  if (!ask->freqs->rule)
    {
      d->base = (double) first;
      d->trained[0] = false;
      for (size_t j = 0; j < BLOCK; j++)
        d->place[j] = j;
      return;
    }
  for (size_t j = 0; j < BLOCK; j++)
    {
      const size_t n = first + j < keys->n ? first + j : keys->n - 1;
      const double p = rw_rule_key (ask->freqs, ask->length, frame, (double) n, &d->trained[j]);
      d->position[j] = p;
      least = fmin (least, p), most = fmax (most, p);
      d->smooth = d->smooth && p == floor (p) && d->trained[j] == d->trained[0];
    }
  d->base = floor (least / BLOCK) * BLOCK;
  d->smooth = d->smooth && least >= 0 && most - d->base < LOW;
  for (size_t j = 0; j < BLOCK && d->smooth; j++)
    d->place[j] = (size_t) (d->position[j] - d->base);
}

/* c and s of pair i, and what is to be multiplied with all of them.  */
static turn
angles (const tables t[2], const desk *d, size_t i, double *c, double *s)
{
  if (d->smooth)
    {
      const tables *of = &t[d->trained[0]];
      const size_t base = (size_t) d->base;
      for (size_t j = 0; j < BLOCK; j++)
        c[j] = of->low_c[i * LOW + d->place[j]], s[j] = of->low_s[i * LOW + d->place[j]];
      return turn_both (of->high[i * of->n_high + base / HIGH],
                        of->middle[i * MIDDLE + base % HIGH / BLOCK]);
    }
  for (size_t j = 0; j < BLOCK; j++)
    {
      const tables *of = &t[d->trained[j]];
      const turn x = rw_rows_angle_of (d->position[j], of->g[i]);
      c[j] = of->amplitude * x.c, s[j] = of->amplitude * x.s;
    }
  return (turn){ 1, 0 };
}

static void
pack_block (const rw_rows_keys *keys, const tables t[2], size_t frame, size_t block, desk *d)
{
  const size_t dim = keys->dim, pairs = keys->pairs;
  const bool half = keys->ask->geometry->layout == RW_HALF;
  float *out = keys->key[frame] + block * dim * BLOCK;
  if (!keys->turning)
    place_keys (keys, frame, block * BLOCK, d);
  for (size_t i = 0; i < pairs && !keys->turning; i++)
    {
      const size_t x = half ? i : 2 * i, y = half ? i + pairs : 2 * i + 1;
      const turn by = angles (t, d, i, d->c, d->s);
      rotate (keys->simd, d->x + x * BLOCK, d->x + y * BLOCK, d->c, d->s, by, out + x * BLOCK,
              out + y * BLOCK);
    }
  for (size_t c = keys->turning ? 0 : 2 * pairs; c < dim; c++)
    for (size_t j = 0; j < BLOCK; j++)
      out[c * BLOCK + j] = (float) d->x[c * BLOCK + j];
}

/* ---- all of them ---- */

static rw_status
desks_new (const rw_rows_keys *keys, int n, desk **out, rw_error *err)
{
  const size_t dim = keys->dim, each = dim * BLOCK + dim * BLOCK / 2 + dim + 2 * BLOCK;
  desk *d = *out = rw_new ((size_t) n, sizeof *d);
  double *room = rw_new ((size_t) n, each * sizeof *room);
  if (!d || !room)
    {
      rw_free (room);
      return rw_nomem (err, (size_t) n * each * sizeof *room);
    }
  for (int k = 0; k < n; k++)
    {
      d[k].x = room + (size_t) k * each;
      d[k].c = d[k].x + dim * BLOCK;
      d[k].s = d[k].c + BLOCK;
      d[k].one = d[k].s + BLOCK;
      d[k].row = (float *) (d[k].one + dim);
    }
  return RW_OK;
}

static void
desks_free (desk *d)
{
  if (d)
    rw_free (d->x); /* the first one's is all the room */
  rw_free (d);
}

/* Threads take ranges of blocks.  */
static void
pack_all (const rw_rows_keys *keys, const tables t[2], desk *desks)
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
          for (size_t f = 0; f < keys->frames; f++)
            pack_block (keys, t, f, b, &desks[k]);
        }
    }
}

/* cos and sin of every distance, for a rule of many spans.  */
static rw_status
turns_make (rw_rows_keys *keys, rw_error *err)
{
  const rw_rows_ask *ask = keys->ask;
  const int threads = ask->threads;
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
          const turn x = rw_rows_angle_of (delta, ask->freqs->inv_freq[i]);
          keys->turn[0][i * keys->n + r] = (float) x.c;
          keys->turn[1][i * keys->n + r] = (float) x.s;
        }
    }
  return RW_OK;
}

static double
last_position (const rw_rows_keys *keys)
{
  double last = 0;
  bool trained;
  for (size_t f = 0; f < keys->frames; f++)
    for (size_t n = 0; n < keys->n; n++)
      {
        const double p = rw_rule_key (keys->ask->freqs, keys->ask->length, f, (double) n, &trained);
        last = fmax (last, p);
      }
  return last;
}

static rw_status
pack (rw_rows_keys *keys, tables t[2], desk **desks, rw_error *err)
{
  const double last = keys->turning ? 0 : last_position (keys);
  rw_arena *scratch = keys->ask->scratch;
  rw_status s = RW_OK;
  for (size_t f = 0; !s && f < keys->frames; f++)
    if (!(keys->key[f] = rw_arena_take (scratch, keys->blocks * keys->dim, BLOCK * sizeof (float))))
      s = rw_nomem (err, keys->blocks * keys->dim * BLOCK * sizeof (float));
  for (int k = 0; !s && k < 2; k++)
    s = tables_make (&t[k], keys->pairs, last, err);
  if (!s)
    s = desks_new (keys, keys->ask->threads, desks, err);
  if (!s)
    pack_all (keys, t, *desks);
  if (!s && keys->turning)
    s = turns_make (keys, err);
  return s;
}

rw_status
rw_rows_pack (const rw_rows_ask *ask, rw_rows_keys *out, rw_error *err)
{
  size_t spans;
  desk *desks = NULL;
  *out = (rw_rows_keys){ .ask = ask,
                         .simd = rw_simd_get (),
                         .n = ask->qk->k.n,
                         .dim = ask->qk->k.dim,
                         .pairs = ask->freqs->n,
                         .blocks = (ask->qk->k.n + BLOCK - 1) / BLOCK,
                         .frames = rw_rule_frames (ask->freqs, &spans) };
  out->turning = spans > RW_SPANS_FEW;
  out->frames = out->turning ? 1 : out->frames;
  out->trained = rw_new (out->pairs, sizeof *out->trained);
  out->key = rw_new (out->frames, sizeof *out->key);
  if (!out->trained || !out->key)
    return rw_nomem (err, (out->pairs + out->frames) * sizeof (double));
  rw_trained_fill (ask->geometry, out->pairs, out->trained);
  tables t[2] = { { .g = ask->freqs->inv_freq, .amplitude = ask->freqs->attention_factor },
                  { .g = out->trained, .amplitude = 1 } };
  const rw_status s = pack (out, t, &desks, err);
  desks_free (desks);
  tables_free (&t[0]);
  tables_free (&t[1]);
  return s;
}

void
rw_rows_unpack (rw_rows_keys *keys)
{
  rw_free (keys->key);
  rw_free (keys->trained);
  *keys = (rw_rows_keys){ 0 };
}
