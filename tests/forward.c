/* forward: small random networks of every architecture, beside the naive pass in double; the same
   bits however a sequence is batched and on any number of threads; going on token by token.  */
#include "forward_help.h"
#include "rule/rule.h"

enum
{
  N = 75 /* tokens: no multiple of a tile, longer than the window */
};

/* float32 against double: errors of 1e-7 that a few layers of random weights carry on; measured
   1e-5, nats and units of logits.  */
#define NEAR 1e-4

static double
plain_loss (const double *logit, int32_t target)
{
  double max = -HUGE_VAL, sum = 0;
  for (int i = 0; i < VOCAB; i++)
    max = fmax (max, logit[i]);
  for (int i = 0; i < VOCAB; i++)
    sum += exp (logit[i] - max);
  return log (sum) + max - logit[target];
}

static double
plain_margin (const double *logit, int32_t target)
{
  double other = -HUGE_VAL;
  for (int i = 0; i < VOCAB; i++)
    other = i == target ? other : fmax (other, logit[i]);
  return logit[target] - other;
}

/* Tokens that are surely above and surely not below.  */
static int
rank_is (const double *logit, int32_t target, int32_t rank)
{
  int above = 0, maybe = 0;
  for (int i = 0; i < VOCAB; i++)
    {
      above += logit[i] > logit[target] + NEAR;
      maybe += i != target && fabs (logit[i] - logit[target]) <= NEAR;
    }
  return rank >= above && rank <= above + maybe;
}

static double
spread (const double *x, size_t n)
{
  double mean = 0, square = 0;
  for (size_t i = 0; i < n; i++)
    mean += x[i] / (double) n;
  for (size_t i = 0; i < n; i++)
    square += (x[i] - mean) * (x[i] - mean) / (double) n;
  return sqrt (square);
}

/* Loss, margin, rank and best token of every position under `ask`.  */
static void
fast_is_plain (const char *name, const rw_forward_ask *ask)
{
  static double logits[N * VOCAB], nll[N], margin[N];
  static int32_t id[N + 1], rank[N];
  const size_t start[] = { 0, N };
  int32_t best = -1;
  double worst = 0;
  int ranks = 1, likeliest = 1;
  rw_error e = { 0 };
  small_ids (id, N + 1);
  const rw_batch b = { .n_sequences = 1,
                       .start = start,
                       .id = id,
                       .target = id + 1,
                       .nll = nll,
                       .rank = rank,
                       .margin = margin,
                       .best = &best };
  rw_status s = rw_forward_plain (ask, id, N, logits, &e);
  s = s ? s : small_run (ask, &b, &e);
  for (int p = 0; p < N; p++)
    {
      const double *row = logits + p * VOCAB;
      worst = fmax (worst, fabs (nll[p] - plain_loss (row, id[p + 1])));
      worst = fmax (worst, fabs (margin[p] - plain_margin (row, id[p + 1])));
      ranks &= rank_is (row, id[p + 1], rank[p]);
    }
  for (int i = 0; i < VOCAB; i++)
    likeliest &= logits[(N - 1) * VOCAB + i] <= logits[(N - 1) * VOCAB + best] + NEAR;
  ok (!s && worst < NEAR, "%s: losses and margins of the naive pass (%.1e) %s", name, worst,
      e.text);
  ok (!s && ranks && likeliest, "%s: ranks and the likeliest token", name);
  ok (spread (logits, N * VOCAB) > 0.5, "%s: logits are not all alike (%.2f)", name,
      spread (logits, N * VOCAB));
}

static void
every_architecture_is_plain (void)
{
  for (size_t a = 0; a < ARCHS; a++)
    {
      small s;
      char name[64];
      small_begin (&s, a);
      rw_forward_ask ask = small_ask (&s);
      fast_is_plain (s.net.hyper.arch->name, &ask);
      ask.window = 13;
      ask.threads = 2;
      snprintf (name, sizeof name, "%s, the last 13 keys", s.net.hyper.arch->name);
      fast_is_plain (name, &ask);
      small_end (&s);
    }
}

/* A schedule, a rule and a query scale of a point: on the layers that rotate.  */
static void
rules_and_scales_are_plain (void)
{
  small s;
  rw_error e = { 0 };
  rw_object *rule = NULL, *scale = NULL;
  const rw_module *m = NULL;
  small_begin (&s, 4); /* gemma3: two ropes */
  if (rw_kind_find (&rw_rules, "self_extend", &m, &e) || rw_object_new (m, &rule, &e)
      || rw_kind_find (&rw_query_scales, "log_n", &m, &e) || rw_object_new (m, &scale, &e))
    ok (0, "a rule and a scale: %s", e.text);
  put (put (rule, "group", 3), "window", 8);
  rw_freqs f = scaled ("yarn", 4, &s.rope[1].geometry);
  rw_forward_tables tables = { 0 };
  f.rule = rule;
  f.query_scale = scale;
  ok (rw_forward_tables_make (&s.model, LAYERS, 1, &f, 128, &tables, &e) == RW_OK, "tables %s",
      e.text);
  ok (memcmp (tables.layer[0]->inv_freq, f.inv_freq, f.n * sizeof *f.inv_freq) == 0
          && tables.layer[0]->attention_factor == f.attention_factor,
      "the rope that was asked for has the point's table");
  ok (memcmp (tables.layer[2]->inv_freq, s.tables.layer[2]->inv_freq, f.n * sizeof *f.inv_freq) == 0
          && tables.layer[2]->rule == rule,
      "another keeps its own schedule, under the rule");
  rw_forward_ask ask = small_ask (&s);
  ask.freqs = tables.layer;
  fast_is_plain ("gemma3 under yarn, self_extend and log_n", &ask);
  rw_forward_tables_free (&tables);
  rw_freqs_free (&f);
  rw_object_free (rule);
  rw_object_free (scale);
  small_end (&s);
}

/* ---- the same bits ---- */

enum
{
  PARTS = 5
};

static void
batches_and_threads_change_no_bit (size_t arch)
{
  static int32_t id[N + 1];
  static double alone[N], together[N];
  const size_t start[PARTS + 1] = { 0, 1, 20, 37, 70, N };
  int same = 1;
  small s;
  rw_error e = { 0 };
  small_begin (&s, arch);
  small_ids (id, N + 1);
  rw_forward_ask ask = small_ask (&s);
  for (int k = 0; k < PARTS; k++)
    {
      const rw_batch b
          = { .n_sequences = 1, .start = start + k, .id = id, .target = id + 1, .nll = alone };
      same &= small_run (&ask, &b, &e) == RW_OK;
    }
  for (int threads = 1; threads <= 3; threads++)
    {
      const rw_batch b
          = { .n_sequences = PARTS, .start = start, .id = id, .target = id + 1, .nll = together };
      ask.threads = threads;
      same &= small_run (&ask, &b, &e) == RW_OK && memcmp (alone, together, sizeof alone) == 0;
    }
  ok (same, "%s: the same bits alone, in a batch, and on 1, 2 and 3 threads %s",
      s.net.hyper.arch->name, e.text);
  small_end (&s);
}

/* Pieces of a sequence after each other, and back again.  */
static void
going_on_changes_no_bit (size_t arch)
{
  static int32_t id[N + 1];
  static double whole[N], pieces[N];
  static const size_t cuts[] = { 0, 33, 34, 35, 64, N };
  const size_t start[] = { 0, N };
  small s;
  rw_error e = { 0 };
  rw_forward *f = NULL;
  small_begin (&s, arch);
  small_ids (id, N + 1);
  rw_forward_ask ask = small_ask (&s);
  rw_batch b = { .n_sequences = 1, .start = start, .id = id, .target = id + 1, .nll = whole };
  rw_status st = small_run (&ask, &b, &e);
  ask.room = N;
  st = st ? st : rw_forward_new (&ask, &f, &e);
  b.nll = pieces;
  for (int k = 0; !st && k < PARTS; k++)
    {
      b.start = cuts + k;
      st = rw_forward_run (f, &b, &e);
    }
  ok (!st && memcmp (whole, pieces, sizeof whole) == 0 && rw_forward_kept (f) == N,
      "%s: pieces that go on give the bits of the whole %s", s.net.hyper.arch->name, e.text);
  rw_forward_rewind (f, 34);
  memset (pieces + 34, 0, sizeof pieces - 34 * sizeof *pieces);
  b.start = (const size_t[]){ 34, N };
  st = st ? st : rw_forward_run (f, &b, &e);
  ok (!st && memcmp (whole, pieces, sizeof whole) == 0, "%s: so does going back to 34 of them %s",
      s.net.hyper.arch->name, e.text);
  b.start = (const size_t[]){ 0, 1 };
  ok (rw_forward_run (f, &b, &e) == RW_EINVAL && strstr (e.text, "75"),
      "%s: one more does not fit: %s", s.net.hyper.arch->name, e.text);
  rw_forward_free (f);
  small_end (&s);
}

int
main (void)
{
  every_architecture_is_plain ();
  rules_and_scales_are_plain ();
  for (size_t a = 0; a < ARCHS; a++)
    {
      batches_and_threads_change_no_bit (a);
      going_on_changes_no_bit (a);
    }
  return tap_end ();
}
