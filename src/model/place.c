/* place: by vectors of 16; see place.h.  */
#include "model/place.h"

#include <string.h>

typedef float floats __attribute__ ((vector_size (64)));
enum
{
  LANES = sizeof (floats) / sizeof (float)
};

#define PLACER(name, attribute)                                                                    \
  attribute static void name (size_t n, const float *x, const float *bias, bool add, float *y)     \
  {                                                                                                \
    size_t i = 0;                                                                                  \
    for (; i + LANES <= n; i += LANES)                                                             \
      {                                                                                            \
        floats a, b;                                                                               \
        memcpy (&a, x + i, sizeof a);                                                              \
        if (add)                                                                                   \
          memcpy (&b, y + i, sizeof b), a += b;                                                    \
        if (bias)                                                                                  \
          memcpy (&b, bias + i, sizeof b), a += b;                                                 \
        memcpy (y + i, &a, sizeof a);                                                              \
      }                                                                                            \
    for (; i < n; i++)                                                                             \
      y[i] = (add ? y[i] : 0) + x[i] + (bias ? bias[i] : 0);                                       \
  }

PLACER (place_plain, )
#ifdef __x86_64__
PLACER (place_avx2, __attribute__ ((target ("avx2"))))
PLACER (place_avx512, __attribute__ ((target ("avx512f"))))
#else
#  define place_avx2 place_plain
#  define place_avx512 place_plain
#endif
static rw_placer *const placers[] = {
  [RW_SIMD_PLAIN] = place_plain,
  [RW_SIMD_AVX2] = place_avx2,
  [RW_SIMD_AVX512] = place_avx512,
};

rw_placer *
rw_place_of (rw_simd simd)
{
  return placers[simd];
}
