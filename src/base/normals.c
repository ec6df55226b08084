/* normals: normal numbers of a stream in groups of 32, anywhere in it; see rng.h.

   A group is eight blocks of Philox4x32-10, side by side in vectors.  Each block's four words make
   four normals by Box and Muller (1958): sqrt (-2 ln u) times cosine and sine of an angle, u = (w +
   1/2) / 2^32 of one word, the angle of the next.  The logarithm and the angle functions are series
   in plain sums and products, and roots are correctly rounded, so that every kernel and machine
   makes the same bits.  Words of 32 bits leave out what lies beyond 6.77, of probability 1e-11.  */
#include "base/rng.h"

#include <Random123/philox.h>
#include <math.h>
#include <string.h>
#if defined __x86_64__
#  include <immintrin.h>
#endif

enum
{
  BLOCKS = 8 /* of a group */
};
#define LOWER UINT64_C (0xffffffff)
#define EIGHTH (1 << 29)  /* of a turn */
#define QUARTER (1 << 30) /* of a turn */
#define TWO_52_BITS UINT64_C (0x4330000000000000)
#define ROOT_HALF_BITS UINT64_C (0x3fe6a09e667f3bcd) /* of sqrt (1/2), rounded up */

#define KERNEL plain
#define TARGET
#define LANES 1
#define REAL double
#define WORDS uint64_t
#define MUL32(a, b) ((uint64_t) (uint32_t) (a) * (uint32_t) (b))
#define SQRT(x) sqrt (x)
#include "base/normals_kernel.h"

#if defined __x86_64__
typedef double real4 __attribute__ ((vector_size (32)));
typedef uint64_t words4 __attribute__ ((vector_size (32)));
#  define KERNEL avx2
#  define TARGET __attribute__ ((target ("avx2")))
#  define LANES 4
#  define REAL real4
#  define WORDS words4
#  define MUL32(a, b) (words4) _mm256_mul_epu32 ((__m256i) (a), (__m256i) (b))
#  define SQRT(x) (real4) _mm256_sqrt_pd ((__m256d) (x))
#  include "base/normals_kernel.h"

typedef double real8 __attribute__ ((vector_size (64)));
typedef uint64_t words8 __attribute__ ((vector_size (64)));
#  define KERNEL avx512
#  define TARGET __attribute__ ((target ("avx512f")))
#  define LANES 8
#  define REAL real8
#  define WORDS words8
#  define MUL32(a, b) (words8) _mm512_mul_epu32 ((__m512i) (a), (__m512i) (b))
#  define SQRT(x) (real8) _mm512_sqrt_pd ((__m512d) (x))
#  include "base/normals_kernel.h"
#endif

typedef void kernel (const rw_stream *stream, uint32_t from, size_t n, double *out);
#if defined __x86_64__
static kernel *const kernels[] = { plain, avx2, avx512 };
#else
static kernel *const kernels[] = { plain, plain, plain };
#endif

void
rw_stream_normals (const rw_stream *s, uint32_t from, size_t n, rw_simd simd, double *out)
{
  kernels[simd](s, from, n, out);
}
