/* dynamic_yarn: YaRN with a factor that grows with the sequence.
   s = max (n, L) / L (finetuned: max (n, M) / L), then YaRN's table and magnitude; up to L plain.
   YaRN (arXiv 2309.00071), section 3.3 on section 3.2's ramp; the authors' dynamic class.  */
#include "schedule/ramp.h"
#include "schedule/schedule.h"

#include <math.h>

typedef struct
{
  rw_schedule_head head;
  double beta_fast, beta_slow, extrapolation_factor;
  bool truncate, finetuned;
} dynamic_yarn;

static rw_status
check (const void *self, const rw_geometry *m, rw_error *err)
{
  (void) self;
  return rw_ramp_check (m, err);
}

static rw_status
fill (const void *self, const rw_geometry *m, double length, rw_freqs *out, rw_error *err)
{
  const dynamic_yarn *p = self;
  (void) err;
  const double least = p->finetuned ? m->max_length : m->original_length;
  const double s = fmax (length, least) / m->original_length;
  const rw_ramp ramp = rw_ramp_range (m, p->beta_fast, p->beta_slow, p->truncate);
  out->ramp[0] = ramp.lo;
  out->ramp[1] = ramp.hi;
  out->attention_factor = rw_mscale (s, 1);
  rw_geometry_trained (m, out->inv_freq);
  if (s == 1) /* before growth the trained frequencies, to the bit */
    return RW_OK;
  for (size_t i = 0; i < out->n; i++)
    {
      const double f = out->inv_freq[i];
      const double mix = (1 - rw_ramp_at (&ramp, (double) i)) * p->extrapolation_factor;
      out->inv_freq[i] = rw_ramp_mix (f, s, mix);
    }
  return RW_OK;
}

static const rw_param params[] = {
  { .name = "beta_fast",
    .type = RW_REAL,
    .at = offsetof (dynamic_yarn, beta_fast),
    .value = 32,
    .defined = RW_ABOVE (0),
    .sensible = RW_FROM (1),
    .unit = "rotations",
    .text = "pairs that rotate more often than this in the original length are kept" },
  { .name = "beta_slow",
    .type = RW_REAL,
    .at = offsetof (dynamic_yarn, beta_slow),
    .value = 1,
    .defined = RW_ABOVE (0),
    .sensible = RW_BETWEEN (0, 32),
    .unit = "rotations",
    .text = "pairs that rotate less often than this are fully interpolated" },
  { .name = "truncate",
    .type = RW_BOOL,
    .at = offsetof (dynamic_yarn, truncate),
    .value = 1,
    .text = "round the ends of the ramp outwards to whole pairs" },
  { .name = "extrapolation_factor",
    .type = RW_REAL,
    .at = offsetof (dynamic_yarn, extrapolation_factor),
    .value = 1,
    .defined = RW_BETWEEN (0, 1),
    .sensible = RW_BETWEEN (0, 1),
    .text = "how much of the trained frequency the fast pairs keep; 0 interpolates all" },
  { .name = "finetuned",
    .type = RW_BOOL,
    .at = offsetof (dynamic_yarn, finetuned),
    .text = "start at max_position_embeddings over the original length, for a model tuned there" },
  { 0 },
};

const rw_schedule rw_schedule_dynamic_yarn = {
  .as = { .name = "dynamic_yarn",
          .size = sizeof (dynamic_yarn),
          .params = params,
          .shared = rw_schedule_shared,
          .text = "dynamic YaRN: plain up to the original length, then YaRN with factor length "
                  "over original length",
          .cite = "Peng et al., arXiv 2309.00071, section 3.3; the authors' code" },
  .check = check,
  .fill = fill,
  .depends_on_length = true,
};
