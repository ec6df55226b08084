/* trig: tables of cos and sin: e^{i m g} times the attention factor, for any positions m.

   A table is (n positions, n pairs) values of cos and as many of sin, in two arrays, one row a
   position: `row` values apart (at least n pairs), so that a kernel reads cos and sin of a token as
   two vectors.  Angles and values are made in double and rounded once to the table's type: float32
   values are within 0.5 ulp + 4e-16 a of the exact ones while |m| g < 2^24 2 pi.  One table serves
   every layer and head.

   Arithmetic: `exact` is the definition; `hf` and `llama.cpp` are what these programs compute, bit
   for bit where their recipe is known: hf: the angle is the float32 product of float32 position and
   float32 frequency, cosf and sinf, times the factor in float32; llama.cpp's CPU kernel: an
   iterated float32 product over the pairs (see rw_trig_llama).  */
#ifndef RW_ROPE_TRIG_H
#define RW_ROPE_TRIG_H

#include "base/dtype.h"
#include "base/mem.h"
#include "base/simd.h"
#include "rope/freqs.h"

typedef enum
{
  RW_TRIG_EXACT,
  RW_TRIG_HF
} rw_trig_arithmetic;

/* Positions: from, from + step, ... where `at` is NULL, else at[0 .. n-1].  Whole or not.  */
typedef struct
{
  size_t n;
  double from, step;
  const double *at; /* (n,) or NULL */
} rw_positions;

typedef struct
{
  rw_dtype type;   /* of cos and sin: RW_FLOAT32, RW_FLOAT64, RW_BFLOAT16, RW_FLOAT16 */
  size_t n, pairs; /* positions, pairs */
  ptrdiff_t row;   /* values from one position to the next; >= pairs */
  void *cos, *sin; /* (n, row) of `type` */
} rw_trig;

/* Fills t (its arrays are the caller's) from f->inv_freq times f->attention_factor on both cos and
   sin; t->pairs == f->n.  Contiguous positions (step 1) take the two-level path, at one complex
   product a value.  Threads share the positions; bits do not depend on their number, nor on simd.
   `scratch` holds the step tables (8 KB a pair).  */
rw_status rw_trig_fill (const rw_freqs *f, const rw_positions *p, rw_trig_arithmetic arithmetic,
                        int threads, rw_arena *scratch, rw_trig *t, rw_error *err);

/* The naive reference: long double, an exact angle, one value.  */
void rw_trig_one (const rw_freqs *f, double m, size_t pair, long double *cos_m, long double *sin_m);

/* llama.cpp's CPU kernel, float32 throughout, bit for bit as its AVX2 and FMA build computes it
   (shared recipe: doc/methods.md): cos and sin are (n, pairs) float32.  */
typedef struct
{
  int64_t n_dims, n_ctx_orig;
  float freq_base, freq_scale, ext_factor, attn_factor, beta_fast, beta_slow;
  const float *freq_factors; /* (n_dims/2,) divisors, or NULL */
} rw_trig_llama;

void rw_trig_llama_fill (const rw_trig_llama *p, int64_t position, float *cos_m, float *sin_m);

#endif
