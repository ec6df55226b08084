/* correlation_mean: the mean score of every kept distance for one table; see correlation.h.

   S = amplitude Re sum_i C_i e^{i delta g_i} + rest u.  Where distances (or effective ones) follow
   each other evenly they are taken in tiles of STEPS: the turn of a pair at the tile's start times
   that of a step from a table, so that a value costs one complex product and no cosine.  Starts
   come from the turn at a BLOCK's start, its angle an error-free product, and a table of the tiles
   within a block.  What is uneven is turned directly.  Arithmetic is double whatever is kept: the
   time is that of reading it.  Error: 20 2^-53 sum_i |C_i|, and the rounding of what is kept.  */
#include "base/simd.h"
#include "rope/turn.h"
#include "score/correlation_kept.h"

#include <math.h>
#include <string.h>
#if defined __x86_64__
#  include <immintrin.h>
#endif
#ifdef _OPENMP
#  include <omp.h>
#else
#  define omp_get_thread_num() 0
#endif

enum
{
  STEPS = 32,  /* distances a tile */
  TILES = 256, /* tiles a block */
  DIGIT = 16,  /* their table is made from two digits of this base */
  BLOCK = STEPS * TILES,
  SHARED = 32768 /* pairs and distances from which threads pay */
};

/* One kernel: sum (n, RW_LANES) = Re x e^{i angle}, added over the groups in their order, where the
   turn is start (groups, ELEMENT) times its row of step (n, groups, ELEMENT); the same of a second
   set y where `two`.  Vectors keep the lanes apart, without contraction: their width changes no
   bit.  */
typedef void kernel (const void *x, const void *y, size_t groups, const double *start,
                     const double *step, size_t n, double *sum, double *sum_y);

#define GET(p) (*(const vector *) ((p) + at + h))
#define CONVERT(x) __builtin_convertvector(x, vector)
#define CONVERT_512(x) ((vector) _mm512_cvtps_pd ((__m256) (x))) /* gcc 12: in two halves else */
/* 4 KB on, a page that the hardware does not yet look at; beyond the end it does nothing.  */
#define AHEAD(p)                                                                                   \
  __builtin_prefetch ((const char *) ((p) + at) + 4096),                                           \
      __builtin_prefetch ((const char *) ((p) + at + RW_LANES) + 4096)
#define WIDE(p, widen) widen (*(const kept_vector *) ((p) + at + h))
#define KERNEL(name, type, bytes, attribute, widen, two)                                           \
  attribute static void name (const void *x, const void *y, size_t groups, const double *start,    \
                              const double *step, size_t n, double *sum, double *sum_y)            \
  {                                                                                                \
    typedef double vector __attribute__ ((vector_size (bytes), aligned (8), may_alias));           \
    typedef type kept_vector __attribute__ ((vector_size (bytes / 8 * sizeof (type)),              \
                                             aligned (sizeof (type)), may_alias));                 \
    const type *p = x, *r = y;                                                                     \
    const size_t row = groups * ELEMENT;                                                           \
    for (size_t t = 0; t < n; t++, p += row, step += row)                                          \
      for (size_t h = 0; h < RW_LANES; h += bytes / 8)                                             \
        {                                                                                          \
          vector all = { 0 }, other = { 0 };                                                       \
          for (size_t at = 0; at < row; at += ELEMENT)                                             \
            {                                                                                      \
              AHEAD (p);                                                                           \
              if (two)                                                                             \
                AHEAD (r + t * row);                                                               \
              const vector a = GET (start), b = GET (start + RW_LANES);                            \
              const vector c = GET (step), s = GET (step + RW_LANES);                              \
              const vector re = a * c - b * s, im = a * s + b * c;                                 \
              all += WIDE (p, widen) * re - WIDE (p + RW_LANES, widen) * im;                       \
              if (two)                                                                             \
                other                                                                              \
                    += WIDE (r + t * row, widen) * re - WIDE (r + t * row + RW_LANES, widen) * im; \
            }                                                                                      \
          *(vector *) (sum + t * RW_LANES + h) = all;                                              \
          if (two)                                                                                 \
            *(vector *) (sum_y + t * RW_LANES + h) = other;                                        \
        }                                                                                          \
  }
#define KERNELS(width, bytes, attribute, widen)                                                    \
  KERNEL (width##_float, float, bytes, attribute, widen, false)                                    \
  KERNEL (width##_double, double, bytes, attribute, CONVERT, false)                                \
  KERNEL (width##_floats, float, bytes, attribute, widen, true)                                    \
  KERNEL (width##_doubles, double, bytes, attribute, CONVERT, true)
#define NAMES(width)                                                                               \
  {                                                                                                \
    { width##_float, width##_floats },                                                             \
    {                                                                                              \
      width##_double, width##_doubles                                                              \
    }                                                                                              \
  }

KERNELS (plain, 16, , CONVERT)
#if defined __x86_64__
KERNELS (avx2, 32, __attribute__ ((target ("avx2"))), CONVERT)
KERNELS (avx512, 64, __attribute__ ((target ("avx512f"))), CONVERT_512)
#else
#  define avx2_float plain_float
#  define avx2_floats plain_floats
#  define avx2_double plain_double
#  define avx2_doubles plain_doubles
#  define avx512_float plain_float
#  define avx512_floats plain_floats
#  define avx512_double plain_double
#  define avx512_doubles plain_doubles
#endif
/* By instructions, whether double is kept, whether there are two sets.  */
static kernel *const kernels[3][2][2] = { NAMES (plain), NAMES (avx2), NAMES (avx512) };

/* What all threads read.  */
typedef struct
{
  const rw_correlation *c;
  const rw_correlation_table *t;
  kernel *run;
  size_t block; /* entries a thread takes at once: BLOCK, or STEPS of a list */
  size_t row;   /* values of a row of turns: groups, ELEMENT */
  double *step; /* (STEPS, row): of j g */
  double *tile; /* (TILES, row): of STEPS r g; NULL where starts are turned directly */
  double *own;  /* (threads, own_size): a block's turn, a start, a table of other steps */
  size_t own_size;
  double *mean, *without;
} sweep;

/* The turns of all pairs at distance x.  */
static void
turn (const sweep *s, double x, double *out)
{
  for (size_t i = 0; i < s->c->pairs; i++)
    {
      const rw_turn t = rw_turn_of (x, s->t->inv_freq[i]);
      double *at = out + i / RW_LANES * ELEMENT + i % RW_LANES;
      at[0] = t.c;
      at[RW_LANES] = t.s;
    }
}

static void
turn_both (const sweep *s, const double *a, const double *b, double *out)
{
  for (size_t at = 0; at < s->row; at += ELEMENT)
    for (size_t i = at; i < at + RW_LANES; i += RW_TWO)
      {
        const rw_two ac = *(const rw_two *) (a + i), as = *(const rw_two *) (a + i + RW_LANES);
        const rw_two bc = *(const rw_two *) (b + i), bs = *(const rw_two *) (b + i + RW_LANES);
        *(rw_two *) (out + i) = ac * bc - as * bs;
        *(rw_two *) (out + i + RW_LANES) = ac * bs + as * bc;
      }
}

/* The lanes' sum in one order.  */
static double
lanes_sum (const double *x)
{
  const rw_two *p = (const rw_two *) x, sum = (p[0] + p[2]) + (p[1] + p[3]);
  return sum[0] + sum[1];
}

/* Entries k .. k + n - 1 <= STEPS, turned by start and step.  */
static void
run_tile (const sweep *s, size_t k, size_t n, const double *start, const double *step)
{
  const rw_correlation *c = s->c;
  double sum[2][STEPS * RW_LANES] __attribute__ ((aligned (64)));
  const size_t at = k * s->row * (c->keep == RW_FLOAT32 ? sizeof (float) : sizeof (double));
  const char *x = c->value[0], *y = s->without ? c->value[1] : NULL;
  s->run (x + at, y ? y + at : NULL, c->groups, start, step, n, sum[0], sum[1]);
  for (size_t set = 0; set < 1 + (s->without != NULL); set++)
    for (size_t j = 0; j < n; j++)
      {
        double *out = set ? s->without : s->mean;
        const double u = c->rest[set] ? s->t->rest * c->rest[set][k + j] : 0;
        const size_t lost = rw_correlation_at (c, k + j) + (set ? c->n_sink : 0);
        out[k + j] = lost < c->n ? s->t->amplitude * lanes_sum (sum[set] + j * RW_LANES) + u : NAN;
      }
}

/* The distance between neighbours of entries k .. k + n - 1 where it is the same but for rounding,
   NaN where it is not, or a distance is NaN.  */
static double
even_step (const double *x, size_t n, double step)
{
  for (size_t j = 0; j < n; j++)
    if (!(fabs (x[0] + (double) j * step - x[j]) <= 4 * 0x1p-53 * fabs (x[j])))
      return NAN;
  return step;
}

/* Entries of a tile under a rule; *had is the step that `other` is filled for.  */
static void
run_effective (const sweep *s, size_t k, size_t n, double *start, double *other, double *had)
{
  const double *x = s->t->effective + k;
  double step = n > 1 ? even_step (x, n, (x[n - 1] - x[0]) / (double) (n - 1)) : NAN;
  if (!isnan (*had) && !isnan (even_step (x, n, *had)))
    step = *had;
  else if (even_step (x, n, 1) == 1)
    step = 1;
  for (size_t j = 0; isnan (step) && j < n; j++)
    {
      turn (s, x[j], start);
      run_tile (s, k + j, 1, start, s->step); /* its first row turns nothing */
    }
  if (isnan (step))
    return;
  for (size_t j = 0; step != 1 && step != *had && j < STEPS; j++)
    turn (s, (double) j * step, other + j * s->row);
  if (step != 1)
    *had = step;
  turn (s, x[0], start);
  run_tile (s, k, n, start, step == 1 ? s->step : other);
}

/* Block b of the entries; what it does depends on the block alone.  */
static void
run_block (const sweep *s, size_t b, double *own)
{
  const rw_correlation *c = s->c;
  double *base = own, *start = base + s->row, *other = start + s->row, had = NAN;
  const size_t first = b * s->block;
  const size_t end = c->kept - first < s->block ? c->kept : first + s->block;
  if (s->tile)
    turn (s, (double) first, base);
  for (size_t k = first; k < end; k += STEPS)
    {
      const size_t n = end - k < STEPS ? end - k : STEPS;
      if (s->t->effective)
        run_effective (s, k, n, start, other, &had);
      else if (s->tile)
        {
          turn_both (s, base, s->tile + (k - first) / STEPS * s->row, start);
          run_tile (s, k, n, start, s->step);
        }
      else
        for (size_t j = 0; j < n; j++)
          {
            turn (s, (double) rw_correlation_at (c, k + j), start);
            run_tile (s, k + j, 1, start, s->step);
          }
    }
}

static rw_status
tables_make (sweep *s, int threads, rw_error *err)
{
  rw_arena *scratch = s->t->scratch;
  const bool tiles = !s->c->distance && !s->t->effective;
  s->own_size = (2 + STEPS) * s->row;
  s->own = rw_arena_take (scratch, (size_t) threads * s->own_size, sizeof *s->own);
  s->step = rw_arena_take (scratch, STEPS * s->row, sizeof *s->step);
  if (tiles)
    s->tile = rw_arena_take (scratch, TILES * s->row, sizeof *s->tile);
  if (!s->own || !s->step || (tiles && !s->tile))
    return rw_nomem (err, ((size_t) threads * s->own_size + TILES * s->row) * sizeof (double));
  for (size_t j = 0; j < (s->c->distance ? 1 : STEPS); j++)
    turn (s, (double) j, s->step + j * s->row);
  for (size_t r = 0; tiles && r < TILES; r += r < DIGIT ? 1 : DIGIT)
    turn (s, (double) (r * STEPS), s->tile + r * s->row);
  for (size_t r = DIGIT; tiles && r < TILES; r++)
    if (r % DIGIT)
      turn_both (s, s->tile + (r - r % DIGIT) * s->row, s->tile + r % DIGIT * s->row,
                 s->tile + r * s->row);
  return RW_OK;
}

rw_status
rw_correlation_mean (const rw_correlation *c, const rw_correlation_table *t, double *mean,
                     double *without, rw_error *err)
{
  const int threads = t->threads > 1 ? t->threads : 1;
  sweep s = { .c = c,
              .t = t,
              .block = c->distance ? STEPS : BLOCK,
              .row = c->groups * ELEMENT,
              .mean = mean,
              .without = without };
  if (without && !c->n_sink)
    return rw_fail (err, RW_EINVAL, "a mean without sinks of sums that were made with all keys");
  s.run = kernels[rw_simd_get ()][c->keep == RW_FLOAT64][without != NULL];
  const rw_status status = tables_make (&s, threads, err);
  if (status)
    return status;
#pragma omp parallel for schedule(dynamic, 1) num_threads(threads) if (c->kept * c->pairs >= SHARED)
  for (size_t b = 0; b < (c->kept + s.block - 1) / s.block; b++)
    run_block (&s, b, s.own + (size_t) omp_get_thread_num () * s.own_size);
  return RW_OK;
}
