/* steps: one autoregression x_m = a x_{m-1} + sqrt (1 - a^2) e_m drawn in blocks of tokens that do
   not wait for each other.

   The process is Markov, so its values at the blocks' first tokens (the edges) are themselves an
   autoregression, with a^RW_STEPS_BLOCK; they are drawn first.  Inside a block the value after x,
   with r tokens to go to the next edge z, is exactly normal:
     x' = [ a (1 - a^2r) x + a^r (1 - a^2) z + sqrt ((1 - a^2) (1 - a^2r) (1 - a^(2r+2))) e ]
          / (1 - a^(2r+2)).
   Channels are independent and lie side by side, in rows of `width`, a multiple of RW_NORMALS.
   Private to src/source.  */
#ifndef RW_SOURCE_STEPS_H
#define RW_SOURCE_STEPS_H

#include "base/mem.h"
#include "base/rng.h"

enum
{
  RW_STEPS_BLOCK = 1024 /* tokens from edge to edge */
};

typedef struct
{
  size_t width;
  rw_stream stream;   /* of the noise e: group m * width / RW_NORMALS and on for token m */
  bool noisy;         /* false: e counts for nothing */
  size_t edge_stride; /* 0 where all edges are one */
  double *edge;       /* (blocks + 1, width) */
  double *coefs;      /* (RW_STEPS_BLOCK, 3): of x, z and e */
} rw_steps;

/* Time constant tau in tokens: 0 is white noise, INFINITY one value for all tokens.  Takes two
   purposes, from `purpose` on.  What it makes lives in `arena`; false when out of memory.  */
bool rw_steps_take (rw_arena *arena, double tau, size_t width, size_t tokens, rw_stream stream,
                    rw_steps *out);

/* Adds gain * x to sum (n, width) for tokens m .. m + n - 1, all of one block.  state (width,) goes
   from call to call, in order, and begins a block as it likes.  noise (n, width) is scratch.  */
void rw_steps_add (const rw_steps *s, double gain, size_t m, size_t n, rw_simd simd, double *state,
                   double *noise, double *sum);

#endif
