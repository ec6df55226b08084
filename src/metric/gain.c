/* gain: what more context is worth: the loss with the last c tokens of context less the loss with
   all L', on the same targets (contexts.h).

   Content cancels: a text that is easy is easy in both.  gain (L') is 0; a model that does not use
   what is far away has a gain of 0 from some c on, and one whose schedule fails at L' has a
   negative one: it predicts better with less.  */
#include "metric/contexts.h"
#include "metric/metric.h"

#include <math.h>
#include <string.h>

typedef rw_contexts_head gain;

enum
{
  GAIN,
  LOW,
  HIGH
};

/* Entry k is context 2^k.  */
static rw_status
put (const rw_input *in, const rw_contexts *c, const double *nll, const double *full, size_t k,
     rw_fields *out, rw_error *err)
{
  rw_interval change;
  const rw_status s = rw_interval_change (in, &c->full, nll, full, false, &change, err);
  if (s)
    return s;
  out->value[GAIN][k] = change.mean;
  out->value[LOW][k] = change.low;
  out->value[HIGH][k] = change.high;
  return RW_OK;
}

static rw_status
run (const rw_input *in, const rw_contexts *c, rw_eval *e, rw_fields *out, rw_error *err)
{
  double *full = rw_arena_take (in->scratch, c->full.scored, sizeof *full);
  double *nll = rw_arena_take (in->scratch, c->full.scored, sizeof *nll);
  if (!full || !nll)
    return rw_nomem (err, c->full.scored * sizeof *full);
  rw_status s = rw_contexts_run (c, e, c->ask.length, full, err);
  for (size_t k = 0; !s && k < out->size[GAIN] && (size_t) 1 << k <= c->ask.length; k++)
    {
      const size_t context = (size_t) 1 << k;
      if (context == c->ask.length)
        memcpy (nll, full, c->full.scored * sizeof *nll);
      else
        s = rw_contexts_run (c, e, context, nll, err);
      if (!s)
        s = put (in, c, nll, full, k, out, err);
    }
  return s;
}

static rw_status
measure (const void *self, const rw_input *in, const void *work, const rw_freqs *f, rw_fields *out,
         rw_error *err)
{
  const rw_contexts_ask ask = rw_contexts_ask_of (self, in);
  rw_contexts c;
  rw_eval e;
  (void) work;
  rw_status s = rw_contexts_make (&ask, in, &c, err);
  if (!s)
    s = rw_eval_open (&(rw_eval_ask){ .in = in, .freqs = f }, &e, err);
  if (s)
    return s;
  s = run (in, &c, &e, out, err);
  rw_eval_close (&e);
  return s;
}

/* ---- what it declares ---- */

static rw_status
dim (const void *self, double longest, const char *name, rw_arena *keep, rw_dim *out, rw_error *err)
{
  (void) self;
  if (strcmp (name, "context") != 0)
    return rw_fail (err, RW_EINVAL, "gain has no dimension '%s'", name);
  size_t n = 1;
  while (ldexp (1, (int) n) <= longest)
    n++;
  double *context = rw_arena_take (keep, n, sizeof *context);
  if (!context)
    return rw_nomem (err, n * sizeof *context);
  for (size_t k = 0; k < n; k++)
    context[k] = ldexp (1, (int) k);
  *out = (rw_dim){
    .name = "context", .n = n, .values = context, .unit = "tokens", .long_name = "tokens of context"
  };
  return RW_OK;
}

static double
cost (const void *self, const rw_input *in)
{
  const size_t length = rw_eval_length (in);
  double sum = 0;
  for (size_t c = 1; c < 2 * length; c *= 2)
    sum += rw_contexts_seconds (self, in, c < length ? c : length);
  return sum;
}

#define OVER_CONTEXT                                                                               \
  .dims = { "context" }, .unit = "nats", .kind = "sampled",                                        \
  .cite = "ropewalk, doc/metrics.md: block bootstrap"

static const rw_field fields[] = {
  [GAIN]
  = { .name = "gain", OVER_CONTEXT, .long_name = "loss with this context less that with all" },
  [LOW] = { .name = "gain_low", OVER_CONTEXT, .long_name = "lower 95 % limit of the gain" },
  [HIGH] = { .name = "gain_high", OVER_CONTEXT, .long_name = "upper 95 % limit of the gain" },
  { 0 },
};

static const rw_param params[] = { RW_CONTEXTS_PARAMS, { 0 } };

const rw_metric rw_metric_gain = {
  .as = { .name = "gain",
          .size = sizeof (gain),
          .params = params,
          .text = "how much of the context is used: loss with less context on the same targets",
          .cite = "ropewalk, doc/metrics.md" },
  .needs = RW_NEEDS_NETWORK | RW_ALONE,
  .fields = fields,
  .corpus = rw_contexts_corpus,
  .check = rw_contexts_check,
  .measure = measure,
  .dim = dim,
  .cost = cost,
};
