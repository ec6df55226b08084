/* nll: loss of the model's next-token predictions by position, and perplexity.

   A protocol has four choices that papers make in silence: which windows, which of their places
   count, what a mean is over, and where a BOS stands (doc/metrics.md, "nll", names the published
   ones).  Loss is -ln p of the token that follows, in nats; perplexity is e to its mean.  Intervals
   are block bootstraps over documents, or twentieths of one.  */
#include "metric/eval.h"
#include "metric/interval.h"
#include "metric/metric.h"
#include "metric/places.h"

#include <math.h>
#include <string.h>

typedef struct
{
  char *text, *tokens;
  int windows, bos, score, tail, mean, dtype, compare;
  int64_t stride, max_windows, keep;
} nll;

enum
{
  BY_TOKEN,
  BY_WINDOW
};
enum
{
  FLOAT32,
  BFLOAT16
};

enum
{
  NLL,
  BINNED,
  MEAN,
  LOW,
  HIGH,
  PERPLEXITY,
  TOKENS,
  CHANGE,
  CHANGE_LOW,
  CHANGE_HIGH,
  ROUNDING
};

/* ---- runs ---- */

static rw_status
make_windows (const nll *p, const rw_input *in, rw_windows *out, rw_error *err)
{
  const rw_windows_ask ask = { .windows = (rw_windows_how) p->windows,
                               .bos = (rw_windows_bos) p->bos,
                               .score = (rw_windows_score) p->score,
                               .tail = (rw_windows_tail) p->tail,
                               .length = rw_eval_length (in),
                               .stride = (size_t) p->stride,
                               .most = (size_t) p->max_windows };
  return rw_windows_make (&ask, in->corpus, in->scratch, out, err);
}

static rw_status
losses (const nll *p, const rw_input *in, const rw_freqs *f, bool bfloat16, const rw_windows *w,
        double *out, rw_error *err)
{
  const rw_eval_ask ask = { .in = in, .freqs = f, .keep = (size_t) p->keep, .bfloat16 = bfloat16 };
  int32_t bos;
  const rw_status s = rw_eval_bos (in, p->bos != RW_BOS_NONE, &bos, err);
  return s ? s : rw_eval_losses (&ask, w, bos, out, err);
}

/* What bfloat16 products add to the loss of the first window.  */
static rw_status
rounding (const nll *p, const rw_input *in, const rw_freqs *f, const rw_windows *w,
          const double *value, double *out, rw_error *err)
{
  rw_window *first = &w->window[0];
  const size_t n = first->n - first->from;
  const rw_windows one
      = { .n = 1, .window = first, .fed = first->n, .scored = n, .longest = first->n };
  double *fine = rw_arena_take (in->scratch, n, sizeof *fine);
  rw_status s = fine ? RW_OK : rw_nomem (err, n * sizeof *fine);
  if (!s)
    s = losses (p, in, f, false, &one, fine, err);
  if (s || !n)
    return s;
  double sum = 0;
  for (size_t j = 0; j < n; j++)
    sum += value[j] - fine[j];
  *out = sum / (double) n;
  return RW_OK;
}

/* The losses under the model's own schedule are the same for every schedule of the group.  */
static rw_status
prepare (const void *self, const rw_input *in, void **work, rw_error *err)
{
  const nll *p = self;
  rw_windows w;
  if (!p->compare)
    return RW_OK;
  rw_status s = make_windows (p, in, &w, err);
  if (s)
    return s;
  double *own = rw_new (w.scored, sizeof *own);
  if (!own)
    return rw_nomem (err, w.scored * sizeof *own);
  *work = own;
  return losses (p, in, NULL, p->dtype == BFLOAT16, &w, own, err);
}

static void
put (const rw_interval *of, rw_fields *out, int field)
{
  *out->value[field] = of->mean;
  *out->value[field + 1] = of->low;
  *out->value[field + 2] = of->high;
}

static rw_status
measure (const void *self, const rw_input *in, const void *work, const rw_freqs *f, rw_fields *out,
         rw_error *err)
{
  const nll *p = self;
  rw_interval mean = { NAN, NAN, NAN }, change = mean;
  rw_windows w;
  rw_status s = make_windows (p, in, &w, err);
  if (s)
    return s;
  double *value = rw_arena_take (in->scratch, w.scored, sizeof *value);
  if (!value)
    return rw_nomem (err, w.scored * sizeof *value);
  s = losses (p, in, f, p->dtype == BFLOAT16, &w, value, err);
  if (!s)
    s = rw_places_mean (in, &w, value, out->value[NLL], out->size[NLL], out->value[BINNED], err);
  if (!s)
    s = rw_interval_make (in, &w, value, NULL, p->mean == BY_WINDOW, &mean, err);
  if (!s && work)
    s = rw_interval_change (in, &w, value, work, p->mean == BY_WINDOW, &change, err);
  if (!s && out->value[ROUNDING] && p->dtype == BFLOAT16)
    s = rounding (p, in, f, &w, value, out->value[ROUNDING], err);
  if (s)
    return s;
  put (&mean, out, MEAN);
  if (out->value[CHANGE])
    put (&change, out, CHANGE);
  *out->value[PERPLEXITY] = exp (*out->value[MEAN]);
  *out->value[TOKENS] = (double) w.scored;
  return RW_OK;
}

static void
release (void *work)
{
  rw_free (work);
}

/* ---- what it declares ---- */

static void
corpus (const void *self, rw_corpus_wish *out)
{
  const nll *p = self;
  *out = (rw_corpus_wish){ .text = p->text, .tokens = p->tokens };
}

static rw_status
check (const void *self, const rw_input *in, rw_error *err)
{
  const nll *p = self;
  rw_corpus_wish wish;
  rw_windows w;
  int32_t bos;
  corpus (self, &wish);
  rw_status s = rw_eval_check (in, &wish, err);
  if (!s && in->network)
    s = rw_eval_bos (in, p->bos != RW_BOS_NONE, &bos, err);
  if (!s && in->corpus)
    s = make_windows (p, in, &w, err);
  return s;
}

static rw_status
dim (const void *self, double longest, const char *name, rw_arena *keep, rw_dim *out, rw_error *err)
{
  (void) self;
  if (strcmp (name, "position_full") != 0)
    return rw_fail (err, RW_EINVAL, "nll has no dimension '%s'", name);
  const size_t n = longest < 1 ? 1 : (size_t) longest;
  double *position = rw_arena_take (keep, n, sizeof *position);
  if (!position)
    return rw_nomem (err, n * sizeof *position);
  for (size_t i = 0; i < n; i++)
    position[i] = (double) i;
  *out = (rw_dim){ .name = "position_full",
                   .n = n,
                   .values = position,
                   .unit = "tokens",
                   .long_name = "position in the window" };
  return RW_OK;
}

/* Windows that are asked for; what they feed is not known before the text is.  */
static double
cost (const void *self, const rw_input *in)
{
  static const double UNKNOWN = 256; /* windows, where all are wanted of a text not read yet */
  const nll *p = self;
  const double n = (double) rw_eval_length (in);
  double windows = p->max_windows ? (double) p->max_windows : UNKNOWN;
  if (in->corpus)
    {
      const double step = p->stride && p->windows == RW_WINDOWS_SLIDE ? (double) p->stride : n;
      const double all = p->windows == RW_WINDOWS_TRUNCATE ? (double) in->corpus->n
                                                           : (double) in->corpus->tokens / step;
      windows = p->max_windows ? fmin (windows, all) : all;
    }
  return rw_eval_seconds (in, windows * n, n, windows * n);
}

static bool
wants_change (const void *self)
{
  const nll *p = self;
  return p->compare;
}

static bool
wants_rounding (const void *self)
{
  const nll *p = self;
  return p->dtype == BFLOAT16;
}

#define SAMPLED .kind = "sampled", .cite = "ropewalk, doc/metrics.md"

static const rw_field fields[] = {
  [NLL] = { .name = "nll",
            .dims = { "position_full" },
            .unit = "nats",
            .long_name = "loss by position",
            SAMPLED },
  [BINNED] = { .name = "nll_binned",
               .dims = { "position" },
               .unit = "nats",
               .long_name = "loss, mean from this position to the next",
               SAMPLED },
  [MEAN] = { .name = "nll_mean", .unit = "nats", .long_name = "mean loss", SAMPLED },
  [LOW] = { .name = "nll_low",
            .unit = "nats",
            .long_name = "lower 95 % limit of the mean loss",
            SAMPLED },
  [HIGH] = { .name = "nll_high",
             .unit = "nats",
             .long_name = "upper 95 % limit of the mean loss",
             SAMPLED },
  [PERPLEXITY] = { .name = "perplexity", .long_name = "perplexity", SAMPLED },
  [TOKENS] = { .name = "tokens",
               .unit = "tokens",
               .long_name = "places scored",
               .kind = "exact",
               .cite = "ropewalk, doc/metrics.md" },
  [CHANGE] = { .name = "nll_change",
               .unit = "nats",
               .long_name = "mean change of the loss against the model's own schedule",
               SAMPLED,
               .wanted = wants_change },
  [CHANGE_LOW] = { .name = "nll_change_low",
                   .unit = "nats",
                   .long_name = "lower 95 % limit of the mean change",
                   SAMPLED,
                   .wanted = wants_change },
  [CHANGE_HIGH] = { .name = "nll_change_high",
                    .unit = "nats",
                    .long_name = "upper 95 % limit of the mean change",
                    SAMPLED,
                    .wanted = wants_change },
  [ROUNDING] = { .name = "nll_rounding",
                 .unit = "nats",
                 .long_name = "what bfloat16 products add to the loss of the first window",
                 .kind = "estimate",
                 .cite = "ropewalk, doc/metrics.md",
                 .wanted = wants_rounding },
  { 0 },
};

static const char *const windows_words[] = { "slide", "truncate", "disjoint", NULL };
static const char *const bos_words[] = { "none", "once", "window", NULL };
static const char *const score_words[] = { "all", "last", "second_half", NULL };
static const char *const tail_words[] = { "none", "short", "full", NULL };
static const char *const mean_words[] = { "token", "window", NULL };
static const char *const dtype_words[] = { "float32", "bfloat16", NULL };
static const char *const compare_words[] = { "none", "own", NULL };

static const rw_param params[] = {
  RW_TEXT_PARAMS (nll),
  { .name = "windows",
    .type = RW_CHOICE,
    .at = offsetof (nll, windows),
    .choices = windows_words,
    .text = "slide: one every `stride` tokens; truncate: the first of each document; disjoint: one "
            "after the other" },
  { .name = "stride",
    .type = RW_INT,
    .at = offsetof (nll, stride),
    .defined = RW_BETWEEN (0, RW_LENGTH_MAX),
    .unit = "tokens",
    .text = "tokens from window to window, and what `score`: last scores; 0: the length" },
  { .name = "bos",
    .type = RW_CHOICE,
    .at = offsetof (nll, bos),
    .choices = bos_words,
    .text = "begin-of-text token: none, once in front of each document, in front of each window" },
  { .name = "score",
    .type = RW_CHOICE,
    .at = offsetof (nll, score),
    .choices = score_words,
    .text = "all: every place that no window before has scored; last: the last `stride`; "
            "second_half: from the middle on" },
  { .name = "tail",
    .type = RW_CHOICE,
    .at = offsetof (nll, tail),
    .choices = tail_words,
    .text = "the end of a document that fills no window: none: left out; short: a shorter window; "
            "full: a window that ends there" },
  { .name = "mean",
    .type = RW_CHOICE,
    .at = offsetof (nll, mean),
    .choices = mean_words,
    .text = "nll_mean is a mean over scored tokens, or over the means of windows" },
  { .name = "max_windows",
    .type = RW_INT,
    .at = offsetof (nll, max_windows),
    .value = 16,
    .defined = RW_BETWEEN (0, RW_LENGTH_MAX),
    .text = "at most so many windows, documents taking turns; 0: all" },
  { .name = "keep",
    .type = RW_INT,
    .at = offsetof (nll, keep),
    .defined = RW_BETWEEN (0, RW_LENGTH_MAX),
    .unit = "tokens",
    .text = "the control: a query sees only the last so many keys, its own counted; 0: all" },
  { .name = "dtype",
    .type = RW_CHOICE,
    .at = offsetof (nll, dtype),
    .choices = dtype_words,
    .text = "products of the linear layers; with bfloat16 nll_rounding says what it costs" },
  { .name = "compare",
    .type = RW_CHOICE,
    .at = offsetof (nll, compare),
    .choices = compare_words,
    .text = "own: also the change against the model's own schedule on the same targets" },
  { 0 },
};

const rw_metric rw_metric_nll = {
  .as = { .name = "nll",
          .size = sizeof (nll),
          .params = params,
          .text = "loss of the model by position, and perplexity, by any published protocol",
          .cite = "ropewalk, doc/metrics.md" },
  .needs = RW_NEEDS_NETWORK | RW_ALONE,
  .fields = fields,
  .corpus = corpus,
  .check = check,
  .prepare = prepare,
  .measure = measure,
  .release = release,
  .dim = dim,
  .cost = cost,
};
