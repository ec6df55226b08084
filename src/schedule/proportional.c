/* proportional: p-RoPE, the fastest share of the pairs rotates, the others do not.
   k = floor (p h / 2); g_i = b^(-2i/h) / s for i < k, else 0; a = 1; h = head_dim.
   Barbero et al. (arXiv 2410.06205), section 6; Gemma 4.  Unlike partial rotary embedding the
   exponent's denominator is the whole head and pairs span the whole head.  */
#include "schedule/schedule.h"

#include <math.h>

typedef struct
{
  rw_schedule_head head;
  double partial_rotary_factor, factor;
} proportional;

static size_t
pairs (const void *self, const rw_geometry *m)
{
  (void) self;
  return (size_t) m->head_dim / 2;
}

static rw_status
check (const void *self, const rw_geometry *m, rw_error *err)
{
  (void) self;
  if (m->head_dim % 2)
    return rw_fail (err, RW_EINVAL, "head_dim: %lld is odd; pairs span the whole head here",
                    (long long) m->head_dim);
  return RW_OK;
}

static size_t
rotating (const proportional *p, const rw_geometry *m)
{
  if (isnan (p->partial_rotary_factor))
    return (size_t) m->rotary_dim / 2;
  return (size_t) floor (p->partial_rotary_factor * (double) m->head_dim / 2);
}

static rw_status
fill (const void *self, const rw_geometry *m, double length, rw_freqs *out, rw_error *err)
{
  const proportional *p = self;
  (void) length, (void) err;
  const size_t k = rotating (p, m);
  rw_geometry whole = *m;
  whole.rotary_dim = m->head_dim;
  rw_geometry_trained (&whole, out->inv_freq);
  for (size_t i = 0; i < out->n; i++)
    out->inv_freq[i] = i < k ? out->inv_freq[i] / p->factor : 0;
  return RW_OK;
}

static const rw_param params[] = {
  { .name = "partial_rotary_factor",
    .type = RW_REAL,
    .at = offsetof (proportional, partial_rotary_factor),
    .value = NAN,
    .defined = RW_BETWEEN (0, 1),
    .sensible = RW_BETWEEN (0, 1),
    .text = "share p of the pairs that rotates, the fastest; 0 is NoPE; the model's if left out" },
  { .name = "factor",
    .type = RW_REAL,
    .at = offsetof (proportional, factor),
    .value = 1,
    .defined = RW_ABOVE (0),
    .sensible = RW_FROM (1),
    .text = "stretch s: the rotating frequencies are divided by it" },
  { 0 },
};

const rw_schedule rw_schedule_proportional = {
  .as
  = { .name = "proportional",
      .size = sizeof (proportional),
      .params = params,
      .shared = rw_schedule_shared,
      .text = "p-RoPE: the fastest share of the pairs rotates, the slow rest carries no position",
      .cite = "Barbero et al., arXiv 2410.06205, section 6" },
  .check = check,
  .pairs = pairs,
  .fill = fill,
};
