/* rule_help: short words for position rules, query scales and biases in the tests.

   Like schedule_help: what the library refuses fails the test.  */
#ifndef RW_TESTS_RULE_HELP_H
#define RW_TESTS_RULE_HELP_H

#include "rule/rule.h"
#include "schedule_help.h"

enum
{
  SPANS_MAX = 64 /* spans of any rule of the tests */
};

__attribute__ ((unused)) static rw_object *
made_of (rw_kind *kind, const char *name)
{
  rw_error e = { 0 };
  const rw_module *m = NULL;
  rw_object *o = NULL;
  if (rw_kind_find (kind, name, &m, &e) || rw_object_new (m, &o, &e))
    ok (0, "a %s '%s': %s", kind->noun, name, e.text);
  return o;
}

__attribute__ ((unused)) static rw_object *
rule (const char *name)
{
  return made_of (&rw_rules, name);
}

__attribute__ ((unused)) static rw_object *
query_scale (const char *name)
{
  return made_of (&rw_query_scales, name);
}

__attribute__ ((unused)) static rw_object *
bias (const char *name)
{
  return made_of (&rw_biases, name);
}

__attribute__ ((unused)) static rw_object *
put_numbers (rw_object *o, const char *name, const double *v, size_t n)
{
  return put_value (o, name, (rw_value){ .kind = RW_VALUE_NUMBERS, .numbers = v, .n = n });
}

/* The effective distance as scores see it.  */
__attribute__ ((unused)) static double
effective (const rw_object *o, double length, double m, double n)
{
  double one = 1;
  const rw_freqs f = { .n = 1, .inv_freq = &one, .attention_factor = 1, .rule = o };
  const rw_meeting at = rw_rule_meet (&f, length, m, n);
  return at.query - at.key;
}

/* The same from the frames and spans, which kernels read; NaN where no span holds the key.  */
__attribute__ ((unused)) static double
effective_by_spans (const rw_object *o, double length, double m, double n)
{
  rw_span spans[SPANS_MAX] = { 0 };
  const rw_freqs f = { .rule = o };
  const size_t count = rw_rule_spans (&f, length, m, spans);
  bool trained;
  for (size_t i = 0; i < count; i++)
    if (spans[i].from <= n && n < spans[i].to)
      return spans[i].position - rw_rule_key (&f, length, spans[i].frame, n, &trained);
  return NAN;
}

#endif
