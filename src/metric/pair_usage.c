/* pair_usage: what each rotary pair carries, and what it adds to the scores that attention picks.

   Norms |q_i|, |k_i|, |v_i| and the product of query and key of the same token are means over all
   tokens; they do not depend on the schedule.  Contribution and ceiling are means over a sample of
   queries of sums over their keys, weighted by the softmax under schedule, position rule and query
   scale: score/usage.h has both.  */
#include "base/rng.h"
#include "metric/metric.h"
#include "score/pairs.h"
#include "score/usage.h"

#include <math.h>
#include <string.h>

typedef struct
{
  int64_t queries;
  double window;
} pair_usage;

enum
{
  NORM_Q,
  NORM_K,
  NORM_V,
  ALIGNMENT,
  CONTRIBUTION,
  CONTRIBUTION_ERROR,
  CEILING,
  CONTRIBUTION_REST,
  CEILING_REST,
  STILL = CONTRIBUTION /* fields before it are the same for every schedule */
};

enum
{
  PURPOSE = 10, /* of the stream; sources begin at 16 */
  SEGMENTS = 20 /* of the queries, for the error */
};

/* ---- what does not depend on the schedule ---- */

typedef struct
{
  size_t pairs;
  double *mean; /* (STILL, pairs) */
} still;

static rw_status
measure_still (const rw_input *in, size_t pairs, double *mean, rw_error *err)
{
  rw_pairs_mean out = { .norm_q = mean + NORM_Q * pairs,
                        .norm_k = mean + NORM_K * pairs,
                        .norm_v = mean + NORM_V * pairs,
                        .alignment = mean + ALIGNMENT * pairs };
  return rw_pairs_run (in->qk, in->geometry->layout, pairs, in->threads, &out, err);
}

static void
release (void *work)
{
  still *s = work;
  if (s)
    rw_free (s->mean);
  rw_free (s);
}

static rw_status
prepare (const void *self, const rw_input *in, void **work, rw_error *err)
{
  const size_t pairs = rw_geometry_pairs (in->geometry);
  still *s = *work = rw_new (1, sizeof *s);
  (void) self;
  if (!s || !(s->mean = rw_new (STILL * pairs, sizeof *s->mean)))
    return rw_nomem (err, STILL * pairs * sizeof *s->mean);
  s->pairs = pairs;
  return measure_still (in, pairs, s->mean, err);
}

/* Which channels are a pair depends on how many pairs the table has.  */
static rw_status
put_still (const rw_input *in, const still *made, size_t pairs, rw_fields *out, rw_error *err)
{
  const double *mean = made->mean;
  rw_status s = RW_OK;
  if (made->pairs != pairs)
    {
      double *own = rw_arena_take (in->scratch, STILL * pairs, sizeof *own);
      mean = own;
      s = own ? measure_still (in, pairs, own, err) : rw_nomem (err, pairs * sizeof *own);
    }
  for (size_t f = 0; !s && f < STILL; f++)
    memcpy (out->value[f], mean + f * pairs, pairs * sizeof *mean);
  return s;
}

/* ---- the sample ---- */

/* One query in each of as many equal strata; all where there are no more.  */
static rw_status
draw (const pair_usage *p, const rw_input *in, int64_t **out, size_t *n, rw_error *err)
{
  rw_stream stream = rw_stream_new (in->seed, in->group, PURPOSE);
  const double length = floor (in->length), most = fmin (length, (double) p->queries);
  int64_t *query = *out = rw_arena_take (in->scratch, (size_t) most, sizeof *query);
  *n = (size_t) most;
  if (!query)
    return rw_nomem (err, (size_t) most * sizeof *query);
  for (size_t k = 0; k < *n; k++)
    {
      const double low = floor ((double) k * length / most);
      const double size = floor ((double) (k + 1) * length / most) - low;
      query[k] = (int64_t) (low + floor (rw_stream_uniform (&stream) * size));
    }
  return RW_OK;
}

/* ---- results ---- */

/* The mean over all segments; sum is (segments, pairs).  */
static void
put_mean (const double *sum, const double *count, size_t segments, size_t pairs, double *out)
{
  double n = 0;
  for (size_t s = 0; s < segments; s++)
    n += count[s];
  for (size_t i = 0; i < pairs; i++)
    {
      double total = 0;
      for (size_t s = 0; s < segments; s++)
        total += sum[s * pairs + i];
      out[i] = n > 0 ? total / n : NAN;
    }
}

/* The standard error of that mean, over segments as blocks: neighbouring queries are not
   independent.  */
static void
put_error (const double *sum, const double *count, size_t segments, size_t pairs,
           const double *mean, double *out)
{
  double n = 0;
  for (size_t s = 0; s < segments; s++)
    n += count[s];
  for (size_t i = 0; segments > 1 && i < pairs; i++)
    {
      double square = 0;
      for (size_t s = 0; s < segments; s++)
        {
          const double off = (sum[s * pairs + i] - count[s] * mean[i]) / n;
          square += off * off;
        }
      out[i] = sqrt (square * (double) segments / (double) (segments - 1));
    }
}

static rw_status
usage_of (const pair_usage *p, const rw_input *in, const rw_freqs *f, const int64_t *query,
          size_t n, size_t segments, rw_usage_result *r, rw_error *err)
{
  double **const sums[]
      = { &r->contribution, &r->ceiling, &r->contribution_rest, &r->ceiling_rest };
  for (size_t k = 0; k < sizeof sums / sizeof *sums; k++)
    if (!(*sums[k] = rw_arena_take (in->scratch, segments * f->n, sizeof (double))))
      return rw_nomem (err, segments * f->n * sizeof (double));
  r->count = rw_arena_take (in->scratch, segments, sizeof *r->count);
  r->count_rest = rw_arena_take (in->scratch, segments, sizeof *r->count_rest);
  if (!r->count || !r->count_rest)
    return rw_nomem (err, segments * sizeof *r->count);
  rw_geometry geometry = *in->geometry;
  if (!isnan (p->window))
    geometry.sliding_window = (int64_t) p->window;
  const rw_usage_ask ask = { .geometry = &geometry,
                             .qk = in->qk,
                             .freqs = f,
                             .length = in->length,
                             .n_queries = n,
                             .query = query,
                             .segments = segments,
                             .threads = in->threads,
                             .scratch = in->scratch };
  return rw_usage_run (&ask, r, err);
}

static rw_status
measure (const void *self, const rw_input *in, const void *work, const rw_freqs *f, rw_fields *out,
         rw_error *err)
{
  int64_t *query;
  size_t n, segments = 0;
  rw_usage_result r = { 0 };
  rw_status s = put_still (in, work, f->n, out, err);
  if (!s)
    s = draw (self, in, &query, &n, err);
  if (!s)
    {
      segments = n < SEGMENTS ? n : SEGMENTS;
      s = usage_of (self, in, f, query, n, segments, &r, err);
    }
  if (s)
    return s;
  put_mean (r.contribution, r.count, segments, f->n, out->value[CONTRIBUTION]);
  put_error (r.contribution, r.count, segments, f->n, out->value[CONTRIBUTION],
             out->value[CONTRIBUTION_ERROR]);
  put_mean (r.ceiling, r.count, segments, f->n, out->value[CEILING]);
  put_mean (r.contribution_rest, r.count_rest, segments, f->n, out->value[CONTRIBUTION_REST]);
  put_mean (r.ceiling_rest, r.count_rest, segments, f->n, out->value[CEILING_REST]);
  return RW_OK;
}

static rw_status
check (const void *self, const rw_input *in, rw_error *err)
{
  const pair_usage *p = self;
  (void) in;
  if (isnan (p->window) || p->window == floor (p->window))
    return RW_OK;
  return rw_fail (err, RW_EINVAL, "pair_usage: window %.17g is not a whole number of tokens",
                  p->window);
}

static double
cost (const void *self, const rw_input *in)
{
  static const double SECONDS_A_CHANNEL = 7e-11, SECONDS_A_TOKEN = 2e-9;
  const pair_usage *p = self;
  const double dim = (double) in->geometry->head_dim, length = in->length;
  const double rows = fmin (length, (double) p->queries);
  return dim * length * (rows / 2 * SECONDS_A_CHANNEL + SECONDS_A_TOKEN);
}

#define PAIR_FIELD(field, called, of, words)                                                       \
  [field] = { .name = called, .dims = { "pair" }, .kind = of, .long_name = words, .cite = CITE }
#define CITE "Barbero et al., arXiv 2410.06205, for the norms; defined in doc/metrics.md"

static const rw_field fields[] = {
  PAIR_FIELD (NORM_Q, "pair_norm_q", "exact", "mean norm of the pair in q"),
  PAIR_FIELD (NORM_K, "pair_norm_k", "exact", "mean norm of the pair in k"),
  PAIR_FIELD (NORM_V, "pair_norm_v", "exact", "mean norm of the same channels in v"),
  PAIR_FIELD (ALIGNMENT, "pair_alignment", "exact", "mean product of q and k of the same token"),
  PAIR_FIELD (CONTRIBUTION, "pair_contribution", "sampled",
              "mean contribution of the pair to attended scores"),
  PAIR_FIELD (CONTRIBUTION_ERROR, "pair_contribution_error", "sampled",
              "standard error of the contribution over blocks of queries"),
  PAIR_FIELD (CEILING, "pair_ceiling", "sampled",
              "the most that the pair could add to attended scores"),
  PAIR_FIELD (CONTRIBUTION_REST, "pair_contribution_without_first", "sampled",
              "mean contribution of the pair without position 0"),
  PAIR_FIELD (CEILING_REST, "pair_ceiling_without_first", "sampled",
              "the most that the pair could add without position 0"),
  { 0 },
};

static const rw_param params[] = {
  { .name = "queries",
    .type = RW_INT,
    .at = offsetof (pair_usage, queries),
    .value = 256,
    .defined = RW_BETWEEN (1, RW_LENGTH_MAX),
    .sensible = RW_FROM (40),
    .text
    = "queries looked at, one drawn in each of as many equal parts of the sequence; all where "
      "there are no more" },
  { .name = "window",
    .type = RW_REAL,
    .at = offsetof (pair_usage, window),
    .value = NAN,
    .defined = RW_BETWEEN (0, RW_LENGTH_MAX),
    .unit = "tokens",
    .text = "keys a query sees, itself counted; 0: all; left out: the model's sliding window" },
  { 0 },
};

const rw_metric rw_metric_pair_usage = {
  .as = { .name = "pair_usage",
          .size = sizeof (pair_usage),
          .params = params,
          .text = "norms of each rotary pair in q, k and v, and what it adds to attended scores",
          .cite = "Barbero et al., arXiv 2410.06205, for the norms" },
  .needs = RW_NEEDS_QK | RW_ALONE,
  .fields = fields,
  .check = check,
  .prepare = prepare,
  .measure = measure,
  .release = release,
  .cost = cost,
};
