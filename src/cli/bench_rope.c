/* bench_rope: the engine's kernels: schedules, similarity, the bound of a base.  */
#include "config.h"

#include "cli/bench.h"
#include "metric/metric.h"
#include "rope/similarity.h"
#include "schedule/schedule.h"

#include <math.h>
#include <stdio.h>

static const rw_geometry llama2 = { .head_dim = 128,
                                    .rotary_dim = 128,
                                    .rope_theta = 10000,
                                    .original_length = 4096,
                                    .max_length = 4096 };

/* ---- schedule: tables a second ---- */

typedef struct
{
  rw_object *block;
  rw_freqs freqs;
} table;

static rw_status
fill (void *data, rw_error *err)
{
  table *t = data;
  return rw_schedule_fill (t->block, &llama2, 8 * llama2.original_length, &t->freqs, err);
}

static rw_status
time_schedule (bench *b, const char *name, rw_error *err)
{
  const rw_module *module;
  table t = { 0 };
  rw_status s = rw_kind_find (&rw_schedules, name, &module, err);
  if (!s)
    s = rw_object_new (module, &t.block, err);
  const rw_value factor = RW_NUMBER_VALUE (8);
  if (!s && rw_module_find (module, "factor", NULL))
    s = rw_object_set (t.block, "factor", &factor, NULL, err);
  bench_row row = { .name = "schedule", .unit = "tables/s", .share = NAN };
  snprintf (row.size, sizeof row.size, "%s, 64 pairs", name);
  if (!s)
    s = bench_time (b, fill, &t, &row.seconds, err);
  if (!s)
    {
      row.rate = 1 / row.seconds;
      b->emit (b, &row);
    }
  rw_object_free (t.block);
  rw_freqs_free (&t.freqs);
  return s;
}

rw_status
bench_schedule (bench *b, rw_error *err)
{
  static const char *const names[] = { "default", "linear", "ntk", "dynamic", "yarn" };
  rw_status s = RW_OK;
  for (size_t k = 0; !s && k < sizeof names / sizeof *names; k++)
    s = time_schedule (b, names[k], err);
  return s;
}

/* ---- similarity: all distances of a table ---- */

enum
{
  PAIRS = 64,
  SIMILARITY_FLOP = 4 /* a pair and distance: the cosine of a sum is two multiply-adds */
};

typedef struct
{
  rw_similarity *kernel;
  double *inv_freq; /* (PAIRS,) */
  double *out;      /* (n,) */
  size_t n;
  int threads;
  rw_similarity_summary summary;
} curve;

static rw_status
run_fast (void *data, rw_error *err)
{
  curve *c = data;
  (void) err;
  rw_similarity_run (c->kernel, 0, c->n, c->out);
  return RW_OK;
}

static rw_status
run_plain (void *data, rw_error *err)
{
  curve *c = data;
  (void) err;
  rw_similarity_plain (c->inv_freq, PAIRS, 0, c->n, c->out);
  return RW_OK;
}

static rw_status
run_scan (void *data, rw_error *err)
{
  curve *c = data;
  (void) err;
  rw_similarity_scan (c->kernel, 0, (int64_t) c->n - 1, c->threads, &c->summary);
  return RW_OK;
}

static rw_status
time_curve (bench *b, curve *c, const char *name, rw_status (*work) (void *, rw_error *),
            int threads, rw_error *err)
{
  bench_row row = { .name = name, .unit = "GFLOP/s", .limit = "FMA 64" };
  const size_t which = threads > 1;
  c->threads = threads;
  const rw_status s = bench_time (b, work, c, &row.seconds, err);
  if (s)
    return s;
  const double flop = (double) c->n * PAIRS * SIMILARITY_FLOP;
  row.rate = flop / row.seconds * 1e-9;
  row.share = flop / row.seconds / b->limits.fma64[which];
  snprintf (row.size, sizeof row.size, "%zu x %d, %d thread%s", c->n, PAIRS, threads,
            threads == 1 ? "" : "s");
  b->emit (b, &row);
  return RW_OK;
}

rw_status
bench_similarity (bench *b, rw_error *err)
{
  rw_arena *arena = rw_arena_new ();
  curve c = { .n = b->quick ? 4097 : ((size_t) 1 << 20) + 1 };
  c.kernel = arena ? rw_similarity_take (arena, PAIRS) : NULL;
  c.inv_freq = arena ? rw_arena_take (arena, PAIRS, sizeof (double)) : NULL;
  c.out = arena ? rw_arena_take (arena, c.n, sizeof (double)) : NULL;
  rw_status s = c.kernel && c.inv_freq && c.out ? RW_OK : rw_nomem (err, c.n * sizeof (double));
  if (!s)
    {
      rw_geometry_trained (&llama2, c.inv_freq);
      rw_similarity_set (c.kernel, c.inv_freq);
      s = time_curve (b, &c, "similarity fast", run_fast, 1, err);
    }
  if (!s)
    s = time_curve (b, &c, "similarity plain", run_plain, 1, err);
  if (!s)
    s = time_curve (b, &c, "similarity scan", run_scan, b->threads, err);
  rw_arena_free (arena);
  return s;
}

/* ---- base_bound: the certified bracket of one length ---- */

typedef struct
{
  const rw_metric *metric;
  rw_object *object;
  rw_input in;
  table table;
  rw_fields fields;
  double value[RW_FIELDS_MAX];
} bound;

static rw_status
run_bound (void *data, rw_error *err)
{
  bound *d = data;
  void *work = NULL;
  rw_arena_reset (d->in.scratch);
  rw_status s = RW_OK;
  if (d->metric->prepare)
    s = d->metric->prepare (d->object->self, &d->in, &work, err);
  if (!s)
    {
      rw_arena_reset (d->in.scratch);
      s = d->metric->measure (d->object->self, &d->in, work, &d->table.freqs, &d->fields, err);
    }
  if (work && d->metric->release)
    d->metric->release (work);
  return s;
}

static rw_status
time_bound (bench *b, bound *d, double length, rw_error *err)
{
  bench_row row = { .name = "base_bound", .unit = "bounds/s", .share = NAN };
  d->in.length = length;
  d->in.threads = b->threads;
  const rw_status s = bench_time (b, run_bound, d, &row.seconds, err);
  if (s)
    return s;
  row.rate = 1 / row.seconds;
  snprintf (row.size, sizeof row.size, "length %.0f, d = 128", length);
  b->emit (b, &row);
  return RW_OK;
}

rw_status
bench_base_bound (bench *b, rw_error *err)
{
  static const double lengths[] = { 1024, 4096, 16384 };
  const rw_module *metric, *plain;
  bound d = { .in = { .geometry = &llama2, .scratch = rw_arena_new () } };
  rw_status s = d.in.scratch ? RW_OK : rw_nomem (err, sizeof d);
  if (!s)
    s = rw_kind_find (&rw_metrics, "base_bound", &metric, err);
  if (!s)
    s = rw_object_new (metric, &d.object, err);
  if (!s)
    s = rw_kind_find (&rw_schedules, "default", &plain, err);
  if (!s)
    s = rw_object_new (plain, &d.table.block, err);
  if (!s)
    s = fill (&d.table, err);
  if (!s)
    {
      d.metric = (const rw_metric *) metric; /* rw_module is the first member */
      for (; d.metric->fields[d.fields.n].name; d.fields.n++)
        {
          d.fields.value[d.fields.n] = &d.value[d.fields.n];
          d.fields.size[d.fields.n] = 1;
        }
    }
  const size_t n = b->quick ? 1 : sizeof lengths / sizeof *lengths;
  for (size_t k = 0; !s && k < n; k++)
    s = time_bound (b, &d, b->quick ? lengths[0] / 4 : lengths[k], err);
  rw_object_free (d.object);
  rw_object_free (d.table.block);
  rw_freqs_free (&d.table.freqs);
  rw_arena_free (d.in.scratch);
  return s;
}
