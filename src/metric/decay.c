/* decay: RoFormer's bound on how scores fall with distance, and interpolation's bounds.

   decay_bound(s) = (1/K) sum_{j=1..K} |S_j|,  S_j = sum_{i<j} e^{j s g_i}  (j before s: the
   imaginary unit): Su et al. (arXiv 2104.09864), long-term decay, Fig. 2.
   Position Interpolation's Theorem 2.1 (Chen et al., arXiv 2306.15595) bounds the distance of an
   interpolated score from the chord between its neighbours.  As printed: d max|h| / (32 ln b).
   Its proof sums max|h| theta_i^2 / 8 over the pairs and stops before the closed form; that sum
   is the next field.  What is bounded, at the midpoint s of two neighbours, is
   |Re sum_i h_i e^{j s g_i} (1 - cos (g_i / 2))| <= max|h| sum_i (1 - cos (g_i / 2)), reached by
   h_i = max|h| e^{-j s g_i}: interpolation_error, the largest error itself.  */
#include "metric/angles.h"
#include "metric/bins.h"

#include <math.h>

typedef struct
{
  double h_max;
  bool bin;
} decay;

enum
{
  DECAY_BOUND,
  PRINTED,
  SUPPORTED,
  LARGEST
};

enum
{
  RESTART = 64 /* rotations by recurrence before the angles are made anew: 64 ulp at worst */
};

typedef struct
{
  const rw_freqs *f;
  double *re, *im;           /* (n,) e^{j s g_i} at the present distance */
  double *step_re, *step_im; /* (n,) e^{j g_i} */
} walk;

static rw_status
walk_make (walk *w, const rw_freqs *f, rw_arena *scratch, rw_error *err)
{
  double *room = rw_arena_take (scratch, 4 * f->n, sizeof *room);
  if (!room)
    return rw_nomem (err, 4 * f->n * sizeof *room);
  *w = (walk){
    .f = f, .re = room, .im = room + f->n, .step_re = room + 2 * f->n, .step_im = room + 3 * f->n
  };
  for (size_t i = 0; i < f->n; i++)
    rw_angles_point (1, f->inv_freq[i], &w->step_re[i], &w->step_im[i]);
  return RW_OK;
}

static void
walk_to (walk *w, double s)
{
  for (size_t i = 0; i < w->f->n; i++)
    rw_angles_point (s, w->f->inv_freq[i], &w->re[i], &w->im[i]);
}

static void
walk_on (walk *w)
{
  for (size_t i = 0; i < w->f->n; i++)
    {
      const double re = w->re[i];
      w->re[i] = re * w->step_re[i] - w->im[i] * w->step_im[i];
      w->im[i] = re * w->step_im[i] + w->im[i] * w->step_re[i];
    }
}

static double
bound_here (const walk *w)
{
  double re = 0, im = 0, sum = 0;
  for (size_t i = 0; i < w->f->n; i++)
    {
      re += w->re[i];
      im += w->im[i];
      sum += sqrt (re * re + im * im);
    }
  return sum / (double) w->f->n;
}

static double
mean_bound (walk *w, rw_bin bin)
{
  double mean = 0; /* running mean: the terms are all of one size */
  for (size_t k = 0; k < bin.n; k++)
    {
      if (k % RESTART == 0)
        walk_to (w, bin.first + (double) k);
      else
        walk_on (w);
      mean += (bound_here (w) - mean) / (double) (k + 1);
    }
  return bin.n ? mean : NAN;
}

static rw_status
measure (const void *self, const rw_input *in, const void *work, const rw_freqs *f, rw_fields *out,
         rw_error *err)
{
  const decay *p = self;
  const rw_geometry *m = in->geometry;
  walk w = { 0 };
  double squares = 0, versines = 0;
  (void) work;
  const rw_status s = walk_make (&w, f, in->scratch, err);
  if (s)
    return s;
  for (size_t k = 0; k < in->n_distances; k++)
    out->value[DECAY_BOUND][k] = mean_bound (&w, rw_bins_at (in, p->bin, k));
  for (size_t i = 0; i < f->n; i++)
    {
      const double sine = sin (f->inv_freq[i] / 4);
      squares += f->inv_freq[i] * f->inv_freq[i];
      versines += 2 * sine * sine; /* 1 - cos (g / 2), without its cancellation */
    }
  /* ln b is 0 for a base of 1, where the printed form says nothing.  */
  if (m->rope_theta > 1)
    out->value[PRINTED][0] = (double) m->rotary_dim * p->h_max / (32 * log (m->rope_theta));
  out->value[SUPPORTED][0] = p->h_max * squares / 8;
  out->value[LARGEST][0] = p->h_max * versines;
  return RW_OK;
}

static const rw_field fields[] = {
  [DECAY_BOUND] = { .name = "decay_bound",
                    .dims = { "distance" },
                    .kind = "exact",
                    .long_name = "relative upper bound of the score",
                    .cite = "RoFormer, arXiv 2104.09864, Fig. 2" },
  [PRINTED] = { .name = "interpolation_bound_printed",
                .kind = "exact",
                .long_name = "interpolation bound as printed",
                .cite = "Chen et al., arXiv 2306.15595, Theorem 2.1" },
  [SUPPORTED] = { .name = "interpolation_bound",
                  .kind = "exact",
                  .long_name = "interpolation bound as its proof supports it",
                  .cite = "Chen et al., arXiv 2306.15595, proof of Theorem 2.1" },
  [LARGEST] = { .name = "interpolation_error",
                .kind = "exact",
                .long_name = "largest interpolation error at a midpoint",
                .cite = "ropewalk, doc/metrics.md" },
  { 0 },
};

static const rw_param params[] = {
  { .name = "h_max",
    .type = RW_REAL,
    .at = offsetof (decay, h_max),
    .value = 1,
    .defined = RW_FROM (0),
    .text = "max |h_i|, the largest product of a pair of q with one of k" },
  { .name = "bin",
    .type = RW_BOOL,
    .at = offsetof (decay, bin),
    .text = "decay_bound is the mean over [distance_k, distance_{k+1})" },
  { 0 },
};

const rw_metric rw_metric_decay = {
  .as = { .name = "decay",
          .size = sizeof (decay),
          .params = params,
          .text = "long-term decay bound of the score by distance, and interpolation bounds",
          .cite = "Su et al., arXiv 2104.09864, Fig. 2; Chen et al., arXiv 2306.15595, "
                  "Theorem 2.1" },
  .fields = fields,
  .measure = measure,
};
