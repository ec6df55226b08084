/* rows_query: a query as the kernel wants it, and its scores under a rule of many spans.  */
#include "rule/logit.h"
#include "score/rows_part.h"

/* Everything that multiplies a score: tau c sigma, and log2 e for the powers of two.  */
static double
factor (const rw_rows_keys *keys, int64_t m)
{
  const rw_rows_ask *ask = keys->ask;
  return rw_query_scale_at (ask->freqs, ask->geometry, (double) m) * rw_logit_scale (ask->geometry)
         * ask->freqs->softmax_factor * M_LOG2E;
}

void
rw_rows_query (const rw_rows_keys *keys, int64_t m, const rw_span *span, double *x, float *out)
{
  const rw_freqs *f = keys->ask->freqs;
  const bool half = keys->ask->geometry->layout == RW_HALF;
  const double by = factor (keys, m), a = span->trained ? 1 : f->attention_factor;
  const double *g = span->trained ? keys->trained : f->inv_freq;
  rw_rows_at (&keys->ask->qk->q, (size_t) m, x);
  for (size_t i = 0; i < keys->pairs; i++)
    {
      const size_t re = half ? i : 2 * i, im = half ? i + keys->pairs : 2 * i + 1;
      /* Under a rule of many spans the scores turn, and carry both sides' factors.  */
      const rw_turn t = keys->turning ? (rw_turn){ a, 0 } : rw_turn_of (span->position, g[i]);
      const double u = by * a * (x[re] * t.c - x[im] * t.s);
      const double v = by * a * (x[re] * t.s + x[im] * t.c);
      out[re * RW_ROWS_ROW] = (float) u;
      out[im * RW_ROWS_ROW] = (float) v;
    }
  for (size_t c = 2 * keys->pairs; c < keys->dim; c++)
    out[c * RW_ROWS_ROW] = (float) (by * x[c]);
}

/* Keys after the query, which it does not see, get what lies behind the table.  */
void
rw_rows_bias (const rw_rows_keys *keys, int64_t m, size_t block, float *s)
{
  const int64_t first = (int64_t) (block * RW_ROWS_BLOCK);
  if (!keys->bias || m < first)
    return;
  const float *bias = keys->bias + (int64_t) keys->n - 1 - m + first;
  for (size_t j = 0; j < RW_ROWS_BLOCK; j++)
    s[j] += bias[j];
}

void
rw_rows_turn (const rw_rows_keys *keys, const float *q, int64_t m, size_t block, float *s)
{
  enum
  {
    BLOCK = RW_ROWS_BLOCK,
    ROW = RW_ROWS_ROW
  };
  const bool half = keys->ask->geometry->layout == RW_HALF;
  const float *k = keys->key[0] + block * keys->dim * BLOCK;
  const size_t first = block * BLOCK,
               last = (size_t) m < first + BLOCK ? (size_t) m : first + BLOCK - 1;
  const size_t n = last - first + 1, at = keys->n - 1 - (size_t) m + first;
  for (size_t j = 0; j < BLOCK; j++)
    s[j] = 0;
  for (size_t i = 0; i < keys->pairs; i++)
    {
      const size_t re = half ? i : 2 * i, im = half ? i + keys->pairs : 2 * i + 1;
      const float *c = keys->turn[0] + i * keys->n + at, *sine = keys->turn[1] + i * keys->n + at;
      const float u = q[re * ROW], v = q[im * ROW], *x = k + re * BLOCK, *y = k + im * BLOCK;
      for (size_t j = 0; j < n; j++)
        s[j] += (u * x[j] + v * y[j]) * c[j] - (v * x[j] - u * y[j]) * sine[j];
    }
  for (size_t ch = 2 * keys->pairs; ch < keys->dim; ch++)
    for (size_t j = 0; j < n; j++)
      s[j] += q[ch * ROW] * k[ch * BLOCK + j];
}
