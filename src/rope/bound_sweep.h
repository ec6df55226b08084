/* bound_sweep: the sweep over bases; private.  Each file calls only those before it: bound_look.c
   (one m at one base), bound_search.c (all m at one base), bound.c (from base to base),
   bound_last.c.  */
#ifndef RW_ROPE_BOUND_SWEEP_H
#define RW_ROPE_BOUND_SWEEP_H

#include "rope/bound.h"

#include <stdbool.h>

enum
{
  RW_SWEEP_NEAR = 128 /* violating m remembered */
};

/* t = ln b everywhere; theta_i = e^{-w_i t}, w_i = i/K.  */
typedef struct
{
  size_t n;     /* K */
  int64_t last; /* L */
  int threads;
  rw_arena *arena;
  rw_similarity *s;
  double *g;                     /* (n,) theta rounded to double */
  long double *theta, t;         /* (n,) at base e^t */
  long double s1, s2, q, a1, a2; /* sums over theta: see rw_sweep_at */
  int64_t near[RW_SWEEP_NEAR];   /* violating m, the latest search's first */
  size_t n_near;
  bool open; /* the last search met a value whose sign could not be told */
} rw_sweep;

/* One m at the base: F, its slope, the bounds of their errors, and of |F'| and |F''| from here up.
 */
typedef struct
{
  long double value, slope, error, slope_error, first, second;
} rw_view;

/* ---- bound_look.c ---- */
/* Moves to base e^t.  */
void rw_sweep_at (rw_sweep *b, long double t);
rw_view rw_sweep_look (const rw_sweep *b, int64_t m);
/* Nats above t that m excludes; 0 where it is no certain violation.  */
long double rw_sweep_step (const rw_sweep *b, int64_t m);

/* ---- bound_search.c ---- */
void rw_sweep_remember (rw_sweep *b, int64_t m); /* puts m in front */
/* Looks for m in [1, L] with B(m) certainly below 0 at this base and remembers them.  Stops at a
   deep one unless `all`.  True where there are any.  */
bool rw_sweep_search (rw_sweep *b, bool all);

/* ---- bound.c ---- */
rw_status rw_sweep_open (rw_sweep *b, int64_t rotary_dim, int64_t length, int threads,
                         rw_error *err);
void rw_sweep_close (rw_sweep *b);
/* Excludes bases from e^t upwards until a base is verified: the bracket.  */
rw_bound rw_sweep_run (rw_sweep *b, long double t);

#endif
