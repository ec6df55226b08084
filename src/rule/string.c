/* string: distances from the shift on start again from the window.
   R = D where D = m - n < S, else D - S + W.  STRING, arXiv 2410.18745, and its code
   (HKUNLP/STRING), which also multiplies cos and sin by 1 + 0.1 ln 2 whatever the length: that is
   no part of the rule.  Far keys keep their positions, the query moves back by S - W.  */
#include "rule/split.h"

#include <math.h>

typedef struct
{
  int64_t shift, window;
} string;

static size_t
frames (const void *self, size_t *spans)
{
  (void) self;
  *spans = 2;
  return 1;
}

static double
key (const void *self, double length, size_t frame, double n, bool *trained)
{
  (void) self, (void) length, (void) frame, (void) trained;
  return n;
}

static double
distance (const void *self, double length, double delta)
{
  const string *p = self;
  const double s = (double) p->shift, w = (double) p->window;
  (void) length;
  return delta < s ? delta : delta - s + w;
}

static size_t
spans (const void *self, double length, double m, rw_span *out)
{
  const string *p = self;
  const double s = (double) p->shift, w = (double) p->window;
  (void) length;
  return rw_split (m, s, (rw_span){ .position = m - s + w }, (rw_span){ .position = m }, out);
}

static const rw_param params[] = {
  { .name = "shift",
    .type = RW_INT,
    .at = offsetof (string, shift),
    .required = true,
    .defined = RW_BETWEEN (1, RW_LENGTH_MAX),
    .unit = "tokens",
    .text = "S: distances from here on start again; the authors advise 0.25 to 0.4 of the trained "
            "length, and take 0.33" },
  { .name = "window",
    .type = RW_INT,
    .at = offsetof (string, window),
    .value = 128,
    .defined = RW_BETWEEN (0, RW_LENGTH_MAX),
    .sensible = RW_FROM (1),
    .unit = "tokens",
    .text = "W: where they start again; S itself changes nothing" },
  { 0 },
};

const rw_rule rw_rule_string = {
  .as = { .name = "string",
          .size = sizeof (string),
          .params = params,
          .text = "distances from the shift on start again from the window (without the published "
                  "code's factor 1.0693 on cos and sin)",
          .cite = "STRING, arXiv 2410.18745" },
  .frames = frames,
  .key = key,
  .spans = spans,
  .distance = distance,
};
