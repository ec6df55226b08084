/* power: frequencies shrunk by a power of how fast they are.
   g_i = (f_i / s) (1 - i/K)^k, K = d/2, a = 1; k = 0 is off.
   Giraffe (arXiv 2308.10882), section 3, "power scaling", and its code (linear division first).  */
#include "schedule/schedule.h"

#include <math.h>

typedef struct
{
  rw_schedule_head head;
  double power, factor;
} power;

static rw_status
fill (const void *self, const rw_geometry *m, double length, rw_freqs *out, rw_error *err)
{
  const power *p = self;
  (void) length, (void) err;
  rw_geometry_trained (m, out->inv_freq);
  for (size_t i = 0; i < out->n; i++)
    out->inv_freq[i] *= pow (1 - (double) i / (double) out->n, p->power) / p->factor;
  return RW_OK;
}

static const rw_param params[] = {
  { .name = "power",
    .type = RW_REAL,
    .at = offsetof (power, power),
    .required = true,
    .defined = RW_FROM (0),
    .sensible = RW_BETWEEN (0, 4),
    .text = "exponent k of (1 - i/K); 0 is off" },
  { .name = "factor",
    .type = RW_REAL,
    .at = offsetof (power, factor),
    .value = 1,
    .defined = RW_FROM (1),
    .sensible = RW_FROM (1),
    .text = "stretch s: every frequency is divided by it first" },
  { 0 },
};

const rw_schedule rw_schedule_power = {
  .as = { .name = "power",
          .size = sizeof (power),
          .params = params,
          .shared = rw_schedule_shared,
          .text = "Giraffe's power scaling: slow pairs shrunk by a power of their rank",
          .cite = "Pal et al. (Giraffe), arXiv 2308.10882, section 3; its code" },
  .fill = fill,
  .identity_param = "power",
  .identity = 0,
};
