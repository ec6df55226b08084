/* bench_machine: what the machine can do: memory bandwidth and fused multiply-adds.

   scale  x[i] = a x[i] in place over memory far larger than the caches: RoPE's own pattern;
          bytes are counted once read and once written.
   read   sum of x[i].
   FMA    independent chains of x = x a + b in registers, enough of them to hide the latency.

   These are deliberately plain loops, compiled for each vector width: a limit that a kernel of
   ours would be measured against must not be a kernel of ours.  */
#include "config.h"

#include "base/mem.h"
#include "base/simd.h"
#include "cli/bench.h"

#include <math.h>
#include <stdio.h>
#if defined __x86_64__
#  include <immintrin.h>
#endif

enum
{
  CHAINS = 12,         /* two units of latency 4 need 8 */
  FMA_STEPS = 1 << 22, /* long beside the start of a team of threads */
  FMA_STEPS_QUICK = 1 << 12
};
static const size_t memory_values = (size_t) 1 << 26; /* floats: 256 MB, beyond every cache */
static const size_t memory_values_quick = (size_t) 1 << 16;

typedef double (*fma_kernel) (size_t steps);
typedef void (*scale_kernel) (float *x, size_t n, float a);
typedef double (*read_kernel) (const float *x, size_t n);

#define EACH_CHAIN(X) X (0) X (1) X (2) X (3) X (4) X (5) X (6) X (7) X (8) X (9) X (10) X (11)
#define CHAIN_START(k) v x##k = b + (v){ 0 } + k;
#define CHAIN_SUM(k) sum += x##k;
/* `fused` is an expression of x, a and b: the build forbids the compiler to fuse by itself.  */
#define FMA_KERNEL(name, attribute, type, bytes, fused)                                            \
  attribute static double name (size_t steps)                                                      \
  {                                                                                                \
    typedef type v __attribute__ ((vector_size (bytes)));                                          \
    const v a = (v){ 0 } + (type) 0.999, b = (v){ 0 } + (type) 0.001;                              \
    EACH_CHAIN (CHAIN_START)                                                                       \
    for (size_t i = 0; i < steps; i++)                                                             \
      {                                                                                            \
        fused (x0) fused (x1) fused (x2) fused (x3) fused (x4) fused (x5) fused (x6) fused (x7)    \
            fused (x8) fused (x9) fused (x10) fused (x11)                                          \
      }                                                                                            \
    v sum = { 0 };                                                                                 \
    EACH_CHAIN (CHAIN_SUM)                                                                         \
    return (double) sum[0];                                                                        \
  }

/* Vectors of `bytes` through the array; unaligned ends do not occur: n is a multiple.  */
#define SCALE_KERNEL(name, attribute, bytes)                                                       \
  attribute static void name (float *x, size_t n, float a)                                         \
  {                                                                                                \
    typedef float v __attribute__ ((vector_size (bytes)));                                         \
    v *p = (v *) (void *) x;                                                                       \
    for (size_t i = 0; i < n / (bytes / sizeof (float)); i++)                                      \
      p[i] *= a;                                                                                   \
  }
#define READ_KERNEL(name, attribute, bytes)                                                        \
  attribute static double name (const float *x, size_t n)                                          \
  {                                                                                                \
    typedef float v __attribute__ ((vector_size (bytes)));                                         \
    const v *p = (const v *) (const void *) x;                                                     \
    v s0 = { 0 }, s1 = { 0 }, s2 = { 0 }, s3 = { 0 };                                              \
    for (size_t i = 0; i + 3 < n / (bytes / sizeof (float)); i += 4)                               \
      {                                                                                            \
        s0 += p[i];                                                                                \
        s1 += p[i + 1];                                                                            \
        s2 += p[i + 2];                                                                            \
        s3 += p[i + 3];                                                                            \
      }                                                                                            \
    s0 += s1 + s2 + s3;                                                                            \
    return (double) s0[0];                                                                         \
  }

#define PLAIN
#define TWO_STEPS(x) x = x * a + b;
FMA_KERNEL (fma64_plain, PLAIN, double, 16, TWO_STEPS)
FMA_KERNEL (fma32_plain, PLAIN, float, 16, TWO_STEPS)
SCALE_KERNEL (scale_plain, PLAIN, 16)
READ_KERNEL (read_plain, PLAIN, 16)
#if defined __x86_64__
#  define AVX2 __attribute__ ((target ("avx2,fma")))
#  define AVX512 __attribute__ ((target ("avx512f,avx512dq")))
#  define FUSED64_256(x) x = (v) _mm256_fmadd_pd (x, a, b);
FMA_KERNEL (fma64_avx2, AVX2, double, 32, FUSED64_256)
#  define FUSED32_256(x) x = (v) _mm256_fmadd_ps (x, a, b);
FMA_KERNEL (fma32_avx2, AVX2, float, 32, FUSED32_256)
SCALE_KERNEL (scale_avx2, AVX2, 32)
READ_KERNEL (read_avx2, AVX2, 32)
#  define FUSED64_512(x) x = (v) _mm512_fmadd_pd (x, a, b);
FMA_KERNEL (fma64_avx512, AVX512, double, 64, FUSED64_512)
#  define FUSED32_512(x) x = (v) _mm512_fmadd_ps (x, a, b);
FMA_KERNEL (fma32_avx512, AVX512, float, 64, FUSED32_512)
SCALE_KERNEL (scale_avx512, AVX512, 64)
READ_KERNEL (read_avx512, AVX512, 64)
#endif

typedef struct
{
  fma_kernel fma64, fma32;
  scale_kernel scale;
  read_kernel read;
  size_t bytes; /* of a vector */
} kernels;

static const kernels by_simd[] = {
  [RW_SIMD_PLAIN] = { fma64_plain, fma32_plain, scale_plain, read_plain, 16 },
#if defined __x86_64__
  [RW_SIMD_AVX2] = { fma64_avx2, fma32_avx2, scale_avx2, read_avx2, 32 },
  [RW_SIMD_AVX512] = { fma64_avx512, fma32_avx512, scale_avx512, read_avx512, 64 },
#endif
};

typedef struct
{
  const kernels *k;
  fma_kernel fma;
  size_t steps; /* of fma */
  int threads;
  float *x; /* (n,) */
  size_t n;
  double sink; /* what a loop computed, so that it is not left out */
} load;

static rw_status
run_fma (void *data, rw_error *err)
{
  load *l = data;
  (void) err;
  double sum = 0;
#pragma omp parallel for num_threads(l->threads) reduction(+ : sum)
  for (int t = 0; t < l->threads; t++)
    sum += l->fma (l->steps);
  l->sink += sum;
  return RW_OK;
}

static rw_status
run_scale (void *data, rw_error *err)
{
  const load *l = data;
  (void) err;
  const size_t part = l->n / (size_t) l->threads / 64 * 64;
#pragma omp parallel for num_threads(l->threads)
  for (int t = 0; t < l->threads; t++)
    l->k->scale (l->x + (size_t) t * part, part, 1.0000001F);
  return RW_OK;
}

static rw_status
run_read (void *data, rw_error *err)
{
  load *l = data;
  (void) err;
  const size_t part = l->n / (size_t) l->threads / 64 * 64;
  double sum = 0;
#pragma omp parallel for num_threads(l->threads) reduction(+ : sum)
  for (int t = 0; t < l->threads; t++)
    sum += l->k->read (l->x + (size_t) t * part, part);
  l->sink += sum;
  return RW_OK;
}

static rw_status
measure (bench *b, const char *name, const char *what, rw_status (*work) (void *, rw_error *),
         load *l, double amount, const char *unit, double *limit, rw_error *err)
{
  bench_row row = { .name = name, .unit = unit, .share = NAN };
  const rw_status s = bench_time (b, work, l, &row.seconds, err);
  if (s)
    return s;
  *limit = amount / row.seconds;
  row.rate = *limit * 1e-9;
  snprintf (row.size, sizeof row.size, "%s, %d thread%s", what, l->threads,
            l->threads == 1 ? "" : "s");
  b->emit (b, &row);
  return RW_OK;
}

static rw_status
measure_all (bench *b, load *l, size_t which, rw_error *err)
{
  char vectors[32], memory[32];
  const double steps = (double) l->steps * CHAINS * 2 * l->threads;
  const double bytes = (double) (l->n * sizeof *l->x);
  snprintf (vectors, sizeof vectors, "%zu bit", l->k->bytes * 8);
  snprintf (memory, sizeof memory, "%.4g MB", bytes / (1 << 20));
  rw_status s
      = measure (b, "read", memory, run_read, l, bytes, "GB/s", &b->limits.read[which], err);
  if (!s)
    s = measure (b, "scale", memory, run_scale, l, 2 * bytes, "GB/s", &b->limits.scale[which], err);
  l->fma = l->k->fma64;
  const double lanes = (double) l->k->bytes / sizeof (double);
  if (!s)
    s = measure (b, "FMA 64", vectors, run_fma, l, steps * lanes, "GFLOP/s",
                 &b->limits.fma64[which], err);
  l->fma = l->k->fma32;
  if (!s)
    s = measure (b, "FMA 32", vectors, run_fma, l, 2 * steps * lanes, "GFLOP/s",
                 &b->limits.fma32[which], err);
  return s;
}

rw_status
bench_machine (bench *b, rw_error *err)
{
  load l = { .k = &by_simd[rw_simd_get ()],
             .n = b->quick ? memory_values_quick : memory_values,
             .steps = b->quick ? FMA_STEPS_QUICK : FMA_STEPS };
  l.x = rw_new (l.n, sizeof *l.x);
  if (!l.x)
    return rw_nomem (err, l.n * sizeof *l.x);
  for (size_t i = 0; i < l.n; i++)
    l.x[i] = 1;
  rw_status s = RW_OK;
  for (size_t which = 0; !s && which < 2; which++)
    {
      l.threads = which ? b->threads : 1;
      s = measure_all (b, &l, which, err);
    }
  rw_free (l.x);
  return s;
}
