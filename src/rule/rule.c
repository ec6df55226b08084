/* rule: angles under a position rule, or without one; see rule.h.  */
#include "rule/rule.h"

void
rw_rule_phase (const rw_freqs *f, const double *trained, double length, double m, double n,
               double *phi, double *amplitude)
{
  if (f->rule)
    {
      const rw_rule *rule = (const rw_rule *) f->rule->module;
      rule->phase (f->rule->self, f, trained, length, m, n, phi, amplitude);
      return;
    }
  for (size_t i = 0; i < f->n; i++)
    phi[i] = (m - n) * f->inv_freq[i];
  *amplitude = f->attention_factor * f->attention_factor;
}
