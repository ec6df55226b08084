/* moments: mean and covariance of the pairwise products at chosen distances, from which mean and
   variance of the score follow exactly for every schedule, and their gradients.

   Z (n = 2K + 1 numbers a pair of positions): Re and Im of q_{m,i} conj (k_{m-delta,i}), and the
   product of the unrotated channels.  Kept at each distance: mu = E Z, and Sigma = E Z Z^T - mu
   mu^T.  With w_i = c sigma a^2 cos (delta g_i), w_{K+i} = - c sigma a^2 sin (delta g_i), w_{2K} =
   c sigma:  mean = w mu, variance = w^T Sigma w (divided by the number of pairs of positions).

   Z and its outer products are float32, less a reference mean, so that a large mean costs no
   digits; they are added up in double every 4,096 rows and Sigma is kept in float32: a variance is
   within 1e-5 of the exact one (3e-7 as a rule), or within 1.2e-7 of the square of the largest
   score that |q| |k| allow, where a few pairs of positions have next to no spread.

   Sums of Z are kept by query segment, equal parts of the sequence, for errors of the mean by the
   block bootstrap (moments_score.c has the formula): neighbouring tokens are not independent, and
   an error that takes them to be is an order of magnitude too small.  NaN where fewer than two
   segments hold a query that has a key at this distance.

   Cost: 512 ceil (K / 8) (ceil (K / 8) + 1) / 2 FLOP a token and distance, one distance a thread at
   a time; results do not depend on the number of threads.  q and k are read where they lie if they
   are float32 in half layout, K and the unrotated channels multiples of 8; else one float32 copy
   is made of each.  */
#ifndef RW_SCORE_MOMENTS_H
#define RW_SCORE_MOMENTS_H

#include "rope/qk.h"

typedef struct
{
  const rw_qk *qk;
  rw_layout layout;
  size_t pairs;
  const double *scale; /* (N,) factor of query m, or NULL */
  size_t n_sink;       /* first keys left out in the second set of results; 0: none */
  size_t n_distances;
  const int64_t *distance; /* (n_distances,) rising; those >= N get NaN */
  size_t every;            /* 1: every m; s: every s-th, jittered (score/sample.h) */
  size_t segments;         /* query segments of the block errors: 20 as a rule */
  uint64_t seed, group;    /* of the sample */
  int threads;
} rw_moments_ask;

typedef struct rw_moments rw_moments;

/* The caller frees it with rw_moments_free.  */
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

/* Each is (n_distances,), the gradients by frequency (n_distances, pairs); NULL where not wanted.
   NaN where no pair of positions is left.  */
typedef struct
{
  double *mean, *variance;
  double *mean_without, *variance_without; /* without the first n_sink keys */
  double *mean_error; /* standard error over the query segments (block bootstrap's) */
  double *mean_by_freq, *variance_by_freq;     /* d / d ln g_i */
  double *mean_by_factor, *variance_by_factor; /* d / d ln a; by ln tau: mean and 2 variance */
} rw_moments_result;

/* 1 ms at 512 distances, 64 pairs, two threads; it reads all of Sigma once.  With gradients half as
   much again.  */
rw_status rw_moments_score (const rw_moments *m, const rw_moments_table *t, rw_moments_result *out,
                            rw_error *err);

#endif
