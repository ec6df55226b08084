/* ntk_mixed: Su's "mixed" NTK, the division spread over the pairs by a power law.
   g_i = f_i exp (-ln k ((i+1)/K)^B), K = d/2, a = 1.  B = 1 is ntk_fixed, B = 0 is linear.
   Su, kexue.fm/archives/9706; his script has k = 12, B = 0.75, together with log-n scaling.  */
#include "schedule/schedule.h"

#include <math.h>

typedef struct
{
  rw_schedule_head head;
  double factor, mixed_b;
} ntk_mixed;

static rw_status
fill (const void *self, const rw_geometry *m, double length, rw_freqs *out, rw_error *err)
{
  const ntk_mixed *p = self;
  (void) length, (void) err;
  rw_geometry_trained (m, out->inv_freq);
  for (size_t i = 0; i < out->n; i++)
    {
      const double share = pow ((double) (i + 1) / (double) out->n, p->mixed_b);
      out->inv_freq[i] *= exp (-log (p->factor) * share);
    }
  return RW_OK;
}

static const rw_param params[] = {
  { .name = "factor",
    .type = RW_REAL,
    .at = offsetof (ntk_mixed, factor),
    .required = true,
    .defined = RW_ABOVE (0),
    .sensible = RW_FROM (1),
    .text = "stretch k of the slowest pair" },
  { .name = "mixed_b",
    .type = RW_REAL,
    .at = offsetof (ntk_mixed, mixed_b),
    .value = 0.75,
    .defined = RW_FROM (0),
    .sensible = RW_BETWEEN (0, 1),
    .text = "exponent B: 0 divides every pair by k, 1 is ntk_fixed" },
  { 0 },
};

const rw_schedule rw_schedule_ntk_mixed = {
  .as = { .name = "ntk_mixed",
          .size = sizeof (ntk_mixed),
          .params = params,
          .shared = rw_schedule_shared,
          .text = "Su's mixed NTK: log division grows as a power of the pair index",
          .cite = "Su, kexue.fm/archives/9706, 2023" },
  .fill = fill,
  .identity_param = "factor",
  .identity = 1,
};
