/* moments_set: what `moments` keeps; private to moments.c and moments_score.c.

   Coordinates are in panels of 16, the real parts of eight pairs and their imaginary parts, pairs
   filled up with zeros (gram.h); the unrotated product is coordinate n.  The first n_sink keys'
   rows of Z are not in Sigma but kept as they are, so that they can be put back without
   cancellation: with N pairs of positions in all, M of them without these keys,
       N Sigma_all = M Sigma + sum_j x_j x_j^T,
   x_0 = sqrt(M) (mu_without - mu), the others z - mu of the rows kept.  */
#ifndef RW_SCORE_MOMENTS_SET_H
#define RW_SCORE_MOMENTS_SET_H

#include "score/gram.h"
#include "score/moments.h"

typedef struct
{
  double all, without; /* pairs of positions, in the sample */
  size_t apart;        /* all - without: rows kept */
  size_t segments;     /* query segments that hold any */
} rw_moments_count;

struct rw_moments
{
  size_t pairs, panels, squares, n; /* n = 16 panels */
  size_t n_distances, segments;
  size_t extras;           /* vectors x at each distance: n_sink + 1, or 0 */
  bool rest;               /* there are unrotated channels */
  double *distance;        /* (n_distances,) */
  rw_moments_count *count; /* (n_distances,) */
  float *sigma;            /* (n_distances, squares, 16, 16) without the first keys */
  double *mu;              /* (n_distances, n + 1) of all */
  double *cross;           /* (n_distances, n + 1): covariance of u and Z, variance of u */
  double *extra;           /* (n_distances, extras, n + 1): x_j */
  /* (n_distances, segments, n + 1): (sum over the segment of Z - mu) / all */
  float *deviation;
};

/* Panel coordinate of the real part of pair i; its imaginary part is RW_GRAM_PAIRS further.  */
static inline size_t
rw_moments_coordinate (size_t i)
{
  return i / RW_GRAM_PAIRS * RW_GRAM_PANEL + i % RW_GRAM_PAIRS;
}

#endif
