/* rerope: distances are held at the window.
   R = D where D = m - n < w, else w.  ReRoPE, Su Jianlin 2023, kexue.fm/archives/9708, and its code
   (bojone/rerope).  Far keys stand at position 0 and the query at w.  */
#include "rule/split.h"

#include <math.h>

typedef struct
{
  int64_t window;
} rerope;

static size_t
frames (const void *self, size_t *spans)
{
  (void) self;
  return *spans = 2;
}

static double
key (const void *self, double length, size_t frame, double n, bool *trained)
{
  (void) self, (void) length, (void) trained;
  return frame == 0 ? n : 0;
}

static size_t
spans (const void *self, double length, double m, rw_span *out)
{
  const rerope *p = self;
  const double w = (double) p->window;
  (void) length;
  return rw_split (m, w, (rw_span){ .frame = 1, .position = w }, (rw_span){ .position = m }, out);
}

static double
distance (const void *self, double length, double delta)
{
  const rerope *p = self;
  const double w = (double) p->window;
  (void) length;
  return delta < w ? delta : w;
}

static const rw_param params[] = {
  { .name = "window",
    .type = RW_INT,
    .at = offsetof (rerope, window),
    .value = 512,
    .defined = RW_BETWEEN (0, RW_LENGTH_MAX),
    .sensible = RW_FROM (1),
    .unit = "tokens",
    .text = "shorter distances stay, all others become this" },
  { 0 },
};

const rw_rule rw_rule_rerope = {
  .as = { .name = "rerope",
          .size = sizeof (rerope),
          .params = params,
          .text = "distances are held at the window",
          .cite = "ReRoPE, Su Jianlin 2023, kexue.fm/archives/9708" },
  .frames = frames,
  .key = key,
  .spans = spans,
  .distance = distance,
};
