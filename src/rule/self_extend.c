/* self_extend: keys beyond the window are met in groups.
   With D = m - n: R = D where D < w, else floor (m/G) - floor (n/G) + s, s = w - w/G.  Self-Extend,
   arXiv 2401.01325, and its code (datamllab/LongLM): eager and flash prefill take the exact w/G,
   its older patches and flash decoding floor (w/G).  */
#include "rule/split.h"

#include <math.h>

typedef struct
{
  int64_t group, window;
  int shift;
} self_extend;

enum
{
  EXACT,
  FLOOR
};

static const char *const shifts[] = { "exact", "floor", NULL };

static size_t
frames (const void *self, size_t *spans)
{
  (void) self;
  return *spans = 2;
}

static double
key (const void *self, double length, size_t frame, double n, bool *trained)
{
  const self_extend *p = self;
  (void) length, (void) trained;
  return frame == 0 ? n : floor (n / (double) p->group);
}

static size_t
spans (const void *self, double length, double m, rw_span *out)
{
  const self_extend *p = self;
  const double g = (double) p->group, w = (double) p->window;
  const double shift = w - (p->shift == FLOOR ? floor (w / g) : w / g);
  const rw_span far = { .frame = 1, .position = floor (m / g) + shift };
  (void) length;
  return rw_split (m, w, far, (rw_span){ .position = m }, out);
}

static const rw_param params[] = {
  { .name = "group",
    .type = RW_INT,
    .at = offsetof (self_extend, group),
    .value = 8,
    .defined = RW_BETWEEN (1, RW_LENGTH_MAX),
    .sensible = RW_BETWEEN (1, 64),
    .unit = "tokens",
    .text = "G: so many tokens share a position beyond the window" },
  { .name = "window",
    .type = RW_INT,
    .at = offsetof (self_extend, window),
    .value = 1024,
    .defined = RW_BETWEEN (0, RW_LENGTH_MAX),
    .sensible = RW_FROM (1),
    .unit = "tokens",
    .text = "w: shorter distances stay" },
  { .name = "shift",
    .type = RW_CHOICE,
    .at = offsetof (self_extend, shift),
    .value = EXACT,
    .choices = shifts,
    .text
    = "of grouped distances: w - w/G, or w - floor (w/G); they differ where G does not divide "
      "w" },
  { 0 },
};

const rw_rule rw_rule_self_extend = {
  .as = { .name = "self_extend",
          .size = sizeof (self_extend),
          .params = params,
          .text = "keys beyond the window are met in groups that share a position",
          .cite = "Self-Extend, arXiv 2401.01325" },
  .frames = frames,
  .key = key,
  .spans = spans,
};
