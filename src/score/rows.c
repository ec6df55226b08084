/* rows: softmax rows of chosen queries: the cut into tasks and their reduction; see rows.h.

   Without a band for the bound a task is a chunk of up to 48 queries, so that a strip of keys
   serves eight groups while it is in the second cache; with bands a task is a band.  Tasks are
   dealt to lanes, as many as there is memory for sums by distance; a lane is worked on in order by
   one thread, and lanes are added in order: no bit depends on the threads.  Late queries have the
   longest rows, so the last lanes come first.  */
#include "score/rows_part.h"

enum
{
  CHUNK = 96,
  TASKS_WANTED = 10,    /* fewer queries make smaller chunks, for the threads */
  CHUNK_ROOM = 1 << 22, /* floats of bins and scores by distance in a chunk */
  LANE_ROOM = 1 << 22   /* doubles of all lanes */
};

typedef struct
{
  rw_rows_keys keys;
  size_t chunk;   /* queries at once */
  size_t n_tasks; /* chunks or bands */
  size_t n_lanes, n_sums;
  double *sum;         /* (n_lanes, n_sums) */
  rw_rows_walk **walk; /* (threads,) */
  rw_rows_band *band;  /* (threads,) or NULL */
} job;

static rw_status
check (const rw_rows_ask *ask, rw_error *err)
{
  size_t spans;
  const rw_qk *qk = ask->qk;
  double delta = 0;
  rw_rule_frames (ask->freqs, &spans);
  const rw_status s = rw_qk_check (qk, err);
  if (s)
    return rw_within (err, s, "rows");
  if (2 * ask->freqs->n > qk->k.dim)
    return rw_fail (err, RW_EINVAL, "rows: %zu pairs do not fit into %zu channels", ask->freqs->n,
                    qk->k.dim);
  for (size_t k = 0; k < ask->n_queries; k++)
    if (ask->query[k] < 0 || ask->query[k] >= (int64_t) qk->q.n
        || (k && ask->query[k] <= ask->query[k - 1]))
      return rw_fail (err, RW_EINVAL, "rows: query[%zu] is %lld: rising positions below %zu", k,
                      (long long) ask->query[k], qk->q.n);
  if (spans > RW_SPANS_FEW && !rw_rule_distance (ask->freqs, ask->length, &delta))
    return rw_fail (err, RW_EINVAL, "rows: a rule of %zu spans needs a distance", spans);
  return RW_OK;
}

static size_t
chunk_of (const rw_rows_ask *ask)
{
  size_t chunk = ask->n_queries / TASKS_WANTED, room = CHUNK_ROOM;
  room /= 2 * ask->n_bins + ask->n_at + 1;
  chunk = chunk > CHUNK ? CHUNK : chunk;
  chunk = chunk > room ? room : chunk;
  chunk = chunk / RW_ROWS_GROUP * RW_ROWS_GROUP;
  return chunk ? chunk : RW_ROWS_GROUP;
}

static rw_status
job_new (const rw_rows_ask *ask, const rw_rows_result *out, job *j, rw_error *err)
{
  const bool bands = ask->n_bands && (out->bound || out->estimate);
  const size_t threads = (size_t) ask->threads;
  j->chunk = chunk_of (ask);
  j->n_tasks = bands ? ask->n_bands : (ask->n_queries + j->chunk - 1) / j->chunk;
  j->n_sums = ask->n_bins + ask->n_at;
  const size_t lanes = j->n_sums ? LANE_ROOM / j->n_sums + 1 : j->n_tasks;
  j->n_lanes = lanes < j->n_tasks ? lanes : j->n_tasks;
  j->sum = rw_new (j->n_lanes * j->n_sums, sizeof *j->sum);
  j->walk = rw_new (threads, sizeof *j->walk);
  j->band = bands ? rw_new (threads, sizeof *j->band) : NULL;
  if (!j->sum || !j->walk || (bands && !j->band))
    return rw_nomem (err, j->n_lanes * j->n_sums * sizeof *j->sum);
  rw_status s = rw_rows_pack (ask, &j->keys, err);
  for (size_t t = 0; !s && t < threads; t++)
    {
      s = rw_rows_walk_new (&j->keys, j->chunk, &j->walk[t], err);
      if (!s && bands)
        s = rw_rows_band_new (ask, &j->band[t], err);
    }
  return s;
}

static void
job_free (job *j, int threads)
{
  for (int t = 0; t < threads; t++)
    {
      if (j->walk)
        rw_rows_walk_free (j->walk[t]);
      if (j->band)
        rw_rows_band_free (&j->band[t]);
    }
  rw_free (j->walk);
  rw_free (j->band);
  rw_free (j->sum);
}

static void
do_task (const job *j, size_t task, int thread, rw_rows_result *out, double *sum)
{
  const rw_rows_ask *ask = j->keys.ask;
  rw_rows_band *band = j->band ? &j->band[thread] : NULL;
  size_t first = task * j->chunk, last = first + j->chunk;
  last = last < ask->n_queries ? last : ask->n_queries;
  if (band)
    {
      first = ask->band[task], last = ask->band[task + 1];
      if (first == last)
        return;
      rw_rows_band_open (ask, task, band);
    }
  for (size_t k = first; k < last; k += j->chunk)
    rw_rows_walk_run (j->walk[thread], k, last - k < j->chunk ? last - k : j->chunk, band, out,
                      sum);
  if (band)
    rw_rows_band_close (&j->keys, band, out->bound ? &out->bound[task] : NULL,
                        out->estimate ? &out->estimate[task] : NULL);
}

static void
reduce (const job *j, rw_rows_result *out)
{
  const rw_rows_ask *ask = j->keys.ask;
  for (size_t b = 0; b < j->n_sums; b++)
    {
      double sum = 0, *to = b < ask->n_bins ? out->mass_sum : out->weight_sum;
      for (size_t lane = 0; lane < j->n_lanes; lane++)
        sum += j->sum[lane * j->n_sums + b];
      if (to)
        to[b < ask->n_bins ? b : b - ask->n_bins] = sum;
    }
}

rw_status
rw_rows_run (const rw_rows_ask *ask, rw_rows_result *out, rw_error *err)
{
  job j = { 0 };
  rw_rows_ask own = *ask;
  own.threads = ask->threads > 1 ? ask->threads : 1;
  rw_status s = check (&own, err);
  if (!s)
    s = job_new (&own, out, &j, err);
  if (!s)
    {
      const int threads = own.threads;
      size_t next = 0;
#pragma omp parallel for num_threads(threads) if (threads > 1) schedule(static, 1)
      for (int t = 0; t < threads; t++)
        for (;;)
          {
            size_t lane;
#pragma omp atomic capture
            lane = next++;
            if (lane >= j.n_lanes)
              break;
            lane = j.n_lanes - 1 - lane;
            for (size_t task = lane; task < j.n_tasks; task += j.n_lanes)
              do_task (&j, task, t, out, j.sum + lane * j.n_sums);
          }
      reduce (&j, out);
    }
  job_free (&j, own.threads);
  return s;
}
