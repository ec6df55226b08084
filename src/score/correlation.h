/* correlation: the sums over all pairs of positions at one distance that every schedule's mean
   score follows from.

   C_i(delta) = sum_m q_{m,i} conj (k_{m-delta,i}), m from delta to N - 1, for each rotary pair i as
   a complex number, and u(delta), the same of the unrotated channels' products.  The mean score of
   a table g is then
       S(delta) = c sigma / (N - delta) * [ a^2 Re sum_i C_i(delta) e^{i delta g_i} + u(delta) ],
   so all schedules of a sweep share one set.  Made by blocked FFTs in double (score/lags.h): exact
   to 1e-10 of the final score also at the last distances.  Kept divided by N - delta, as float32
   (rounding 1e-7) or double; evaluated in double.  */
#ifndef RW_SCORE_CORRELATION_H
#define RW_SCORE_CORRELATION_H

#include "rope/qk.h"

typedef struct
{
  const rw_qk *qk;
  rw_layout layout;
  size_t pairs;            /* rotary pairs: the first 2 * pairs channels */
  const double *scale;     /* (N,) factor of query m (a query scale), or NULL: 1 */
  size_t n_sink;           /* also made without the first n_sink keys; 0: not */
  size_t n_distances;      /* those asked for; 0: all, 0 .. N-1 */
  const int64_t *distance; /* (n_distances,) rising, below N */
  rw_dtype keep;           /* RW_FLOAT32 or RW_FLOAT64 */
  size_t block;            /* tokens a transform, a power of two; 0: chosen */
  int threads;
} rw_correlation_ask;

typedef struct rw_correlation rw_correlation;

/* The caller frees it with rw_correlation_free; q and k are not needed any more.  Peak memory: 400
   bytes a token (530 where more than 16 channels do not rotate) and what is kept: 16 (8) bytes a
   pair and distance in double (float32), pairs counted up to a multiple of 8; twice that with
   n_sink.  No bit depends on the threads or the vector instructions.  */
rw_status rw_correlation_new (const rw_correlation_ask *ask, rw_correlation **out, rw_error *err);
void rw_correlation_free (rw_correlation *c); /* NULL-safe */

size_t rw_correlation_size (const rw_correlation *c); /* distances kept */

/* mean[k] of distance k, over all pairs, for one table: `amplitude` is c sigma a^2, `rest` is c
   sigma, `effective` the effective distance of each kept one under a position rule, or NULL.
   without (may be NULL): the same without the first n_sink keys; NaN where no pair is left.
   With all distances kept and no rule: tiles of a step table in two levels, 25 ms at 1M x 64.  */
typedef struct
{
  const double *inv_freq; /* (pairs,) */
  double amplitude, rest;
  const double *effective; /* (kept,) or NULL */
  int threads;
  rw_arena *scratch;
} rw_correlation_table;

rw_status rw_correlation_mean (const rw_correlation *c, const rw_correlation_table *t, double *mean,
                               double *without, rw_error *err);

/* The naive reference: C_i(delta) (pairs re, pairs im) and u by direct sums in double, not
   divided.  */
void rw_correlation_plain (const rw_correlation_ask *ask, int64_t delta, double *re, double *im,
                           double *rest);

#endif
