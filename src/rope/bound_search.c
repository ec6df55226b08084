/* bound_search: violating m at one base: scans in double, and in long double what those cannot
   tell.  The blocks searched at once and the order of their finds do not depend on threads, so
   these change nothing.  See bound.c for the method.  */
#include "rope/bound_sweep.h"

#include <float.h>
#include <string.h>

#define DEEP 0.2 /* a violation this deep ends a search */

enum
{
  LEAST = 4,   /* blocks searched first, by one thread: a region of threads costs more */
  MOST = 32,   /* blocks searched at once, whatever the number of threads */
  RECENT = 8,  /* blocks of remembered m looked at before all others */
  PIECE = 4096 /* values on the stack at once */
};

typedef struct
{
  int64_t m;    /* the violation that excludes most by first order; 0 for none */
  double score; /* -B(m) / m */
  double depth; /* -B(m) */
  bool open;
} find;

static void
keep (find *f, int64_t m, double depth)
{
  const double score = depth / (double) m;
  if (f->m && score <= f->score)
    return;
  f->m = m;
  f->score = score;
  f->depth = depth;
}

/* A value too near zero for the scan.  */
static void
decide (const rw_sweep *b, find *f, int64_t m)
{
  const rw_view v = rw_sweep_look (b, m);
  if (v.value < -v.error)
    keep (f, m, (double) -v.value);
  else if (v.value < v.error)
    f->open = true;
}

static find
search_block (const rw_sweep *b, int64_t block)
{
  double value[PIECE];
  find f = { 0 };
  const int64_t from = block * RW_SIMILARITY_BLOCK, end = from + RW_SIMILARITY_BLOCK;
  /* Rounding theta to double moves an angle by at most m theta 2^-53, and a1 / 8 is at least the
     sum of theta_i, i > 0.  */
  const double blur = rw_similarity_error (b->n) + DBL_EPSILON * (double) end * (double) b->a1 / 8;
  for (int64_t m0 = from; m0 < end && m0 <= b->last; m0 += PIECE)
    {
      const int64_t n = b->last - m0 + 1 < PIECE ? b->last - m0 + 1 : PIECE;
      rw_similarity_run (b->s, m0, (size_t) n, value);
      for (int64_t j = 0; j < n; j++)
        {
          if (value[j] < -blur)
            keep (&f, m0 + j, -value[j]);
          else if (value[j] <= blur)
            decide (b, &f, m0 + j);
        }
    }
  return f;
}

void
rw_sweep_remember (rw_sweep *b, int64_t m)
{
  size_t i = 0;
  while (i < b->n_near && b->near[i] != m)
    i++;
  if (i == b->n_near)
    i = b->n_near < RW_SWEEP_NEAR ? b->n_near++ : RW_SWEEP_NEAR - 1;
  memmove (b->near + 1, b->near, i * sizeof *b->near);
  b->near[0] = m;
}

/* Searches blocks first .. first + n - 1 at once; true where a violation is deep.  */
static bool
search_blocks (rw_sweep *b, int64_t first, int64_t n, bool *any)
{
  find f[MOST];
  bool deep = false;
#pragma omp parallel for num_threads(b->threads) if (b->threads > 1 && n > LEAST)                  \
    schedule(dynamic, 1)
  for (int64_t k = 0; k < n; k++)
    f[k] = search_block (b, first + k);
  for (int64_t k = 0; k < n; k++)
    {
      b->open |= f[k].open;
      if (!f[k].m)
        continue;
      rw_sweep_remember (b, f[k].m);
      *any = true;
      deep |= f[k].depth >= DEEP;
    }
  return deep;
}

/* The blocks of the m remembered last, each once, until a deep violation.  */
static bool
search_recent (rw_sweep *b, bool *any)
{
  int64_t block[RECENT];
  size_t n = 0;
  for (size_t i = 0; i < b->n_near && n < RECENT; i++)
    {
      const int64_t k = b->near[i] / RW_SIMILARITY_BLOCK;
      size_t j = 0;
      while (j < n && block[j] != k)
        j++;
      if (j == n)
        block[n++] = k;
    }
  for (size_t j = 0; j < n; j++)
    if (search_blocks (b, block[j], 1, any))
      return true;
  return false;
}

bool
rw_sweep_search (rw_sweep *b, bool all)
{
  const int64_t blocks = b->last / RW_SIMILARITY_BLOCK + 1;
  bool any = false;
  rw_similarity_set (b->s, b->g);
  if (!all && search_recent (b, &any))
    return true;
  b->open = false;
  for (int64_t k = 0, n = LEAST; k < blocks; k += n, n = n < MOST ? 2 * n : MOST)
    if (search_blocks (b, k, blocks - k < n ? blocks - k : n, &any) && !all)
      return true;
  return any;
}
