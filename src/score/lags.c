/* lags: overlapping blocks, without the overlap; see lags.h.

   q and k are cut into blocks of B tokens.  With Q_b and K_b the transforms of single blocks, the
   products P_l = sum_b Q_{b+l} conj K_b hold the cyclic correlations of blocks l apart.  Lags
   l B + j, 0 <= j < B, need what does not wrap of P_l and what does of P_{l+1}; the cyclic
   P_l + P_{l+1} and the negacyclic P_l - P_{l+1} (of spun blocks) agree in these and differ in the
   sign of the others, so half their sum is the linear correlation.  Every transform is of B
   elements and stays in the cache; n/B (n/B + 1) / 2 products a frequency cost less than what
   they save.  All threads share the blocks of one eight of lanes.  */
#include "score/lags.h"
#include "base/mem.h"
#include "score/fft.h"

#include <math.h>
#include <string.h>
#ifdef _OPENMP
#  include <omp.h>
#else
#  define omp_get_thread_num() 0
#endif

enum
{
  ELEMENT = 2 * RW_LANES,
  FREQUENCIES = 8,       /* side by side in a product: 1 KB runs of every block */
  PRODUCTS = 16,         /* of these at once are a thread's */
  SHIFTS_OVER = 3,       /* elements that rw_fft_shifts wants after the last */
  PAD = 4,               /* elements between blocks, so that they do not meet in one cache set */
  TOKENS_SHARED = 32768, /* from which threads pay: a thread's turn on a busy machine is 4 ms */
  BLOCK_LEAST_LOG = 8,   /* of the choice */
  BLOCK_MOST_LOG = 16
};

/* A buffer is (blocks, stride) doubles: a transform of every block, or lags from l B on.  */
struct rw_lags
{
  size_t n, block, blocks, stride;
  int threads;
  rw_fft *fft;
  double *q, *k, *even, *odd; /* odd is q where nothing is summed */
  double *room;               /* (threads, room_size) of products */
  size_t room_size;
};

/* The block whose transforms (30 log2 B operations a token and lane, at half the speed of products)
   and products (8 operations a pair of blocks and frequency) cost least.  */
static size_t
choose_block (size_t n)
{
  double best = INFINITY;
  size_t chosen = 0;
  for (int log = BLOCK_LEAST_LOG; log <= BLOCK_MOST_LOG; log++)
    {
      const size_t block = (size_t) 1 << log, blocks = (n + block - 1) / block;
      const double tokens = (double) (blocks * block);
      const double cost = tokens * (2 * 30 * log + 8 * (double) (blocks + 1));
      if (cost < best)
        best = cost, chosen = block;
    }
  return chosen;
}

static rw_status
buffers_new (rw_lags *l, bool sums, rw_error *err)
{
  const size_t size = l->blocks * l->stride;
  l->room_size = FREQUENCIES * 3 * (l->blocks + SHIFTS_OVER) * ELEMENT;
  l->q = rw_new (size, sizeof (double));
  l->k = rw_new (size, sizeof (double));
  l->even = rw_new (size, sizeof (double));
  l->odd = sums ? rw_new (size, sizeof (double)) : l->q;
  l->room = rw_new (l->room_size * (size_t) l->threads, sizeof (double));
  if (!l->q || !l->k || !l->even || !l->odd || !l->room)
    return rw_nomem (err, size * sizeof (double));
  return rw_fft_new (l->block, &l->fft, err);
}

rw_status
rw_lags_new (size_t n, size_t block, bool sums, int threads, rw_lags **out, rw_error *err)
{
  *out = NULL;
  rw_lags *l = rw_new (1, sizeof *l);
  if (!l)
    return rw_nomem (err, sizeof *l);
  l->n = n;
  l->block = block ? block : choose_block (n);
  l->blocks = (n + l->block - 1) / l->block;
  l->stride = (l->block + PAD) * ELEMENT;
  l->threads = threads > 1 && n >= TOKENS_SHARED ? threads : 1;
  const rw_status s = buffers_new (l, sums, err);
  if (s)
    rw_lags_free (l);
  else
    *out = l;
  return s;
}

void
rw_lags_free (rw_lags *l)
{
  if (!l)
    return;
  if (l->odd != l->q)
    rw_free (l->odd);
  rw_free (l->q);
  rw_free (l->k);
  rw_free (l->even);
  rw_free (l->room);
  rw_fft_free (l->fft);
  rw_free (l);
}

static void
transform_block (const rw_lags *l, const rw_lanes *lanes, const double *scale, bool spun, size_t b,
                 double *out)
{
  double *x = out + b * l->stride;
  const size_t from = b * l->block, left = l->n - from;
  const size_t n = left < l->block ? left : l->block;
  rw_lanes_read (lanes, scale, from, n, x);
  memset (x + n * ELEMENT, 0, (l->block - n) * ELEMENT * sizeof *x);
  if (spun)
    rw_fft_spin (l->fft, x, false);
  rw_fft_forward (l->fft, x);
}

/* Blocks of both in one loop: a thread waits for the others but once.  */
static void
transform (const rw_lags *l, const rw_lanes *q, const rw_lanes *k, const double *scale, bool spun)
{
#pragma omp parallel for schedule(dynamic, 1) num_threads(l->threads)
  for (size_t t = 0; t < 2 * l->blocks; t++)
    if (t % 2)
      transform_block (l, k, NULL, spun, t / 2, l->k);
    else
      transform_block (l, q, scale, spun, t / 2, l->q);
}

/* Products of frequencies f .. f + n - 1 of all blocks, P_l + sign P_{l+1}, into out or added.  */
static void
multiply_some (const rw_lags *l, size_t f, size_t n, double sign, bool add, double *out,
               double *room)
{
  const size_t blocks = l->blocks, span = (blocks + SHIFTS_OVER) * ELEMENT;
  double *q = room, *k = q + n * span, *p = k + n * span;
  for (size_t b = 0; b < blocks; b++)
    for (size_t i = 0; i < n; i++)
      {
        const size_t at = b * l->stride + (f + i) * ELEMENT;
        memcpy (q + i * span + b * ELEMENT, l->q + at, ELEMENT * sizeof *q);
        memcpy (k + i * span + b * ELEMENT, l->k + at, ELEMENT * sizeof *k);
      }
  for (size_t i = 0; i < n; i++)
    {
      memset (q + i * span + blocks * ELEMENT, 0, SHIFTS_OVER * ELEMENT * sizeof *q);
      rw_fft_shifts (l->fft, q + i * span, k + i * span, blocks, p + i * span);
      memset (p + i * span + blocks * ELEMENT, 0, ELEMENT * sizeof *p); /* nothing lies beyond */
    }
  for (size_t b = 0; b < blocks; b++)
    for (size_t i = 0; i < n; i++)
      {
        const double *x = p + i * span + b * ELEMENT;
        double *y = out + b * l->stride + (f + i) * ELEMENT;
        for (size_t h = 0; h < ELEMENT; h++)
          y[h] = (add ? y[h] : 0) + (x[h] + sign * x[ELEMENT + h]);
      }
}

static void
multiply (const rw_lags *l, bool spun, bool add, double *out)
{
  const size_t some = l->block < FREQUENCIES ? l->block : FREQUENCIES;
#pragma omp parallel for schedule(dynamic, PRODUCTS) num_threads(l->threads)
  for (size_t f = 0; f < l->block; f += some)
    multiply_some (l, f, some, spun ? -1 : 1, add, out,
                   l->room + (size_t) omp_get_thread_num () * l->room_size);
}

static void
back (const rw_lags *l, bool spun, double *x)
{
#pragma omp parallel for schedule(dynamic, 1) num_threads(l->threads)
  for (size_t b = 0; b < l->blocks; b++)
    {
      rw_fft_inverse (l->fft, x + b * l->stride);
      if (spun)
        rw_fft_spin (l->fft, x + b * l->stride, true);
    }
}

void
rw_lags_run (rw_lags *l, const rw_lanes *q, const rw_lanes *k, size_t eights, const double *scale)
{
  for (int spun = 0; spun < 2; spun++)
    {
      double *out = spun ? l->odd : l->even;
      for (size_t i = 0; i < eights; i++)
        {
          transform (l, &q[i], &k[i], scale, spun);
          multiply (l, spun, i > 0, out);
        }
      back (l, spun, out);
    }
}

void
rw_lags_read (const rw_lags *l, size_t from, size_t n, double *out)
{
  const double by = 1 / (double) (2 * l->block); /* a power of two: exact */
  for (size_t j = 0; j < n; j++, out += ELEMENT)
    {
      const size_t lag = from + j;
      const size_t at = lag / l->block * l->stride + lag % l->block * ELEMENT;
      for (size_t h = 0; h < ELEMENT; h++)
        out[h] = (l->even[at + h] + l->odd[at + h]) * by;
    }
}
