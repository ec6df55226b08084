/* gram_add: Z^T Z by register tiles; see gram.h.

   A tile is 8 coordinates of one panel against 1, 2 or 3 whole panels: with AVX-512 up to 24
   vectors of sums in registers, a row of Z adds 8 broadcast values times 3 vectors.  Tiles that
   start in the lower half of a diagonal square compute both its triangles: 36 squares for 8
   panels.  Each row of a tile asks for one cache line of the next block's q or k, for memory
   streams by once a distance and would otherwise be waited for.  */
#include "score/gram.h"

#if defined __x86_64__
#  include <immintrin.h>
#endif

enum
{
  TALL = 8, /* coordinates a tile is high */
  WIDE = 3, /* panels it is wide at most */
  FLOATS_PER_LINE = 16
};

/* One tile: n rows; x are the first of the 8 coordinates, y the first panel of `width`, sum the
   tile's first row in its first square.  ahead (256,) + skip are prefetched.  */
typedef struct
{
  size_t n;
  const float *x, *y;
  size_t step; /* values between the panels of y */
  float *sum;
  const float *const *ahead;
  size_t skip;
} tile;

typedef void add (const tile *t);

#define EACH_ROW(X) X (0) X (1) X (2) X (3) X (4) X (5) X (6) X (7)

/* ---- plain: four sums side by side, two rows at once ---- */

static void
plain_two (const tile *t, size_t i, const float *y, float *sum)
{
  typedef float v __attribute__ ((vector_size (16), may_alias, aligned (16)));
  v *s = (v *) (sum + i * RW_GRAM_PANEL);
  v a0 = s[0], a1 = s[1], a2 = s[2], a3 = s[3], b0 = s[4], b1 = s[5], b2 = s[6], b3 = s[7];
  for (size_t r = 0; r < t->n; r++)
    {
      const v *p = (const v *) (y + r * RW_GRAM_PANEL);
      const float x0 = t->x[r * RW_GRAM_PANEL + i], x1 = t->x[r * RW_GRAM_PANEL + i + 1];
      a0 += x0 * p[0], a1 += x0 * p[1], a2 += x0 * p[2], a3 += x0 * p[3];
      b0 += x1 * p[0], b1 += x1 * p[1], b2 += x1 * p[2], b3 += x1 * p[3];
    }
  s[0] = a0, s[1] = a1, s[2] = a2, s[3] = a3, s[4] = b0, s[5] = b1, s[6] = b2, s[7] = b3;
}

static void
plain_wide (const tile *t, size_t width)
{
  for (size_t w = 0; w < width; w++)
    for (size_t i = 0; i < TALL; i += 2)
      plain_two (t, i, t->y + w * t->step, t->sum + w * RW_GRAM_SQUARE);
}

#define PLAIN(w)                                                                                   \
  static void plain##w (const tile *t)                                                             \
  {                                                                                                \
    plain_wide (t, w);                                                                             \
  }
PLAIN (1)
PLAIN (2)
PLAIN (3)

#if defined __x86_64__
/* ---- AVX2: four coordinates against a panel ---- */
#  define AVX2 __attribute__ ((target ("avx2,fma")))

#  define LOAD4(k)                                                                                 \
    __m256 a##k = _mm256_load_ps (s + k * RW_GRAM_PANEL),                                          \
           b##k = _mm256_load_ps (s + k * RW_GRAM_PANEL + 8);
#  define ADD4(k)                                                                                  \
    {                                                                                              \
      const __m256 v = _mm256_broadcast_ss (x + k);                                                \
      a##k = _mm256_fmadd_ps (v, p, a##k);                                                         \
      b##k = _mm256_fmadd_ps (v, q, b##k);                                                         \
    }
#  define STORE4(k)                                                                                \
    _mm256_store_ps (s + k * RW_GRAM_PANEL, a##k);                                                 \
    _mm256_store_ps (s + k * RW_GRAM_PANEL + 8, b##k);
#  define EACH_OF_4(X) X (0) X (1) X (2) X (3)

AVX2 static void
avx2_four (const tile *t, size_t i, const float *y, float *sum)
{
  float *s = sum + i * RW_GRAM_PANEL;
  const float *x = t->x + i;
  EACH_OF_4 (LOAD4)
  for (size_t r = 0; r < t->n; r++, x += RW_GRAM_PANEL, y += RW_GRAM_PANEL)
    {
      const __m256 p = _mm256_load_ps (y), q = _mm256_load_ps (y + 8);
      EACH_OF_4 (ADD4)
    }
  EACH_OF_4 (STORE4)
}

static void
avx2_wide (const tile *t, size_t width)
{
  for (size_t r = 0; r < t->n; r++)
    _mm_prefetch ((const char *) (t->ahead[r % RW_GRAM_ROWS] + t->skip), _MM_HINT_T1);
  for (size_t w = 0; w < width; w++)
    for (size_t i = 0; i < TALL; i += 4)
      avx2_four (t, i, t->y + w * t->step, t->sum + w * RW_GRAM_SQUARE);
}

#  define WIDE_AVX2(w)                                                                             \
    static void avx2##w (const tile *t)                                                            \
    {                                                                                              \
      avx2_wide (t, w);                                                                            \
    }
WIDE_AVX2 (1)
WIDE_AVX2 (2)
WIDE_AVX2 (3)

/* ---- AVX-512: eight coordinates against one, two or three panels, spelled out, not looped over,
   to keep the sums in registers at -O2 ---- */
#  define AVX512 __attribute__ ((target ("avx512f")))

#  define ROW(k, w) (s + (w) *RW_GRAM_SQUARE + (k) *RW_GRAM_PANEL)
#  define LOAD_1(k) __m512 a##k = _mm512_load_ps (ROW (k, 0));
#  define LOAD_2(k) LOAD_1 (k) __m512 b##k = _mm512_load_ps (ROW (k, 1));
#  define LOAD_3(k) LOAD_2 (k) __m512 c##k = _mm512_load_ps (ROW (k, 2));
#  define STORE_1(k) _mm512_store_ps (ROW (k, 0), a##k);
#  define STORE_2(k) STORE_1 (k) _mm512_store_ps (ROW (k, 1), b##k);
#  define STORE_3(k) STORE_2 (k) _mm512_store_ps (ROW (k, 2), c##k);
#  define ADD_1(k)                                                                                 \
    v = _mm512_set1_ps (x[k]);                                                                     \
    a##k = _mm512_fmadd_ps (v, p0, a##k);
#  define ADD_2(k) ADD_1 (k) b##k = _mm512_fmadd_ps (v, p1, b##k);
#  define ADD_3(k) ADD_2 (k) c##k = _mm512_fmadd_ps (v, p2, c##k);
#  define PANEL_1 const __m512 p0 = _mm512_load_ps (y);
#  define PANEL_2 PANEL_1 const __m512 p1 = _mm512_load_ps (y + t->step);
#  define PANEL_3 PANEL_2 const __m512 p2 = _mm512_load_ps (y + 2 * t->step);

#  define WIDE_AVX512(w)                                                                           \
    AVX512 static void avx512##w (const tile *t)                                                   \
    {                                                                                              \
      const float *x = t->x, *y = t->y;                                                            \
      float *s = t->sum;                                                                           \
      EACH_ROW (LOAD_##w)                                                                          \
      for (size_t r = 0; r < t->n; r++, x += RW_GRAM_PANEL, y += RW_GRAM_PANEL)                    \
        {                                                                                          \
          __m512 v;                                                                                \
          _mm_prefetch ((const char *) (t->ahead[r % RW_GRAM_ROWS] + t->skip), _MM_HINT_T1);       \
          PANEL_##w EACH_ROW (ADD_##w)                                                             \
        }                                                                                          \
      EACH_ROW (STORE_##w)                                                                         \
    }
WIDE_AVX512 (1)
WIDE_AVX512 (2)
WIDE_AVX512 (3)

static add *const kernels[][WIDE]
    = { { plain1, plain2, plain3 }, { avx21, avx22, avx23 }, { avx5121, avx5122, avx5123 } };
#else
static add *const kernels[][WIDE]
    = { { plain1, plain2, plain3 }, { plain1, plain2, plain3 }, { plain1, plain2, plain3 } };
#endif

size_t
rw_gram_squares (size_t panels)
{
  return panels * (panels + 1) / 2;
}

/* Which line the `step`-th tile asks for: those of q, those of k, then none that is not there.  */
static void
look_ahead (tile *t, const rw_gram_rows *next, size_t lines, size_t step)
{
  t->ahead = step < lines ? next->q : next->k;
  t->skip = step < 2 * lines ? step % lines * FLOATS_PER_LINE : 0;
}

void
rw_gram_add (rw_simd simd, size_t panels, size_t n, const float *z, const rw_gram_rows *next,
             size_t lines, float *sum)
{
  size_t step = 0;
  for (size_t a = 0; a < panels; sum += (panels - a++) * RW_GRAM_SQUARE)
    for (size_t half = 0; half < RW_GRAM_PANEL; half += TALL)
      for (size_t b = a, w; b < panels; b += w)
        {
          const size_t left = panels - b;
          w = left == 4 ? 2 : left < WIDE ? left : WIDE; /* 2 + 2 keeps more sums than 3 + 1 */
          tile t = { .n = n,
                     .x = z + a * RW_GRAM_STEP + half,
                     .y = z + b * RW_GRAM_STEP,
                     .step = RW_GRAM_STEP,
                     .sum = sum + (b - a) * RW_GRAM_SQUARE + half * RW_GRAM_PANEL };
          look_ahead (&t, next, lines, step++);
          kernels[simd][w - 1](&t);
        }
}

void
rw_gram_scores (rw_simd simd, size_t n, const float *x, const float *y, size_t step, size_t width,
                const float *const *ahead, float *sum)
{
  for (size_t half = 0; half < RW_GRAM_PANEL; half += TALL)
    kernels[simd][width - 1](&(tile){ .n = n,
                                      .x = x + half,
                                      .y = y,
                                      .step = step,
                                      .sum = sum + half * RW_GRAM_PANEL,
                                      .ahead = ahead });
}
