/* ministral3: scores grow in steps with the position of the query, on every layer.
   tau (m) = 1 + beta ln (1 + floor (m / L)): the first step is at m = L.  Ministral 3 and Mistral
   Large 3 in transformers (llama_4_scaling_beta), on rotated and unrotated channels alike.  */
#include "rule/rule.h"

#include <math.h>

typedef struct
{
  double beta, original_length;
} ministral3;

static double
scale (const void *self, const rw_geometry *m, const rw_freqs *f, double position)
{
  const ministral3 *p = self;
  const double step = isnan (p->original_length) ? m->original_length : p->original_length;
  (void) f;
  return 1 + p->beta * log1p (floor (position / step));
}

static const rw_param params[] = {
  { .name = "beta",
    .alias = "llama_4_scaling_beta",
    .type = RW_REAL,
    .at = offsetof (ministral3, beta),
    .value = 0.1,
    .defined = RW_BETWEEN (-1e6, 1e6),
    .sensible = RW_BETWEEN (0, 1),
    .text = "how much a step in the logarithm adds" },
  { .name = "original_length",
    .alias = "original_max_position_embeddings",
    .type = RW_REAL,
    .at = offsetof (ministral3, original_length),
    .value = NAN,
    .defined = RW_BETWEEN (1, RW_LENGTH_MAX),
    .unit = "tokens",
    .text = "L: the length of a step; left out, the model's trained length" },
  { 0 },
};

const rw_query_scale rw_query_scale_ministral3 = {
  .as = { .name = "ministral3",
          .size = sizeof (ministral3),
          .params = params,
          .text = "1 + beta ln (1 + floor (m / L)) on every layer",
          .cite = "Ministral 3, transformers' modeling_ministral3" },
  .scale = scale,
};
