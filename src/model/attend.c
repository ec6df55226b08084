/* attend: softmax attention; see attend.h.  */
#include "model/attend_part.h"
#include "rope/rotate.h"
#include "rule/logit.h"

#include <math.h>

typedef struct
{
  const rw_attention *a;
  const rw_attend_turns *turns;
  size_t dim;
  float *key;   /* (n_keys, dim) of a frame */
  float *query; /* (spans, dim) */
  double *row, *sum;
} desk;

static double
dot (const float *q, const float *k, size_t n)
{
  double s = 0;
  for (size_t c = 0; c < n; c++)
    s += (double) q[c] * (double) k[c];
  return s;
}

static rw_rotation
rotation (const desk *d, size_t tokens, size_t step)
{
  return (rw_rotation){ .layout = d->a->geometry->layout,
                        .tokens = tokens,
                        .heads = 1,
                        .dim = d->dim,
                        .from_token = (ptrdiff_t) step,
                        .from_head = (ptrdiff_t) d->dim,
                        .to_token = (ptrdiff_t) d->dim,
                        .to_head = (ptrdiff_t) d->dim,
                        .scale = 1,
                        .threads = 1,
                        .simd = rw_simd_get () };
}

static rw_status
attend (const desk *d, size_t query, size_t head, rw_error *err)
{
  const rw_attention *a = d->a;
  const size_t m = a->n_keys - a->n_queries + query, kv = head / (a->heads / a->kv_heads);
  const size_t first = a->window && m >= a->window ? m - a->window + 1 : 0;
  const double scale = rw_logit_scale (a->geometry) * a->freqs->softmax_factor
                       * rw_query_scale_at (a->freqs, a->geometry, (double) m);
  float *out = a->out + query * a->out_token + head * a->value_dim;
  rw_span spans[RW_SPANS_FEW] = { { .to = (double) m + 1 } };
  const size_t count
      = d->turns->by_distance ? 1 : rw_rule_spans (a->freqs, a->length, (double) m, spans);
  rw_status s = RW_OK;
  double most = -INFINITY, total = 0;
  for (size_t j = 0; j < count; j++)
    {
      const int64_t at = (int64_t) m;
      rw_rotation r = rotation (d, 1, a->q_token);
      r.row_of = &at;
      s = s ? s
            : rw_rotate (&r, &d->turns->query[j], a->q + query * a->q_token + head * d->dim,
                         d->query, err);
      for (size_t n = first; !s && n <= m; n++)
        if ((double) n >= spans[j].from && (double) n < spans[j].to)
          {
            const int64_t to = d->turns->by_distance ? (int64_t) (m - n) : (int64_t) n;
            r.row_of = &to;
            s = rw_rotate (&r, &d->turns->key[spans[j].frame], a->k + n * a->k_token + kv * d->dim,
                           d->key, err);
            const double x = scale * dot (d->query, d->key, d->dim);
            d->row[n] = a->cap > 0 ? a->cap * tanh (x / a->cap) : x;
            most = fmax (most, d->row[n]);
          }
    }
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
  return s;
}

rw_status
rw_attend (const rw_attention *a, rw_error *err)
{
  rw_attend_turns *own = NULL;
  rw_status s = rw_attend_check (a, err);
  if (!s && !a->turns)
    s = rw_attend_turns_new (a->geometry, a->freqs, a->length, a->n_keys, a->threads, &own, err);
  desk d = { .a = a, .turns = a->turns ? a->turns : own, .dim = (size_t) a->geometry->head_dim };
  d.key = rw_arena_take (a->scratch, d.dim, sizeof *d.key);
  d.query = rw_arena_take (a->scratch, d.dim, sizeof *d.query);
  d.row = rw_arena_take (a->scratch, a->n_keys, sizeof *d.row);
  d.sum = rw_arena_take (a->scratch, a->value_dim, sizeof *d.sum);
  if (!s && (!d.key || !d.query || !d.row || !d.sum))
    s = rw_nomem (err, a->n_keys * sizeof *d.row);
  for (size_t query = 0; !s && query < a->n_queries; query++)
    for (size_t head = 0; !s && head < a->heads; head++)
      s = attend (&d, query, head, err);
  rw_attend_turns_free (own);
  return s;
}
