/* truncated: fast pairs kept, middle pairs all set to one slow frequency, slow pairs stopped.
   With g = f/s, hi = 2 pi / T, lo = hi / 8, rho = hi / 16: g where g >= hi; rho where
   lo <= g < hi; 0 where g < lo; a = 1.
   Giraffe (arXiv 2308.10882), section 3, "truncated basis", with the constants of its code (where
   the cut-offs are not divided by s).  */
#include "schedule/schedule.h"

#include <math.h>

typedef struct
{
  rw_schedule_head head;
  int64_t truncate;
  double factor;
} truncated;

/* Giraffe's code: the band below 2 pi / T is three octaves wide and set to half its lower end.  */
static const double BAND = 8, BELOW = 16;

static rw_status
fill (const void *self, const rw_geometry *m, double length, rw_freqs *out, rw_error *err)
{
  const truncated *p = self;
  (void) length, (void) err;
  const double hi = 2 * M_PI / (double) p->truncate;
  rw_geometry_trained (m, out->inv_freq);
  for (size_t i = 0; i < out->n; i++)
    {
      const double g = out->inv_freq[i] / p->factor;
      out->inv_freq[i] = g >= hi ? g : g >= hi / BAND ? hi / BELOW : 0;
    }
  return RW_OK;
}

static const rw_param params[] = {
  { .name = "truncate",
    .type = RW_INT,
    .at = offsetof (truncated, truncate),
    .required = true,
    .defined = RW_BETWEEN (1, RW_LENGTH_MAX),
    .sensible = RW_FROM (64),
    .unit = "tokens",
    .text = "length T: pairs that do not complete a turn in it are slowed down or stopped" },
  { .name = "factor",
    .type = RW_REAL,
    .at = offsetof (truncated, factor),
    .value = 1,
    .defined = RW_FROM (1),
    .sensible = RW_FROM (1),
    .text = "stretch s: every frequency is divided by it first" },
  { 0 },
};

const rw_schedule rw_schedule_truncated = {
  .as = { .name = "truncated",
          .size = sizeof (truncated),
          .params = params,
          .shared = rw_schedule_shared,
          .text = "Giraffe's truncated basis: fast pairs kept, a band set to one frequency, the "
                  "rest stopped",
          .cite = "Pal et al. (Giraffe), arXiv 2308.10882, section 3; its code" },
  .fill = fill,
};
