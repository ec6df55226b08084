/* similarity: B(m) = sum_i cos (m g_i), the kernel; see similarity.h.
   RoFormer (arXiv 2104.09864), section 3.4.3; Men et al. (arXiv 2405.14591), Eq. 9.

   Three levels of angles: m = M + 128 r + j with M a multiple of 2^14, r and j below 128.
   e^{i M g} is taken directly, its angle an error-free product; e^{i 128 r g} and e^{i j g} come
   from tables.  The start of each row of 128 costs one complex product, then every (m, pair) two
   products and two sums.

   Error, u = 2^-53: a directly taken cosine or sine errs by 2.5 u (libm 1 ulp, the correction
   1.5 u), so an entry by 4 u in the plane; a complex product adds the errors of its factors and
   3 u.  Tables are products of two entries: 11 u; a start: 4 + 11 + 3 = 18 u; a term:
   18 + 11 + 3 = 32 u.  The sum of K terms in order adds at most u K (K + 1) / 2 (1 + small).  */
#include "rope/similarity.h"
#include "rope/turn.h"

#include <assert.h>
#include <float.h>
#include <math.h>
#include <string.h>

enum
{
  STEPS = 128, /* j */
  ROWS = 128,  /* r */
  TILE = 16,   /* steps side by side in the table: the widest kernel's tile */
  TILES = STEPS / TILE,
  GROUP = 4,   /* rows a kernel call fills */
  PANEL = 256, /* pairs whose row starts are on the stack at once */
  DIGIT = 16   /* tables are made from two digits of this base */
};
static_assert (ROWS *STEPS == RW_SIMILARITY_BLOCK, "three levels make a block");

struct rw_similarity
{
  size_t n;
  rw_simd simd;
  const double *g; /* (n,) borrowed */
  const double *w; /* (n,) borrowed; NULL: all 1 */
  double *step;    /* (TILES, n, 2, TILE): cos and sin of j g */
  rw_turn *row;    /* (ROWS, n): of 128 r g */
};

/* e^{i unit k g} for k < 128 from two digits of k.  */
static void
turns (double unit, double g, rw_turn out[static STEPS])
{
  rw_turn low[DIGIT], high[STEPS / DIGIT];
  for (int k = 0; k < DIGIT; k++)
    low[k] = rw_turn_of (unit * k, g);
  for (int k = 0; k < STEPS / DIGIT; k++)
    high[k] = rw_turn_of (unit * k * DIGIT, g);
  for (int k = 0; k < STEPS; k++)
    out[k] = k % DIGIT ? rw_turn_both (high[k / DIGIT], low[k % DIGIT]) : high[k / DIGIT];
}

/* The row starts of a panel beside each other: (pairs, 2, GROUP).  */
typedef double starts[PANEL][2][GROUP];

/* One kernel: adds the terms of `n` pairs to a group of rows, `sum` (GROUP, STEPS).  A tile is
   two vectors wide; `step` is (TILES, stride, 2, TILE), already moved to the panel's first pair.
   Vectors keep the elements apart, so their width changes no bit.  The rows are spelled out, not
   looped over, to keep their sums in registers at -O2.  */
typedef void kernel (const double *step, size_t stride, size_t n, const starts at, double *sum);

#define LOAD(r)                                                                                    \
  a##r = *(vector *) (sum + r * STEPS + j), b##r = *(vector *) (sum + r * STEPS + j + W)
#define STORE(r)                                                                                   \
  *(vector *) (sum + r * STEPS + j) = a##r, *(vector *) (sum + r * STEPS + j + W) = b##r
#define ADD(r)                                                                                     \
  a##r += at[i][0][r] * c0 - at[i][1][r] * s0, b##r += at[i][0][r] * c1 - at[i][1][r] * s1

#define KERNEL(name, bytes, attribute)                                                             \
  attribute static void name (const double *step, size_t stride, size_t n, const starts at,        \
                              double *sum)                                                         \
  {                                                                                                \
    typedef double vector __attribute__ ((vector_size (bytes), aligned (8), may_alias));           \
    enum                                                                                           \
    {                                                                                              \
      W = bytes / sizeof (double)                                                                  \
    };                                                                                             \
    for (size_t j = 0; j < STEPS; j += 2 * W)                                                      \
      {                                                                                            \
        const double *x = step + j / TILE * stride * 2 * TILE + j % TILE;                          \
        vector a0, a1, a2, a3, b0, b1, b2, b3;                                                     \
        LOAD (0), LOAD (1), LOAD (2), LOAD (3);                                                    \
        for (size_t i = 0; i < n; i++, x += 2 * TILE)                                              \
          {                                                                                        \
            const vector c0 = *(const vector *) x, c1 = *(const vector *) (x + W);                 \
            const vector s0 = *(const vector *) (x + TILE);                                        \
            const vector s1 = *(const vector *) (x + TILE + W);                                    \
            ADD (0), ADD (1), ADD (2), ADD (3);                                                    \
          }                                                                                        \
        STORE (0), STORE (1), STORE (2), STORE (3);                                                \
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

rw_similarity *
rw_similarity_take (rw_arena *arena, size_t n)
{
  rw_similarity *s = rw_arena_take (arena, 1, sizeof *s);
  if (!s)
    return NULL;
  s->n = n;
  s->simd = rw_simd_get ();
  s->step = rw_arena_take (arena, n ? n : 1, 2 * STEPS * sizeof *s->step);
  s->row = rw_arena_take (arena, n ? n : 1, ROWS * sizeof *s->row);
  return s->step && s->row ? s : NULL;
}

void
rw_similarity_use (rw_similarity *s, rw_simd simd)
{
  s->simd = simd;
}

size_t
rw_similarity_pairs (const rw_similarity *s)
{
  return s->n;
}

void
rw_similarity_set (rw_similarity *s, const double *inv_freq)
{
  rw_turn t[STEPS];
  s->g = inv_freq;
  s->w = NULL;
  for (size_t i = 0; i < s->n; i++)
    {
      turns (1, inv_freq[i], t);
      for (size_t j = 0; j < STEPS; j++)
        {
          double *x = s->step + (j / TILE * s->n + i) * 2 * TILE + j % TILE;
          x[0] = t[j].c;
          x[TILE] = t[j].s;
        }
      turns (STEPS, inv_freq[i], t);
      for (size_t r = 0; r < ROWS; r++)
        s->row[r * s->n + i] = t[r];
    }
}

void
rw_similarity_weigh (rw_similarity *s, const double *weight)
{
  s->w = weight;
}

/* e^{i block g} of pair i times its weight, which adds 1 u to the error of a start.  */
static rw_turn
base_of (const rw_similarity *s, double block, size_t i)
{
  const rw_turn x = rw_turn_of (block, s->g[i]);
  return s->w ? (rw_turn){ s->w[i] * x.c, s->w[i] * x.s } : x;
}

/* The sums of rows row..row+3 of the block that starts at `block`; `base` (PANEL,) holds the
   block's turns and is filled where `fresh`.  */
static void
group (const rw_similarity *s, double block, size_t row, int fresh, rw_turn *base, double *sum)
{
  starts at;
  memset (sum, 0, GROUP * STEPS * sizeof *sum);
  for (size_t i0 = 0; i0 < s->n; i0 += PANEL)
    {
      const size_t n = s->n - i0 < PANEL ? s->n - i0 : PANEL;
      if (fresh || s->n > PANEL)
        for (size_t i = 0; i < n; i++)
          base[i] = base_of (s, block, i0 + i);
      for (size_t r = 0; r < GROUP; r++)
        for (size_t i = 0; i < n; i++)
          {
            const rw_turn x = rw_turn_both (base[i], s->row[(row + r) * s->n + i0 + i]);
            at[i][0][r] = x.c;
            at[i][1][r] = x.s;
          }
      kernels[s->simd](s->step + i0 * 2 * TILE, s->n, n, at, sum);
    }
}

void
rw_similarity_run (const rw_similarity *s, int64_t from, size_t n, double *out)
{
  double sum[GROUP * STEPS] __attribute__ ((aligned (64)));
  rw_turn base[PANEL];
  const int64_t span = GROUP * STEPS, end = from + (int64_t) n;
  int64_t filled = -1; /* the block in `base` */
  for (int64_t m = from / span * span; m < end; m += span)
    {
      const int64_t block = m / RW_SIMILARITY_BLOCK * RW_SIMILARITY_BLOCK;
      group (s, (double) block, (size_t) (m - block) / STEPS, block != filled, base, sum);
      filled = block;
      const int64_t lo = m < from ? from : m, hi = m + span < end ? m + span : end;
      memcpy (out + (lo - from), sum + (lo - m), (size_t) (hi - lo) * sizeof *out);
    }
}

double
rw_similarity_error (size_t n)
{
  const double k = (double) n;
  return DBL_EPSILON / 2 * k * (36 + k / 2);
}

double
rw_similarity_bound (const rw_similarity *s)
{
  double most = s->w ? 0 : 1;
  for (size_t i = 0; s->w && i < s->n; i++)
    most = fmax (most, fabs (s->w[i]));
  return rw_similarity_error (s->n) * most;
}

double
rw_similarity_one (const double *inv_freq, const double *weight, size_t n_pairs, double m)
{
  double sum = 0;
  for (size_t i = 0; i < n_pairs; i++)
    sum += (weight ? weight[i] : 1) * rw_turn_of (m, inv_freq[i]).c;
  return sum;
}

void
rw_similarity_plain (const double *inv_freq, size_t n_pairs, int64_t from, size_t n, double *out)
{
  for (size_t j = 0; j < n; j++)
    {
      double sum = 0;
      for (size_t i = 0; i < n_pairs; i++)
        sum += cos ((double) (from + (int64_t) j) * inv_freq[i]);
      out[j] = sum;
    }
}

/* w may be NULL.  */
static long double
weighted (const double *g, const double *w, size_t n, int64_t m)
{
  long double sum = 0;
  for (size_t i = 0; i < n; i++)
    {
      const double x = (double) m, high = x * g[i], low = fma (x, g[i], -high);
      sum += (w ? w[i] : 1) * (cosl (high) * cosl (low) - sinl (high) * sinl (low));
    }
  return sum;
}

long double
rw_similarity_exact (const double *inv_freq, size_t n_pairs, int64_t m)
{
  return weighted (inv_freq, NULL, n_pairs, m);
}

long double
rw_similarity_at (const rw_similarity *s, int64_t m)
{
  return weighted (s->g, s->w, s->n, m);
}
