/* attention: where causal attention goes: entropy, spread, sinks and distances of softmax rows.

   Row m: p_n = e^{S(m,n)} / Z, Z = sum over visible n of e^{S(m,n)} (+ e^sink, gpt-oss's learned
   sink).  entropy = - sum p ln p (nats), effective_tokens = e^entropy, participation = 1 / sum p^2,
   mass = weight by distance over what uniform attention would give it.  log_partition_bound is
   Jensen's inequality over distances, log_partition_estimate its second order; score/rows.h has
   both.  The rows are exact up to float32 scores; which queries are looked at is a parameter.  */
#include "metric/attention_mass.h"
#include "score/rows.h"

#include <math.h>

typedef struct
{
  int queries;
  int64_t samples, n_sink;
  double window;
  bool bin, bound;
} attention;

enum
{
  ENTROPY,
  ENTROPY_ERROR,
  EFFECTIVE_TOKENS,
  PARTICIPATION,
  MAX_WEIGHT,
  SINK_MASS,
  MEAN_DISTANCE,
  LOG_PARTITION,
  LOG_PARTITION_BOUND,
  LOG_PARTITION_ESTIMATE,
  MASS
};

/* ---- rows ---- */

static rw_geometry
geometry_of (const attention *p, const rw_input *in)
{
  rw_geometry g = *in->geometry;
  if (!isnan (p->window))
    g.sliding_window = (int64_t) p->window;
  return g;
}

/* The fields that are means over rows.  */
static const int of_rows[] = { ENTROPY,   EFFECTIVE_TOKENS, PARTICIPATION, MAX_WEIGHT,
                               SINK_MASS, MEAN_DISTANCE,    LOG_PARTITION };
enum
{
  ROW_FIELDS = sizeof of_rows / sizeof *of_rows
};

static void
put_rows (const attention *p, const rw_queries *q, double *const row[static MASS], rw_fields *out)
{
  for (size_t k = 0; k < q->n; k++)
    row[EFFECTIVE_TOKENS][k] = exp (row[ENTROPY][k]);
  for (size_t i = 0; i < ROW_FIELDS; i++)
    rw_queries_mean (q, row[of_rows[i]], out->value[of_rows[i]],
                     of_rows[i] == ENTROPY ? out->value[ENTROPY_ERROR] : NULL);
  /* One query at every entry: the inequality is an equality.  */
  if (p->bound && p->queries == RW_QUERIES_POSITION)
    for (size_t k = 0; k < q->n_bands; k++)
      out->value[LOG_PARTITION_BOUND][k] = out->value[LOG_PARTITION_ESTIMATE][k]
          = out->value[LOG_PARTITION][k];
}

static rw_status
run (const attention *p, const rw_input *in, const rw_freqs *f, const rw_queries *q,
     const rw_reach *r, double *const row[static MASS], rw_fields *out, rw_error *err)
{
  const rw_geometry geometry = geometry_of (p, in);
  const bool bands = p->bound && p->queries != RW_QUERIES_POSITION;
  const rw_rows_ask ask = { .geometry = &geometry,
                            .qk = in->qk,
                            .freqs = f,
                            .length = in->length,
                            .n_queries = q->n,
                            .query = q->query,
                            .n_sink = (size_t) p->n_sink,
                            .n_bins = p->bin ? r->n : 0,
                            .edge = r->distance,
                            .n_at = p->bin ? 0 : r->n,
                            .at = r->distance,
                            .n_bands = bands ? q->n_bands : 0,
                            .band = q->band,
                            .least = q->least,
                            .threads = in->threads,
                            .scratch = in->scratch };
  rw_rows_result rows = { .entropy = row[ENTROPY],
                          .participation = row[PARTICIPATION],
                          .max_weight = row[MAX_WEIGHT],
                          .sink_mass = row[SINK_MASS],
                          .mean_distance = row[MEAN_DISTANCE],
                          .log_partition = row[LOG_PARTITION],
                          .mass_sum = r->mass,
                          .weight_sum = r->mass,
                          .bound = bands ? out->value[LOG_PARTITION_BOUND] : NULL,
                          .estimate = bands ? out->value[LOG_PARTITION_ESTIMATE] : NULL };
  return rw_rows_run (&ask, &rows, err);
}

static rw_status
measure (const void *self, const rw_input *in, const void *work, const rw_freqs *f, rw_fields *out,
         rw_error *err)
{
  const attention *p = self;
  double *row[MASS] = { NULL };
  rw_queries q;
  rw_reach r;
  (void) work;
  rw_status s = rw_queries_make ((rw_queries_kind) p->queries, p->samples, in, &q, err);
  if (!s)
    s = rw_reach_make (p->bin, geometry_of (p, in).sliding_window, in, &q, &r, err);
  for (size_t i = 0; !s && i < ROW_FIELDS; i++)
    if (!(row[of_rows[i]] = rw_arena_take (in->scratch, q.n, sizeof (double))))
      s = rw_nomem (err, q.n * sizeof (double));
  if (!s)
    s = run (p, in, f, &q, &r, row, out, err);
  if (s)
    return s;
  put_rows (p, &q, row, out);
  rw_reach_put (&r, out->value[MASS]);
  return RW_OK;
}

static rw_status
check (const void *self, const rw_input *in, rw_error *err)
{
  const attention *p = self;
  if (!isnan (p->window) && p->window != floor (p->window))
    return rw_fail (err, RW_EINVAL, "attention: window %.17g is not a whole number of tokens",
                    p->window);
  if (in->length < 1)
    return rw_fail (err, RW_EDOMAIN, "attention: length %.17g: a row needs a token", in->length);
  return RW_OK;
}

static double
cost (const void *self, const rw_input *in)
{
  static const double SECONDS_A_CHANNEL = 2.5e-11; /* of a pair of query and key */
  static const double SECONDS_A_KEY = 2e-9;        /* and channel: rotated and packed */
  const attention *p = self;
  const double dim = (double) in->geometry->head_dim;
  const double pairs = rw_queries_pairs ((rw_queries_kind) p->queries, p->samples, in);
  return pairs * dim * SECONDS_A_CHANNEL + in->length * dim * SECONDS_A_KEY;
}

static const char *
kind (const void *self)
{
  const attention *p = self;
  return p->queries == RW_QUERIES_SAMPLE ? "sampled" : "exact";
}

static bool
wants_error (const void *self)
{
  const attention *p = self;
  return p->queries == RW_QUERIES_SAMPLE;
}

static bool
wants_bound (const void *self)
{
  const attention *p = self;
  return p->bound;
}

#define ROW_FIELD(field, called, of, words)                                                        \
  [field] = { .name = called,                                                                      \
              .dims = { "position" },                                                              \
              .unit = of,                                                                          \
              .kind = "exact",                                                                     \
              .kind_of = kind,                                                                     \
              .long_name = words,                                                                  \
              .cite = "ropewalk, doc/metrics.md" }

static const rw_field fields[] = {
  ROW_FIELD (ENTROPY, "entropy", "nats", "entropy of the attention weights"),
  [ENTROPY_ERROR] = { .name = "entropy_error",
                      .dims = { "position" },
                      .unit = "nats",
                      .kind = "sampled",
                      .long_name = "standard error of the mean entropy",
                      .cite = "ropewalk, doc/metrics.md",
                      .wanted = wants_error },
  ROW_FIELD (EFFECTIVE_TOKENS, "effective_tokens", "tokens", "e to the entropy"),
  ROW_FIELD (PARTICIPATION, "participation", "tokens", "inverse sum of squared weights"),
  ROW_FIELD (MAX_WEIGHT, "max_weight", NULL, "largest weight"),
  ROW_FIELD (SINK_MASS, "sink_mass", NULL, "weight of the first keys"),
  ROW_FIELD (MEAN_DISTANCE, "mean_distance", "tokens", "mean distance attended to"),
  ROW_FIELD (LOG_PARTITION, "log_partition", "nats", "logarithm of the partition function"),
  [LOG_PARTITION_BOUND] = { .name = "log_partition_bound",
                            .dims = { "position" },
                            .unit = "nats",
                            .kind = "exact",
                            .kind_of = kind,
                            .long_name = "lower bound from mean scores by distance",
                            .cite = "Jensen's inequality; ropewalk, doc/metrics.md",
                            .wanted = wants_bound },
  [LOG_PARTITION_ESTIMATE] = { .name = "log_partition_estimate",
                               .dims = { "position" },
                               .unit = "nats",
                               .kind = "estimate",
                               .long_name = "estimate from means and variances by distance",
                               .cite = "ropewalk, doc/metrics.md",
                               .wanted = wants_bound },
  [MASS] = { .name = "mass",
             .dims = { "distance" },
             .kind = "exact",
             .kind_of = kind,
             .long_name = "attention by distance over uniform attention",
             .cite = "ropewalk, doc/metrics.md" },
  { 0 },
};

static const char *const queries[] = { "position", "sample", "all", NULL };

static const rw_param params[] = {
  { .name = "queries",
    .type = RW_CHOICE,
    .at = offsetof (attention, queries),
    .choices = queries,
    .text = "position: the query at each position; sample, all: queries up to the next position, "
            "a stratified sample or all" },
  { .name = "samples",
    .type = RW_INT,
    .at = offsetof (attention, samples),
    .value = 32,
    .defined = RW_BETWEEN (1, 1 << 30),
    .sensible = RW_FROM (8),
    .text = "queries a position, with queries: sample" },
  { .name = "bin",
    .type = RW_BOOL,
    .at = offsetof (attention, bin),
    .text = "mass is that of [distance_k, distance_{k+1})" },
  { .name = "n_sink",
    .type = RW_INT,
    .at = offsetof (attention, n_sink),
    .value = 4,
    .defined = RW_BETWEEN (0, 1 << 20),
    .unit = "tokens",
    .text = "first keys that sink_mass counts" },
  { .name = "window",
    .type = RW_REAL,
    .at = offsetof (attention, window),
    .value = NAN,
    .defined = RW_BETWEEN (0, RW_LENGTH_MAX),
    .unit = "tokens",
    .text = "keys a query sees, itself counted; 0: all; left out: the model's sliding window" },
  { .name = "bound",
    .type = RW_BOOL,
    .at = offsetof (attention, bound),
    .value = 1,
    .text = "also bound and estimate log_partition from scores by distance" },
  { 0 },
};

const rw_metric rw_metric_attention = {
  .as
  = { .name = "attention",
      .size = sizeof (attention),
      .params = params,
      .text = "entropy, sinks and distances of causal attention over q and k, and bounds of its "
              "partition function",
      .cite = "ropewalk, doc/metrics.md" },
  .needs = RW_NEEDS_QK | RW_ALONE,
  .fields = fields,
  .check = check,
  .measure = measure,
  .cost = cost,
};
