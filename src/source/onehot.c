/* onehot: one channel of q and k is 1, the others 0.

   In rotary pair i the score is c a^2 cos (delta g_i) exactly: one pair seen alone.  In an
   unrotated channel it is c.  */
#include "base/text.h"
#include "source/same.h"

#include <math.h>

typedef struct
{
  double pair, channel; /* at most one is given */
} onehot;

/* The first channel of a pair, by the layout.  */
static double
channel_of (const rw_geometry *m, double pair)
{
  return m->layout == RW_HALF ? pair : 2 * pair;
}

static rw_status
check_index (const char *name, double x, size_t n, rw_error *err)
{
  char number[32];
  if (isnan (x) || (x == floor (x) && x < (double) n))
    return RW_OK;
  return rw_fail (err, RW_EDOMAIN, "%s: %s is not an integer from 0 to %zu", name,
                  rw_number_text (x, number), n - 1);
}

static rw_status
check (const void *self, const rw_input *in, const rw_tensor *tensors, rw_error *err)
{
  (void) tensors;
  const onehot *p = self;
  if (!isnan (p->pair) && !isnan (p->channel))
    return rw_fail (err, RW_EDOMAIN, "pair and channel: expected one of them");
  const rw_status s = check_index ("pair", p->pair, rw_geometry_pairs (in->geometry), err);
  return s ? s : check_index ("channel", p->channel, (size_t) in->geometry->head_dim, err);
}

static rw_status
fill (const void *self, const rw_input *in, const rw_tensor *tensors, rw_qk *out, rw_error *err)
{
  (void) tensors;
  const onehot *p = self;
  const double pair = isnan (p->pair) ? 0 : p->pair;
  const double channel = isnan (p->channel) ? channel_of (in->geometry, pair) : p->channel;
  float *row;
  const rw_status s = rw_same_rows (in, out, &row, err);
  if (!s)
    row[(size_t) channel] = 1;
  return s;
}

static const rw_param params[] = {
  { .name = "pair",
    .type = RW_REAL,
    .at = offsetof (onehot, pair),
    .value = NAN,
    .defined = RW_FROM (0),
    .text = "the rotary pair whose first channel is 1, from 0; without pair and channel: 0" },
  { .name = "channel",
    .type = RW_REAL,
    .at = offsetof (onehot, channel),
    .value = NAN,
    .defined = RW_FROM (0),
    .text = "the channel that is 1, from 0, instead of a pair" },
  { 0 },
};

const rw_source rw_source_onehot = {
  .as = { .name = "onehot",
          .size = sizeof (onehot),
          .params = params,
          .text = "one channel of q and k is 1, the others 0: one rotary pair alone",
          .cite = "the definition of the score" },
  .check = check,
  .fill = fill,
};
