/* logit: one score in double; see logit.h.  */
#include "rule/logit.h"
#include "rule/rule.h"

#include <math.h>

double
rw_logit_scale (const rw_geometry *g)
{
  return g->logit_scale > 0 ? g->logit_scale : 1 / sqrt ((double) g->head_dim);
}

double
rw_logit (const rw_geometry *g, const rw_freqs *f, const double *trained, double length,
          const double *q, const double *k, double m, double n)
{
  const rw_meeting at = rw_rule_meet (f, length, m, n);
  const bool half = g->layout == RW_HALF;
  double rotated = 0, rest = 0;
  for (size_t i = 0; i < f->n; i++)
    {
      const size_t x = half ? i : 2 * i, y = half ? i + f->n : 2 * i + 1;
      const double phi = rw_meeting_phase (&at, f, trained, i);
      rotated += (q[x] * k[x] + q[y] * k[y]) * cos (phi) - (q[y] * k[x] - q[x] * k[y]) * sin (phi);
    }
  for (size_t c = 2 * f->n; c < (size_t) g->head_dim; c++)
    rest += q[c] * k[c];
  return rw_query_scale_at (f, g, m) * rw_logit_scale (g) * f->softmax_factor
             * (at.amplitude * rotated + rest)
         + rw_bias_at (f, g, m - n);
}
