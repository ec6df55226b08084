/* simd: which vector instructions the fast kernels may use.

   The environment variable ROPEWALK_SIMD (plain | avx2 | avx512) lowers the choice; it never
   raises it above what the CPU has, and an unknown word is taken as not given.  */
#ifndef RW_BASE_SIMD_H
#define RW_BASE_SIMD_H

typedef enum
{
  RW_SIMD_PLAIN, /* the compiler's baseline */
  RW_SIMD_AVX2,  /* AVX2 and FMA */
  RW_SIMD_AVX512 /* AVX-512 F and DQ */
} rw_simd;

rw_simd rw_simd_get (void);
const char *rw_simd_text (rw_simd simd); /* "plain", "avx2", "avx512" */

#endif
