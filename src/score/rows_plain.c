/* rows_plain: one softmax row in double, straight from the definition of a score.  */
#include "rope/trained.h"
#include "rule/logit.h"
#include "score/rows.h"

#include <math.h>

/* Scores of the visible keys of query m; row (m + 1,).  */
static void
scores_of (const rw_rows_ask *ask, const double *trained, int64_t m, double *q, double *k,
           double *row)
{
  const int64_t window = ask->geometry->sliding_window;
  rw_rows_at (&ask->qk->q, (size_t) m, q);
  for (int64_t n = 0; n <= m; n++)
    {
      rw_rows_at (&ask->qk->k, (size_t) n, k);
      row[n] = window > 0 && m - n >= window ? -INFINITY
                                             : rw_logit (ask->geometry, ask->freqs, trained,
                                                         ask->length, q, k, (double) m, (double) n);
    }
}

rw_status
rw_rows_plain (const rw_rows_ask *ask, int64_t m, double *scores, double *weights,
               double *log_partition, rw_error *err)
{
  const size_t n = (size_t) m + 1, dim = ask->qk->k.dim, pairs = ask->freqs->n;
  double *row = rw_new (n, sizeof *row), *x = rw_new (2 * dim + pairs, sizeof *x);
  if (!row || !x)
    {
      rw_free (row);
      rw_free (x);
      return rw_nomem (err, n * sizeof *row);
    }
  double *trained = x + 2 * dim, most = ask->qk->sink, sum = 0;
  rw_trained_fill (ask->geometry, pairs, trained);
  scores_of (ask, trained, m, x, x + dim, row);
  for (size_t j = 0; j < n; j++)
    most = fmax (most, row[j]);
  for (size_t j = 0; j < n; j++)
    sum += exp (row[j] - most);
  sum += exp (ask->qk->sink - most);
  for (size_t j = 0; j < n; j++)
    {
      if (scores)
        scores[j] = row[j];
      if (weights)
        weights[j] = exp (row[j] - most) / sum;
    }
  if (log_partition)
    *log_partition = most + log (sum);
  rw_free (row);
  rw_free (x);
  return RW_OK;
}
