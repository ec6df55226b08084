/* longppl: perplexity over the tokens that need a long context.

   Fang et al., arXiv 2410.23771: key tokens are those whose loss falls by more than alpha = 2 nats
   when the whole context is given instead of a short one, and is then below beta = 2.  The short
   context slides as in their script: windows of short + stride tokens, of which the last `stride`
   are looked at, so that it has short to short + stride - 1 tokens.

   Which tokens are key is the evaluator's finding, the model under a schedule of its own; by
   default that is the model's, so that all schedules are measured on the same tokens.  */
#include "metric/eval.h"
#include "metric/interval.h"
#include "metric/metric.h"
#include "schedule/schedule.h"

#include <math.h>
#include <string.h>

typedef struct
{
  char *text, *tokens;
  int64_t short_context, stride, max_windows;
  double alpha, beta;
  int keys, bos;
  rw_object *evaluator;
} longppl;

enum
{
  LONGPPL,
  LOW,
  HIGH,
  KEYS
};

enum
{
  BY_EVALUATOR,
  BY_POINT
};

enum
{
  BOS_NONE,
  BOS_WINDOW
};

/* Full windows with the places that may be key, and the short windows of the same places.  */
typedef struct
{
  rw_windows full, brief;
  int32_t bos;
} setting;

static size_t
smaller (size_t a, size_t b)
{
  return a < b ? a : b;
}

/* ---- windows ---- */

/* Place j of a full window has context j + 1: from `short_context` on it is more than the short
   window's.  */
static rw_status
make_full (const longppl *p, const rw_input *in, rw_windows *out, rw_error *err)
{
  const rw_windows_ask ask = { .windows = RW_WINDOWS_DISJOINT,
                               .score = RW_SCORE_LAST,
                               .bos = p->bos == BOS_WINDOW ? RW_BOS_WINDOW : RW_BOS_NONE,
                               .length = rw_eval_length (in),
                               .stride = rw_eval_length (in) - (size_t) p->short_context + 1,
                               .most = (size_t) p->max_windows };
  return rw_windows_make (&ask, in->corpus, in->scratch, out, err);
}

/* The short windows of one full window.  With a BOS, they have one too, and as many tokens.  */
static void
add_brief (const longppl *p, const rw_window *full, rw_windows *out)
{
  const size_t step = (size_t) p->stride;
  for (size_t at = full->from; at < full->n; at += step)
    {
      const size_t count = smaller (step, full->n - at);
      rw_window w = { .document = full->document, .bos = full->bos, .from = full->from };
      w.n = full->from + count;
      w.first = full->first + at - full->from;
      out->window[out->n++] = w;
      out->fed += w.n;
      out->scored += count;
      out->longest = w.n > out->longest ? w.n : out->longest;
    }
}

static rw_status
make_setting (const longppl *p, const rw_input *in, setting *out, rw_error *err)
{
  rw_status s = rw_eval_bos (in, p->bos == BOS_WINDOW, &out->bos, err);
  if (!s)
    s = make_full (p, in, &out->full, err);
  if (s)
    return s;
  const size_t each = (rw_eval_length (in) - 1) / (size_t) p->stride + 1;
  out->brief = (rw_windows){ .window = rw_arena_take (in->scratch, out->full.n * each,
                                                      sizeof *out->brief.window) };
  if (!out->brief.window)
    return rw_nomem (err, out->full.n * each * sizeof *out->brief.window);
  for (size_t i = 0; i < out->full.n; i++)
    add_brief (p, &out->full.window[i], &out->brief);
  return RW_OK;
}

/* ---- keys ---- */

/* Losses with the whole context, and whether each place is key.  */
static rw_status
find_keys (const longppl *p, const rw_input *in, const rw_freqs *f, const setting *s, double *full,
           bool *key, rw_error *err)
{
  const rw_eval_ask ask = { .in = in, .freqs = f, .schedule = p->evaluator };
  double *brief = rw_arena_take (in->scratch, s->brief.scored, sizeof *brief);
  rw_eval e;
  rw_status status
      = brief ? rw_eval_open (&ask, &e, err) : rw_nomem (err, s->brief.scored * sizeof *brief);
  if (status)
    return status;
  status = rw_eval_windows (&e, &s->full, s->bos, full, err);
  if (!status)
    status = rw_eval_windows (&e, &s->brief, s->bos, brief, err);
  rw_eval_close (&e);
  for (size_t i = 0; !status && i < s->full.scored; i++)
    key[i] = brief[i] - full[i] > p->alpha && full[i] < p->beta;
  return status;
}

static rw_status
prepare (const void *self, const rw_input *in, void **work, rw_error *err)
{
  const longppl *p = self;
  setting s;
  if (p->keys == BY_POINT)
    return RW_OK;
  rw_status status = make_setting (p, in, &s, err);
  if (status)
    return status;
  bool *key = *work = rw_new (s.full.scored, sizeof *key);
  double *full = rw_arena_take (in->scratch, s.full.scored, sizeof *full);
  if (!key || !full)
    return rw_nomem (err, s.full.scored * sizeof *full);
  return find_keys (p, in, NULL, &s, full, key, err);
}

static void
release (void *work)
{
  rw_free (work);
}

/* Losses with the whole context, and which of them count: the keys in `found`, else one's own.  */
static rw_status
losses (const longppl *p, const rw_input *in, const rw_freqs *f, const setting *s,
        const bool *found, double *full, bool *key, rw_error *err)
{
  const rw_eval_ask ask = { .in = in, .freqs = f };
  if (!found)
    return find_keys (p, in, f, s, full, key, err);
  memcpy (key, found, s->full.scored * sizeof *key);
  return rw_eval_losses (&ask, &s->full, s->bos, full, err);
}

static rw_status
measure (const void *self, const rw_input *in, const void *work, const rw_freqs *f, rw_fields *out,
         rw_error *err)
{
  rw_interval mean = { NAN, NAN, NAN };
  double keys = 0;
  setting s;
  rw_status status = make_setting (self, in, &s, err);
  if (status)
    return status;
  double *full = rw_arena_take (in->scratch, s.full.scored, sizeof *full);
  bool *key = rw_arena_take (in->scratch, s.full.scored, sizeof *key);
  if (!full || !key)
    return rw_nomem (err, s.full.scored * sizeof *full);
  status = losses (self, in, f, &s, work, full, key, err);
  if (!status)
    status = rw_interval_make (in, &s.full, full, key, false, &mean, err);
  for (size_t i = 0; i < s.full.scored; i++)
    keys += key[i];
  *out->value[LONGPPL] = exp (mean.mean);
  *out->value[LOW] = exp (mean.low);
  *out->value[HIGH] = exp (mean.high);
  *out->value[KEYS] = keys;
  return status;
}

/* ---- what it declares ---- */

static void
corpus (const void *self, rw_corpus_wish *out)
{
  const longppl *p = self;
  *out = (rw_corpus_wish){ .text = p->text, .tokens = p->tokens };
}

static rw_status
check (const void *self, const rw_input *in, rw_error *err)
{
  const longppl *p = self;
  rw_corpus_wish wish;
  setting s;
  corpus (self, &wish);
  rw_status status = rw_eval_check (in, &wish, err);
  if (!status && rw_eval_length (in) <= (size_t) p->short_context)
    {
      rw_fail (err, RW_EDOMAIN, "length %zu is not above the short context, %lld",
               rw_eval_length (in), (long long) p->short_context);
      return rw_hint (err, "take a longer length, or set \"short\"");
    }
  if (!status && p->evaluator)
    status = rw_schedule_check (p->evaluator, in->geometry, NULL, err);
  if (!status && in->network && in->corpus)
    status = make_setting (p, in, &s, err);
  return status;
}

static double
cost (const void *self, const rw_input *in)
{
  const longppl *p = self;
  const double n = in->length, windows = (double) p->max_windows;
  const double brief = (double) p->short_context + (double) p->stride;
  const double chunks = fmax (0, n - (double) p->short_context) / (double) p->stride;
  double sum = rw_eval_seconds (in, windows * n, n, windows * n);
  if (p->keys == BY_POINT)
    sum += rw_eval_seconds (in, windows * chunks * brief, brief,
                            windows * chunks * (double) p->stride);
  return sum;
}

#define CITE .cite = "Fang et al., arXiv 2410.23771; ropewalk, doc/metrics.md"

static const rw_field fields[] = {
  [LONGPPL] = { .name = "longppl",
                .long_name = "perplexity over tokens that need a long context",
                .kind = "sampled",
                CITE },
  [LOW] = { .name = "longppl_low",
            .long_name = "lower 95 % limit of the long-context perplexity",
            .kind = "sampled",
            CITE },
  [HIGH] = { .name = "longppl_high",
             .long_name = "upper 95 % limit of the long-context perplexity",
             .kind = "sampled",
             CITE },
  [KEYS] = { .name = "longppl_keys",
             .unit = "tokens",
             .long_name = "tokens that need a long context",
             .kind = "exact",
             CITE },
  { 0 },
};

static const char *const keys_words[] = { "evaluator", "point", NULL };
static const char *const bos_words[] = { "none", "window", NULL };

static const rw_param params[] = {
  RW_TEXT_PARAMS (longppl),
  { .name = "short",
    .type = RW_INT,
    .at = offsetof (longppl, short_context),
    .value = 4096,
    .defined = RW_BETWEEN (1, RW_LENGTH_MAX),
    .unit = "tokens",
    .text = "tokens of the short context" },
  { .name = "stride",
    .type = RW_INT,
    .at = offsetof (longppl, stride),
    .value = 1024,
    .defined = RW_BETWEEN (1, RW_LENGTH_MAX),
    .unit = "tokens",
    .text = "tokens that share a short window, whose context is up to so many longer" },
  { .name = "alpha",
    .type = RW_REAL,
    .at = offsetof (longppl, alpha),
    .value = 2,
    .unit = "nats",
    .text = "a key token's loss falls by more than this with the whole context" },
  { .name = "beta",
    .type = RW_REAL,
    .at = offsetof (longppl, beta),
    .value = 2,
    .unit = "nats",
    .text = "and is below this then" },
  { .name = "keys",
    .type = RW_CHOICE,
    .at = offsetof (longppl, keys),
    .choices = keys_words,
    .text = "who finds the key tokens: the model under the evaluator's schedule, or under each "
            "point's own" },
  { .name = "evaluator",
    .type = RW_BLOCK,
    .at = offsetof (longppl, evaluator),
    .kind = &rw_schedules,
    .text = "schedule under which key tokens are found; left out: the model's own" },
  { .name = "max_windows",
    .type = RW_INT,
    .at = offsetof (longppl, max_windows),
    .value = 16,
    .defined = RW_BETWEEN (1, 1 << 20),
    .text = "at most so many windows, documents taking turns" },
  { .name = "bos",
    .type = RW_CHOICE,
    .at = offsetof (longppl, bos),
    .choices = bos_words,
    .text = "whether every window, long or short, begins with a begin-of-text token" },
  { 0 },
};

const rw_metric rw_metric_longppl = {
  .as = { .name = "longppl",
          .size = sizeof (longppl),
          .params = params,
          .text = "perplexity over the tokens whose loss a long context lowers",
          .cite = "Fang et al., arXiv 2410.23771" },
  .needs = RW_NEEDS_NETWORK | RW_ALONE,
  .fields = fields,
  .corpus = corpus,
  .check = check,
  .prepare = prepare,
  .measure = measure,
  .release = release,
  .cost = cost,
};
