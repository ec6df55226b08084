/* pairs: norms and same-token products of rotary pairs; see pairs.h.

   Tokens are cut into parts of a fixed size, whose sums are added in order.  */
#include "score/pairs.h"

#include <math.h>

enum
{
  PART = 4096, /* tokens of one partial sum */
  TILE = 32    /* tokens read at once */
};

enum
{
  NORM_Q,
  NORM_K,
  NORM_V,
  ALIGNMENT,
  SUMS
};

typedef struct
{
  const rw_qk *qk;
  size_t pairs, step, other; /* pair i is channels i * step and i * step + other */
  size_t pairs_v;            /* those that v has */
  bool wanted[SUMS];
} job;

/* What a thread reads into: TILE rows of q, k and v.  */
typedef struct
{
  float *q, *k, *v;
} desk;

static void
add_norms (const job *j, const float *rows, size_t dim, size_t n, size_t pairs, double *sum)
{
  for (size_t t = 0; t < n; t++)
    for (size_t i = 0; i < pairs; i++)
      {
        const double x = (double) rows[t * dim + i * j->step];
        const double y = (double) rows[t * dim + i * j->step + j->other];
        sum[i] += sqrt (x * x + y * y);
      }
}

static void
add_alignment (const job *j, const desk *d, size_t n, double *sum)
{
  const size_t dim_q = j->qk->q.dim, dim_k = j->qk->k.dim;
  for (size_t t = 0; t < n; t++)
    for (size_t i = 0; i < j->pairs; i++)
      {
        const float *q = d->q + t * dim_q + i * j->step, *k = d->k + t * dim_k + i * j->step;
        sum[i] += (double) q[0] * (double) k[0] + (double) q[j->other] * (double) k[j->other];
      }
}

/* sum is (SUMS, pairs).  */
static void
add_part (const job *j, const desk *d, size_t from, size_t to, double *sum)
{
  const rw_qk *qk = j->qk;
  const size_t pairs = j->pairs;
  for (size_t t = from; t < to; t += TILE)
    {
      const size_t n = to - t < TILE ? to - t : TILE;
      if (j->wanted[NORM_Q] || j->wanted[ALIGNMENT])
        rw_rows_read (&qk->q, t, n, d->q);
      if (j->wanted[NORM_K] || j->wanted[ALIGNMENT])
        rw_rows_read (&qk->k, t, n, d->k);
      if (j->wanted[NORM_Q])
        add_norms (j, d->q, qk->q.dim, n, pairs, sum + NORM_Q * pairs);
      if (j->wanted[NORM_K])
        add_norms (j, d->k, qk->k.dim, n, pairs, sum + NORM_K * pairs);
      if (j->wanted[ALIGNMENT])
        add_alignment (j, d, n, sum + ALIGNMENT * pairs);
      if (!j->wanted[NORM_V])
        continue;
      rw_rows_read (&qk->v, t, n, d->v);
      add_norms (j, d->v, qk->v.dim, n, j->pairs_v, sum + NORM_V * pairs);
    }
}

/* Threads take ranges of parts; room is (threads,) desks, sum (parts, SUMS, pairs).  */
static void
add_all (const job *j, int threads, size_t parts, float *room, double *sum)
{
  const size_t each = TILE * (j->qk->q.dim + j->qk->k.dim + j->qk->v.dim);
#pragma omp parallel for num_threads(threads) if (threads > 1) schedule(static)
  for (int k = 0; k < threads; k++)
    {
      const size_t first = parts * (size_t) k / (size_t) threads;
      const size_t last = parts * ((size_t) k + 1) / (size_t) threads;
      desk d = { .q = room + (size_t) k * each };
      d.k = d.q + TILE * j->qk->q.dim;
      d.v = d.k + TILE * j->qk->k.dim;
      for (size_t p = first; p < last; p++)
        {
          const size_t from = p * PART, to = from + PART < j->qk->q.n ? from + PART : j->qk->q.n;
          add_part (j, &d, from, to, sum + p * SUMS * j->pairs);
        }
    }
}

static job
job_of (const rw_qk *qk, rw_layout layout, size_t pairs, const rw_pairs_mean *out)
{
  job j = { .qk = qk, .pairs = pairs, .step = 1, .other = pairs };
  if (layout == RW_INTERLEAVED)
    j.step = 2, j.other = 1;
  for (size_t i = 0; qk->v.data && i < pairs && i * j.step + j.other < qk->v.dim; i++)
    j.pairs_v = i + 1;
  j.wanted[NORM_Q] = out->norm_q != NULL;
  j.wanted[NORM_K] = out->norm_k != NULL;
  j.wanted[NORM_V] = out->norm_v != NULL && j.pairs_v > 0;
  j.wanted[ALIGNMENT] = out->alignment != NULL;
  return j;
}

rw_status
rw_pairs_run (const rw_qk *qk, rw_layout layout, size_t pairs, int threads, rw_pairs_mean *out,
              rw_error *err)
{
  const job j = job_of (qk, layout, pairs, out);
  double *const to[SUMS] = { out->norm_q, out->norm_k, out->norm_v, out->alignment };
  const size_t parts = (qk->q.n + PART - 1) / PART;
  const int most = threads < 1 ? 1 : threads;
  float *room = rw_new ((size_t) most * TILE, (qk->q.dim + qk->k.dim + qk->v.dim) * sizeof *room);
  double *sum = rw_new (parts, SUMS * pairs * sizeof *sum);
  const bool made = room && sum;
  if (made)
    add_all (&j, most, parts, room, sum);
  for (size_t s = 0; made && s < SUMS; s++)
    for (size_t i = 0; to[s] && i < pairs; i++)
      {
        double total = 0;
        for (size_t p = 0; p < parts; p++)
          total += sum[(p * SUMS + s) * pairs + i];
        to[s][i] = s == NORM_V && i >= j.pairs_v ? NAN : total / (double) qk->q.n;
      }
  rw_free (room);
  rw_free (sum);
  return made ? RW_OK : rw_nomem (err, parts * SUMS * pairs * sizeof *sum);
}
