/* ntk: NTK-aware scaling, a larger base chosen so that the slowest pair is divided by the factor.
   g_i = b'^(-2i/d), b' = b alpha^(d/(d-2)), a = 1; g_0 = 1 stays, g_{K-1} = f_{K-1} / alpha.
   bloc97 2023, as in YaRN (arXiv 2309.00071), section 3.1 and appendix A.1.  */
#include "schedule/ntk_base.h"
#include "schedule/schedule.h"

#include <math.h>

typedef struct
{
  rw_schedule_head head;
  double factor;
} ntk;

static rw_status
check (const void *self, const rw_geometry *m, rw_error *err)
{
  (void) self;
  return rw_ntk_check (m, err);
}

static rw_status
fill (const void *self, const rw_geometry *m, double length, rw_freqs *out, rw_error *err)
{
  const ntk *p = self;
  (void) length, (void) err;
  rw_ntk_fill (m, p->factor, out->inv_freq);
  return RW_OK;
}

static const rw_param params[] = {
  { .name = "factor",
    .alias = "alpha",
    .type = RW_REAL,
    .at = offsetof (ntk, factor),
    .required = true,
    .defined = RW_ABOVE (0),
    .sensible = RW_FROM (1),
    .text = "stretch of the slowest pair; the base grows by its power d/(d-2)" },
  { 0 },
};

const rw_schedule rw_schedule_ntk = {
  .as = { .name = "ntk",
          .size = sizeof (ntk),
          .params = params,
          .shared = rw_schedule_shared,
          .text = "NTK-aware: a larger base that divides the slowest frequency by the factor",
          .cite = "bloc97 2023; arXiv 2309.00071, section 3.1" },
  .check = check,
  .fill = fill,
  .identity_param = "factor",
  .identity = 1,
};
