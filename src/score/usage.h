/* usage: how much each rotary pair adds to the scores that attention picks.

   For a query m with softmax weights p_mn over the keys it sees (position rule, query scale,
   bias, learned sink and sliding window counted in),

     contribution_i (m) = sum_n p_mn tau (m) c sigma a (m,n) Re (q_i conj (k_i) e^{j phi_i (m,n)})
     ceiling_i (m)      = sum_n p_mn |tau (m)| c sigma a (m,n) |q_i| |k_i|,

   so that no contribution exceeds its ceiling, and those of all pairs add up to the mean attended
   score of the rotated channels.  Without the first position: key 0 is not there, and query 0 is
   left out.

   Weights and products are float32, their sums double.  */
#ifndef RW_SCORE_USAGE_H
#define RW_SCORE_USAGE_H

#include "rope/freqs.h"
#include "rope/qk.h"

typedef struct
{
  const rw_geometry *geometry; /* sliding_window > 0: key n is visible iff m - n < window */
  const rw_qk *qk;
  const rw_freqs *freqs; /* pairs are those of the table */
  double length;
  size_t n_queries;
  const int64_t *query; /* (n_queries,) rising */
  size_t segments;      /* query k belongs to segment k segments / n_queries, for block errors */
  int threads;
  rw_arena *scratch;
} rw_usage_ask;

/* Sums over the queries of each segment, (segments, pairs) and (segments,); the caller's.  */
typedef struct
{
  double *contribution, *ceiling, *count;
  double *contribution_rest, *ceiling_rest, *count_rest; /* without the first position */
} rw_usage_result;

/* The number of threads changes no bit.  */
rw_status rw_usage_run (const rw_usage_ask *ask, rw_usage_result *out, rw_error *err);

#endif
