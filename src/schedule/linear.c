/* linear: Position Interpolation.  g_i = f_i / s, a = 1.
   Chen et al. (arXiv 2306.15595), Eq. 4.  */
#include "schedule/schedule.h"

#include <math.h>

typedef struct
{
  rw_schedule_head head;
  double factor;
} linear;

static rw_status
fill (const void *self, const rw_geometry *m, double length, rw_freqs *out, rw_error *err)
{
  const linear *p = self;
  (void) length, (void) err;
  rw_geometry_trained (m, out->inv_freq);
  for (size_t i = 0; i < out->n; i++)
    out->inv_freq[i] /= p->factor;
  return RW_OK;
}

static const rw_param params[] = {
  { .name = "factor",
    .type = RW_REAL,
    .at = offsetof (linear, factor),
    .required = true,
    .defined = RW_ABOVE (0),
    .sensible = RW_FROM (1),
    .text = "stretch s: every frequency is divided by it" },
  { 0 },
};

static const char *const aliases[] = { "pi", NULL };

const rw_schedule rw_schedule_linear = {
  .as = { .name = "linear",
          .aliases = aliases,
          .size = sizeof (linear),
          .params = params,
          .shared = rw_schedule_shared,
          .text = "Position Interpolation: all frequencies divided by the factor",
          .cite = "Chen et al., arXiv 2306.15595, Eq. 4" },
  .fill = fill,
  .identity_param = "factor",
  .identity = 1,
};
