/* jet_long: keys beyond a local window are met in groups that grow with the sequence.
   With D = m - n and G = max (1, ceil (length / w)): R = D where D <= w0, else floor (m/G) -
   floor (n/G).  Jet-Long, arXiv 2607.07740, by its code (jet-ai-projects/Jet-Long), where length is
   that of the current call: up to w tokens it is plain.  */
#include "rule/split.h"

#include <math.h>

typedef struct
{
  int64_t window, local;
} jet_long;

static double
group (const jet_long *p, double length)
{
  return fmax (1, ceil (length / (double) p->window));
}

static size_t
frames (const void *self, size_t *spans)
{
  (void) self;
  return *spans = 2;
}

static double
key (const void *self, double length, size_t frame, double n, bool *trained)
{
  (void) trained;
  return frame == 0 ? n : floor (n / group (self, length));
}

static size_t
spans (const void *self, double length, double m, rw_span *out)
{
  const jet_long *p = self;
  const rw_span far = { .frame = 1, .position = floor (m / group (p, length)) };
  const double first_far = (double) p->local + 1;
  return rw_split (m, first_far, far, (rw_span){ .position = m }, out);
}

static const rw_param params[] = {
  { .name = "window",
    .type = RW_INT,
    .at = offsetof (jet_long, window),
    .value = 32768,
    .defined = RW_BETWEEN (1, RW_LENGTH_MAX),
    .unit = "tokens",
    .text = "w: the longest sequence that stays as it is; the model's trained length" },
  { .name = "local",
    .type = RW_INT,
    .at = offsetof (jet_long, local),
    .value = 2048,
    .defined = RW_BETWEEN (0, RW_LENGTH_MAX),
    .unit = "tokens",
    .text = "w0: distances up to this stay, itself included" },
  { 0 },
};

const rw_rule rw_rule_jet_long = {
  .as = { .name = "jet_long",
          .size = sizeof (jet_long),
          .params = params,
          .text = "keys beyond a local window are met in groups of ceil (length / window) tokens",
          .cite = "Jet-Long, arXiv 2607.07740" },
  .frames = frames,
  .key = key,
  .spans = spans,
};
