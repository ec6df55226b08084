/* rows: causal softmax over all keys for chosen queries, without ever holding a row.

   Keys are rotated once a frame of the position rule, from double tables rounded once, and packed
   for the kernel; queries pass over them in blocks, flash-style, with a running reference, and only
   sums are kept.  Scores and exponentials are float32, sums over more than a few thousand keys
   double: the entropy is within 1e-5 nat of the double reference.  Memory: one packed copy of k a
   frame and threads * queries * bins sums; nothing grows as L^2.  */
#ifndef RW_SCORE_ROWS_H
#define RW_SCORE_ROWS_H

#include "rope/freqs.h"
#include "rope/qk.h"

typedef struct
{
  const rw_geometry *geometry; /* sliding_window > 0: key n is visible iff m - n < window */
  const rw_qk *qk;
  const rw_freqs *freqs;
  double length;
  size_t n_queries;
  const int64_t *query; /* (n_queries,) rising */
  size_t n_sink;        /* first keys whose mass is told apart */
  size_t n_bins;
  const int64_t *edge; /* (n_bins + 1,) rising: bin b holds distances edge[b] .. edge[b+1] - 1 */
  int threads;
} rw_rows_ask;

/* Of each query, (n_queries,); mass is (n_queries, n_bins).  NULL where not wanted.  Weights sum to
   less than 1 under a learned sink; entropy, participation and the masses are of the visible keys'
   weights as they are, log_partition counts the sink.  */
typedef struct
{
  double *log_partition; /* ln (e^sink + sum_n e^S) */
  double *entropy;       /* - sum p ln p, nats */
  double *participation; /* 1 / sum p^2 */
  double *max_weight, *sink_mass, *mean_distance;
  double *mass;
} rw_rows_result;

rw_status rw_rows_run (const rw_rows_ask *ask, rw_rows_result *out, rw_error *err);

/* The naive reference: one query in double; weights (m + 1,) and scores (m + 1,) may be NULL.  */
rw_status rw_rows_plain (const rw_rows_ask *ask, int64_t m, double *scores, double *weights,
                         double *log_partition, rw_error *err);

#endif
