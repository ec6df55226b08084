/* attention_mass: attention by distance beside uniform attention; private to attention.

   Single distances: the mean, over the queries that see the distance, of the weight there times the
   V keys that the query sees.  Bins: the mass of the bin, summed over the queries, over the sum of
   the shares (keys of the bin that the query sees) / V.  Either is 1 for uniform attention, and NaN
   where no query sees the distance.  */
#ifndef RW_METRIC_ATTENTION_MASS_H
#define RW_METRIC_ATTENTION_MASS_H

#include "metric/attention_queries.h"

typedef struct
{
  bool bin;
  const rw_queries *queries; /* borrowed */
  size_t n;
  int64_t *distance; /* (n + 1,) edges, or (n,) single ones */
  size_t *entry;     /* (n,) of the distance axis */
  double *mass;      /* (n,) what rw_rows_run sums over the queries: the caller fills it */
  int64_t *visible;  /* (queries,) V, rising */
  double *inverse;   /* (queries + 1,) sums of 1 / V from a query on */
} rw_reach;

/* Everything from in->scratch.  window: keys a query sees at most; 0: all.  */
rw_status rw_reach_make (bool bin, int64_t window, const rw_input *in, const rw_queries *q,
                         rw_reach *r, rw_error *err);
void rw_reach_put (const rw_reach *r, double *out); /* over the distance axis */

#endif
