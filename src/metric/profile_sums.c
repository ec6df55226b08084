/* profile_sums: mean, variance and gradients of one table from the sums of a group; see profile.h.
 */
#include "metric/profile.h"
#include "rule/logit.h"
#include "rule/rule.h"

#include <string.h>

/* What a call measures, and with what.  */
typedef struct
{
  const rw_profile *p;
  const rw_input *in;
  const rw_freqs *f;
  const rw_profile_set *set;
  double amplitude, rest; /* c sigma a^2, c sigma */
  const rw_profile_result *out;
} call;

/* Effective distances of n ones: those of `distance`, or 0, 1, ...; NULL without a rule.  */
static rw_status
effective_of (const call *c, const double *distance, size_t n, const double **out, rw_error *err)
{
  double *x = NULL;
  if (c->f->rule && !(x = rw_arena_take (c->in->scratch, n, sizeof *x)))
    return rw_nomem (err, n * sizeof *x);
  for (size_t k = 0; x && k < n; k++)
    {
      x[k] = distance ? distance[k] : (double) k;
      rw_rule_distance (c->f, c->in->length, &x[k]);
    }
  *out = x;
  return RW_OK;
}

/* A bias is one number for all scores of a distance.  */
static void
add_bias (const call *c, const double *distance, size_t n, double *mean)
{
  for (size_t k = 0; c->f->bias && k < n; k++)
    mean[k] += rw_bias_at (c->f, c->in->geometry, distance ? distance[k] : (double) k);
}

static rw_status
means (const call *c, rw_error *err)
{
  rw_profile_axis axis;
  double *const without = c->out->mean_without;
  rw_arena *scratch = c->in->scratch;
  rw_status s = rw_profile_axis_take (c->p, c->in, scratch, &axis, err);
  if (s || !c->set->mean)
    return s;
  const size_t n = rw_correlation_size (c->set->mean);
  double *distance = NULL, *mean = rw_arena_take (scratch, n, sizeof *mean);
  double *mean_without = rw_arena_take (scratch, n, sizeof *mean);
  if (!c->set->all)
    distance = rw_arena_take (scratch, n, sizeof *distance);
  if (!mean || !mean_without || (!c->set->all && !distance))
    return rw_nomem (err, n * sizeof *mean);
  for (size_t k = 0, i = 0; distance && k < axis.n; k++)
    for (int64_t d = axis.first[k]; d <= axis.last[k]; d++)
      distance[i++] = (double) d;
  rw_correlation_table t = { .inv_freq = c->f->inv_freq,
                             .amplitude = c->amplitude,
                             .rest = c->rest,
                             .threads = c->in->threads,
                             .scratch = scratch };
  s = effective_of (c, distance, n, &t.effective, err);
  if (!s)
    s = rw_correlation_mean (c->set->mean, &t, mean, without ? mean_without : NULL, err);
  if (s)
    return s;
  add_bias (c, distance, n, mean);
  add_bias (c, distance, n, mean_without);
  rw_profile_axis_mean (&axis, c->set->all, mean, c->out->mean);
  if (without)
    rw_profile_axis_mean (&axis, c->set->all, mean_without, without);
  return RW_OK;
}

/* Rows of `pairs` into rows that are longer.  */
static void
widen (const double *from, size_t n, size_t pairs, double *to, size_t row)
{
  for (size_t d = 0; d < n; d++)
    memcpy (to + d * row, from + d * pairs, pairs * sizeof *to);
}

static rw_status
moments (const call *c, rw_error *err)
{
  const rw_profile_result *out = c->out;
  const size_t pairs = c->f->n;
  double *distance;
  size_t n;
  rw_arena *scratch = c->in->scratch;
  rw_status s = rw_profile_moment_distances (c->p, c->in->longest, scratch, &distance, &n, err);
  if (s || !c->set->moments)
    return s;
  rw_moments_table t = { .inv_freq = c->f->inv_freq,
                         .amplitude = c->amplitude,
                         .rest = c->rest,
                         .threads = c->in->threads,
                         .scratch = scratch };
  rw_moments_result r = { .variance = out->variance,
                          .variance_without = out->variance_without,
                          .mean_error = out->mean_error,
                          .mean_by_factor = out->mean_by_factor,
                          .variance_by_factor = out->variance_by_factor };
  if (out->mean_by_freq)
    {
      r.mean_by_freq = rw_arena_take (scratch, n * pairs, sizeof *r.mean_by_freq);
      r.variance_by_freq = rw_arena_take (scratch, n * pairs, sizeof *r.variance_by_freq);
      if (!r.mean_by_freq || !r.variance_by_freq)
        return rw_nomem (err, n * pairs * sizeof *r.mean_by_freq);
    }
  s = effective_of (c, distance, n, &t.effective, err);
  if (!s)
    s = rw_moments_score (c->set->moments, &t, &r, err);
  if (s || !out->mean_by_freq)
    return s;
  widen (r.mean_by_freq, n, pairs, out->mean_by_freq, out->row);
  widen (r.variance_by_freq, n, pairs, out->variance_by_freq, out->row);
  return RW_OK;
}

rw_status
rw_profile_sums_run (const rw_profile *p, const rw_input *in, const rw_freqs *f,
                     const rw_profile_sets *sets, const rw_profile_result *out, rw_error *err)
{
  const double scale = rw_logit_scale (in->geometry) * f->softmax_factor;
  call c = { .p = p,
             .in = in,
             .f = f,
             .amplitude = scale * f->attention_factor * f->attention_factor,
             .rest = scale,
             .out = out };
  rw_status s = rw_profile_sets_take (sets, p, in, f, &c.set, err);
  if (s)
    return s;
  s = means (&c, err);
  if (!s)
    s = moments (&c, err);
  rw_profile_sets_give (sets, c.set);
  return s;
}
