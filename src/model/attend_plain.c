/* attend_plain: the reference: one score after another in double, from the definition.  */
#include "model/attend_part.h"
#include "rope/trained.h"
#include "rule/logit.h"

#include <math.h>

typedef struct
{
  double *q, *k, *trained; /* (head_dim,) twice, (pairs,) */
  double *row, *sum;       /* (n_keys,) scores; (value_dim,) */
} desk;

static void
read (const float *from, size_t n, double *to)
{
  for (size_t c = 0; c < n; c++)
    to[c] = (double) from[c];
}

/* The row of scores of query m, d->q, from the first visible key on; returns the largest.  */
static double
scores (const rw_attention *a, const desk *d, size_t kv, size_t m, size_t first)
{
  const size_t dim = (size_t) a->geometry->head_dim;
  double most = -INFINITY;
  for (size_t n = first; n <= m; n++)
    {
      read (a->k + n * a->k_token + kv * dim, dim, d->k);
      const double s = rw_logit (a->geometry, a->freqs, d->trained, a->length, d->q, d->k,
                                 (double) m, (double) n);
      d->row[n] = a->cap > 0 ? a->cap * tanh (s / a->cap) : s;
      most = fmax (most, d->row[n]);
    }
  return most;
}

static void
attend (const rw_attention *a, const desk *d, size_t query, size_t head)
{
  const size_t dim = (size_t) a->geometry->head_dim, m = a->n_keys - a->n_queries + query;
  const size_t kv = head / (a->heads / a->kv_heads);
  const size_t first = a->window && m >= a->window ? m - a->window + 1 : 0;
  float *out = a->out + query * a->out_token + head * a->value_dim;
  read (a->q + query * a->q_token + head * dim, dim, d->q);
  const double most = scores (a, d, kv, m, first);
  double total = 0;
  for (size_t c = 0; c < a->value_dim; c++)
    d->sum[c] = 0;
  for (size_t n = first; n <= m; n++)
    {
      const float *v = a->v + n * a->v_token + kv * a->value_dim;
      const double p = exp (d->row[n] - most);
      total += p;
      for (size_t c = 0; c < a->value_dim; c++)
        d->sum[c] += p * (double) v[c];
    }
  for (size_t c = 0; c < a->value_dim; c++)
    out[c] = (float) (d->sum[c] / total);
}

rw_status
rw_attend_plain (const rw_attention *a, rw_error *err)
{
  const size_t dim = (size_t) a->geometry->head_dim;
  const size_t n = 2 * dim + a->freqs->n + a->n_keys + a->value_dim;
  const rw_status s = rw_attend_check (a, err);
  if (s)
    return s;
  double *x = rw_arena_take (a->scratch, n, sizeof *x);
  if (!x)
    return rw_nomem (err, n * sizeof *x);
  desk d = { .q = x, .k = x + dim, .trained = x + 2 * dim };
  d.row = d.trained + a->freqs->n;
  d.sum = d.row + a->n_keys;
  rw_trained_fill (a->geometry, a->freqs->n, d.trained);
  for (size_t query = 0; query < a->n_queries; query++)
    for (size_t head = 0; head < a->heads; head++)
      attend (a, &d, query, head);
  return RW_OK;
}
