/* start: the first n_hat positions keep the trained frequencies and the factor 1.
   LongRoPE (arXiv 2402.13753), section 3.2: n-hat start tokens.  The rotation of a position is
   that of its own table: phi = m g(m) - n g(n), amplitude a(m) a(n), with g = f and a = 1 for
   positions below n_hat.  */
#include "rule/rule.h"

typedef struct
{
  int64_t n_hat;
} start;

static void
phase (const void *self, const rw_freqs *f, const double *trained, double length, double m,
       double n, double *phi, double *amplitude)
{
  const start *p = self;
  const double n_hat = (double) p->n_hat;
  (void) length;
  const double *gm = m < n_hat ? trained : f->inv_freq;
  const double *gn = n < n_hat ? trained : f->inv_freq;
  for (size_t i = 0; i < f->n; i++)
    phi[i] = m * gm[i] - n * gn[i];
  *amplitude = (m < n_hat ? 1 : f->attention_factor) * (n < n_hat ? 1 : f->attention_factor);
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
  .phase = phase,
};
