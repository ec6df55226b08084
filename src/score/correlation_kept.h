/* correlation_kept: what an rw_correlation holds; between its making and its evaluation.  */
#ifndef RW_SCORE_CORRELATION_KEPT_H
#define RW_SCORE_CORRELATION_KEPT_H

#include "score/correlation.h"
#include "score/fft.h"

enum
{
  ELEMENT = 2 * RW_LANES, /* values: re of eight pairs, then im */
  RW_TWO = 2
};

/* Two doubles: what every processor has.  */
typedef double rw_two __attribute__ ((vector_size (16), aligned (8), may_alias));

/* The second of two sets is the one without the first n_sink keys; NULL where it is not wanted.
   Values are sums over the pairs of positions divided by their number, 0 where there is none.  */
struct rw_correlation
{
  size_t n, pairs, groups; /* tokens; pairs and their eights */
  size_t n_sink;
  size_t kept;
  int64_t *distance; /* (kept,); NULL: all, 0 .. n - 1 */
  rw_dtype keep;
  void *value[2];  /* (kept, groups, ELEMENT) of `keep` */
  double *rest[2]; /* (kept,); NULL where every channel rotates */
};

static inline size_t
rw_correlation_sets (const rw_correlation *c)
{
  return c->n_sink ? 2 : 1;
}

static inline size_t
rw_correlation_at (const rw_correlation *c, size_t k)
{
  return c->distance ? (size_t) c->distance[k] : k;
}

#endif
