/* tally: statistics of scores as they come; see tally.h.

   Scores are float32, everything summed double: with the shift near the mean the squares lose
   nothing to it.  AVX2 serves AVX-512 too, so both have the same bits.  */
#include "score/tally.h"

#include <math.h>
#if defined __x86_64__
#  include <immintrin.h>
#endif

typedef void add_tile (rw_tally *t, double shift, const rw_tally_tile *tile);
typedef float dot (const float *x, const float *y, size_t n);

enum
{
  PANEL = RW_GRAM_PANEL,
  LANES = 8
};

void
rw_tally_add (rw_tally *t, double shift, double score)
{
  const double x = score - shift;
  t->min = t->n == 0 || score < t->min ? score : t->min;
  t->max = t->n == 0 || score > t->max ? score : t->max;
  t->n++;
  t->sum += x;
  t->square += x * x;
}

/* Of row i, from .. to - 1.  */
static void
add_row (rw_tally *t, double shift, const rw_tally_tile *tile, int i, int from, int to)
{
  for (int j = from; j < to; j++)
    {
      const float *at = tile->sum + j / PANEL * RW_GRAM_SQUARE + i * PANEL + j % PANEL;
      rw_tally_add (t, shift, tile->factor[i] * (double) *at);
    }
}

static void
plain_tile (rw_tally *t, double shift, const rw_tally_tile *tile)
{
  for (int i = 0; i < PANEL; i++)
    add_row (t, shift, tile, i, tile->from[i], tile->to[i]);
}

static float
plain_dot (const float *x, const float *y, size_t n)
{
  float sum[LANES] = { 0 };
  for (size_t c = 0; c < n; c += LANES)
    for (size_t l = 0; l < LANES; l++)
      sum[l] += x[c + l] * y[c + l];
  return ((sum[0] + sum[4]) + (sum[2] + sum[6])) + ((sum[1] + sum[5]) + (sum[3] + sum[7]));
}

#if defined __x86_64__
#  define FMA __attribute__ ((target ("avx2,fma")))

FMA static float
lanes (__m256 x)
{
  const __m128 four = _mm_add_ps (_mm256_castps256_ps128 (x), _mm256_extractf128_ps (x, 1));
  const __m128 two = _mm_add_ps (four, _mm_movehl_ps (four, four));
  return _mm_cvtss_f32 (_mm_add_ss (two, _mm_movehdup_ps (two)));
}

FMA static float
fused_dot (const float *x, const float *y, size_t n)
{
  __m256 a = _mm256_setzero_ps (), b = a;
  for (size_t c = 0; c < n; c += 2 * LANES)
    {
      a = _mm256_fmadd_ps (_mm256_loadu_ps (x + c), _mm256_loadu_ps (y + c), a);
      b = _mm256_fmadd_ps (_mm256_loadu_ps (x + c + LANES), _mm256_loadu_ps (y + c + LANES), b);
    }
  return lanes (_mm256_add_ps (a, b));
}

/* The least lane of x, or the greatest.  */
FMA static double
outermost (__m256 x, int greatest)
{
  float v[LANES];
  _mm256_storeu_ps (v, x);
  for (int l = 1; l < LANES; l++)
    v[0] = (greatest ? v[l] > v[0] : v[l] < v[0]) ? v[l] : v[0];
  return (double) v[0];
}

FMA static double
total (__m256d x)
{
  double v[LANES / 2];
  _mm256_storeu_pd (v, x);
  return (v[0] + v[2]) + (v[1] + v[3]);
}

/* Whole panels of one row.  */
FMA static void
add_panels (rw_tally *t, double shift, const rw_tally_tile *tile, int i, int from, int to)
{
  const double f = tile->factor[i];
  const __m256d factor = _mm256_set1_pd (f), away = _mm256_set1_pd (shift);
  const float *at = tile->sum + from / PANEL * RW_GRAM_SQUARE + i * PANEL;
  __m256d sum = _mm256_setzero_pd (), square = sum;
  __m256 min = _mm256_set1_ps (INFINITY), max = _mm256_set1_ps (-INFINITY);
  for (int j = from; j < to; j += PANEL, at += RW_GRAM_SQUARE)
    for (int l = 0; l < PANEL; l += LANES)
      {
        const __m256 s = _mm256_loadu_ps (at + l);
        const __m256d lo = _mm256_cvtps_pd (_mm256_castps256_ps128 (s));
        const __m256d hi = _mm256_cvtps_pd (_mm256_extractf128_ps (s, 1));
        const __m256d x = _mm256_fmsub_pd (factor, lo, away),
                      y = _mm256_fmsub_pd (factor, hi, away);
        sum = _mm256_add_pd (sum, _mm256_add_pd (x, y));
        square = _mm256_fmadd_pd (x, x, _mm256_fmadd_pd (y, y, square));
        min = _mm256_min_ps (min, s);
        max = _mm256_max_ps (max, s);
      }
  const double lo = f * (f < 0 ? outermost (max, 1) : outermost (min, 0));
  const double hi = f * (f < 0 ? outermost (min, 0) : outermost (max, 1));
  t->min = t->n == 0 || lo < t->min ? lo : t->min;
  t->max = t->n == 0 || hi > t->max ? hi : t->max;
  t->n += to - from;
  t->sum += total (sum);
  t->square += total (square);
}

FMA static void
fused_tile (rw_tally *t, double shift, const rw_tally_tile *tile)
{
  for (int i = 0; i < PANEL; i++)
    {
      const int from = tile->from[i], to = tile->to[i];
      const int first = (from + PANEL - 1) / PANEL * PANEL, last = to / PANEL * PANEL;
      if (first < last)
        {
          add_row (t, shift, tile, i, from, first);
          add_panels (t, shift, tile, i, first, last);
          add_row (t, shift, tile, i, last, to);
        }
      else
        add_row (t, shift, tile, i, from, to);
    }
}

static add_tile *const add_tiles[] = { plain_tile, fused_tile, fused_tile };
static dot *const dots[] = { plain_dot, fused_dot, fused_dot };
#else
static add_tile *const add_tiles[] = { plain_tile, plain_tile, plain_tile };
static dot *const dots[] = { plain_dot, plain_dot, plain_dot };
#endif

void
rw_tally_add_tile (rw_simd simd, rw_tally *t, double shift, const rw_tally_tile *tile)
{
  add_tiles[simd](t, shift, tile);
}

/* x - to = (x - from) + (from - to) = (x - from) + d.  */
void
rw_tally_join (rw_tally *a, double to, const rw_tally *b, double from)
{
  const double d = from - to;
  if (b->n == 0)
    return;
  a->min = a->n == 0 || b->min < a->min ? b->min : a->min;
  a->max = a->n == 0 || b->max > a->max ? b->max : a->max;
  a->n += b->n;
  a->sum += b->sum + b->n * d;
  a->square += b->square + 2 * d * b->sum + b->n * d * d;
}

double
rw_tally_mean (const rw_tally *t, double shift)
{
  return t->n == 0 ? NAN : shift + t->sum / t->n;
}

double
rw_tally_variance (const rw_tally *t)
{
  const double mean = t->sum / t->n;
  return t->n == 0 ? NAN : fmax (0, t->square / t->n - mean * mean);
}

float
rw_tally_dot (rw_simd simd, const float *x, const float *y, size_t n)
{
  return dots[simd](x, y, n);
}
