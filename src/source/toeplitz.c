/* toeplitz: content whose similarity depends on the distance alone: E q_m . k_n = f(m - n).

   The formulas stand in content.h, with r(delta) = e^{-delta / length_scale}, or the power law (1 +
   delta / length_scale)^-exponent as a sum of exponentials that is within 2e-4 of it (process.h).
   What q does not share with k is white.  */
#include "source/content.h"

#include <math.h>

enum
{
  EXPONENTIAL,
  POWER
};
static const char *const decays[] = { "exponential", "power", NULL };

typedef struct
{
  int decay;
  double length_scale, exponent, mean, deviation, correlation, sink;
} toeplitz;

static rw_content
content_of (const toeplitz *p, const rw_input *in)
{
  return (rw_content){ .mean = p->mean,
                       .deviation = p->deviation,
                       .correlation = p->correlation,
                       .sink = p->sink,
                       .shared = p->decay == POWER
                                     ? rw_process_power (p->length_scale, p->exponent, in->length)
                                     : rw_process_exponential (p->length_scale),
                       .own = rw_process_exponential (0) };
}

static rw_status
check (const void *self, const rw_input *in, const rw_tensor *tensors, rw_error *err)
{
  (void) tensors;
  const rw_content c = content_of (self, in);
  return rw_content_check (&c, in, err);
}

static rw_status
fill (const void *self, const rw_input *in, const rw_tensor *tensors, rw_qk *out, rw_error *err)
{
  (void) tensors;
  const rw_content c = content_of (self, in);
  return rw_content_fill (&c, in, out, err);
}

static double
cost (const void *self, const rw_input *in)
{
  const rw_content c = content_of (self, in);
  return rw_content_cost (&c, in);
}

static const rw_param params[] = {
  { .name = "decay",
    .type = RW_CHOICE,
    .at = offsetof (toeplitz, decay),
    .choices = decays,
    .text = "law of the similarity by distance" },
  { .name = "length_scale",
    .type = RW_REAL,
    .at = offsetof (toeplitz, length_scale),
    .value = 256,
    .defined = { .lo = 0, .hi = RW_LENGTH_MAX, .open_lo = true },
    .sensible = RW_FROM (1),
    .unit = "tokens",
    .text = "tokens over which the exponential falls to 1/e, the power law to 2^-exponent" },
  { .name = "exponent",
    .type = RW_REAL,
    .at = offsetof (toeplitz, exponent),
    .value = 1,
    .defined = { .lo = 0, .hi = 2, .open_lo = true },
    .text = "of the power law; the exponential has none" },
  { .name = "mean",
    .type = RW_REAL,
    .at = offsetof (toeplitz, mean),
    .defined = RW_BETWEEN (-RW_CONTENT_MAX, RW_CONTENT_MAX),
    .text = "mean of every channel of q and k" },
  { .name = "deviation",
    .type = RW_REAL,
    .at = offsetof (toeplitz, deviation),
    .value = 1,
    .defined = RW_BETWEEN (0, RW_CONTENT_MAX),
    .text = "standard deviation of every channel" },
  { .name = "correlation",
    .type = RW_REAL,
    .at = offsetof (toeplitz, correlation),
    .value = 0.5,
    .defined = RW_BETWEEN (-1, 1),
    .text = "share of a channel of q that is the content of k" },
  { .name = "sink",
    .type = RW_REAL,
    .at = offsetof (toeplitz, sink),
    .defined = RW_BETWEEN (-RW_CONTENT_MAX, RW_CONTENT_MAX),
    .text = "added to every channel of the first key; needs a mean" },
  { 0 },
};

const rw_source rw_source_toeplitz = {
  .as = { .name = "toeplitz",
          .size = sizeof (toeplitz),
          .params = params,
          .text = "Gaussian content whose similarity falls with distance as asked",
          .cite = "power law by exponentials: Beylkin and Monzon, Appl. Comput. Harmon. Anal. 28 "
                  "(2010) 131" },
  .check = check,
  .fill = fill,
  .cost = cost,
};
