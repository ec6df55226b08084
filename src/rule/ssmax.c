/* ssmax: scores grow with the logarithm of the keys in sight.
   tau (m) = s ln (m + 1) + bias.  Scalable-Softmax, arXiv 2501.19399, where s is learned for every
   head and layer; not held at 1.  */
#include "rule/rule.h"

#include <math.h>

typedef struct
{
  double s, bias;
} ssmax;

static double
scale (const void *self, const rw_geometry *m, const rw_freqs *f, double position)
{
  const ssmax *p = self;
  (void) m, (void) f;
  return p->s * log (position + 1) + p->bias;
}

static const rw_param params[] = {
  { .name = "s",
    .type = RW_REAL,
    .at = offsetof (ssmax, s),
    .value = 0.43,
    .defined = RW_BETWEEN (-1e6, 1e6),
    .sensible = RW_BETWEEN (0, 2),
    .text = "learned for every head and layer; the default is that of the paper's figure 1" },
  { .name = "bias",
    .type = RW_REAL,
    .at = offsetof (ssmax, bias),
    .value = 0,
    .defined = RW_BETWEEN (-1e6, 1e6),
    .sensible = RW_BETWEEN (-8, 8),
    .text = "added to it" },
  { 0 },
};

const rw_query_scale rw_query_scale_ssmax = {
  .as = { .name = "ssmax",
          .size = sizeof (ssmax),
          .params = params,
          .text = "s ln (m + 1) + bias at every length",
          .cite = "Scalable-Softmax, arXiv 2501.19399" },
  .scale = scale,
};
