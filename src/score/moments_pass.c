/* moments_pass: one distance after the other; see moments_pass.h and moments_set.h.

   Each distance is one pass over q and k, by one thread: blocks of 256 rows of Z minus a reference
   mean (of rows here and there) in float32, their sum of outer products in float32, added up in
   double every 4,096 rows; the sums of Z go to their query segment in double.  Nothing depends on
   the number of threads.  */
#include "score/moments_pass.h"

#include <math.h>
#include <string.h>
#ifdef _OPENMP
#  include <omp.h>
#else
#  define omp_get_thread_num() 0
#endif

enum
{
  FLUSH = 4096, /* rows summed in float32 */
  FLOATS_PER_LINE = 16
};

/* One thread's.  */
typedef struct
{
  rw_arena *arena;
  rw_gram_rows rows[2]; /* this block's and the next one's */
  rw_gram_block block;
  float *centre;   /* (n + 1,) */
  float *sum;      /* (squares, 16, 16) since the last flush */
  double *square;  /* (squares, 16, 16) */
  double *segment; /* (segments, n + 1) sums of Z */
  double *total;   /* (n + 1,) */
  double *cross;   /* (n + 1,) */
  double *unused;  /* (n + 1,) */
  double *count;   /* (segments,) */
  size_t pending;  /* rows in `sum` */
  size_t lines;    /* cache lines a row */
  rw_simd simd;
} work;

/* Queries at .. end - 1, cut into blocks that lie in one segment.  */
typedef struct
{
  size_t at, end, segment;
  int64_t delta;
} walk;

static int64_t
token (const rw_moments_pass *p, size_t i)
{
  return p->query ? p->query[i] : (int64_t) i;
}

/* The first query at or after token m.  */
size_t
rw_moments_pass_first (const rw_moments_pass *p, int64_t m)
{
  size_t lo = 0, hi = p->n;
  while (lo < hi)
    {
      const size_t mid = lo + (hi - lo) / 2;
      if (token (p, mid) < m)
        lo = mid + 1;
      else
        hi = mid;
    }
  return lo;
}

static void
row_put (const rw_moments_pass *p, rw_gram_rows *rows, size_t r, size_t i, int64_t delta)
{
  rows->q[r] = p->q.data + (ptrdiff_t) i * p->q.stride;
  rows->k[r] = p->k.data + (ptrdiff_t) (token (p, i) - delta) * p->k.stride;
}

/* The next block; rows->n is 0 at the end, the pointers stay what they were.  Returns its segment.
 */
static size_t
rows_next (const rw_moments_pass *p, walk *w, rw_gram_rows *rows)
{
  while (p->from[w->segment + 1] <= w->at && w->at < w->end)
    w->segment++;
  const size_t stop = w->end < p->from[w->segment + 1] ? w->end : p->from[w->segment + 1];
  const size_t n = w->at >= w->end ? 0 : stop - w->at < RW_GRAM_ROWS ? stop - w->at : RW_GRAM_ROWS;
  for (size_t r = 0; r < n; r++)
    row_put (p, rows, r, w->at + r, w->delta);
  for (size_t r = n; n && r < RW_GRAM_ROWS; r++)
    {
      rows->q[r] = rows->q[n - 1];
      rows->k[r] = rows->k[n - 1];
    }
  w->at += n;
  rows->n = n;
  return w->segment;
}

static void
flush (const rw_moments *m, work *w)
{
  for (size_t i = 0; i < m->squares * RW_GRAM_SQUARE; i++)
    w->square[i] += (double) w->sum[i];
  memset (w->sum, 0, m->squares * RW_GRAM_SQUARE * sizeof *w->sum);
  w->pending = 0;
}

/* The reference mean: of up to 256 rows, evenly spread.  */
static void
centre_set (const rw_moments_pass *p, work *w, size_t from, int64_t delta)
{
  const size_t n = p->out->n, have = p->n - from;
  rw_gram_rows *rows = &w->rows[0];
  rows->n = have < RW_GRAM_ROWS ? have : RW_GRAM_ROWS;
  for (size_t r = 0; r < rows->n; r++)
    row_put (p, rows, r, from + r * have / rows->n, delta);
  memset (w->centre, 0, (n + 1) * sizeof *w->centre);
  w->block.sum = w->total;
  w->block.cross = w->unused;
  rw_gram_fill (w->simd, rows, &w->block);
  for (size_t i = 0; i <= n; i++)
    w->centre[i] = (float) (w->total[i] / (double) rows->n);
}

/* All rows of these queries: outer products, and sums by segment.  */
static void
accumulate (const rw_moments_pass *p, work *w, size_t from, size_t end, int64_t delta)
{
  const rw_moments *m = p->out;
  walk at = { .at = from, .end = end, .delta = delta };
  rw_gram_rows *now = &w->rows[0], *next = &w->rows[1];
  w->block.cross = w->cross;
  size_t segment = rows_next (p, &at, now);
  *next = *now;
  while (now->n)
    {
      const size_t then = rows_next (p, &at, next);
      w->block.sum = w->segment + segment * (m->n + 1);
      w->count[segment] += (double) now->n;
      rw_gram_fill (w->simd, now, &w->block);
      if (w->pending + now->n > FLUSH)
        flush (m, w);
      rw_gram_add (w->simd, m->panels, now->n, w->block.z, next, w->lines, w->sum);
      w->pending += now->n;
      segment = then;
      rw_gram_rows *const done = now;
      now = next;
      next = done;
    }
  flush (m, w);
}

/* The first keys' rows: into their segments, and one by one into x (apart, n + 1).  */
static void
set_apart (const rw_moments_pass *p, work *w, size_t from, size_t end, int64_t delta, double *x)
{
  const size_t n = p->out->n;
  walk at = { .at = from, .end = end, .delta = delta };
  rw_gram_rows *rows = &w->rows[0];
  w->block.cross = w->unused;
  for (size_t s = rows_next (p, &at, rows); rows->n; s = rows_next (p, &at, rows))
    {
      w->block.sum = w->segment + s * (n + 1);
      w->count[s] += (double) rows->n;
      rw_gram_fill (w->simd, rows, &w->block);
      for (size_t r = 0; r < rows->n; r++, x += n + 1)
        {
          for (size_t i = 0; i < n; i++)
            x[i] = (double) w->block
                       .z[i / RW_GRAM_PANEL * RW_GRAM_STEP + r * RW_GRAM_PANEL + i % RW_GRAM_PANEL];
          x[n] = p->out->rest ? (double) w->block.u[r] : 0;
        }
    }
}

/* total = the sum of Z over all segments so far, divided by `count`.  */
static void
mean_of (const rw_moments *m, work *w, double count)
{
  memset (w->total, 0, (m->n + 1) * sizeof *w->total);
  for (size_t s = 0; s < m->segments; s++)
    for (size_t i = 0; i <= m->n; i++)
      w->total[i] += w->segment[s * (m->n + 1) + i];
  for (size_t i = 0; i <= m->n && count > 0; i++)
    w->total[i] /= count;
}

/* Sigma and the cross products, centred by the mean `total` of the rows without the first keys.  */
static void
keep_covariance (const rw_moments *m, const work *w, size_t d, double count)
{
  const double each = count > 0 ? 1 / count : 0;
  const double *square = w->square, *mean = w->total;
  float *sigma = m->sigma + d * m->squares * RW_GRAM_SQUARE;
  for (size_t a = 0; a < m->panels; a++)
    for (size_t b = a; b < m->panels; b++)
      for (size_t i = 0; i < RW_GRAM_PANEL; i++)
        for (size_t l = 0; l < RW_GRAM_PANEL; l++)
          {
            const double x = mean[a * RW_GRAM_PANEL + i], y = mean[b * RW_GRAM_PANEL + l];
            *sigma++ = (float) (*square++ * each - x * y);
          }
  double *cross = m->cross + d * (m->n + 1);
  for (size_t i = 0; i <= m->n && m->rest; i++)
    cross[i] = w->cross[i] * each - mean[i] * mean[m->n];
}

/* The mean of all, the deviations of the segments, x_j.  `total` is the mean without the first
   keys.  */
static void
keep_means (const rw_moments *m, work *w, size_t d)
{
  const rw_moments_count *c = m->count + d;
  const size_t n = m->n + 1;
  double *mu = m->mu + d * n, *x = m->extra + d * m->extras * n;
  for (size_t i = 0; i < n && m->extras; i++)
    x[i] = w->total[i];
  mean_of (m, w, c->all);
  for (size_t i = 0; i < n; i++)
    {
      mu[i] = w->total[i] + (double) w->centre[i];
      if (m->extras)
        x[i] = sqrt (c->without) * (x[i] - w->total[i]);
      for (size_t r = 1; r <= c->apart; r++)
        x[r * n + i] -= w->total[i];
    }
  for (size_t s = 0; s < m->segments; s++)
    for (size_t i = 0; i < n; i++)
      m->deviation[(d * m->segments + s) * n + i]
          = (float) ((w->segment[s * n + i] - w->count[s] * w->total[i]) / c->all);
}

static void
clear (const rw_moments *m, work *w)
{
  const size_t n = m->n + 1;
  memset (w->total, 0, n * sizeof *w->total);
  memset (w->cross, 0, n * sizeof *w->cross);
  memset (w->segment, 0, m->segments * n * sizeof *w->segment);
  memset (w->count, 0, m->segments * sizeof *w->count);
  memset (w->square, 0, m->squares * RW_GRAM_SQUARE * sizeof *w->square);
}

static void
measure (const rw_moments_pass *p, work *w, size_t d)
{
  const rw_moments *m = p->out;
  const int64_t delta = p->ask->distance[d];
  const size_t from = rw_moments_pass_first (p, delta);
  const size_t main = rw_moments_pass_first (p, delta + (int64_t) p->ask->n_sink);
  rw_moments_count *c = m->count + d;
  *c = (rw_moments_count){ .all = (double) (p->n - from),
                           .without = (double) (p->n - main),
                           .apart = main - from };
  if (from == p->n)
    return;
  clear (m, w);
  centre_set (p, w, main < p->n ? main : from, delta);
  accumulate (p, w, main, p->n, delta);
  mean_of (m, w, c->without);
  keep_covariance (m, w, d, c->without);
  if (c->apart)
    set_apart (p, w, from, main, delta, m->extra + (d * m->extras + 1) * (m->n + 1));
  keep_means (m, w, d);
  for (size_t s = 0; s < m->segments; s++)
    c->segments += w->count[s] > 0;
}

static rw_status
work_new (const rw_moments_pass *p, work *w, rw_error *err)
{
  const rw_moments *m = p->out;
  rw_arena *a = w->arena = rw_arena_new ();
  if (!a)
    return rw_nomem (err, sizeof *w);
  const size_t n = m->n + 1, squares = m->squares * RW_GRAM_SQUARE;
  w->centre = rw_arena_take (a, n, sizeof *w->centre);
  w->sum = rw_arena_take (a, squares, sizeof *w->sum);
  w->square = rw_arena_take (a, squares, sizeof *w->square);
  w->segment = rw_arena_take (a, m->segments, n * sizeof *w->segment);
  w->count = rw_arena_take (a, m->segments, sizeof *w->count);
  w->total = rw_arena_take (a, 3 * n, sizeof *w->total);
  float *z = rw_arena_take (a, m->panels, RW_GRAM_STEP * sizeof *z);
  float *u = rw_arena_take (a, RW_GRAM_ROWS, sizeof *u);
  if (!w->centre || !w->sum || !w->square || !w->segment || !w->count || !w->total || !z || !u)
    return rw_nomem (err, squares * sizeof *w->square);
  w->cross = w->total + n;
  w->unused = w->cross + n;
  w->block = (rw_gram_block){
    .panels = m->panels, .rest = p->q.rest, .centre = w->centre, .z = z, .u = u
  };
  w->simd = rw_simd_get ();
  w->lines = (2 * p->q.pairs + p->q.rest + FLOATS_PER_LINE - 1) / FLOATS_PER_LINE;
  return RW_OK;
}

rw_status
rw_moments_pass_run (const rw_moments_pass *p, rw_error *err)
{
  const rw_moments *m = p->out;
  const int threads = p->ask->threads > 1 ? p->ask->threads : 1;
  work *w = rw_new ((size_t) threads, sizeof *w);
  rw_status s = w ? RW_OK : rw_nomem (err, sizeof *w);
  for (int t = 0; !s && t < threads; t++)
    s = work_new (p, &w[t], err);
  if (!s)
#pragma omp parallel for num_threads(threads) schedule(dynamic)
    for (size_t d = 0; d < m->n_distances; d++)
      measure (p, &w[omp_get_thread_num ()], d);
  for (int t = 0; w && t < threads; t++)
    rw_arena_free (w[t].arena);
  rw_free (w);
  return s;
}
