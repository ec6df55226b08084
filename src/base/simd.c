/* simd: the choice of vector instructions; see simd.h.  */
#include "base/simd.h"

#include <stdlib.h>
#include <string.h>

static const char *const names[] = { "plain", "avx2", "avx512", NULL };

static rw_simd
of_cpu (void)
{
#if defined __x86_64__
  __builtin_cpu_init ();
  if (__builtin_cpu_supports ("avx512f") && __builtin_cpu_supports ("avx512dq"))
    return RW_SIMD_AVX512;
  if (__builtin_cpu_supports ("avx2") && __builtin_cpu_supports ("fma"))
    return RW_SIMD_AVX2;
#endif
  return RW_SIMD_PLAIN;
}

rw_simd
rw_simd_get (void)
{
  const rw_simd most = of_cpu ();
  const char *word = getenv ("ROPEWALK_SIMD");
  for (int i = 0; word && names[i]; i++)
    if (!strcmp (word, names[i]))
      return (rw_simd) i < most ? (rw_simd) i : most;
  return most;
}

const char *
rw_simd_text (rw_simd simd)
{
  return names[simd];
}
