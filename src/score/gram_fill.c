/* gram_fill: rows of Z = q conj k, a block at a time; see gram.h.

   Re = qr kr + (qi ki - centre), Im = qi kr - (qr ki + centre): the centre goes into the inner sum,
   so that a mean far larger than the spread costs no digits of the outer one.  */
#include "score/gram.h"

#if defined __x86_64__
#  include <immintrin.h>
#endif

enum
{
  HALF = RW_GRAM_PAIRS /* imaginary parts lie behind so many real ones in a panel */
};

typedef void fill (const rw_gram_rows *rows, const rw_gram_block *b);

static void
plain_rest (const rw_gram_rows *rows, const rw_gram_block *b)
{
  const size_t at = 2 * b->panels * HALF;
  const float centre = b->centre[b->panels * RW_GRAM_PANEL];
  for (size_t r = 0; r < rows->n; r++)
    {
      float sum = -centre;
      for (size_t c = 0; c < b->rest; c++)
        sum += rows->q[r][at + c] * rows->k[r][at + c];
      b->u[r] = sum;
    }
}

static void
plain (const rw_gram_rows *rows, const rw_gram_block *b)
{
  const size_t im = b->panels * HALF; /* of the imaginary parts in a row */
  if (b->rest)
    plain_rest (rows, b);
  for (size_t p = 0; p < b->panels; p++)
    for (size_t l = 0; l < HALF; l++)
      {
        const size_t i = p * HALF + l, x = p * RW_GRAM_PANEL + l;
        float sum[2] = { 0 }, cross[2] = { 0 };
        for (size_t r = 0; r < rows->n; r++)
          {
            const float *q = rows->q[r] + i, *k = rows->k[r] + i;
            float *z = b->z + p * RW_GRAM_STEP + r * RW_GRAM_PANEL + l;
            z[0] = q[0] * k[0] + (q[im] * k[im] - b->centre[x]);
            z[HALF] = q[im] * k[0] - (q[0] * k[im] + b->centre[x + HALF]);
            sum[0] += z[0];
            sum[1] += z[HALF];
            if (b->rest)
              {
                cross[0] += b->u[r] * z[0];
                cross[1] += b->u[r] * z[HALF];
              }
          }
        b->sum[x] += (double) sum[0];
        b->sum[x + HALF] += (double) sum[1];
        b->cross[x] += (double) cross[0];
        b->cross[x + HALF] += (double) cross[1];
      }
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

FMA static void
fused_rest (const rw_gram_rows *rows, const rw_gram_block *b)
{
  const size_t at = 2 * b->panels * HALF;
  const float centre = b->centre[b->panels * RW_GRAM_PANEL];
  for (size_t r = 0; r < rows->n; r++)
    {
      const float *q = rows->q[r] + at, *k = rows->k[r] + at;
      __m256 sum = _mm256_setzero_ps ();
      for (size_t c = 0; c < b->rest; c += HALF)
        sum = _mm256_fmadd_ps (_mm256_loadu_ps (q + c), _mm256_loadu_ps (k + c), sum);
      b->u[r] = lanes (sum) - centre;
    }
}

FMA static void
add_to (double *sum, __m256 x)
{
  _mm256_storeu_pd (
      sum, _mm256_add_pd (_mm256_loadu_pd (sum), _mm256_cvtps_pd (_mm256_castps256_ps128 (x))));
  _mm256_storeu_pd (sum + 4, _mm256_add_pd (_mm256_loadu_pd (sum + 4),
                                            _mm256_cvtps_pd (_mm256_extractf128_ps (x, 1))));
}

FMA static void
fused (const rw_gram_rows *rows, const rw_gram_block *b)
{
  const size_t im = b->panels * HALF;
  if (b->rest)
    fused_rest (rows, b);
  for (size_t p = 0; p < b->panels; p++)
    {
      const float *centre = b->centre + p * RW_GRAM_PANEL;
      float *z = b->z + p * RW_GRAM_STEP;
      const __m256 cr = _mm256_loadu_ps (centre), ci = _mm256_loadu_ps (centre + HALF);
      __m256 sr = _mm256_setzero_ps (), si = sr, xr = sr, xi = sr;
      for (size_t r = 0; r < rows->n; r++, z += RW_GRAM_PANEL)
        {
          const float *q = rows->q[r] + p * HALF, *k = rows->k[r] + p * HALF;
          const __m256 qr = _mm256_loadu_ps (q), qi = _mm256_loadu_ps (q + im);
          const __m256 kr = _mm256_loadu_ps (k), ki = _mm256_loadu_ps (k + im);
          const __m256 re = _mm256_fmadd_ps (qr, kr, _mm256_fmsub_ps (qi, ki, cr));
          const __m256 im_part = _mm256_fmsub_ps (qi, kr, _mm256_fmadd_ps (qr, ki, ci));
          _mm256_store_ps (z, re);
          _mm256_store_ps (z + HALF, im_part);
          sr = _mm256_add_ps (sr, re);
          si = _mm256_add_ps (si, im_part);
          if (b->rest)
            {
              const __m256 u = _mm256_broadcast_ss (b->u + r);
              xr = _mm256_fmadd_ps (u, re, xr);
              xi = _mm256_fmadd_ps (u, im_part, xi);
            }
        }
      add_to (b->sum + p * RW_GRAM_PANEL, sr);
      add_to (b->sum + p * RW_GRAM_PANEL + HALF, si);
      add_to (b->cross + p * RW_GRAM_PANEL, xr);
      add_to (b->cross + p * RW_GRAM_PANEL + HALF, xi);
    }
}
static fill *const kernels[] = { plain, fused, fused };
#else
static fill *const kernels[] = { plain, plain, plain };
#endif

void
rw_gram_fill (rw_simd simd, const rw_gram_rows *rows, const rw_gram_block *b)
{
  kernels[simd](rows, b);
  const size_t n = b->panels * RW_GRAM_PANEL;
  double sum = 0, square = 0;
  for (size_t r = 0; b->rest && r < rows->n; r++)
    {
      sum += (double) b->u[r];
      square += (double) b->u[r] * (double) b->u[r];
    }
  b->sum[n] += sum;
  b->cross[n] += square;
}
