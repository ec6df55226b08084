/* profile_sets: the sums that the schedules of a group share; see profile.h.  */
#include "metric/profile.h"
#include "rule/rule.h"

#include <pthread.h>
#include <string.h>

enum
{
  SEGMENTS = 20 /* of the queries, for block errors: 1/20ths of the text */
};

struct rw_profile_sets
{
  rw_profile_set first;
  struct another
  {
    pthread_mutex_t lock; /* of the set, while it is made or read */
    rw_profile_set set;
  } * another;
};

static void
set_clear (rw_profile_set *set)
{
  rw_correlation_free (set->mean);
  rw_moments_free (set->moments);
  rw_free (set->scale);
  *set = (rw_profile_set){ 0 };
}

/* ---- making ---- */

/* All distances where most of them are asked for, else those of the axis, one after the other.  */
static rw_status
mean_make (const rw_profile *p, const rw_input *in, rw_profile_set *set, rw_error *err)
{
  rw_profile_axis axis;
  rw_status s = rw_profile_axis_take (p, in, in->scratch, &axis, err);
  if (s || axis.singles == 0)
    return s;
  set->all = 2 * axis.singles > in->qk->q.n;
  int64_t *distance = rw_arena_take (in->scratch, set->all ? 0 : axis.singles, sizeof *distance);
  if (!distance)
    return rw_nomem (err, axis.singles * sizeof *distance);
  for (size_t k = 0, n = 0; !set->all && k < axis.n; k++)
    for (int64_t d = axis.first[k]; d <= axis.last[k]; d++)
      distance[n++] = d;
  const rw_correlation_ask ask = { .qk = in->qk,
                                   .layout = in->geometry->layout,
                                   .pairs = set->pairs,
                                   .scale = set->scale,
                                   .n_sink = (size_t) p->exclude_sink,
                                   .n_distances = set->all ? 0 : axis.singles,
                                   .distance = distance,
                                   .keep = p->keep ? RW_FLOAT64 : RW_FLOAT32,
                                   .threads = in->threads };
  return rw_correlation_new (&ask, &set->mean, err);
}

static rw_status
moments_make (const rw_profile *p, const rw_input *in, rw_profile_set *set, rw_error *err)
{
  double *x;
  size_t n;
  if (!p->variance && !p->gradients)
    return RW_OK;
  rw_status s = rw_profile_moment_distances (p, in->longest, in->scratch, &x, &n, err);
  if (s)
    return s;
  int64_t *distance = rw_arena_take (in->scratch, n, sizeof *distance);
  if (!distance)
    return rw_nomem (err, n * sizeof *distance);
  for (size_t i = 0; i < n; i++)
    distance[i] = (int64_t) x[i];
  const rw_moments_ask ask = { .qk = in->qk,
                               .layout = in->geometry->layout,
                               .pairs = set->pairs,
                               .scale = set->scale,
                               .n_sink = (size_t) p->exclude_sink,
                               .n_distances = n,
                               .distance = distance,
                               .every = (size_t) p->every,
                               .segments = SEGMENTS,
                               .seed = in->seed,
                               .group = in->group,
                               .threads = in->threads };
  return rw_moments_new (&ask, &set->moments, err);
}

/* Of set->pairs and set->scale; cleared where it fails.  */
static rw_status
set_make (const rw_profile *p, const rw_input *in, rw_profile_set *set, rw_error *err)
{
  rw_status s = mean_make (p, in, set, err);
  if (!s)
    s = moments_make (p, in, set, err);
  if (s)
    set_clear (set);
  return s;
}

rw_status
rw_profile_sets_new (const rw_profile *p, const rw_input *in, rw_profile_sets **out, rw_error *err)
{
  *out = NULL;
  rw_profile_sets *s = rw_new (1, sizeof *s);
  if (!s || !(s->another = rw_new (1, sizeof *s->another)))
    {
      rw_free (s);
      return rw_nomem (err, sizeof *s);
    }
  pthread_mutex_init (&s->another->lock, NULL);
  s->first.pairs = rw_geometry_pairs (in->geometry);
  const rw_status status = set_make (p, in, &s->first, err);
  if (status)
    rw_profile_sets_free (s);
  else
    *out = s;
  return status;
}

void
rw_profile_sets_free (rw_profile_sets *s)
{
  if (!s)
    return;
  set_clear (&s->first);
  set_clear (&s->another->set);
  pthread_mutex_destroy (&s->another->lock);
  rw_free (s->another);
  rw_free (s);
}

/* ---- use ---- */

/* tau of every query, NULL where all are 1.  */
static rw_status
scale_of (const rw_input *in, const rw_freqs *f, double **out, rw_error *err)
{
  const size_t n = in->qk->q.n;
  bool one = true;
  *out = NULL;
  if (!f->query_scale)
    return RW_OK;
  double *tau = rw_arena_take (in->scratch, n, sizeof *tau);
  if (!tau)
    return rw_nomem (err, n * sizeof *tau);
  for (size_t m = 0; m < n; m++)
    {
      tau[m] = rw_query_scale_at (f, in->geometry, (double) m);
      one = one && tau[m] == 1;
    }
  *out = one ? NULL : tau;
  return RW_OK;
}

static bool
set_fits (const rw_profile_set *set, size_t pairs, const double *tau, size_t n)
{
  if (set->pairs != pairs || !set->scale != !tau)
    return false;
  return !tau || memcmp (set->scale, tau, n * sizeof *tau) == 0;
}

static rw_status
another_make (rw_profile_set *set, const rw_profile *p, const rw_input *in, size_t pairs,
              const double *tau, rw_error *err)
{
  const size_t n = in->qk->q.n;
  set_clear (set);
  if (tau && !(set->scale = rw_new (n, sizeof *tau)))
    return rw_nomem (err, n * sizeof *tau);
  if (tau)
    memcpy (set->scale, tau, n * sizeof *tau);
  set->pairs = pairs;
  return set_make (p, in, set, err);
}

rw_status
rw_profile_sets_take (const rw_profile_sets *s, const rw_profile *p, const rw_input *in,
                      const rw_freqs *f, const rw_profile_set **out, rw_error *err)
{
  double *tau;
  rw_status status = scale_of (in, f, &tau, err);
  if (status)
    return status;
  *out = &s->first;
  if (set_fits (&s->first, f->n, tau, in->qk->q.n))
    return RW_OK;
  struct another *a = s->another;
  pthread_mutex_lock (&a->lock);
  if (!(a->set.mean || a->set.moments) || !set_fits (&a->set, f->n, tau, in->qk->q.n))
    status = another_make (&a->set, p, in, f->n, tau, err);
  if (status)
    pthread_mutex_unlock (&a->lock);
  *out = &a->set;
  return status;
}

void
rw_profile_sets_give (const rw_profile_sets *s, const rw_profile_set *set)
{
  if (set == &s->another->set)
    pthread_mutex_unlock (&s->another->lock);
}
