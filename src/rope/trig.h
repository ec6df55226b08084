/* trig: tables of cos and sin: e^{i m g} times the attention factor, for any positions m.

   A table is (n positions, n pairs) values of cos and as many of sin, in two arrays, one row a
   position: `row` values apart (at least n pairs), so that a kernel reads cos and sin of a token as
   two vectors.  Angles are error-free products, values are made in double, within 4e-16 a of the
   exact ones however large the angle (where long double has 64 bits; else 1e-15 a), and rounded
   once to the table's type.  One table serves every layer and head.

     float cosine[4096 * 64], sine[4096 * 64];
     rw_trig t = { .type = RW_FLOAT32, .n = 4096, .pairs = f.n, .row = 64,
                   .cos = cosine, .sin = sine };
     rw_trig_fill (&f, &(rw_positions){ .n = 4096, .step = 1 }, RW_TRIG_EXACT, 2, arena, &t, &err);

   Arithmetic: `exact` is the definition; `hf` is what transformers computes: the angle is the
   float32 product of float32 position and float32 frequency, its cosine and sine are float32
   (libm's; PyTorch's own may differ in the last bit), times the factor in float32.  llama.cpp's CPU
   kernel, an iterated float32 product over the pairs, is rw_trig_llama_fill.  */
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

/* Positions: from + step j, rounded once, where `at` is NULL, else at[j]; j < n.  Any sign, whole
   or not; finite.  */
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

/* Fills t (its arrays are the caller's, of any alignment; what lies between rows is left alone)
   from f->inv_freq, times f->attention_factor on both cos and sin; t->n == p->n, t->pairs == f->n.
   256 or more evenly spaced whole positions, up to 2^53, cost one complex product a value, others a
   cosine and a sine each.  Tables of 32 MB and more whose rows lie on cache lines are written past
   the caches.  Threads share the positions; bits do not depend on their number, nor on the vector
   instructions, nor, with step 1 and 256 or more positions, on where the table begins.
   `scratch` holds the step tables (6 KB a pair).  */
rw_status rw_trig_fill (const rw_freqs *f, const rw_positions *p, rw_trig_arithmetic arithmetic,
                        int threads, rw_arena *scratch, rw_trig *t, rw_error *err);

/* The naive reference: one value in long double, times the attention factor, from an exact angle.
 */
void rw_trig_one (const rw_freqs *f, double m, size_t pair, long double *cos_m, long double *sin_m);

/* llama.cpp's CPU kernel, float32 throughout, bit for bit as its AVX2 and FMA build computes it
   with the same libm (doc/methods.md): one position, cos_m and sin_m are (n_dims / 2,).  Positions
   of several axes (M-RoPE): pair i of the position of its section is that of an ordinary position.
 */
typedef struct
{
  int64_t n_dims, n_ctx_orig;
  float freq_base, freq_scale, ext_factor, attn_factor, beta_fast, beta_slow;
  const float *freq_factors; /* (n_dims/2,) divisors, or NULL */
} rw_trig_llama;

void rw_trig_llama_fill (const rw_trig_llama *p, int64_t position, float *cos_m, float *sin_m);
/* The angles (n_dims / 2,) before their cosine, and the factor on it.  */
void rw_trig_llama_angles (const rw_trig_llama *p, int64_t position, float *angle,
                           float *magnitude);

#endif
