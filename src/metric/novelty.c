/* novelty: the nearest trained rotation of each distance, by searching all; see novelty.h.

   The mean of 2 (1 - cos (x - y)) is 2 - (2/K) sum (cos x cos y + sin x sin y), so the search is
   for the largest inner product of two vectors of 2K numbers: a matrix product of distances by
   trained positions, done in tiles that stay in the cache.  The tile of positions comes from two
   levels, e^{j t f} = e^{j t0 f} e^{j (t - t0) f}.  At the winner nu is summed again from
   the chords |e^{jx} - e^{jy}|, which do not cancel where nu is small.  */
#include "metric/novelty.h"
#include "metric/angles.h"

#include <math.h>

enum
{
  LANES = 8,   /* positions a step: their sums stay in registers */
  TILE = 32,   /* positions a tile: 2 x 32 KB of cos and sin at 128 channels */
  DELTAS = 128 /* distances a pass over the positions */
};

typedef double lanes __attribute__ ((vector_size (LANES * sizeof (double))));

typedef struct
{
  size_t n;             /* pairs that take part */
  double *f, *g;        /* (n,) trained and target frequencies */
  double *step;         /* (n, TILE, 2) cos and sin of s f_i, s < TILE */
  lanes *cosine, *sine; /* (n, TILE / LANES) of the present tile */
  double *query;        /* (DELTAS, n, 2) cos and sin of delta g_i */
  double *best;         /* (DELTAS,) largest inner product so far */
} search;

static rw_status
search_make (search *s, const double *trained, const rw_freqs *f, rw_arena *scratch, rw_error *err)
{
  const size_t n = f->n;
  double *room
      = rw_arena_take (scratch, 2 * n + 2 * n * TILE + 2 * n * DELTAS + DELTAS, sizeof *room);
  s->cosine = rw_arena_take (scratch, n * (TILE / LANES), sizeof *s->cosine);
  s->sine = rw_arena_take (scratch, n * (TILE / LANES), sizeof *s->sine);
  if (!room || !s->cosine || !s->sine)
    return rw_nomem (err, 2 * n * (TILE + DELTAS) * sizeof *room);
  s->f = room;
  s->g = s->f + n;
  s->step = s->g + n;
  s->query = s->step + 2 * n * TILE;
  s->best = s->query + 2 * n * DELTAS;
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

static void
tile_fill (search *s, double start)
{
  for (size_t i = 0; i < s->n; i++)
    {
      double c, d;
      rw_angles_point (start, s->f[i], &c, &d);
      for (size_t k = 0; k < TILE; k++)
        {
          const double *e = &s->step[2 * (i * TILE + k)];
          const size_t at = i * (TILE / LANES) + k / LANES;
          s->cosine[at][k % LANES] = c * e[0] - d * e[1];
          s->sine[at][k % LANES] = c * e[1] + d * e[0];
        }
    }
}

/* One distance against the `count` first positions of the tile that begins at `start`.  */
static void
tile_search (search *s, size_t delta, double start, size_t count, double *lookalike)
{
  const double *query = s->query + 2 * delta * s->n;
  for (size_t b = 0; b * LANES < count; b++)
    {
      lanes sum = { 0 };
      for (size_t i = 0; i < s->n; i++)
        sum += query[2 * i] * s->cosine[i * (TILE / LANES) + b]
               + query[2 * i + 1] * s->sine[i * (TILE / LANES) + b];
      for (size_t k = 0; k < LANES && b * LANES + k < count; k++)
        if (sum[k] > s->best[delta])
          {
            s->best[delta] = sum[k];
            *lookalike = start + (double) (b * LANES + k);
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
search_pass (search *s, const double *at, size_t n, double length, double *novelty,
             double *lookalike)
{
  for (size_t k = 0; k < n; k++)
    {
      s->best[k] = -HUGE_VAL;
      for (size_t i = 0; i < s->n; i++)
        rw_angles_point (at[k], s->g[i], &s->query[2 * (k * s->n + i)],
                         &s->query[2 * (k * s->n + i) + 1]);
    }
  for (double t = 0; t < length; t += TILE)
    {
      const size_t count = length - t < TILE ? (size_t) ceil (length - t) : TILE;
      tile_fill (s, t);
      for (size_t k = 0; k < n; k++)
        tile_search (s, k, t, count, &lookalike[k]);
    }
  for (size_t k = 0; k < n; k++)
    novelty[k] = chord (s, at[k], lookalike[k]);
}

rw_status
rw_novelty_find (const rw_input *in, const double *trained, const rw_freqs *f, double *novelty,
                 double *lookalike, rw_error *err)
{
  search s = { 0 };
  size_t first = 0, end = in->n_distances;
  const rw_status status = search_make (&s, trained, f, in->scratch, err);
  if (status || s.n == 0)
    return status;
  while (first < end && !(in->distance[first] >= 0))
    first++;
  while (end > first && !(in->distance[end - 1] <= in->length))
    end--;
  for (; first < end; first += DELTAS)
    search_pass (&s, in->distance + first, end - first < DELTAS ? end - first : DELTAS,
                 in->geometry->original_length, novelty + first, lookalike + first);
  return RW_OK;
}
