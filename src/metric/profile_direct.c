/* profile_direct: what a score profile measures score by score; see profile.h.  */
#include "metric/profile.h"
#include "score/direct.h"

#include <string.h>

/* Products of q and k that one field may take: 3 minutes at 100 GFLOP/s.  */
static const double PRODUCTS_MOST = 1e13;

enum
{
  SAMPLED_QUERIES = 16384 /* that a sampled spread looks at, as a rule */
};

rw_status
rw_profile_affordable (const rw_input *in, size_t distances, size_t every, rw_error *err)
{
  const double queries = in->length / (double) every;
  const double products = (double) distances * queries * (double) in->geometry->head_dim;
  if (products <= PRODUCTS_MOST)
    return RW_OK;
  rw_fail (err, RW_EDOMAIN,
           "score_profile: %zu distances of %.0f queries, score by score: %.1g products, more than"
           " %.0g",
           distances, queries, products, PRODUCTS_MOST);
  return rw_hint (err, "ask for fewer `distances`, without \"bin\", or \"spread\": \"sampled\"");
}

size_t
rw_profile_spread_every (const rw_profile *p, const rw_input *in)
{
  const size_t every = (size_t) p->every, most = (size_t) in->length / SAMPLED_QUERIES;
  if (p->spread == RW_SPREAD_EXACT)
    return 1;
  return most > every ? most : every;
}

static rw_direct_ask
ask_of (const rw_input *in, const rw_freqs *f, size_t every)
{
  return (rw_direct_ask){ .geometry = in->geometry,
                          .qk = in->qk,
                          .freqs = f,
                          .length = in->length,
                          .every = every,
                          .seed = in->seed,
                          .group = in->group,
                          .threads = in->threads,
                          .scratch = in->scratch };
}

rw_status
rw_profile_spread_run (const rw_profile *p, const rw_input *in, const rw_freqs *f, double *min,
                       double *max, rw_error *err)
{
  rw_profile_axis axis;
  rw_direct_ask ask = ask_of (in, f, rw_profile_spread_every (p, in));
  rw_status s = rw_profile_axis_take (p, in, in->scratch, &axis, err);
  if (!s)
    s = rw_profile_affordable (in, axis.singles, ask.every, err);
  if (s)
    return s;
  /* Only entries that have a distance, closed up; then back to their places from the end.  */
  size_t *place = rw_arena_take (in->scratch, axis.n, sizeof *place), n = 0;
  if (!place)
    return rw_nomem (err, axis.n * sizeof *place);
  for (size_t k = 0; k < axis.n; k++)
    if (axis.last[k] >= axis.first[k])
      {
        place[n] = k;
        axis.first[n] = axis.first[k];
        axis.last[n++] = axis.last[k];
      }
  double *least = rw_arena_take (in->scratch, n, sizeof *least);
  double *most = rw_arena_take (in->scratch, n, sizeof *most);
  if (!least || !most)
    return rw_nomem (err, n * sizeof *least);
  rw_direct_result result = { .min = least, .max = most };
  ask.n_bins = n;
  ask.first = axis.first;
  ask.last = axis.last;
  if (n)
    s = rw_direct_run (&ask, &result, err);
  for (size_t i = 0; !s && i < n; i++)
    {
      min[place[i]] = least[i];
      max[place[i]] = most[i];
    }
  return s;
}

/* Every distance by itself.  */
static rw_status
means_run (const rw_profile *p, const rw_input *in, const rw_freqs *f, size_t n_sink, double *out,
           rw_error *err)
{
  rw_profile_axis axis;
  rw_direct_ask ask = ask_of (in, f, 1);
  rw_status s = rw_profile_axis_take (p, in, in->scratch, &axis, err);
  if (!s)
    s = rw_profile_affordable (in, axis.singles, 1, err);
  if (s || axis.singles == 0)
    return s;
  int64_t *distance = rw_arena_take (in->scratch, axis.singles, sizeof *distance);
  double *mean = rw_arena_take (in->scratch, axis.singles, sizeof *mean);
  if (!distance || !mean)
    return rw_nomem (err, axis.singles * sizeof *mean);
  size_t n = 0;
  for (size_t k = 0; k < axis.n; k++)
    for (int64_t d = axis.first[k]; d <= axis.last[k]; d++)
      distance[n++] = d;
  rw_direct_result result = { .mean = mean };
  ask.n_bins = n;
  ask.first = ask.last = distance;
  ask.n_sink = n_sink;
  s = rw_direct_run (&ask, &result, err);
  if (!s)
    rw_profile_axis_mean (&axis, false, mean, out);
  return s;
}

/* At the moment distances; those beyond the tokens keep NaN.  */
static rw_status
variances_run (const rw_profile *p, const rw_input *in, const rw_freqs *f, size_t n_sink,
               double *out, rw_error *err)
{
  double *x;
  size_t all, n = 0;
  rw_direct_ask ask = ask_of (in, f, (size_t) p->every);
  rw_status s = rw_profile_moment_distances (p, in->longest, in->scratch, &x, &all, err);
  if (s)
    return s;
  int64_t *distance = rw_arena_take (in->scratch, all, sizeof *distance);
  if (!distance)
    return rw_nomem (err, all * sizeof *distance);
  for (; n < all && x[n] < (double) in->qk->q.n; n++)
    distance[n] = (int64_t) x[n];
  rw_direct_result result = { .variance = out };
  ask.n_bins = n;
  ask.first = ask.last = distance;
  ask.n_sink = n_sink;
  return n ? rw_direct_run (&ask, &result, err) : RW_OK;
}

rw_status
rw_profile_direct_run (const rw_profile *p, const rw_input *in, const rw_freqs *f,
                       const rw_profile_result *out, rw_error *err)
{
  const size_t n_sink = (size_t) p->exclude_sink;
  rw_status s = means_run (p, in, f, 0, out->mean, err);
  if (!s && out->mean_without)
    s = means_run (p, in, f, n_sink, out->mean_without, err);
  if (!s && out->variance)
    s = variances_run (p, in, f, 0, out->variance, err);
  if (!s && out->variance_without)
    s = variances_run (p, in, f, n_sink, out->variance_without, err);
  return s;
}
