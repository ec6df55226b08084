/* rotate: RoPE applied to queries or keys: y = x turned by a table of cos and sin.

   x is (tokens, heads, dim) with any strides between tokens and heads; channels lie side by side.
   The first 2 * pairs channels turn in pairs by the layout, the others are copied (or left alone in
   place).  Token t takes row `row_of[t]` of the table, or row t.  The attention factor is in the
   table already.

   (y_re, y_im) = (x_re cos - x_im sin, x_re sin + x_im cos); the inverse turns by -sin and divides
   by the square of the factor (`undo`).  float32: one fused and one plain product a value, the same
   in every kernel, so plain, AVX2 and AVX-512 agree to the bit.  bfloat16 and float16 are
   computed in float32 and rounded once.  */
#ifndef RW_ROPE_ROTATE_H
#define RW_ROPE_ROTATE_H

#include "base/simd.h"
#include "rope/geometry.h"
#include "rope/trig.h"

typedef struct
{
  rw_dtype type; /* RW_FLOAT32, RW_BFLOAT16, RW_FLOAT16 */
  rw_layout layout;
  size_t tokens, heads, dim;       /* dim >= 2 * table pairs */
  ptrdiff_t from_token, from_head; /* strides of x, in values */
  ptrdiff_t to_token, to_head;     /* strides of y */
  const int64_t *row_of;           /* (tokens,) rows of the table, or NULL */
  float scale;                     /* on every channel, also unrotated ones: 1, or a query
                                      scale times softmax factor */
  const float *token_scale;        /* (tokens,) more of it by token (tau(m)), or NULL */
  bool undo;                       /* turn back */
  int threads;
  rw_simd simd; /* rw_simd_get () as a rule */
} rw_rotation;

/* y may be x (in place) when the strides are equal; otherwise they must not overlap.  The table is
   float32.  Fails only on shapes that do not fit.  */
rw_status rw_rotate (const rw_rotation *r, const rw_trig *table, const void *x, void *y,
                     rw_error *err);

/* The naive reference: one token at a time, plain C, in double, rounded once.  */
void rw_rotate_plain (const rw_rotation *r, const rw_trig *table, const void *x, void *y);

/* A table that turns keys rotated by `from` into keys rotated by `to`: e^{i m (g_to - g_from)}
   a_to / a_from, made in double: what a cache needs when its schedule changes.  Both have as many
   pairs.  */
rw_status rw_rotate_again (const rw_freqs *from, const rw_freqs *to, const rw_positions *p,
                           int threads, rw_arena *scratch, rw_trig *t, rw_error *err);

#endif
