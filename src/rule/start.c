/* start: the first n_hat positions keep the trained frequencies and the factor 1.
   LongRoPE (arXiv 2402.13753), section 3.2: n-hat start tokens.  The rotation of a position is
   that of its own table: phi = m g(m) - n g(n), amplitude a(m) a(n), with g = f and a = 1 for
   positions below n_hat.  */
#include "rule/rule.h"

typedef struct
{
  int64_t n_hat;
} start;

static size_t
frames (const void *self, size_t *spans)
{
  (void) self;
  *spans = 1;
  return 1;
}

static double
key (const void *self, double length, size_t frame, double n, bool *trained)
{
  const start *p = self;
  (void) length, (void) frame;
  *trained = n < (double) p->n_hat;
  return n;
}

static size_t
spans (const void *self, double length, double m, rw_span *out)
{
  const start *p = self;
  (void) length;
  *out = (rw_span){ .to = m + 1, .position = m, .trained = m < (double) p->n_hat };
  return 1;
}

static const rw_param params[] = {
  { .name = "n_hat",
    .type = RW_INT,
    .at = offsetof (start, n_hat),
    .required = true,
    .defined = RW_BETWEEN (0, 1e9),
    .sensible = RW_BETWEEN (0, 256),
    .unit = "tokens",
    .text = "positions below this keep the trained frequencies" },
  { 0 },
};

const rw_rule rw_rule_start = {
  .as = { .name = "start",
          .size = sizeof (start),
          .params = params,
          .text = "the first n_hat positions keep the trained frequencies (LongRoPE's n-hat)",
          .cite = "LongRoPE, arXiv 2402.13753, section 3.2" },
  .frames = frames,
  .key = key,
  .spans = spans,
};
