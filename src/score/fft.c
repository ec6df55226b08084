/* fft: radix-4 transforms, depth first; see fft.h.

   Forward by decimation in frequency (Gentleman and Sande 1966), back by decimation in time (Cooley
   and Tukey 1965), both in place without reordering.  A pass turns one transform of n into four of
   n / 4, each a quarter of the memory; going down into one quarter before the next keeps the
   data in the nearest cache that holds it.  Error: about log2 (n) 2^-53 of the largest value.  */
#include "score/fft.h"
#include "base/mem.h"
#include "base/simd.h"

#include <math.h>
#if defined __x86_64__
#  include <immintrin.h>
#endif

enum
{
  ELEMENT = 2 * RW_LANES,
  TURN = 6,    /* values of e^{-i angle j}, its square and its cube */
  NEAR = 256,  /* elements that passes may walk over level by level: 32 KB */
  LEVELS = 11, /* sizes 2^20, 2^18, ... or 2^19, 2^17, ... down to 4 */
  SIZE_MAX_LOG = 20,
  SHIFTS = 4 /* side by side in a product */
};

struct rw_fft
{
  size_t n;
  rw_simd simd;
  double *half;         /* (n, 2): cos and sin of pi j / n */
  double *turn[LEVELS]; /* of the passes over n, n / 4, ...; NULL after the last: (size/4, TURN) */
};

#define NAME(x) x##_plain
#define TARGET
#define BYTES 16
#define WIDEN(x) __builtin_convertvector(x, V)
#include "score/fft_kernel.h"
#undef NAME
#undef TARGET
#undef BYTES
#if defined __x86_64__
#  define NAME(x) x##_avx2
#  define TARGET __attribute__ ((target ("avx2")))
#  define BYTES 32
#  include "score/fft_kernel.h"
#  undef NAME
#  undef TARGET
#  undef BYTES
#  define NAME(x) x##_avx512
#  define TARGET __attribute__ ((target ("avx512f")))
#  define BYTES 64
#  undef WIDEN
#  define WIDEN(x) ((V) _mm512_cvtps_pd ((__m256) (x))) /* gcc 12: in two halves else */
#  include "score/fft_kernel.h"
#  undef NAME
#  undef TARGET
#  undef BYTES
#endif

static const struct
{
  void (*split) (double *x, size_t n, const double *turn);
  void (*join) (double *x, size_t n, const double *turn);
  void (*twos) (double *x, size_t n);
  void (*spin) (double *x, size_t n, const double *half, double sign);
  void (*widen) (const unsigned char *re, const unsigned char *im, ptrdiff_t stride, size_t n,
                 double *x);
  void (*shifts) (const double *q, const double *k, size_t n, double *out);
} kernels[] = {
#define KERNELS(width)                                                                             \
  {                                                                                                \
    split_##width, join_##width, twos_##width, spin_##width, widen_##width, shifts_##width         \
  }
#if defined __x86_64__
  [RW_SIMD_PLAIN] = KERNELS (plain),
  [RW_SIMD_AVX2] = KERNELS (avx2),
  [RW_SIMD_AVX512] = KERNELS (avx512),
#else
  [RW_SIMD_PLAIN] = KERNELS (plain),
  [RW_SIMD_AVX2] = KERNELS (plain),
  [RW_SIMD_AVX512] = KERNELS (plain),
#endif
};

static void
turns_fill (double *turn, size_t n)
{
  for (size_t j = 0; j < n / 4; j++)
    for (size_t power = 1; power <= 3; power++, turn += 2)
      {
        const double angle = 2 * M_PI * (double) (j * power) / (double) n;
        turn[0] = cos (angle);
        turn[1] = -sin (angle);
      }
}

static rw_status
tables_fill (rw_fft *f, rw_error *err)
{
  if (!(f->half = rw_new (f->n, 2 * sizeof (double))))
    return rw_nomem (err, f->n * 2 * sizeof (double));
  for (size_t j = 0; j < f->n; j++)
    {
      f->half[2 * j] = cos (M_PI * (double) j / (double) f->n);
      f->half[2 * j + 1] = sin (M_PI * (double) j / (double) f->n);
    }
  for (size_t size = f->n, k = 0; size >= 4; size /= 4, k++)
    {
      if (!(f->turn[k] = rw_new (size / 4 * TURN, sizeof (double))))
        return rw_nomem (err, size / 4 * TURN * sizeof (double));
      turns_fill (f->turn[k], size);
    }
  return RW_OK;
}

rw_status
rw_fft_new (size_t n, rw_fft **out, rw_error *err)
{
  *out = NULL;
  if (n == 0 || n & (n - 1) || n > (size_t) 1 << SIZE_MAX_LOG)
    return rw_fail (err, RW_EINVAL, "a transform of %zu: not a power of two up to 2^%d", n,
                    SIZE_MAX_LOG);
  rw_fft *f = rw_new (1, sizeof *f);
  if (!f)
    return rw_nomem (err, sizeof *f);
  f->n = n;
  f->simd = rw_simd_get ();
  const rw_status s = tables_fill (f, err);
  if (s)
    {
      rw_fft_free (f);
      return s;
    }
  *out = f;
  return RW_OK;
}

void
rw_fft_free (rw_fft *f)
{
  for (size_t k = 0; f && k < LEVELS; k++)
    rw_free (f->turn[k]);
  if (f)
    rw_free (f->half);
  rw_free (f);
}

/* All passes over n elements that lie near, from `level` on.  */
static void
split_near (const rw_fft *f, double *x, size_t n, size_t level)
{
  size_t size = n;
  for (; size >= 4; size /= 4, level++)
    for (size_t at = 0; at < n; at += size)
      kernels[f->simd].split (x + at * ELEMENT, size, f->turn[level]);
  if (size == 2)
    kernels[f->simd].twos (x, n);
}

static void
split_all (const rw_fft *f, double *x, size_t n, size_t level)
{
  if (n <= NEAR)
    {
      split_near (f, x, n, level);
      return;
    }
  kernels[f->simd].split (x, n, f->turn[level]);
  for (size_t k = 0; k < 4; k++)
    split_all (f, x + k * n / 4 * ELEMENT, n / 4, level + 1);
}

static void
join_near (const rw_fft *f, double *x, size_t n, size_t level)
{
  size_t size = n;
  for (; size >= 4; size /= 4)
    level++;
  if (size == 2)
    kernels[f->simd].twos (x, n);
  for (size *= 4; size <= n; size *= 4)
    {
      level--;
      for (size_t at = 0; at < n; at += size)
        kernels[f->simd].join (x + at * ELEMENT, size, f->turn[level]);
    }
}

static void
join_all (const rw_fft *f, double *x, size_t n, size_t level)
{
  if (n <= NEAR)
    {
      join_near (f, x, n, level);
      return;
    }
  for (size_t k = 0; k < 4; k++)
    join_all (f, x + k * n / 4 * ELEMENT, n / 4, level + 1);
  kernels[f->simd].join (x, n, f->turn[level]);
}

void
rw_fft_forward (const rw_fft *f, double *x)
{
  split_all (f, x, f->n, 0);
}

void
rw_fft_inverse (const rw_fft *f, double *x)
{
  join_all (f, x, f->n, 0);
}

void
rw_fft_spin (const rw_fft *f, double *x, bool back)
{
  kernels[f->simd].spin (x, f->n, f->half, back ? 1 : -1);
}

void
rw_fft_widen (const void *re, const void *im, ptrdiff_t stride, size_t n, double *x)
{
  kernels[rw_simd_get ()].widen (re, im, stride, n, x);
}

void
rw_fft_shifts (const rw_fft *f, const double *q, const double *k, size_t n, double *out)
{
  kernels[f->simd].shifts (q, k, n, out);
}

size_t
rw_fft_frequency (const rw_fft *f, size_t i)
{
  size_t k = 0, unit = 1, n = f->n;
  for (; n >= 4; n /= 4, unit *= 4)
    {
      k += i / (n / 4) * unit;
      i %= n / 4;
    }
  return k + i * unit;
}
