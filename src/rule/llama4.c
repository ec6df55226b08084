/* llama4: scores grow in steps with the position of the query, on layers that do not rotate.
   tau (m) = 1 + beta ln (1 + floor ((m + 1) / L)): the first step is at m = L - 1.  transformers'
   Llama4TextAttention (attn_scale, floor_scale).  */
#include "rule/rule.h"

#include <math.h>

typedef struct
{
  double beta, original_length;
  int layers;
} llama4;

enum
{
  NOPE,
  ALL
};

static const char *const layers[] = { "nope", "all", NULL };

static bool
turns (const rw_freqs *f)
{
  for (size_t i = 0; i < f->n; i++)
    if (f->inv_freq[i] != 0)
      return true;
  return false;
}

static double
scale (const void *self, const rw_geometry *m, const rw_freqs *f, double position)
{
  const llama4 *p = self;
  (void) m;
  if (p->layers == NOPE && turns (f))
    return 1;
  return 1 + p->beta * log1p (floor ((position + 1) / p->original_length));
}

static const rw_param params[] = {
  { .name = "beta",
    .alias = "attn_scale",
    .type = RW_REAL,
    .at = offsetof (llama4, beta),
    .value = 0.1,
    .defined = RW_BETWEEN (-1e6, 1e6),
    .sensible = RW_BETWEEN (0, 1),
    .text = "how much a step in the logarithm adds" },
  { .name = "original_length",
    .alias = "floor_scale",
    .type = RW_REAL,
    .at = offsetof (llama4, original_length),
    .value = 8192,
    .defined = RW_BETWEEN (1, RW_LENGTH_MAX),
    .unit = "tokens",
    .text = "L: the length of a step" },
  { .name = "layers",
    .type = RW_CHOICE,
    .at = offsetof (llama4, layers),
    .value = NOPE,
    .choices = layers,
    .text = "nope: where no pair of the table turns, and 1 elsewhere; all: everywhere" },
  { 0 },
};

const rw_query_scale rw_query_scale_llama4 = {
  .as = { .name = "llama4",
          .size = sizeof (llama4),
          .params = params,
          .text = "1 + beta ln (1 + floor ((m + 1) / L)) on layers that do not rotate",
          .cite = "Llama 4, transformers' Llama4TextAttention" },
  .scale = scale,
};
