/* metrics_memory: every allocation of a metric fails once; see memory_help.h.  */
#include "memory_help.h"
#include "metric_help.h"
#include "rule/rule.h"

enum
{
  ALLOCATIONS = 120, /* more than any of these runs makes */
  TOKENS = 8192,
  CHANNELS = 128
};

/* For metrics over scores: all alike, for the numbers do not matter here.  */
static float token[CHANNELS];
static const rw_qk qk = { .q = { .data = token, .n = TOKENS, .dim = CHANNELS },
                          .k = { .data = token, .n = TOKENS, .dim = CHANNELS },
                          .sink = -INFINITY };

/* The profile's sums twice: of a geometry with 48 pairs, and of a table under a query scale.  */
static rw_object *
open_profile (bench *b)
{
  enum
  {
    MOMENTS = 10,
    FEW = 50
  };
  static const rw_qk few = { .q = { .data = token, .n = FEW, .dim = CHANNELS },
                             .k = { .data = token, .n = FEW, .dim = CHANNELS },
                             .sink = -INFINITY };
  rw_error err = { 0 };
  const rw_module *log_n = NULL;
  rw_object *scale = NULL;
  b->in.length = b->in.longest = FEW;
  b->in.qk = &few;
  b->geometry.rotary_dim = 96;
  b->geometry.original_length = 20;
  bench_set (b, "moment_distances", RW_NUMBER_VALUE (MOMENTS));
  bench_dim (b, "moment_distance", MOMENTS);
  if (rw_kind_find (&rw_query_scales, "log_n", &log_n, &err) || rw_object_new (log_n, &scale, &err))
    exit (BAILED);
  return scale;
}

static rw_object *
open_bias (void)
{
  rw_error err = { 0 };
  const rw_module *alibi = NULL;
  rw_object *bias = NULL;
  if (rw_kind_find (&rw_biases, "alibi", &alibi, &err) || rw_object_new (alibi, &bias, &err))
    exit (BAILED);
  return bias;
}

static int
run_once (const void *data)
{
  static const double distance[] = { 0, 3, 2385 };
  const char *name = data;
  bench b;
  rw_freqs f = { 0 };
  rw_error err = { 0 };
  rw_object *scale = NULL, *bias = NULL;
  bench_open (&b, strcmp (name, "weighted similarity") ? name : "similarity");
  b.in.distance = distance, b.in.n_distances = 3;
  b.in.length = strcmp (name, "base_bound") == 0 ? 64 : 8192;
  b.in.position = distance, b.in.n_positions = 3;
  b.in.qk = &qk;
  if (strcmp (name, "attention") == 0)
    {
      bench_set (&b, "queries", RW_TEXT_VALUE ("sample"));
      f.bias = bias = open_bias ();
    }
  if (strcmp (name, "weighted similarity") == 0)
    bench_set (&b, "weights", RW_TEXT_VALUE ("model"));
  if (strcmp (name, "pair_usage") == 0)
    b.in.length = 64;
  if (strcmp (name, "coverage") == 0)
    {
      bench_set (&b, "novelty", RW_TRUE_VALUE);
      bench_set (&b, "angle_gap", RW_TRUE_VALUE);
    }
  if (strcmp (name, "score_profile") == 0)
    f.query_scale = scale = open_profile (&b);
  table (&b, "linear", 2, &f);
  const rw_status s = bench_run (&b, &f, &err);
  rw_freqs_free (&f);
  rw_object_free (scale);
  rw_object_free (bias);
  bench_close (&b);
  return outcome (s, &err);
}

int
main (void)
{
  static const char *const names[]
      = { "coverage",  "decay",         "disturbance",         "similarity", "base_bound",
          "attention", "score_profile", "weighted similarity", "pair_usage" };
  for (size_t k = 0; k < sizeof names / sizeof *names; k++)
    starve (names[k], run_once, names[k], 1, ALLOCATIONS, 0);
  return tap_end ();
}
