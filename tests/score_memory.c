/* score_memory: every allocation of `correlation`, `moments` and `direct` fails once; see
   memory_help.h.  */
#include "memory_help.h"
#include "rope/freqs.h"
#include "score/correlation.h"
#include "score/direct.h"
#include "score/moments.h"
#include "score_help.h"

enum
{
  ALLOCATIONS = 40 /* more than any of these runs makes */
};

static const int64_t first[] = { 0, 3, 40 }, last[] = { 0, 3, 99 };

typedef struct
{
  rw_qk qk;
  rw_arena *arena;
  rw_freqs freqs;
} bench;

static rw_status
run_correlation (const bench *b, rw_error *err)
{
  double mean[3], without[3];
  const rw_correlation_ask ask = { .qk = &b->qk,
                                   .pairs = 3,
                                   .n_sink = 2,
                                   .n_distances = 3,
                                   .distance = first,
                                   .block = 16,
                                   .threads = 2 };
  const rw_correlation_table t
      = { .inv_freq = b->freqs.inv_freq, .threads = 2, .scratch = b->arena };
  rw_correlation *set = NULL;
  rw_status s = rw_correlation_new (&ask, &set, err);
  if (!s)
    s = rw_correlation_mean (set, &t, mean, without, err);
  rw_correlation_free (set);
  return s;
}

static rw_status
run_moments (const bench *b, rw_error *err)
{
  double mean[3], variance[3];
  const rw_moments_ask ask = { .qk = &b->qk,
                               .layout = RW_INTERLEAVED,
                               .pairs = 4,
                               .n_sink = 2,
                               .n_distances = 3,
                               .distance = first,
                               .every = 2,
                               .segments = 20,
                               .threads = 2 };
  const rw_moments_table t = { .inv_freq = b->freqs.inv_freq, .threads = 2, .scratch = b->arena };
  rw_moments *set = NULL;
  rw_status s = rw_moments_new (&ask, &set, err);
  if (!s)
    s = rw_moments_score (set, &t, &(rw_moments_result){ .mean = mean, .variance = variance }, err);
  rw_moments_free (set);
  return s;
}

static rw_status
run_direct (const bench *b, rw_error *err)
{
  static const rw_geometry g = {
    .head_dim = 8, .rotary_dim = 8, .rope_theta = 10000, .original_length = 64, .max_length = 64
  };
  double mean[3];
  const rw_direct_ask ask = { .geometry = &g,
                              .qk = &b->qk,
                              .freqs = &b->freqs,
                              .length = 100,
                              .n_bins = 3,
                              .first = first,
                              .last = last,
                              .every = 2,
                              .threads = 2,
                              .scratch = b->arena };
  return rw_direct_run (&ask, &(rw_direct_result){ .mean = mean }, err);
}

typedef struct
{
  const char *name;
  rw_status (*run) (const bench *b, rw_error *err);
} work;

static int
run_once (const void *data)
{
  const work *of = data;
  rw_error err = { 0 };
  bench b = { .arena = rw_arena_new () };
  if (!b.arena || rw_freqs_size (&b.freqs, 4, &err))
    exit (ODD);
  b.qk = qk_make (&(qk_ask){ .n = 100, .dim = 8, .seed = 3 });
  const rw_status s = of->run (&b, &err);
  rw_qk_free (&b.qk);
  rw_freqs_free (&b.freqs);
  rw_arena_free (b.arena);
  return outcome (s, &err);
}

int
main (void)
{
  static const work works[] = { { "correlation", run_correlation },
                                { "moments", run_moments },
                                { "direct", run_direct } };
  enum
  {
    OWN = 8 /* allocations of the test: arena, frequencies, 3 for each of q and k */
  };
  for (size_t k = 0; k < sizeof works / sizeof *works; k++)
    starve (works[k].name, run_once, &works[k], OWN + 1, ALLOCATIONS, 9);
  return tap_end ();
}
