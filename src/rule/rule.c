/* rule: what holds under any position rule, query scale and bias, or without one; see rule.h.  */
#include "rule/rule.h"

static const rw_rule *
rule_of (const rw_freqs *f)
{
  return f->rule ? (const rw_rule *) f->rule->module : NULL; /* rw_module is the first member */
}

size_t
rw_rule_frames (const rw_freqs *f, size_t *spans)
{
  const rw_rule *rule = rule_of (f);
  *spans = 1;
  return rule ? rule->frames (f->rule->self, spans) : 1;
}

double
rw_rule_key (const rw_freqs *f, double length, size_t frame, double n, bool *trained)
{
  const rw_rule *rule = rule_of (f);
  *trained = false;
  return rule ? rule->key (f->rule->self, length, frame, n, trained) : n;
}

size_t
rw_rule_spans (const rw_freqs *f, double length, double m, rw_span *out)
{
  const rw_rule *rule = rule_of (f);
  if (rule)
    return rule->spans (f->rule->self, length, m, out);
  *out = (rw_span){ .to = m + 1, .position = m };
  return 1;
}

bool
rw_rule_distance (const rw_freqs *f, double length, double *delta)
{
  const rw_rule *rule = rule_of (f);
  if (rule && !rule->distance)
    return false;
  if (rule)
    *delta = rule->distance (f->rule->self, length, *delta);
  return true;
}

double
rw_query_scale_at (const rw_freqs *f, const rw_geometry *m, double position)
{
  if (!f->query_scale)
    return 1;
  const rw_query_scale *scale = (const rw_query_scale *) f->query_scale->module;
  return scale->scale (f->query_scale->self, m, f, position);
}

double
rw_bias_at (const rw_freqs *f, const rw_geometry *m, double distance)
{
  if (!f->bias)
    return 0;
  const rw_bias *bias = (const rw_bias *) f->bias->module;
  return bias->add (f->bias->self, m, f->head, distance);
}

/* The span of query m that holds key n.  */
static rw_span
span_at (const rw_freqs *f, double length, double m, double n)
{
  rw_span spans[RW_SPANS_FEW] = { 0 };
  size_t at = rw_rule_spans (f, length, m, spans);
  while (at > 1 && spans[at - 1].from > n)
    at--;
  return spans[at - 1];
}

rw_meeting
rw_rule_meet (const rw_freqs *f, double length, double m, double n)
{
  const double a = f->attention_factor;
  rw_meeting at = { .query = m - n, .amplitude = a * a };
  if (rw_rule_distance (f, length, &at.query))
    return at;
  const rw_span span = span_at (f, length, m, n);
  at.query = span.position;
  at.query_trained = span.trained;
  at.key = rw_rule_key (f, length, span.frame, n, &at.key_trained);
  at.amplitude = (at.query_trained ? 1 : a) * (at.key_trained ? 1 : a);
  return at;
}

double
rw_meeting_phase (const rw_meeting *at, const rw_freqs *f, const double *trained, size_t i)
{
  const double gm = at->query_trained ? trained[i] : f->inv_freq[i];
  if (at->query_trained == at->key_trained)
    return (at->query - at->key) * gm;
  return at->query * gm - at->key * (at->key_trained ? trained[i] : f->inv_freq[i]);
}

void
rw_rule_phase (const rw_freqs *f, const double *trained, double length, double m, double n,
               double *phi, double *amplitude)
{
  const rw_meeting at = rw_rule_meet (f, length, m, n);
  *amplitude = at.amplitude;
  for (size_t i = 0; i < f->n; i++)
    phi[i] = rw_meeting_phase (&at, f, trained, i);
}
