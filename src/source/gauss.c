/* gauss: independent Gaussian channels, white or with a memory of e^{-delta / length_scale}.

   The formulas stand in content.h, with r(delta) = e^{-delta / length_scale}, and 1 at delta = 0
   only where length_scale is 0.  Barbero et al. (arXiv 2410.06205), Prop. 3.2: for white channels
   with mean 0 the score does not decay with distance: its mean is 0 at all of them.  */
#include "source/content.h"

#include <math.h>

typedef struct
{
  double mean, deviation, correlation, length_scale, sink;
  bool values;
} gauss;

static rw_content
content_of (const gauss *p)
{
  const rw_process r = rw_process_exponential (p->length_scale);
  return (rw_content){ .mean = p->mean,
                       .deviation = p->deviation,
                       .correlation = p->correlation,
                       .sink = p->sink,
                       .shared = r,
                       .own = r,
                       .values = p->values };
}

static rw_status
check (const void *self, const rw_input *in, const rw_tensor *tensors, rw_error *err)
{
  (void) tensors;
  const rw_content c = content_of (self);
  return rw_content_check (&c, in, err);
}

static rw_status
fill (const void *self, const rw_input *in, const rw_tensor *tensors, rw_qk *out, rw_error *err)
{
  (void) tensors;
  const rw_content c = content_of (self);
  return rw_content_fill (&c, in, out, err);
}

static double
cost (const void *self, const rw_input *in)
{
  const rw_content c = content_of (self);
  return rw_content_cost (&c, in);
}

static const rw_param params[] = {
  { .name = "mean",
    .type = RW_REAL,
    .at = offsetof (gauss, mean),
    .defined = RW_BETWEEN (-RW_CONTENT_MAX, RW_CONTENT_MAX),
    .text = "mean of every channel of q, k and v" },
  { .name = "deviation",
    .type = RW_REAL,
    .at = offsetof (gauss, deviation),
    .value = 1,
    .defined = RW_BETWEEN (0, RW_CONTENT_MAX),
    .text = "standard deviation of every channel" },
  { .name = "correlation",
    .type = RW_REAL,
    .at = offsetof (gauss, correlation),
    .defined = RW_BETWEEN (-1, 1),
    .text = "between a channel of q and the same of k, at one token" },
  { .name = "length_scale",
    .type = RW_REAL,
    .at = offsetof (gauss, length_scale),
    .defined = RW_FROM (0),
    .unit = "tokens",
    .text = "tokens over which a channel's autocovariance falls to 1/e; 0: white noise" },
  { .name = "sink",
    .type = RW_REAL,
    .at = offsetof (gauss, sink),
    .defined = RW_BETWEEN (-RW_CONTENT_MAX, RW_CONTENT_MAX),
    .text = "added to every channel of the first key; needs a mean" },
  { .name = "values",
    .type = RW_BOOL,
    .at = offsetof (gauss, values),
    .text = "also makes v, drawn like k but independently" },
  { 0 },
};

const rw_source rw_source_gauss = {
  .as = { .name = "gauss",
          .size = sizeof (gauss),
          .params = params,
          .text = "independent Gaussian channels, white or with exponential memory",
          .cite = "Barbero et al., arXiv 2410.06205, Prop. 3.2" },
  .check = check,
  .fill = fill,
  .cost = cost,
};
