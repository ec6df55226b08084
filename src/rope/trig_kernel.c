/* trig_kernel: one complex product a value; see trig_kernel.h.  */
#include "rope/trig_kernel.h"

#if defined __x86_64__
#  include <immintrin.h>
#endif

/* Vectors of `bytes` of doubles, then the pairs that fill none one by one.  */
#define KERNEL(name, bytes, attribute, type, put)                                                  \
  attribute static void name (const rw_trig_rows *r)                                               \
  {                                                                                                \
    enum                                                                                           \
    {                                                                                              \
      W = bytes / sizeof (double)                                                                  \
    };                                                                                             \
    typedef double vector __attribute__ ((vector_size (bytes), may_alias));                        \
    typedef type narrow                                                                            \
        __attribute__ ((vector_size (W * sizeof (type)), aligned (sizeof (type)), may_alias));     \
    const size_t n = r->n, pairs = r->pairs, room = r->room; /* a store may not alias them */      \
    const ptrdiff_t row = r->row;                                                                  \
    const double *ac = r->start, *as = ac + room, *bc = r->step;                                   \
    type *c = r->c, *s = r->s;                                                                     \
    for (size_t j = 0; j < n; j++, bc += 2 * room, c += row, s += row)                             \
      {                                                                                            \
        const double *bs = bc + room;                                                              \
        size_t i = 0;                                                                              \
        for (; i + W <= pairs; i += W)                                                             \
          {                                                                                        \
            const vector xc = *(const vector *) (ac + i), xs = *(const vector *) (as + i);         \
            const vector yc = *(const vector *) (bc + i), ys = *(const vector *) (bs + i);         \
            put (c + i, __builtin_convertvector(xc * yc - xs * ys, narrow));                       \
            put (s + i, __builtin_convertvector(xs * yc + xc * ys, narrow));                       \
          }                                                                                        \
        for (; i < pairs; i++)                                                                     \
          {                                                                                        \
            c[i] = (type) (ac[i] * bc[i] - as[i] * bs[i]);                                         \
            s[i] = (type) (as[i] * bc[i] + ac[i] * bs[i]);                                         \
          }                                                                                        \
      }                                                                                            \
  }
#define STORE(p, v) *(narrow *) (p) = (v)

KERNEL (double_plain, 16, , double, STORE)
KERNEL (float_plain, 16, , float, STORE)
#if defined __x86_64__
#  define AVX2 __attribute__ ((target ("avx2")))
#  define AVX512 __attribute__ ((target ("avx512f")))
#  define STREAM4(p, v) _mm_stream_ps (p, (__m128) (v))
#  define STREAM8(p, v) _mm256_stream_ps (p, (__m256) (v))
KERNEL (double_avx2, 32, AVX2, double, STORE)
KERNEL (float_avx2, 32, AVX2, float, STORE)
KERNEL (stream_avx2, 32, AVX2, float, STREAM4)
KERNEL (double_avx512, 64, AVX512, double, STORE)
KERNEL (float_avx512, 64, AVX512, float, STORE)
KERNEL (stream_avx512, 64, AVX512, float, STREAM8)
#else
#  define double_avx2 double_plain
#  define float_avx2 float_plain
#  define stream_avx2 float_plain
#  define double_avx512 double_plain
#  define float_avx512 float_plain
#  define stream_avx512 float_plain
#endif

rw_trig_kernel *
rw_trig_kernel_of (rw_trig_kind kind, rw_simd simd)
{
  static rw_trig_kernel *const kernels[][3] = {
    [RW_TRIG_DOUBLE] = { double_plain, double_avx2, double_avx512 },
    [RW_TRIG_FLOAT] = { float_plain, float_avx2, float_avx512 },
    [RW_TRIG_STREAM] = { float_plain, stream_avx2, stream_avx512 },
  };
  return kernels[kind][simd];
}

void
rw_trig_fence (void)
{
#if defined __x86_64__
  _mm_sfence ();
#endif
}
