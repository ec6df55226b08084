/* ntk_fixed: Su's "fixed" NTK, a larger base and a small common division.
   g_i = (b k)^(-2i/d) / k^(2/d), a = 1: the slowest pair is divided by k, pair 0 by k^(2/d).
   Su, kexue.fm/archives/9706; NTK-aware scaling (arXiv 2309.00071, section 3.1) seen as a
   conversion of base.  */
#include "schedule/schedule.h"

#include <math.h>

typedef struct
{
  rw_schedule_head head;
  double factor;
} ntk_fixed;

static rw_status
fill (const void *self, const rw_geometry *m, double length, rw_freqs *out, rw_error *err)
{
  const ntk_fixed *p = self;
  (void) length, (void) err;
  const double common = pow (p->factor, 2 / (double) m->rotary_dim);
  rw_geometry larger = *m;
  larger.rope_theta *= p->factor;
  rw_geometry_trained (&larger, out->inv_freq);
  for (size_t i = 0; i < out->n; i++)
    out->inv_freq[i] /= common;
  return RW_OK;
}

static const rw_param params[] = {
  { .name = "factor",
    .type = RW_REAL,
    .at = offsetof (ntk_fixed, factor),
    .required = true,
    .defined = RW_ABOVE (0),
    .sensible = RW_FROM (1),
    .text = "stretch k of the slowest pair" },
  { 0 },
};

const rw_schedule rw_schedule_ntk_fixed = {
  .as = { .name = "ntk_fixed",
          .size = sizeof (ntk_fixed),
          .params = params,
          .shared = rw_schedule_shared,
          .text = "Su's fixed NTK: base times k, then every frequency divided by k^(2/d)",
          .cite = "Su, kexue.fm/archives/9706, 2023" },
  .fill = fill,
  .identity_param = "factor",
  .identity = 1,
};
