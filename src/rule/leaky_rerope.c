/* leaky_rerope: beyond the window distances grow more slowly.
   R = D where D = m - n < w, else w + (D - w) / k: continuous at w.  Leaky ReRoPE, Su Jianlin 2023,
   kexue.fm/archives/9708, and its code (bojone/rerope).  */
#include "rule/split.h"

#include <math.h>

typedef struct
{
  int64_t window;
  double factor;
} leaky;

static size_t
frames (const void *self, size_t *spans)
{
  (void) self;
  return *spans = 2;
}

static double
key (const void *self, double length, size_t frame, double n, bool *trained)
{
  const leaky *p = self;
  (void) length, (void) trained;
  return frame == 0 ? n : n / p->factor;
}

static double
distance (const void *self, double length, double delta)
{
  const leaky *p = self;
  const double w = (double) p->window;
  (void) length;
  return delta < w ? delta : w + (delta - w) / p->factor;
}

static size_t
spans (const void *self, double length, double m, rw_span *out)
{
  const leaky *p = self;
  const double w = (double) p->window;
  const rw_span far = { .frame = 1, .position = w + (m - w) / p->factor };
  (void) length;
  return rw_split (m, w, far, (rw_span){ .position = m }, out);
}

static const rw_param params[] = {
  { .name = "window",
    .type = RW_INT,
    .at = offsetof (leaky, window),
    .value = 512,
    .defined = RW_BETWEEN (0, RW_LENGTH_MAX),
    .sensible = RW_FROM (1),
    .unit = "tokens",
    .text = "shorter distances stay" },
  { .name = "factor",
    .type = RW_REAL,
    .at = offsetof (leaky, factor),
    .value = 16,
    .defined = RW_ABOVE (0),
    .sensible = RW_BETWEEN (1, 1024),
    .text = "k: how many times more slowly distances grow beyond the window" },
  { 0 },
};

const rw_rule rw_rule_leaky_rerope = {
  .as = { .name = "leaky_rerope",
          .size = sizeof (leaky),
          .params = params,
          .text = "beyond the window distances grow more slowly, by a factor",
          .cite = "Leaky ReRoPE, Su Jianlin 2023, kexue.fm/archives/9708" },
  .frames = frames,
  .key = key,
  .spans = spans,
  .distance = distance,
};
