/* judge: claims held against result files; see judge.h.

   match < slip < differs: a verdict is worse than the one expected where it stands further on; what
   was not run says nothing.  A slip is found only where the claim does not hold and the number that
   is right was measured too, by a second way, so that a claim cannot be called wrong because our
   own value is.  */
#include "claim/judge.h"
#include "claim/measure.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct
{
  const rw_claims *claims;
  rw_result *const *result;
  rw_arena *arena;
  rw_error *err;
} bench;

/* NaN holds nothing.  */
static bool
holds (const rw_bound *bound, double x)
{
  switch (bound->kind)
    {
    case RW_HOLDS_EQUAL:
      return x == bound->number || fabs (x - bound->number) <= bound->tolerance;
    case RW_HOLDS_AT_LEAST:
      return x >= bound->number;
    case RW_HOLDS_AT_MOST:
      return x <= bound->number;
    case RW_HOLDS_ABOVE:
      return x > bound->number;
    case RW_HOLDS_BELOW:
      return x < bound->number;
    }
  return false;
}

/* True where a config of the measure has no result; the judgement then says so.  */
static bool
not_run (const bench *b, const rw_measure *m, rw_judgement *out)
{
  const size_t k = rw_measure_missing (m, b->result, b->claims->n_configs);
  if (k == b->claims->n_configs)
    return false;
  out->verdict = RW_VERDICT_NOT_RUN;
  return true;
}

static rw_status
say_not_run (const bench *b, const rw_measure *m, rw_judgement *out)
{
  const char *config = b->claims->config[rw_measure_missing (m, b->result, b->claims->n_configs)];
  const size_t n = strlen (config) + sizeof " was not run";
  char *note = rw_arena_take (b->arena, n, 1);
  if (!note)
    return rw_nomem (b->err, n);
  snprintf (note, n, "%s was not run", config);
  out->note = note;
  return RW_OK;
}

/* What is right instead, where the claim does not hold.  */
static rw_status
judge_slip (const bench *b, const rw_claim *claim, rw_judgement *out)
{
  rw_measured m;
  if (not_run (b, &claim->slip.value, out))
    return say_not_run (b, &claim->slip.value, out);
  const rw_status s = rw_measure_take (&claim->slip.value, b->result, b->arena, &m, b->err);
  if (s)
    return s;
  out->right = m.value;
  if (holds (&claim->slip.bound, m.value))
    out->verdict = RW_VERDICT_SLIP;
  else if (!*out->note)
    out->note = m.note;
  return RW_OK;
}

static rw_status
judge_value (const bench *b, const rw_claim *claim, rw_judgement *out)
{
  rw_measured m;
  if (not_run (b, &claim->value, out))
    return say_not_run (b, &claim->value, out);
  rw_status s = rw_measure_take (&claim->value, b->result, b->arena, &m, b->err);
  if (s)
    return s;
  out->measured = m.value;
  out->note = m.note;
  out->verdict = holds (&claim->bound, m.value) ? RW_VERDICT_MATCH : RW_VERDICT_DIFFERS;
  /* A value that is not there shows nothing about the paper.  */
  if (out->verdict == RW_VERDICT_DIFFERS && claim->has_slip && !isnan (m.value))
    s = judge_slip (b, claim, out);
  if (out->verdict != RW_VERDICT_NOT_RUN)
    out->worse = out->verdict > claim->expected;
  return s;
}

static rw_status
judge_readings (const bench *b, const rw_claim *claim, rw_judgement *out)
{
  rw_status s = RW_OK;
  out->reading = rw_arena_take (b->arena, claim->n_readings, sizeof *out->reading);
  if (!out->reading)
    return rw_nomem (b->err, claim->n_readings * sizeof *out->reading);
  for (size_t i = 0; i < claim->n_readings && !s; i++)
    {
      const rw_measure *value = &claim->reading[i].value;
      rw_measured m = { .value = NAN };
      if (rw_measure_missing (value, b->result, b->claims->n_configs) == b->claims->n_configs)
        s = rw_measure_take (value, b->result, b->arena, &m, b->err);
      out->reading[i] = m.value;
    }
  return s;
}

rw_status
rw_judge (const rw_claims *claims, rw_result *const *result, rw_arena *arena, rw_judgement *out,
          rw_error *err)
{
  const bench b = { .claims = claims, .result = result, .arena = arena, .err = err };
  rw_status s = RW_OK;
  for (size_t i = 0; i < claims->n_claims && !s; i++)
    {
      out[i] = (rw_judgement){ .measured = NAN, .right = NAN, .note = "" };
      s = judge_value (&b, &claims->claim[i], &out[i]);
      if (!s)
        s = judge_readings (&b, &claims->claim[i], &out[i]);
    }
  return s;
}

/* ---- before there are results ---- */

static rw_status
rehearse (const rw_claims *claims, const rw_claim *claim, rw_result *const *plan, rw_error *err)
{
  rw_status s = rw_measure_check (&claim->value, plan, claims->n_configs, err);
  s = rw_within (err, s, "%s", "value");
  if (!s && claim->has_slip)
    {
      s = rw_measure_check (&claim->slip.value, plan, claims->n_configs, err);
      s = rw_within (err, s, "%s", "slip.value");
    }
  for (size_t i = 0; i < claim->n_readings && !s; i++)
    {
      s = rw_measure_check (&claim->reading[i].value, plan, claims->n_configs, err);
      s = rw_within (err, s, "readings[%zu].value", i);
    }
  return rw_within (err, s, "'%s'", claim->name);
}

rw_status
rw_judge_rehearse (const rw_claims *claims, rw_outline *const *outline, rw_error *err)
{
  rw_result *stage = rw_new (claims->n_configs, sizeof *stage);
  rw_result **plan = rw_new (claims->n_configs, sizeof *plan);
  rw_status s = stage && plan ? RW_OK : rw_nomem (err, claims->n_configs * sizeof *stage);
  for (size_t k = 0; k < claims->n_configs && !s; k++)
    {
      stage[k].outline = outline[k];
      plan[k] = outline[k] ? &stage[k] : NULL;
    }
  for (size_t i = 0; i < claims->n_claims && !s; i++)
    s = rehearse (claims, &claims->claim[i], plan, err);
  rw_free (stage);
  rw_free (plan);
  return s;
}
