/* alibi: a score falls by `slope` with every token of distance, and nothing rotates.
   bias (m - n) = -slope (m - n), added to the logit: Press et al., arXiv 2108.12409, section 3.
   Head k of h, h a power of two, has the slope 2^(-8 (k+1) / h); else the first t = 2^floor (log2
   h) heads have those of t, and the others every second one of 2t, 2^(-4 (2j+1) / t), j = k - t
   (get_slopes of the authors' code).  */
#include "rule/rule.h"

#include <math.h>

typedef struct
{
  double slope, head;
  int64_t heads;
} alibi;

static double
heads_of (const alibi *p, const rw_geometry *m)
{
  return (double) (p->heads > 0 ? p->heads : m->heads);
}

static double
slope_of (double head, double heads)
{
  const double t = ldexp (1, ilogb (heads));
  return exp2 (head < t ? -8 * (head + 1) / t : -4 * (2 * (head - t) + 1) / t);
}

static rw_status
check (const void *self, const rw_geometry *m, size_t head, rw_error *err)
{
  const alibi *p = self;
  const double heads = heads_of (p, m), k = isnan (p->head) ? (double) head : p->head;
  if (!isnan (p->slope))
    return isnan (p->head) && !p->heads
               ? RW_OK
               : rw_fail (err, RW_EINVAL, "slope: expected alone, without head and heads");
  if (heads < 1)
    {
      rw_fail (err, RW_EINVAL, "heads: the model does not say how many it has");
      return rw_hint (err, "give \"heads\", or the \"slope\" itself");
    }
  if (k != floor (k) || k >= heads)
    return rw_fail (err, RW_EINVAL, "head: %.17g is not an integer from 0 to %.0f", k, heads - 1);
  return RW_OK;
}

static double
add (const void *self, const rw_geometry *m, size_t head, double distance)
{
  const alibi *p = self;
  const double k = isnan (p->head) ? (double) head : p->head;
  return -distance * (isnan (p->slope) ? slope_of (k, heads_of (p, m)) : p->slope);
}

static const rw_param params[] = {
  { .name = "slope",
    .type = RW_REAL,
    .at = offsetof (alibi, slope),
    .value = NAN,
    .defined = RW_BETWEEN (0, 1e6),
    .sensible = RW_BETWEEN (0, 1),
    .unit = "per token",
    .text = "what every token of distance takes off a score; left out: the head's own" },
  { .name = "head",
    .type = RW_REAL,
    .at = offsetof (alibi, head),
    .value = NAN,
    .defined = RW_BETWEEN (0, 1 << 20),
    .text = "the head whose slope it is, from 0; left out: the point's, 0 without an axis `head`" },
  { .name = "heads",
    .type = RW_INT,
    .at = offsetof (alibi, heads),
    .defined = RW_BETWEEN (0, 1 << 20),
    .text = "heads that share the slopes; 0: the model's" },
  { 0 },
};

const rw_bias rw_bias_alibi = {
  .as = { .name = "alibi",
          .size = sizeof (alibi),
          .params = params,
          .text = "a score falls by the head's slope with every token of distance",
          .cite = "ALiBi, Press et al., arXiv 2108.12409" },
  .check = check,
  .add = add,
};
