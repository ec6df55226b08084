/* dual_chunk: keys have positions within their chunk, queries three.
   With c = chunk_size - local_size, chunk (p) = floor (p/c): in the same chunk R = D, in the next
   one R = min (m mod c + c, chunk_size) - n mod c, beyond R = min (2c - 1, chunk_size) - n mod c.
   Dual chunk attention, arXiv 2402.17463, and its code (HKUNLP/ChunkLlama), whose factor on cos and
   sin, and vLLM's on the scores, are no part of the rule.  */
#include "rule/rule.h"

#include <math.h>

typedef struct
{
  int64_t chunk_size, local_size;
} dual_chunk;

static double
step (const dual_chunk *p)
{
  return (double) (p->chunk_size - p->local_size);
}

static rw_status
check (const void *self, const rw_geometry *m, double length, rw_error *err)
{
  const dual_chunk *p = self;
  (void) m, (void) length;
  if (p->local_size < p->chunk_size)
    return RW_OK;
  return rw_fail (err, RW_EDOMAIN, "local_size: %lld is not below chunk_size, %lld",
                  (long long) p->local_size, (long long) p->chunk_size);
}

static size_t
frames (const void *self, size_t *spans)
{
  (void) self;
  *spans = 3;
  return 1;
}

static double
key (const void *self, double length, size_t frame, double n, bool *trained)
{
  (void) length, (void) frame, (void) trained;
  return fmod (n, step (self));
}

static size_t
spans (const void *self, double length, double m, rw_span *out)
{
  const dual_chunk *p = self;
  const double c = step (p), most = (double) p->chunk_size, in = fmod (m, c), own = m - in;
  size_t n = 0;
  (void) length;
  if (own > c)
    out[n++] = (rw_span){ .to = own - c, .position = fmin (2 * c - 1, most) };
  if (own > 0)
    out[n++] = (rw_span){ .from = own - c, .to = own, .position = fmin (in + c, most) };
  out[n++] = (rw_span){ .from = own, .to = m + 1, .position = in };
  return n;
}

static const rw_param params[] = {
  { .name = "chunk_size",
    .type = RW_INT,
    .at = offsetof (dual_chunk, chunk_size),
    .required = true,
    .defined = RW_BETWEEN (1, RW_LENGTH_MAX),
    .unit = "tokens",
    .text
    = "no distance is above this; ChunkLlama has 3/4 of the trained length, Qwen2.5-1M 262144" },
  { .name = "local_size",
    .type = RW_INT,
    .at = offsetof (dual_chunk, local_size),
    .required = true,
    .defined = RW_BETWEEN (0, RW_LENGTH_MAX),
    .unit = "tokens",
    .text = "below chunk_size, chunks are chunk_size less this; ChunkLlama has 1/8 of the trained "
            "length, Qwen2.5-1M 8192" },
  { 0 },
};

const rw_rule rw_rule_dual_chunk = {
  .as = { .name = "dual_chunk",
          .size = sizeof (dual_chunk),
          .params = params,
          .text = "positions within chunks: the own chunk, the one before and all others are met "
                  "from three positions (without factors on cos and sin or on the scores)",
          .cite = "dual chunk attention, arXiv 2402.17463" },
  .check = check,
  .frames = frames,
  .key = key,
  .spans = spans,
};
