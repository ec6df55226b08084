/* moments_pass: one pass over q and k a distance; private to moments.c and moments_pass.c.  */
#ifndef RW_SCORE_MOMENTS_PASS_H
#define RW_SCORE_MOMENTS_PASS_H

#include "score/moments_set.h"
#include "score/planar.h"

/* What all threads read.  */
typedef struct
{
  const rw_moments_ask *ask;
  rw_planar q, k; /* q: of the queries in the sample only */
  int64_t *query; /* (n,) tokens of the sample, or NULL: all */
  size_t n;       /* queries */
  size_t *from;   /* (segments + 1,) first query of each segment */
  rw_moments *out;
} rw_moments_pass;

/* The first query at or after token m.  */
size_t rw_moments_pass_first (const rw_moments_pass *p, int64_t m);
/* All distances, into p->out.  Fails on missing memory only.  */
rw_status rw_moments_pass_run (const rw_moments_pass *p, rw_error *err);

#endif
