/* attention_queries: which queries stand for the entries of the position axis; private to
   attention.  */
#ifndef RW_METRIC_ATTENTION_QUERIES_H
#define RW_METRIC_ATTENTION_QUERIES_H

#include "metric/metric.h"

/* position: the query at exactly that position, none where it is not whole or beyond the sequence.
   The others: queries of the integers of [position_k, position_{k+1}), as far as the sequence
   reaches (the last entry stands for itself): all of them, or `samples`, one drawn in each of as
   many equal strata; all where there are no more.  */
typedef enum
{
  RW_QUERIES_POSITION,
  RW_QUERIES_SAMPLE,
  RW_QUERIES_ALL
} rw_queries_kind;

typedef struct
{
  size_t n_bands; /* entries of the position axis */
  size_t n;       /* queries in all */
  int64_t *query; /* (n,) rising */
  size_t *band;   /* (n_bands + 1,): entry k has query[band[k]] .. query[band[k+1] - 1] */
  int64_t *least; /* (n_bands,) the first position of the entry */
} rw_queries;

/* Everything from in->scratch; the draws from the group's stream, so that all schedules of a group
   have the same queries.  */
rw_status rw_queries_make (rw_queries_kind kind, int64_t samples, const rw_input *in,
                           rw_queries *out, rw_error *err);
/* How many pairs of query and key they make, for the cost.  */
double rw_queries_pairs (rw_queries_kind kind, int64_t samples, const rw_input *in);

/* Mean of value over the queries of each entry, NaN where it has none.  error (may be NULL): its
   standard error over blocks: the entry's queries are cut into 20 consecutive blocks (into single
   queries where there are fewer), for neighbours are not independent; NaN for less than two.  */
void rw_queries_mean (const rw_queries *q, const double *value, double *mean, double *error);

#endif
