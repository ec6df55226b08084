/* bench_source: q and k of one head made from random numbers, as a sweep makes them once a group:
   allocated, filled and freed.

   A value is a channel of a token of q or k.  The normal numbers cost most, far above any limit of
   memory: one a value where the similarity falls by an exponential, dozens by a power law, which is
   a sum of exponentials (source/process.h).  */
#include "config.h"

#include "cli/bench.h"
#include "source/source.h"

#include <math.h>
#include <stdio.h>

enum
{
  DIM = 128,
  TOKENS = 1 << 20,
  QUICK_TOKENS = 4096
};

static const rw_geometry shape = { .head_dim = DIM,
                                   .rotary_dim = DIM,
                                   .rope_theta = 10000,
                                   .original_length = 4096,
                                   .max_length = TOKENS };

static const struct
{
  const char *name;
  const char *parameter, *value; /* of toeplitz; NULL: the defaults */
  size_t tokens;
} sources[] = { { "gauss", NULL, NULL, TOKENS },
                { "toeplitz", "decay", "exponential", TOKENS },
                { "toeplitz", "decay", "power", TOKENS / 8 } };

typedef struct
{
  rw_object *source;
  rw_input in;
} load;

static rw_status
run_load (void *data, rw_error *err)
{
  const load *l = data;
  const rw_source *type = (const rw_source *) l->source->module;
  rw_qk qk = { .sink = -INFINITY };
  rw_arena_reset (l->in.scratch);
  const rw_status s = type->fill (l->source->self, &l->in, NULL, &qk, err);
  rw_qk_free (&qk);
  return s;
}

static rw_status
time_load (bench *b, load *l, size_t k, int threads, rw_error *err)
{
  bench_row row = { .name = "source", .unit = "values/s", .share = NAN };
  l->in.threads = threads;
  const rw_status s = bench_time (b, run_load, l, &row.seconds, err);
  if (s)
    return s;
  const double values = 2 * l->in.length * DIM;
  row.rate = values / row.seconds;
  snprintf (row.size, sizeof row.size, "%s%s%s %.0f x %d, %d thread%s", sources[k].name,
            sources[k].value ? " " : "", sources[k].value ? sources[k].value : "", l->in.length,
            DIM, threads, threads == 1 ? "" : "s");
  b->emit (b, &row);
  return RW_OK;
}

static rw_status
time_source (bench *b, load *l, size_t k, rw_error *err)
{
  const rw_module *module;
  rw_status s = rw_kind_find (&rw_sources, sources[k].name, &module, err);
  l->in.length = l->in.longest = b->quick ? QUICK_TOKENS : (double) sources[k].tokens;
  if (!s)
    s = rw_object_new (module, &l->source, err);
  const rw_value v = RW_TEXT_VALUE (sources[k].value);
  if (!s && sources[k].parameter)
    s = rw_object_set (l->source, sources[k].parameter, &v, NULL, err);
  if (!s)
    s = time_load (b, l, k, 1, err);
  if (!s && b->threads > 1)
    s = time_load (b, l, k, b->threads, err);
  rw_object_free (l->source);
  l->source = NULL;
  return s;
}

rw_status
bench_source (bench *b, rw_error *err)
{
  load l = { .in = { .geometry = &shape, .seed = 1, .scratch = rw_arena_new () } };
  rw_status s = l.in.scratch ? RW_OK : rw_nomem (err, sizeof l);
  for (size_t k = 0; !s && k < sizeof sources / sizeof *sources; k++)
    s = time_source (b, &l, k, err);
  rw_arena_free (l.in.scratch);
  return s;
}
