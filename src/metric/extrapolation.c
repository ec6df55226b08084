/* extrapolation: how far a model reads under a schedule, in four numbers.

   Everything compares losses of the same targets (contexts.h).  NLL_c is the loss with context c
   under the schedule, U_c the one under the model's own schedule; L the trained length.

     effective_length  largest c such that for all c' of L .. c the upper limit of
                       mean (NLL_c' - U_L) is at most 0.05 nat
     used_length       largest c with mean (NLL_{c/2} - NLL_c) > 0.01 nat and its lower limit above
   0 short_cost        mean change of the loss at positions below L, on windows of L tokens
     trained_knee      largest c before U_c first rises: mean (U_c - U_best) > 0.05 nat with its
   lower limit above 0, U_best the lowest mean below c

   Limits are those of 95 % block bootstraps.  The unscaled losses are made once a group.  */
#include "metric/contexts.h"
#include "metric/metric.h"

#include <math.h>
#include <stdlib.h>

static const double TOLERANCE = 0.05; /* nats that the loss may rise by */
static const double USE = 0.01;       /* nats that a doubled context must bring */

typedef struct
{
  rw_contexts_head head;
  int64_t steps;
} extrapolation;

enum
{
  EFFECTIVE,
  USED,
  SHORT,
  SHORT_LOW,
  SHORT_HIGH,
  KNEE
};

enum
{
  CONTEXTS = 1024, /* more than 40 octaves of 16 steps, and two */
  LEAST = 16       /* tokens of the shortest context */
};

/* What is measured on: schedule-free.  */
typedef struct
{
  rw_contexts contexts;
  rw_windows short_windows; /* of L tokens, all places scored */
  size_t trained;           /* L, or L' where that is less */
  size_t n;
  size_t context[CONTEXTS]; /* (n,) rising, with L and L' among them */
} setting;

/* Losses under the model's own schedule.  */
typedef struct
{
  size_t scored, short_scored;
  double *nll;       /* (n contexts, scored) */
  double *short_nll; /* (short_scored,) */
} baseline;

/* ---- the setting ---- */

static size_t
trained_of (const rw_input *in)
{
  const double n = fmin (in->length, in->geometry->original_length);
  return n < 1 ? 1 : (size_t) n;
}

static int
by_size (const void *a, const void *b)
{
  const size_t x = *(const size_t *) a, y = *(const size_t *) b;
  return (x > y) - (x < y);
}

/* L 2^(j / steps) for all whole j from LEAST tokens to L', and L' / 2 and L' themselves.  */
static void
fill_contexts (const extrapolation *p, size_t length, setting *s)
{
  const double steps = (double) p->steps, trained = (double) s->trained;
  const double top = (double) length, least = fmin (LEAST, trained);
  size_t n = 0;
  s->context[n++] = length;
  s->context[n++] = length > 1 ? length / 2 : 1;
  for (double j = ceil (steps * log2 (least / trained)); n < CONTEXTS; j++)
    {
      const double c = round (trained * exp2 (j / steps));
      if (c > top)
        break;
      s->context[n++] = c < 1 ? 1 : (size_t) c;
    }
  qsort (s->context, n, sizeof *s->context, by_size);
  s->n = 0;
  for (size_t i = 0; i < n; i++)
    if (!s->n || s->context[s->n - 1] != s->context[i])
      s->context[s->n++] = s->context[i];
}

static rw_status
make_setting (const extrapolation *p, const rw_input *in, setting *out, rw_error *err)
{
  const size_t length = rw_eval_length (in);
  out->trained = trained_of (in);
  fill_contexts (p, length, out);
  const rw_contexts_ask ask = rw_contexts_ask_of (&p->head, in);
  rw_contexts_ask whole = ask;
  rw_contexts shorter;
  whole.length = whole.targets = out->trained;
  rw_status s = rw_contexts_make (&ask, in, &out->contexts, err);
  if (!s)
    s = rw_contexts_make (&whole, in, &shorter, err);
  if (!s)
    out->short_windows = shorter.full;
  return s;
}

static rw_status
run (const setting *s, const rw_input *in, const rw_freqs *f, const baseline *out, rw_error *err)
{
  rw_eval e;
  rw_status status = rw_eval_open (&(rw_eval_ask){ .in = in, .freqs = f }, &e, err);
  if (status)
    return status;
  for (size_t i = 0; !status && i < s->n; i++)
    status = rw_contexts_run (&s->contexts, &e, s->context[i], out->nll + i * out->scored, err);
  if (!status)
    status = rw_eval_windows (&e, &s->short_windows, s->contexts.bos, out->short_nll, err);
  rw_eval_close (&e);
  return status;
}

static void
release (void *work)
{
  baseline *b = work;
  if (b)
    {
      rw_free (b->nll);
      rw_free (b->short_nll);
    }
  rw_free (b);
}

static rw_status
prepare (const void *self, const rw_input *in, void **work, rw_error *err)
{
  setting s;
  rw_status status = make_setting (self, in, &s, err);
  if (status)
    return status;
  baseline *b = *work = rw_new (1, sizeof *b);
  if (!b)
    return rw_nomem (err, sizeof *b);
  b->scored = s.contexts.full.scored;
  b->short_scored = s.short_windows.scored;
  b->nll = rw_new (s.n * b->scored, sizeof *b->nll);
  b->short_nll = rw_new (b->short_scored, sizeof *b->short_nll);
  if (!b->nll || !b->short_nll)
    return rw_nomem (err, (s.n * b->scored + b->short_scored) * sizeof *b->nll);
  return run (&s, in, NULL, b, err);
}

/* ---- the four numbers ---- */

static size_t
place_of (const setting *s, size_t context)
{
  size_t i = 0;
  while (i < s->n && s->context[i] != context)
    i++;
  return i;
}

static rw_status
change (const setting *s, const rw_input *in, const baseline *of, size_t i, const double *from,
        rw_interval *out, rw_error *err)
{
  return rw_interval_change (in, &s->contexts.full, of->nll + i * of->scored, from, false, out,
                             err);
}

/* 0: already L is lost.  */
static rw_status
effective (const setting *s, const rw_input *in, const baseline *at, const baseline *own,
           double *out, rw_error *err)
{
  const size_t trained = place_of (s, s->trained);
  rw_interval rise;
  *out = 0;
  for (size_t i = trained; i < s->n; i++)
    {
      const rw_status status = change (s, in, at, i, own->nll + trained * own->scored, &rise, err);
      if (status || !(rise.high <= TOLERANCE))
        return status;
      *out = (double) s->context[i];
    }
  return RW_OK;
}

/* Place of half a context, of which the grid has a rounded one; s->n where it has none.  */
static size_t
half_of (const setting *s, size_t context)
{
  size_t i = 0;
  while (i < s->n && 2 * s->context[i] + 1 != context && 2 * s->context[i] != context
         && 2 * s->context[i] != context + 1)
    i++;
  return i;
}

/* 0: no doubling brings anything.  */
static rw_status
used (const setting *s, const rw_input *in, const baseline *at, double *out, rw_error *err)
{
  rw_interval more;
  *out = 0;
  for (size_t i = s->n; i-- > 0;)
    {
      const size_t half = half_of (s, s->context[i]);
      if (half == s->n)
        continue;
      const rw_status status = change (s, in, at, half, at->nll + i * at->scored, &more, err);
      if (status)
        return status;
      if (more.mean > USE && more.low > 0)
        {
          *out = (double) s->context[i];
          return RW_OK;
        }
    }
  return RW_OK;
}

static double
mean_of (const double *v, size_t n)
{
  double sum = 0;
  for (size_t i = 0; i < n; i++)
    sum += v[i];
  return sum / (double) n;
}

/* NaN: the loss does not rise up to L'.  */
static rw_status
knee (const setting *s, const rw_input *in, const baseline *own, double *out, rw_error *err)
{
  size_t best = 0;
  rw_interval rise;
  *out = NAN;
  for (size_t i = 1; i < s->n; i++)
    {
      const double *low = own->nll + best * own->scored;
      const rw_status status = change (s, in, own, i, low, &rise, err);
      if (status)
        return status;
      if (rise.mean > TOLERANCE && rise.low > 0)
        {
          *out = (double) s->context[i - 1];
          return RW_OK;
        }
      if (mean_of (own->nll + i * own->scored, own->scored) < mean_of (low, own->scored))
        best = i;
    }
  return RW_OK;
}

static rw_status
measure (const void *self, const rw_input *in, const void *work, const rw_freqs *f, rw_fields *out,
         rw_error *err)
{
  const baseline *own = work;
  baseline at = { .scored = own->scored, .short_scored = own->short_scored };
  rw_interval cost = { NAN, NAN, NAN };
  setting s;
  rw_status status = make_setting (self, in, &s, err);
  if (status)
    return status;
  at.nll = rw_arena_take (in->scratch, s.n * at.scored, sizeof *at.nll);
  at.short_nll = rw_arena_take (in->scratch, at.short_scored, sizeof *at.short_nll);
  if (!at.nll || !at.short_nll)
    return rw_nomem (err, (s.n * at.scored + at.short_scored) * sizeof *at.nll);
  status = run (&s, in, f, &at, err);
  if (!status)
    status = effective (&s, in, &at, own, out->value[EFFECTIVE], err);
  if (!status)
    status = used (&s, in, &at, out->value[USED], err);
  if (!status)
    status = knee (&s, in, own, out->value[KNEE], err);
  if (!status)
    status = rw_interval_change (in, &s.short_windows, at.short_nll, own->short_nll, false, &cost,
                                 err);
  *out->value[SHORT] = cost.mean;
  *out->value[SHORT_LOW] = cost.low;
  *out->value[SHORT_HIGH] = cost.high;
  return status;
}

/* ---- what it declares ---- */

static double
cost (const void *self, const rw_input *in)
{
  const extrapolation *p = self;
  setting s = { .trained = trained_of (in) };
  double sum = 0;
  fill_contexts (p, rw_eval_length (in), &s);
  for (size_t i = 0; i < s.n; i++)
    sum += rw_contexts_seconds (&p->head, in, s.context[i]);
  const double all = (double) p->head.max_windows * (double) s.trained;
  return sum + rw_eval_seconds (in, all, (double) s.trained, all);
}

#define CITE .cite = "ropewalk, doc/metrics.md"

static const rw_field fields[] = {
  [EFFECTIVE] = { .name = "effective_length",
                  .unit = "tokens",
                  .kind = "estimate",
                  .long_name = "longest context without a rise of the loss",
                  CITE },
  [USED] = { .name = "used_length",
             .unit = "tokens",
             .kind = "estimate",
             .long_name = "longest context whose second half lowers the loss",
             CITE },
  [SHORT] = { .name = "short_cost",
              .unit = "nats",
              .kind = "sampled",
              .long_name = "change of the loss within the trained length",
              CITE },
  [SHORT_LOW] = { .name = "short_cost_low",
                  .unit = "nats",
                  .kind = "sampled",
                  .long_name = "lower 95 % limit of the short-context cost",
                  CITE },
  [SHORT_HIGH] = { .name = "short_cost_high",
                   .unit = "nats",
                   .kind = "sampled",
                   .long_name = "upper 95 % limit of the short-context cost",
                   CITE },
  [KNEE] = { .name = "trained_knee",
             .unit = "tokens",
             .kind = "estimate",
             .long_name = "longest context before the unscaled model's loss rises",
             CITE },
  { 0 },
};

static const rw_param params[] = {
  RW_CONTEXTS_PARAMS,
  { .name = "steps",
    .type = RW_INT,
    .at = offsetof (extrapolation, steps),
    .value = 2,
    .defined = RW_BETWEEN (1, 16),
    .text = "contexts an octave that are looked at, counted from the trained length" },
  { 0 },
};

const rw_metric rw_metric_extrapolation = {
  .as = { .name = "extrapolation",
          .size = sizeof (extrapolation),
          .params = params,
          .text = "effective and used length, what scaling costs within the trained length, and "
                  "where the unscaled model gives out",
          .cite = "ropewalk, doc/metrics.md" },
  .needs = RW_NEEDS_NETWORK | RW_ALONE,
  .fields = fields,
  .corpus = rw_contexts_corpus,
  .check = rw_contexts_check,
  .prepare = prepare,
  .measure = measure,
  .release = release,
  .cost = cost,
};
