/* coverage: how much of the circle that a pair sees at the target length it saw in training.

   A_i = min (2 pi, f_i (L - 1)), T_i = min (2 pi, g_i (L' - 1)),
   coverage_i = 1 where T_i = 0, else min (1, A_i / T_i).
   r_i = f_i L / (2 pi) rotations in training; the critical pair is the first with r_i < 1:
   the critical dimension of Liu et al. (arXiv 2310.05209; their 92 channels of Llama-2 are pair
   46 here) and of LongRoPE2 (arXiv 2502.20082).  Pairs are counted from 0.
   With `novelty: true` also how far each distance is from every trained one; see novelty.h.  */
#include "metric/metric.h"
#include "metric/novelty.h"
#include "rope/trained.h"

#include <math.h>

typedef struct
{
  bool novelty;
} coverage;

enum
{
  COVERAGE,
  ROTATIONS_TRAINED,
  CRITICAL_PAIR,
  NOVELTY,
  NOVELTY_LOOKALIKE
};

static const double TURN = 2 * M_PI;

/* The arc that a pair of frequency w sweeps over n positions.  */
static double
arc (double w, double n)
{
  return fmin (TURN, fabs (w) * (n - 1));
}

static double
covered (double trained, double target)
{
  if (isnan (trained))
    return NAN;
  return target == 0 ? 1 : fmin (1, trained / target);
}

static rw_status
measure (const void *self, const rw_input *in, const void *work, const rw_freqs *f, rw_fields *out,
         rw_error *err)
{
  const coverage *p = self;
  const double length = in->geometry->original_length;
  double *trained = rw_arena_take (in->scratch, f->n, sizeof *trained);
  double critical = 0;
  (void) work;
  if (!trained)
    return rw_nomem (err, f->n * sizeof *trained);
  rw_trained_fill (in->geometry, f->n, trained);
  for (size_t i = 0; i < f->n && i < out->size[COVERAGE]; i++)
    {
      /* fmin drops a NaN, so a pair without a trained frequency is passed on as NaN.  */
      const double seen = isnan (trained[i]) ? NAN : arc (trained[i], length);
      out->value[COVERAGE][i] = covered (seen, arc (f->inv_freq[i], in->length));
      out->value[ROTATIONS_TRAINED][i] = trained[i] * length / TURN;
    }
  for (size_t i = 0; i < f->n; i++)
    critical += trained[i] * length >= TURN;
  out->value[CRITICAL_PAIR][0] = critical;
  return p->novelty ? rw_novelty_find (in, trained, f, out->value[NOVELTY],
                                       out->value[NOVELTY_LOOKALIKE], err)
                    : RW_OK;
}

static bool
wants_novelty (const void *self)
{
  const coverage *p = self;
  return p->novelty;
}

static double
cost (const void *self, const rw_input *in)
{
  static const double SECONDS_A_PRODUCT = 1.5e-10; /* one pair of one distance at one position */
  return wants_novelty (self) ? in->geometry->original_length * (double) in->n_distances
                                    * (double) rw_geometry_pairs (in->geometry) * SECONDS_A_PRODUCT
                              : 1e-6;
}

static const rw_field fields[] = {
  [COVERAGE] = { .name = "coverage",
                 .dims = { "pair" },
                 .kind = "exact",
                 .long_name = "share of the target arc seen in training",
                 .cite = "LongRoPE2, arXiv 2502.20082" },
  [ROTATIONS_TRAINED] = { .name = "rotations_trained",
                          .dims = { "pair" },
                          .unit = "turns",
                          .kind = "exact",
                          .long_name = "rotations over the trained length",
                          .cite = "YaRN, arXiv 2309.00071" },
  [CRITICAL_PAIR] = { .name = "critical_pair",
                      .kind = "exact",
                      .long_name = "first pair with less than one trained rotation",
                      .cite = "Liu et al., arXiv 2310.05209" },
  [NOVELTY] = { .name = "novelty",
                .dims = { "distance" },
                .kind = "exact",
                .long_name = "distance of the rotation from the nearest trained one",
                .cite = "ropewalk, doc/metrics.md",
                .wanted = wants_novelty },
  [NOVELTY_LOOKALIKE] = { .name = "novelty_lookalike",
                          .dims = { "distance" },
                          .unit = "tokens",
                          .kind = "exact",
                          .long_name = "trained distance it looks like",
                          .cite = "ropewalk, doc/metrics.md",
                          .wanted = wants_novelty },
  { 0 },
};

static const rw_param params[] = {
  { .name = "novelty",
    .type = RW_BOOL,
    .at = offsetof (coverage, novelty),
    .text = "also compare every distance with every trained one (slower)" },
  { 0 },
};

const rw_metric rw_metric_coverage = {
  .as = { .name = "coverage",
          .size = sizeof (coverage),
          .params = params,
          .text = "share of each pair's rotation that training covered, and the critical pair",
          .cite = "Liu et al., arXiv 2310.05209; LongRoPE2, arXiv 2502.20082" },
  .fields = fields,
  .measure = measure,
  .cost = cost,
};
