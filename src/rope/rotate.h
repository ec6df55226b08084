/* rotate: RoPE applied to queries or keys: y = x turned by a table of cos and sin.

   x is (tokens, heads, dim) with any strides between tokens and heads, so [tokens, heads, dim] and
   [heads, tokens, dim] are the same to it; channels lie side by side.  Grouped heads: q and k are
   two calls with one table.  The first 2 * pairs channels turn in pairs by the layout, the others
   are copied (in place: left alone).  Token t takes row `row_of[t]` of the table, or row t: under a
   position rule, rows of the positions that a frame gives its keys.  The attention factor is in the
   table already.

       (y_re, y_im) = scale (x_re cos - x_im sin, x_re sin + x_im cos)

   `undo` is the inverse of the same call: it turns by -sin, divides by the square of the factor,
   which is cos^2 + sin^2, and by the scales, none of which may be 0 then.

   Bits: scale times cos and sin is rounded once to float32 (for the inverse from double), then a
   value is two rounded products and their rounded sum in float32: no fused operations, which the
   baseline of x86-64 does not have and which memory would not reward.  So plain, AVX2 and AVX-512,
   any number of threads, and in place or not, all give the same bits, NaNs' payloads excepted.  To
   first order a float32 value is within 2^-23 (|x_re cos| + |x_im sin|) of the exact one, twice
   that where it is scaled or undone; bfloat16 and float16 are computed so and rounded once, to
   nearest, ties to even.

   Speed: in place this runs at the machine's memory bandwidth (`ropewalk bench rotate`), along
   tokens or along heads, whichever lie closer together.  Copies of 32 MB and more whose rows lie on
   cache lines are written past the caches.  A table costs 8 bytes a pair and token: with many heads
   nothing, with one head and float32 a third of the whole traffic.  Make a table once and use it
   for every layer.  */
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
  ptrdiff_t from_token, from_head; /* strides of x, in values; 0 and below are strides too */
  ptrdiff_t to_token, to_head;     /* strides of y */
  const int64_t *row_of;           /* (tokens,) rows of the table, or NULL */
  float scale;                     /* on every channel, also unrotated ones: 1, or a query
                                      scale times softmax factor */
  const float *token_scale;        /* (tokens,) more of it by token (tau(m)), or NULL */
  bool undo;                       /* turn back */
  int threads;                     /* at most; small work takes fewer */
  rw_simd simd;                    /* rw_simd_get () as a rule */
} rw_rotation;

/* y may be x (in place) when the strides are equal; otherwise they must not overlap.  The table is
   float32, aligned as such; x and y need no alignment.  Fails only on shapes that do not fit,
   before anything is written; allocates nothing.  */
rw_status rw_rotate (const rw_rotation *r, const rw_trig *table, const void *x, void *y,
                     rw_error *err);

/* The naive reference: one value at a time, plain C, in double, rounded once.  Nothing is
   checked.  */
void rw_rotate_plain (const rw_rotation *r, const rw_trig *table, const void *x, void *y);

/* A table that turns keys rotated by `from` into keys rotated by `to`: e^{i m (g_to - g_from)}
   a_to / a_from, made in double: what a cache needs when its schedule changes.  Both have as many
   pairs.  `p` are the keys' positions; of a position rule, those of the frame.  Keys in bfloat16 or
   float16 are rounded once more.  Refuses what rw_trig_fill refuses, and a_from = 0.  */
rw_status rw_rotate_again (const rw_freqs *from, const rw_freqs *to, const rw_positions *p,
                           int threads, rw_arena *scratch, rw_trig *t, rw_error *err);

#endif
