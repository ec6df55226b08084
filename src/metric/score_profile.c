/* score_profile: mean and spread of the score by distance, over all pairs of positions of a head.

   S(m, m - delta) over every m, after the definition of rule/logit.h.  Mean and variance follow,
   for every schedule, from sums that do not know it (score/correlation.h, score/moments.h): those
   are made once a group, a schedule costs what reading them costs.  Where a position rule's angle
   is no function of the distance, scores are made one by one (score/direct.h), and so are least and
   greatest ones.  The first keys, which stand at every distance once and are often far larger than
   the others (Xiao et al., arXiv 2309.17453), are left out beside.  */
#include "metric/profile.h"
#include "rule/rule.h"

#include <math.h>
#include <string.h>

enum
{
  MEAN,
  MEAN_WITHOUT,
  VARIANCE,
  VARIANCE_WITHOUT,
  MEAN_ERROR,
  MIN,
  MAX,
  MEAN_BY_FREQ,
  VARIANCE_BY_FREQ,
  MEAN_BY_FACTOR,
  VARIANCE_BY_FACTOR
};

/* ---- the metric ---- */

static rw_status
measure (const void *self, const rw_input *in, const void *work, const rw_freqs *f, rw_fields *out,
         rw_error *err)
{
  const rw_profile *p = self;
  double **v = out->value, any = 0;
  const rw_profile_result result
      = { .mean = v[MEAN],
          .mean_without = v[MEAN_WITHOUT],
          .variance = v[VARIANCE],
          .variance_without = v[VARIANCE_WITHOUT],
          .mean_error = v[MEAN_ERROR],
          .mean_by_freq = v[MEAN_BY_FREQ],
          .variance_by_freq = v[VARIANCE_BY_FREQ],
          .mean_by_factor = v[MEAN_BY_FACTOR],
          .variance_by_factor = v[VARIANCE_BY_FACTOR],
          .row = v[MEAN_BY_FREQ] ? out->size[MEAN_BY_FREQ] / out->size[MEAN_BY_FACTOR] : 0 };
  if (2 * f->n > in->qk->q.dim)
    return rw_fail (err, RW_EDOMAIN, "the table has %zu pairs, q and k %zu channels", f->n,
                    in->qk->q.dim);
  rw_status s = rw_rule_distance (f, in->length, &any)
                    ? rw_profile_sums_run (p, in, f, work, &result, err)
                    : rw_profile_direct_run (p, in, f, &result, err);
  if (!s && p->spread != RW_SPREAD_NONE)
    s = rw_profile_spread_run (p, in, f, v[MIN], v[MAX], err);
  return s;
}

static rw_status
prepare (const void *self, const rw_input *in, void **work, rw_error *err)
{
  rw_profile_sets *sets;
  const rw_status s = rw_profile_sets_new (self, in, &sets, err);
  *work = sets;
  return s;
}

static void
release (void *work)
{
  rw_profile_sets_free (work);
}

static rw_status
dim (const void *self, double longest, const char *name, rw_arena *keep, rw_dim *out, rw_error *err)
{
  double *distance;
  if (strcmp (name, "moment_distance") != 0)
    return rw_fail (err, RW_EINVAL, "score_profile has no dimension '%s'", name);
  *out = (rw_dim){ .name = "moment_distance",
                   .unit = "tokens",
                   .long_name = "distance of the second moments" };
  const rw_status s = rw_profile_moment_distances (self, longest, keep, &distance, &out->n, err);
  out->values = distance;
  return s;
}

static double
cost (const void *self, const rw_input *in)
{
  static const double SECONDS_A_COSINE = 2e-8, SECONDS_A_PRODUCT = 4e-11;
  const rw_profile *p = self;
  const double pairs = (double) rw_geometry_pairs (in->geometry), n = (double) in->n_distances;
  const double singles = p->bin ? in->length : fmin (n, in->length);
  const double queries = p->spread ? in->length / (double) rw_profile_spread_every (p, in) : 0;
  return pairs * fmin (n, in->length) * SECONDS_A_COSINE
         + pairs * (double) p->moment_distances * 2 * pairs * SECONDS_A_PRODUCT
         + singles * (pairs + queries * (double) in->geometry->head_dim) * SECONDS_A_PRODUCT;
}

/* ---- what it declares ---- */

static bool
wants_variance (const void *self)
{
  const rw_profile *p = self;
  return p->variance;
}

static bool
wants_without (const void *self)
{
  const rw_profile *p = self;
  return p->exclude_sink > 0;
}

static bool
wants_variance_without (const void *self)
{
  return wants_variance (self) && wants_without (self);
}

static bool
wants_spread (const void *self)
{
  const rw_profile *p = self;
  return p->spread != RW_SPREAD_NONE;
}

static bool
wants_gradients (const void *self)
{
  const rw_profile *p = self;
  return p->gradients;
}

static const char *
kind_of_moments (const void *self)
{
  const rw_profile *p = self;
  return p->every > 1 ? "sampled" : "exact";
}

static const char *
kind_of_spread (const void *self)
{
  const rw_profile *p = self;
  return p->spread == RW_SPREAD_EXACT ? "exact" : "sampled";
}

#define BY_DISTANCE .dims = { "distance" }, .cite = "ropewalk, doc/metrics.md"
#define BY_MOMENT                                                                                  \
  .dims = { "moment_distance" }, .kind = "exact", .kind_of = kind_of_moments,                      \
  .cite = "ropewalk, doc/metrics.md"
#define BY_PAIR                                                                                    \
  .dims = { "moment_distance", "pair" }, .kind = "exact", .kind_of = kind_of_moments,              \
  .cite = "ropewalk, doc/metrics.md", .wanted = wants_gradients

static const rw_field fields[] = {
  [MEAN] = { .name = "score_mean", BY_DISTANCE, .kind = "exact", .long_name = "mean score" },
  [MEAN_WITHOUT] = { .name = "score_mean_without_sinks",
                     BY_DISTANCE,
                     .kind = "exact",
                     .long_name = "mean score without the first keys",
                     .wanted = wants_without },
  [VARIANCE] = { .name = "score_variance",
                 BY_MOMENT,
                 .long_name = "variance of the score",
                 .wanted = wants_variance },
  [VARIANCE_WITHOUT] = { .name = "score_variance_without_sinks",
                         BY_MOMENT,
                         .long_name = "variance of the score without the first keys",
                         .wanted = wants_variance_without },
  [MEAN_ERROR] = { .name = "score_mean_error",
                   .dims = { "moment_distance" },
                   .kind = "estimate",
                   .long_name = "standard error of the mean score over segments of the text",
                   .cite = "ropewalk, doc/metrics.md: block bootstrap",
                   .wanted = wants_variance },
  [MIN] = { .name = "score_min",
            BY_DISTANCE,
            .kind = "sampled",
            .kind_of = kind_of_spread,
            .long_name = "least score",
            .wanted = wants_spread },
  [MAX] = { .name = "score_max",
            BY_DISTANCE,
            .kind = "sampled",
            .kind_of = kind_of_spread,
            .long_name = "greatest score",
            .wanted = wants_spread },
  [MEAN_BY_FREQ] = { .name = "score_mean_by_freq",
                     BY_PAIR,
                     .long_name = "derivative of the mean score by ln of a pair's frequency" },
  [VARIANCE_BY_FREQ] = { .name = "score_variance_by_freq",
                         BY_PAIR,
                         .long_name = "derivative of the variance by ln of a pair's frequency" },
  [MEAN_BY_FACTOR] = { .name = "score_mean_by_factor",
                       BY_MOMENT,
                       .long_name = "derivative of the mean score by ln of the attention factor",
                       .wanted = wants_gradients },
  [VARIANCE_BY_FACTOR] = { .name = "score_variance_by_factor",
                           BY_MOMENT,
                           .long_name = "derivative of the variance by ln of the attention factor",
                           .wanted = wants_gradients },
  { 0 },
};

static rw_status
check (const void *self, const rw_input *in, rw_error *err)
{
  const rw_profile *p = self;
  double *distance;
  size_t n;
  rw_status s = rw_profile_moment_distances (p, in->longest, in->scratch, &distance, &n, err);
  if (!s && p->spread != RW_SPREAD_NONE)
    s = rw_profile_affordable (in, p->bin ? (size_t) in->length : in->n_distances,
                               rw_profile_spread_every (p, in), err);
  return s;
}

static const char *const spreads[] = { "none", "sampled", "exact", NULL };
static const char *const keeps[] = { "float32", "float64", NULL };

static const rw_param params[] = {
  { .name = "bin",
    .type = RW_BOOL,
    .at = offsetof (rw_profile, bin),
    .text = "means are means over the distances of [distance_k, distance_{k+1})" },
  { .name = "variance",
    .type = RW_BOOL,
    .at = offsetof (rw_profile, variance),
    .value = 1,
    .text = "also the variance and the error of the mean; false: a cheap mean only" },
  { .name = "moment_distances",
    .type = RW_INT,
    .at = offsetof (rw_profile, moment_distances),
    .value = 64,
    .defined = RW_BETWEEN (1, 65536),
    .sensible = RW_BETWEEN (1, 1024),
    .text = "how many distances have a variance: 0, then equal steps of the logarithm" },
  { .name = "moments",
    .type = RW_REALS,
    .at = offsetof (rw_profile, moments),
    .defined = RW_BETWEEN (0, RW_LENGTH_MAX),
    .unit = "tokens",
    .text = "these distances instead, rising" },
  { .name = "every",
    .type = RW_INT,
    .at = offsetof (rw_profile, every),
    .value = 1,
    .defined = RW_BETWEEN (1, 1e9),
    .sensible = RW_BETWEEN (1, 256),
    .text = "variances look at every s-th query, drawn at random from each s" },
  { .name = "spread",
    .type = RW_CHOICE,
    .at = offsetof (rw_profile, spread),
    .choices = spreads,
    .text = "least and greatest score: of all queries, or of 16384 to 32767 drawn ones" },
  { .name = "exclude_sink",
    .type = RW_INT,
    .at = offsetof (rw_profile, exclude_sink),
    .value = 4,
    .defined = RW_BETWEEN (0, 1e6),
    .sensible = RW_BETWEEN (0, 256),
    .unit = "tokens",
    .text = "first keys that the fields without_sinks leave out; 0: no such fields" },
  { .name = "keep",
    .type = RW_CHOICE,
    .at = offsetof (rw_profile, keep),
    .choices = keeps,
    .text = "type of the kept sums of the mean: float32 costs it 1e-7 of the scores" },
  { .name = "gradients",
    .type = RW_BOOL,
    .at = offsetof (rw_profile, gradients),
    .text = "also the derivatives of mean and variance by frequencies and attention factor" },
  { 0 },
};

const rw_metric rw_metric_score_profile = {
  .as = { .name = "score_profile",
          .size = sizeof (rw_profile),
          .params = params,
          .text = "mean, variance and extremes of the score by distance, over all queries and keys"
                  " of a head",
          .cite = "ropewalk, doc/metrics.md" },
  .needs = RW_NEEDS_QK | RW_ALONE,
  .fields = fields,
  .check = check,
  .prepare = prepare,
  .measure = measure,
  .release = release,
  .dim = dim,
  .cost = cost,
};
