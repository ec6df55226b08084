/* usage: contributions of rotary pairs to attended scores: batches, threads and sums; see usage.h.

   Two passes over the keys: the first gives the partition functions, so that the second adds final
   weights.  Batches go in order into shares, which are cut by the queries alone; a share is worked
   on by one thread, and shares are added in order.  */
#include "score/usage.h"
#include "score/usage_part.h"

#include <string.h>

enum
{
  SHARES = 256, /* sums of their own at most */
  KINDS = 4     /* contribution, ceiling, and both without the first position */
};

typedef struct
{
  const rw_usage_ask *ask;
  rw_rows_ask rows;
  rw_rows_keys keys;
  size_t n_shares, each; /* queries of a share */
  size_t room;           /* doubles of a share's sums */
  double *sum;           /* (n_shares, segments, KINDS, pairs), then (segments, 2) counts */
  double *log_partition; /* (n_queries,) */
  rw_rows_walk **walk;   /* (threads,) */
  rw_usage_batch **batch;
} job;

static rw_status
job_new (job *j, rw_error *err)
{
  const rw_usage_ask *ask = j->ask;
  const size_t threads = (size_t) j->rows.threads, n = ask->n_queries, least = RW_USAGE_BATCH;
  j->each = (n + SHARES - 1) / SHARES;
  j->each = j->each > least ? (j->each + least - 1) / least * least : least;
  j->n_shares = (n + j->each - 1) / j->each;
  j->room = ask->segments * (KINDS * ask->freqs->n + 2);
  j->sum = rw_new (j->n_shares * j->room, sizeof *j->sum);
  j->log_partition = rw_new (n, sizeof *j->log_partition);
  j->walk = rw_new (threads, sizeof *j->walk);
  j->batch = rw_new (threads, sizeof *j->batch);
  if (!j->sum || !j->log_partition || !j->walk || !j->batch)
    return rw_nomem (err, j->n_shares * j->room * sizeof *j->sum);
  rw_status s = rw_rows_pack (&j->rows, &j->keys, err);
  for (size_t t = 0; !s && t < threads; t++)
    {
      s = rw_rows_walk_new (&j->keys, RW_USAGE_BATCH, &j->walk[t], err);
      if (!s)
        s = rw_usage_batch_new (&j->keys, &j->batch[t], err);
    }
  return s;
}

static void
job_free (job *j)
{
  for (int t = 0; t < j->rows.threads; t++)
    {
      if (j->walk)
        rw_rows_walk_free (j->walk[t]);
      if (j->batch)
        rw_usage_batch_free (j->batch[t]);
    }
  rw_free (j->walk);
  rw_free (j->batch);
  rw_free (j->sum);
  rw_free (j->log_partition);
}

/* Adds query k, number `row` of the batch, to the sums of its segment.  */
static void
add_query (const job *j, rw_usage_batch *b, size_t k, size_t row, double *sum)
{
  const rw_usage_ask *ask = j->ask;
  const size_t pairs = ask->freqs->n, segment = k * ask->segments / ask->n_queries;
  const rw_usage_row x = rw_usage_batch_row (b, row);
  double *to = sum + segment * KINDS * pairs;
  double *count = sum + ask->segments * KINDS * pairs + 2 * segment;
  count[0]++;
  count[1] += x.rest;
  for (size_t i = 0; i < pairs; i++)
    {
      to[i] += x.contribution[i];
      to[pairs + i] += x.ceiling[i];
      if (!x.rest)
        continue;
      to[2 * pairs + i] += x.contribution_rest[i];
      to[3 * pairs + i] += x.ceiling_rest[i];
    }
}

static void
do_share (const job *j, size_t share, int thread)
{
  const size_t n = j->ask->n_queries, first = share * j->each;
  const size_t last = first + j->each < n ? first + j->each : n;
  rw_rows_result rows = { .log_partition = j->log_partition };
  double none; /* sums over queries, of which none are wanted */
  for (size_t k = first; k < last; k += RW_USAGE_BATCH)
    {
      const size_t most = last - k < RW_USAGE_BATCH ? last - k : RW_USAGE_BATCH;
      rw_rows_walk_run (j->walk[thread], k, most, NULL, &rows, &none);
      rw_usage_batch_run (j->batch[thread], k, most, j->log_partition);
      for (size_t row = 0; row < most; row++)
        add_query (j, j->batch[thread], k + row, row, j->sum + share * j->room);
    }
}

/* Late queries have the longest rows: the last shares come first.  */
static void
do_all (const job *j)
{
  const int threads = j->rows.threads;
  size_t next = 0;
#pragma omp parallel for num_threads(threads) if (threads > 1) schedule(static, 1)
  for (int t = 0; t < threads; t++)
    for (;;)
      {
        size_t share;
#pragma omp atomic capture
        share = next++;
        if (share >= j->n_shares)
          break;
        do_share (j, j->n_shares - 1 - share, t);
      }
}

static void
reduce (const job *j, rw_usage_result *out)
{
  const size_t pairs = j->ask->freqs->n, segments = j->ask->segments;
  double *const to[KINDS]
      = { out->contribution, out->ceiling, out->contribution_rest, out->ceiling_rest };
  double *const count[2] = { out->count, out->count_rest };
  for (size_t at = 0; at < j->room; at++)
    {
      const size_t after = at - segments * KINDS * pairs; /* meant where at is beyond */
      double sum = 0;
      for (size_t share = 0; share < j->n_shares; share++)
        sum += j->sum[share * j->room + at];
      if (at < segments * KINDS * pairs)
        to[at / pairs % KINDS][at / pairs / KINDS * pairs + at % pairs] = sum;
      else
        count[after % 2][after / 2] = sum;
    }
}

rw_status
rw_usage_run (const rw_usage_ask *ask, rw_usage_result *out, rw_error *err)
{
  job j = { .ask = ask,
            .rows = { .geometry = ask->geometry,
                      .qk = ask->qk,
                      .freqs = ask->freqs,
                      .length = ask->length,
                      .n_queries = ask->n_queries,
                      .query = ask->query,
                      .threads = ask->threads > 1 ? ask->threads : 1,
                      .scratch = ask->scratch } };
  j.keys.ask = &j.rows;
  if (2 * ask->freqs->n > ask->qk->k.dim || ask->qk->q.dim != ask->qk->k.dim)
    return rw_fail (err, RW_EINVAL,
                    "usage: %zu pairs do not fit into q of %zu and k of %zu channels",
                    ask->freqs->n, ask->qk->q.dim, ask->qk->k.dim);
  rw_status s = job_new (&j, err);
  if (!s)
    {
      do_all (&j);
      reduce (&j, out);
    }
  job_free (&j);
  return s;
}
