/* coverage: how much of the circle that a pair sees at the target length it saw in training.

   A_i = min (2 pi, f_i (L - 1)), T_i = min (2 pi, g_i (L' - 1)),
   coverage_i = 1 where T_i = 0, else min (1, A_i / T_i).
   r_i = f_i L / (2 pi) rotations in training; the critical pair is the first with r_i < 1:
   the critical dimension of Liu et al. (arXiv 2310.05209; their 92 channels of Llama-2 are pair
   46 here) and of LongRoPE2 (arXiv 2502.20082).  Pairs are counted from 0.
   With `novelty: true` also how far each distance is from every trained one; see novelty.h.
   With `angle_gap: true` also how far each pair's angles are from its trained ones: angle_gap.h. */
#include "metric/angle_gap.h"
#include "metric/metric.h"
#include "metric/novelty.h"
#include "rope/trained.h"

#include <math.h>
#include <string.h>

typedef struct
{
  bool novelty, angle_gap;
  int angles;
} coverage;

enum
{
  COVERAGE,
  ROTATIONS_TRAINED,
  CRITICAL_PAIR,
  NOVELTY,
  NOVELTY_LOOKALIKE,
  ANGLE_GAP
};

enum
{
  TRAINED,
  OWN
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

/* The gaps of the pairs that the file has room for; `trained` is done with.  */
static rw_status
gaps (const coverage *p, const rw_input *in, double *trained, const rw_freqs *f, double *out,
      size_t size, rw_error *err)
{
  double *gap = rw_arena_take (in->scratch, f->n, sizeof *gap);
  if (!gap)
    return rw_nomem (err, f->n * sizeof *gap);
  if (p->angles == OWN)
    memcpy (trained, f->inv_freq, f->n * sizeof *trained);
  const rw_status s = rw_angle_gap_find (in, trained, f, gap, err);
  if (!s)
    memcpy (out, gap, (f->n < size ? f->n : size) * sizeof *gap);
  return s;
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
  rw_status s = p->novelty ? rw_novelty_find (in, trained, f, out->value[NOVELTY],
                                              out->value[NOVELTY_LOOKALIKE], err)
                           : RW_OK;
  if (!s && p->angle_gap)
    s = gaps (p, in, trained, f, out->value[ANGLE_GAP], out->size[ANGLE_GAP], err);
  return s;
}

static rw_status
check (const void *self, const rw_input *in, rw_error *err)
{
  const coverage *p = self;
  const double longest = fmax (in->length, in->geometry->original_length);
  if (p->angle_gap && longest > RW_ANGLE_GAP_LENGTH)
    return rw_fail (
        err, RW_EDOMAIN,
        "coverage.angle_gap: length %.0f: it looks at every position, up to %.0f of them", longest,
        RW_ANGLE_GAP_LENGTH);
  return RW_OK;
}

static bool
wants_novelty (const void *self)
{
  const coverage *p = self;
  return p->novelty;
}

static bool
wants_angle_gap (const void *self)
{
  const coverage *p = self;
  return p->angle_gap;
}

static double
cost (const void *self, const rw_input *in)
{
  static const double SECONDS_A_PRODUCT = 1.5e-10; /* one pair of one distance at one position */
  static const double SECONDS_AN_ANGLE = 4e-9;     /* of one pair, in order */
  const double pairs = (double) rw_geometry_pairs (in->geometry),
               trained = in->geometry->original_length;
  double seconds = 1e-6;
  if (wants_novelty (self))
    seconds += trained * (double) in->n_distances * pairs * SECONDS_A_PRODUCT;
  if (wants_angle_gap (self))
    seconds += (trained + in->length) * pairs * SECONDS_AN_ANGLE;
  return seconds;
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
  [ANGLE_GAP] = { .name = "angle_gap",
                  .dims = { "pair" },
                  .unit = "radians",
                  .kind = "exact",
                  .long_name = "largest distance of an angle from the nearest trained one",
                  .cite = "Resonance RoPE, arXiv 2403.00071, section 4",
                  .wanted = wants_angle_gap },
  { 0 },
};

static const char *const sides[] = { "trained", "own", NULL };

static const rw_param params[] = {
  { .name = "novelty",
    .type = RW_BOOL,
    .at = offsetof (coverage, novelty),
    .text = "also compare every distance with every trained one (slower)" },
  { .name = "angle_gap",
    .type = RW_BOOL,
    .at = offsetof (coverage, angle_gap),
    .text = "also search, for every pair, the angle farthest from all trained ones" },
  { .name = "angles",
    .type = RW_CHOICE,
    .at = offsetof (coverage, angles),
    .value = TRAINED,
    .choices = sides,
    .text
    = "of angle_gap: the model was trained with its plain table, or with the schedule's own" },
  { 0 },
};

const rw_metric rw_metric_coverage = {
  .as = { .name = "coverage",
          .size = sizeof (coverage),
          .params = params,
          .text = "share of each pair's rotation that training covered, and the critical pair",
          .cite = "Liu et al., arXiv 2310.05209; LongRoPE2, arXiv 2502.20082" },
  .fields = fields,
  .check = check,
  .measure = measure,
  .cost = cost,
};
