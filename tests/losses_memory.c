/* losses_memory: the metrics that run a model while every allocation in turn fails; see
   memory_help.h.  */
#include "losses_help.h"
#include "memory_help.h"

enum
{
  LEAST = 20,  /* of the metric itself: below all that was seen */
  ROOM = 400,  /* tokens: a prompt has 340 */
  LENGTH = 64, /* of a window: that of the lab */
  CONTEXTS = 7 /* 1, 2, ... 64 */
};

/* Of the corpus: without it the metric does not run.  */
static void
set_text (bench *b)
{
  if (bench_set (b, "text", RW_TEXT_VALUE ("one.txt")))
    exit (BAILED);
}

static void
ask_prompts (bench *b)
{
  b->in.length = b->in.longest = ROOM;
  bench_dim (b, "depth", 2);
  bench_dim (b, "digits", 5);
  bench_set (b, "depths", RW_NUMBER_VALUE (2));
  bench_set (b, "trials", RW_NUMBER_VALUE (1));
}

static void
ask_nll (bench *b)
{
  bench_dim (b, "position_full", LENGTH);
  bench_set (b, "max_windows", RW_NUMBER_VALUE (2));
  set_text (b);
}

static void
ask_crops (bench *b)
{
  bench_dim (b, "context", CONTEXTS);
  bench_set (b, "max_windows", RW_NUMBER_VALUE (3));
  set_text (b);
}

static void
ask_long (bench *b)
{
  bench_set (b, "short", RW_NUMBER_VALUE (16));
  bench_set (b, "stride", RW_NUMBER_VALUE (16));
  bench_set (b, "max_windows", RW_NUMBER_VALUE (2));
  set_text (b);
}

static void
ask_copy (bench *b)
{
  bench_set (b, "trials", RW_NUMBER_VALUE (2));
  set_text (b);
}

static const struct
{
  const char *name;
  void (*ask) (bench *b);
} cases[] = { { "nll", ask_nll },      { "gain", ask_crops },      { "extrapolation", ask_crops },
              { "longppl", ask_long }, { "passkey", ask_prompts }, { "needle", ask_prompts },
              { "copy", ask_copy } };

static int
run_once (const void *data)
{
  const size_t k = *(const size_t *) data;
  lab l;
  rw_freqs f = { 0 };
  rw_error err = { 0 };
  lab_open (&l, cases[k].name);
  cases[k].ask (&l.b);
  table (&l.b, "linear", 2, &f);
  const rw_status s = bench_run (&l.b, &f, &err);
  rw_freqs_free (&f);
  lab_close (&l);
  return outcome (s, &err);
}

int
main (void)
{
  for (size_t k = 0; k < sizeof cases / sizeof *cases; k++)
    starve_until (cases[k].name, run_once, &k, LEAST);
  return tap_end ();
}
