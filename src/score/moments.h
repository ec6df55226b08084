/* moments: mean and covariance of the pairwise products at chosen distances, from which mean and
   variance of the score follow exactly for every schedule, and their gradients.

   Z (n = 2K + 1 numbers a pair of positions): Re and Im of q_{m,i} conj (k_{m-delta,i}), planar
   (all Re, then all Im), and the product of the unrotated channels.  Kept at each distance: mu =
   E Z, and Sigma = E Z Z^T - mu mu^T.  With w_i = c sigma a^2 cos (delta g_i), w_{K+i} = - c sigma
   a^2 sin (delta g_i), w_{2K} = c sigma:  mean = w mu, variance = w^T Sigma w.
   Sums run in float32 registers, flushed to double; Z is centred by a reference mean, so that a
   large mean costs no digits.  Sums of Z are kept by query segment for block errors.  */
#ifndef RW_SCORE_MOMENTS_H
#define RW_SCORE_MOMENTS_H

#include "rope/qk.h"

typedef struct
{
  const rw_qk *qk;
  rw_layout layout;
  size_t pairs;
  const double *scale; /* (N,) factor of query m, or NULL */
  size_t n_sink;       /* keys left out in the second set of results; 0: none */
  size_t n_distances;
  const int64_t *distance; /* (n_distances,) rising; those >= N get NaN */
  size_t every;            /* 1: every m; s: every s-th, with a random jitter from the stream */
  size_t segments;         /* query segments of the block errors: 20 */
  uint64_t seed, group;
  int threads;
} rw_moments_ask;

typedef struct rw_moments rw_moments;

rw_status rw_moments_new (const rw_moments_ask *ask, rw_moments **out, rw_error *err);
void rw_moments_free (rw_moments *m);                /* NULL-safe */
size_t rw_moments_bytes (const rw_moments_ask *ask); /* what it will keep */

typedef struct
{
  const double *inv_freq;  /* (pairs,) */
  double amplitude, rest;  /* c sigma a^2, c sigma */
  const double *effective; /* (n_distances,) under a position rule, or NULL */
  int threads;
  rw_arena *scratch;
} rw_moments_table;

/* Each is (n_distances,), the gradients (n_distances, pairs); NULL where not wanted.  */
typedef struct
{
  double *mean, *variance;
  double *mean_without, *variance_without; /* without the first n_sink keys */
  double *mean_error; /* standard error over the query segments (block bootstrap's) */
  double *mean_by_freq, *variance_by_freq;     /* d / d ln g_i */
  double *mean_by_factor, *variance_by_factor; /* d / d ln a; by ln tau: mean and 2 variance */
} rw_moments_result;

rw_status rw_moments_score (const rw_moments *m, const rw_moments_table *t, rw_moments_result *out,
                            rw_error *err);

#endif
