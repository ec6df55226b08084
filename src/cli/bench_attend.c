/* bench_attend: attention of whole sequences, by the visible pair of query and key of one head.

   The bare work is 4 d operations a pair: the share is of that, so that rotation and packing,
   exponentials, and what the diagonal costs are all in the time.  Turns are made once, as for the
   layers of a model.  Last, one query after all others, as when a text goes on.  */
#include "config.h"

#include "cli/bench.h"
#include "model/attend.h"

#include <math.h>
#include <stdio.h>

enum
{
  HEADS = 3,
  KV_HEADS = 1
};

typedef struct
{
  rw_geometry geometry;
  rw_freqs freqs;
  rw_attention a;
  rw_attend_turns *turns;
  float *owned; /* q, k, v, out */
} work;

static rw_status
run_attend (void *data, rw_error *err)
{
  work *w = data;
  rw_arena_reset (w->a.scratch);
  return rw_attend (&w->a, err);
}

/* Numbers in [-1, 1) of a small generator (Knuth's MMIX): scores of a few units.  */
static void
fill (float *x, size_t n)
{
  uint64_t state = 1;
  for (size_t i = 0; i < n; i++)
    {
      state = state * 6364136223846793005u + 1442695040888963407u;
      x[i] = (float) ((double) (state >> 11) * 0x1p-52 - 1);
    }
}

static rw_status
work_new (work *w, size_t n, size_t dim, rw_error *err)
{
  const size_t size = n * dim;
  float *x = w->owned = rw_new (2 * (HEADS + KV_HEADS) * size, sizeof *x);
  w->geometry = (rw_geometry){ .head_dim = (int64_t) dim,
                               .rotary_dim = (int64_t) dim,
                               .rope_theta = 500000,
                               .original_length = 8192,
                               .max_length = (double) n };
  w->a = (rw_attention){ .geometry = &w->geometry,
                         .freqs = &w->freqs,
                         .length = (double) n,
                         .heads = HEADS,
                         .kv_heads = KV_HEADS,
                         .value_dim = dim,
                         .n_keys = n,
                         .q = x,
                         .k = x + HEADS * size,
                         .v = x + (HEADS + KV_HEADS) * size,
                         .out = x + (HEADS + 2 * KV_HEADS) * size,
                         .q_token = HEADS * dim,
                         .k_token = KV_HEADS * dim,
                         .v_token = KV_HEADS * dim,
                         .out_token = HEADS * dim,
                         .scratch = rw_arena_new () };
  if (!x || !w->a.scratch)
    return rw_nomem (err, 2 * (HEADS + KV_HEADS) * size * sizeof *x);
  fill (x, (HEADS + 2 * KV_HEADS) * size);
  const rw_status s = rw_freqs_size (&w->freqs, dim / 2, err);
  if (s)
    return s;
  rw_geometry_trained (&w->geometry, w->freqs.inv_freq);
  return rw_attend_turns_new (&w->geometry, &w->freqs, w->a.length, n, 1, &w->turns, err);
}

static void
work_free (work *w)
{
  if (!w)
    return;
  rw_attend_turns_free (w->turns);
  rw_freqs_free (&w->freqs);
  rw_arena_free (w->a.scratch);
  rw_free (w->owned);
  rw_free (w);
}

static rw_status
time_work (bench *b, work *w, size_t queries, int threads, rw_error *err)
{
  bench_row row
      = { .name = queries == 1 ? "attend one" : "attend", .unit = "ns/pair", .limit = "FMA 32" };
  const double n = (double) w->a.n_keys, m = (double) queries;
  const double pairs = HEADS * (m * (n - m) + m * (m + 1) / 2);
  const double dim = (double) w->a.value_dim;
  w->a.turns = w->turns;
  w->a.n_queries = queries;
  w->a.threads = threads;
  const rw_status s = bench_time (b, run_attend, w, &row.seconds, err);
  if (s)
    return s;
  row.rate = row.seconds / pairs * 1e9;
  row.share = 4 * dim * pairs / row.seconds / b->limits.fma32[threads > 1];
  snprintf (row.size, sizeof row.size, "%zu x %.0f, %d heads, %d thread%s", w->a.n_keys, dim, HEADS,
            threads, threads == 1 ? "" : "s");
  b->emit (b, &row);
  return RW_OK;
}

rw_status
bench_attend (bench *b, rw_error *err)
{
  static const size_t dims[] = { 64, 128 }, tokens[] = { 512, 8192 };
  rw_status s = RW_OK;
  for (size_t k = 0; !s && k < 4; k++)
    {
      const size_t dim = dims[k / 2], n = tokens[b->quick ? 0 : k % 2];
      work *w = rw_new (1, sizeof *w);
      s = w ? work_new (w, n, dim, err) : rw_nomem (err, sizeof *w);
      for (int both = 0; !s && both < (b->threads > 1 ? 2 : 1); both++)
        s = time_work (b, w, n, both ? b->threads : 1, err);
      if (!s && k % 2)
        s = time_work (b, w, 1, 1, err);
      work_free (w);
    }
  return s;
}
