/* rows: causal softmax over all keys for chosen queries, without ever holding a row.

   Keys are rotated once a frame of the position rule, from double tables rounded once, and packed
   for the kernel; queries pass over them in blocks, flash-style, with a running reference, and only
   sums are kept.  Scores and exponentials are float32, sums over more than a few thousand keys
   double: the entropy is within 1e-5 nat of the double reference.  Memory: one packed copy of k a
   frame, and a few sums a query; nothing grows as L^2.  Under a rule of many spans (`map`) each
   pair of positions is turned by a table over distances, 8 bytes a pair and distance, and takes
   several times as long.

   The work is cut by the queries alone and reduced in a fixed order: the number of threads changes
   no bit.  The vector instructions do: see rw_rows_run.  */
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
  size_t n_at;
  const int64_t *at; /* (n_at,) rising: single distances whose weight is wanted */
  /* Bands of queries for the bound, or 0: band b is queries band[b] .. band[b+1] - 1, all at
     positions >= least[b]; together they are all queries.  */
  size_t n_bands;
  const size_t *band;   /* (n_bands + 1,) */
  const int64_t *least; /* (n_bands,) */
  int threads;
  rw_arena *scratch; /* the packed keys lie here: what a sweep reuses */
} rw_rows_ask;

/* Of each query, (n_queries,); mass is (n_queries, n_bins).  NULL where not wanted.  Weights sum to
   less than 1 under a learned sink; entropy, participation and the masses are of the visible keys'
   weights as they are, log_partition counts the sink, mean_distance is a mean over the visible keys
   alone.  */
typedef struct
{
  double *log_partition; /* ln (e^sink + sum_n e^S) */
  double *entropy;       /* - sum p ln p, nats */
  double *participation; /* 1 / sum p^2 */
  double *max_weight, *sink_mass, *mean_distance;
  double *mass;
  double *mass_sum;   /* (n_bins,) sum over the queries */
  double *weight_sum; /* (n_at,) sum over the queries of weight times visible keys */
  /* (n_bands,) of the scores of a band by distance, delta = 0 .. least - s, the first s keys apart
     by themselves (s = n_sink as far as all queries see them), everything beyond left out:
     bound: ln (sum e^mean + e^sink) <= mean of log_partition (Jensen: the same queries at every
     distance); estimate: ln (sum e^(mean + variance/2) + e^sink).  */
  double *bound, *estimate;
} rw_rows_result;

/* Kernels differ: plain multiplies and adds where the others fuse, and each has its own number of
   lanes to sum over: 1e-6 relative in the sums.  */
rw_status rw_rows_run (const rw_rows_ask *ask, rw_rows_result *out, rw_error *err);

/* The naive reference: one query in double; weights (m + 1,) and scores (m + 1,) may be NULL: 0 and
   -INFINITY where a key is not visible.  */
rw_status rw_rows_plain (const rw_rows_ask *ask, int64_t m, double *scores, double *weights,
                         double *log_partition, rw_error *err);

#endif
