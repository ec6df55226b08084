/* novelty: the nearest trained rotation of each distance, by searching all; see novelty.h.

   The mean of 2 (1 - cos (x - y)) is 2 - (2/K) sum (cos x cos y + sin x sin y), so the search is
   for the largest inner product of two vectors of 2K numbers: a matrix product of distances by
   trained positions, done in tiles that stay in the cache.  The tile of positions comes from two
   levels, e^{j t f} = e^{j t0 f} e^{j (t - t0) f}.  At the winner nu is summed again from
   the chords |e^{jx} - e^{jy}|, which do not cancel where nu is small.
   Threads take runs of tiles; the first of equal products wins whatever the runs are.  */
#include "metric/novelty.h"
#include "base/simd.h"
#include "metric/angles.h"

#include <math.h>

enum
{
  TILE = 32,   /* positions a tile: 2 x 16 KB of cos and sin at 128 channels */
  DELTAS = 128 /* distances a pass over the positions */
};

/* What all threads read.  */
typedef struct
{
  size_t n;      /* pairs that take part */
  double length; /* trained */
  double *f, *g; /* (n,) trained and target frequencies */
  double *step;  /* (n, TILE, 2) cos and sin of s f_i, s < TILE */
  double *query; /* (DELTAS, n, 2) cos and sin of delta g_i */
} search;

/* One thread's run of tiles.  */
typedef struct
{
  double *cosine, *sine; /* (n, TILE) of the present tile */
  double *best;          /* (DELTAS,) largest inner product so far */
  double *at;            /* (DELTAS,) its position */
} run;

static rw_status
search_make (search *s, const double *trained, const rw_freqs *f, rw_arena *scratch, rw_error *err)
{
  const size_t n = f->n;
  double *room = rw_arena_take (scratch, 2 * n + 2 * n * TILE + 2 * n * DELTAS, sizeof *room);
  if (!room)
    return rw_nomem (err, 2 * n * (TILE + DELTAS) * sizeof *room);
  s->f = room;
  s->g = s->f + n;
  s->step = s->g + n;
  s->query = s->step + 2 * n * TILE;
  s->n = 0;
  for (size_t i = 0; i < n; i++)
    if (!isnan (trained[i]))
      {
        s->f[s->n] = trained[i];
        s->g[s->n++] = f->inv_freq[i];
      }
  for (size_t i = 0; i < s->n; i++)
    for (size_t k = 0; k < TILE; k++)
      rw_angles_point ((double) k, s->f[i], &s->step[2 * (i * TILE + k)],
                       &s->step[2 * (i * TILE + k) + 1]);
  return RW_OK;
}

static rw_status
runs_make (run *r, size_t runs, size_t n, rw_arena *scratch, rw_error *err)
{
  for (size_t k = 0; k < runs; k++)
    {
      double *room = rw_arena_take (scratch, 2 * n * TILE + 2 * DELTAS, sizeof *room);
      if (!room)
        return rw_nomem (err, (2 * n * TILE + 2 * DELTAS) * sizeof *room);
      r[k].cosine = room;
      r[k].sine = r[k].cosine + n * TILE;
      r[k].best = r[k].sine + n * TILE;
      r[k].at = r[k].best + DELTAS;
    }
  return RW_OK;
}

static void
tile_fill (const search *s, double start, run *r)
{
  for (size_t i = 0; i < s->n; i++)
    {
      double c, d;
      rw_angles_point (start, s->f[i], &c, &d);
      for (size_t k = 0; k < TILE; k++)
        {
          const double *e = &s->step[2 * (i * TILE + k)];
          r->cosine[i * TILE + k] = c * e[0] - d * e[1];
          r->sine[i * TILE + k] = c * e[1] + d * e[0];
        }
    }
}

/* The inner products of one distance, query (n, 2), with a tile's positions, product (TILE,).
   Vectors keep the positions apart, so their width changes no bit.  */
typedef void kernel (const double *query, const double *cosine, const double *sine, size_t n,
                     double *product);

#define ADD(k)                                                                                     \
  sum##k += query[2 * i] * *(const vector *) (c + k * W)                                           \
            + query[2 * i + 1] * *(const vector *) (s + k * W)

#define KERNEL(name, bytes, attribute)                                                             \
  attribute static void name (const double *query, const double *cosine, const double *sine,       \
                              size_t n, double *product)                                           \
  {                                                                                                \
    typedef double vector __attribute__ ((vector_size (bytes), aligned (8), may_alias));           \
    enum                                                                                           \
    {                                                                                              \
      W = bytes / sizeof (double)                                                                  \
    };                                                                                             \
    for (size_t j = 0; j < TILE; j += 4 * W)                                                       \
      {                                                                                            \
        vector sum0 = { 0 }, sum1 = { 0 }, sum2 = { 0 }, sum3 = { 0 };                             \
        const double *c = cosine + j, *s = sine + j;                                               \
        for (size_t i = 0; i < n; i++, c += TILE, s += TILE)                                       \
          ADD (0), ADD (1), ADD (2), ADD (3);                                                      \
        vector *out = (vector *) (product + j);                                                    \
        out[0] = sum0, out[1] = sum1, out[2] = sum2, out[3] = sum3;                                \
      }                                                                                            \
  }

KERNEL (plain, 16, )
#if defined __x86_64__
KERNEL (avx2, 32, __attribute__ ((target ("avx2"))))
KERNEL (avx512, 64, __attribute__ ((target ("avx512f"))))
static kernel *const kernels[] = { plain, avx2, avx512 };
#else
static kernel *const kernels[] = { plain, plain, plain };
#endif

/* The first n queries against the tiles [from, end).  */
static void
run_tiles (const search *s, size_t n, size_t from, size_t end, run *r)
{
  kernel *const multiply = kernels[rw_simd_get ()];
  double product[TILE];
  for (size_t k = 0; k < n; k++)
    r->best[k] = -HUGE_VAL;
  for (size_t tile = from; tile < end; tile++)
    {
      const double start = (double) (tile * TILE), left = s->length - start;
      const size_t count = left < TILE ? (size_t) ceil (left) : TILE;
      tile_fill (s, start, r);
      for (size_t k = 0; k < n; k++)
        {
          multiply (s->query + 2 * k * s->n, r->cosine, r->sine, s->n, product);
          for (size_t j = 0; j < count; j++)
            if (product[j] > r->best[k])
              {
                r->best[k] = product[j];
                r->at[k] = start + (double) j;
              }
        }
    }
}

static double
chord (const search *s, double delta, double t)
{
  double sum = 0;
  for (size_t i = 0; i < s->n; i++)
    {
      double c, d, e, h;
      rw_angles_point (delta, s->g[i], &c, &d);
      rw_angles_point (t, s->f[i], &e, &h);
      sum += (c - e) * (c - e) + (d - h) * (d - h); /* = 2 (1 - cos of the difference) */
    }
  return sqrt (sum / (double) s->n);
}

/* The distances at[0 .. n-1], n <= DELTAS.  */
static void
search_pass (search *s, const double *at, size_t n, run *r, size_t runs, double *novelty,
             double *lookalike)
{
  const size_t tiles = (size_t) ceil (s->length / TILE);
  for (size_t k = 0; k < n; k++)
    for (size_t i = 0; i < s->n; i++)
      rw_angles_point (at[k], s->g[i], &s->query[2 * (k * s->n + i)],
                       &s->query[2 * (k * s->n + i) + 1]);
#pragma omp parallel for num_threads((int) runs) if (runs > 1) schedule(static, 1)
  for (size_t j = 0; j < runs; j++)
    run_tiles (s, n, tiles * j / runs, tiles * (j + 1) / runs, &r[j]);
  for (size_t k = 0; k < n; k++)
    {
      size_t best = 0;
      for (size_t j = 1; j < runs; j++)
        best = r[j].best[k] > r[best].best[k] ? j : best;
      lookalike[k] = r[best].at[k];
      novelty[k] = chord (s, at[k], lookalike[k]);
    }
}

rw_status
rw_novelty_find (const rw_input *in, const double *trained, const rw_freqs *f, double *novelty,
                 double *lookalike, rw_error *err)
{
  search s = { .length = in->geometry->original_length };
  const size_t runs = in->threads > 1 ? (size_t) in->threads : 1;
  size_t first = 0, end = in->n_distances;
  run *r = rw_arena_take (in->scratch, runs, sizeof *r);
  rw_status status = r ? RW_OK : rw_nomem (err, runs * sizeof *r);
  if (!status)
    status = search_make (&s, trained, f, in->scratch, err);
  if (!status)
    status = runs_make (r, runs, s.n, in->scratch, err);
  if (status || s.n == 0)
    return status;
  while (first < end && !(in->distance[first] >= 0))
    first++;
  while (end > first && !(in->distance[end - 1] <= in->length))
    end--;
  for (; first < end; first += DELTAS)
    search_pass (&s, in->distance + first, end - first < DELTAS ? end - first : DELTAS, r, runs,
                 novelty + first, lookalike + first);
  return RW_OK;
}
