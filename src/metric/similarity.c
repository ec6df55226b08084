/* similarity: B(m) = sum_i cos (m g_i) by distance, and its sign over every integer distance.

   Men et al. (arXiv 2405.14591), Eq. 9 and Table 4: B(m) is what remains, on average, of the
   preference for a similar key over a random one at distance m.  A pair that does not rotate
   contributes 1; unrotated channels and the attention factor are left out.  Under a position rule
   the angles are those between query m and key 0.

   With weights: model, B_w(m) = sum_i w_i cos (m g_i), w_i the mean of Re (q_i conj (k_i)) over the
   tokens of the source: what each pair says of equal content.  */
#include "metric/bins.h"
#include "rope/trained.h"
#include "rope/similarity.h"
#include "rule/rule.h"
#include "score/pairs.h"

#include <math.h>

typedef struct
{
  int weights;
  bool bin, scan;
} similarity;

enum
{
  NONE,
  MODEL
};

static const char *const weights[] = { "none", "model", NULL };

enum
{
  SIMILARITY,
  NEGATIVE_COUNT,
  FIRST_NEGATIVE,
  MINIMUM
};

enum
{
  PIECE = 1024, /* values on the stack at once */
  STREAK = 32   /* distances one after the other from which tables pay */
};

#define SCAN_MAX 1073741824.0 /* 2^30 integers: 15 s at 64 pairs */

/* What is measured: a table, or a table under a rule.  */
typedef struct
{
  const rw_freqs *f;
  const double *weight; /* (n,) or NULL: all 1 */
  rw_similarity *s;     /* NULL where tables are not worth their making, and under a rule */
  double length;
  double *trained, *phi; /* (n,) under a rule, else NULL */
} curve;

static rw_status
curve_make (curve *c, const rw_input *in, const rw_freqs *f, const double *weight, bool tables,
            rw_error *err)
{
  *c = (curve){ .f = f, .weight = weight, .length = in->length };
  if (f->rule)
    {
      c->trained = rw_arena_take (in->scratch, f->n, sizeof *c->trained);
      c->phi = rw_arena_take (in->scratch, f->n, sizeof *c->phi);
      if (!c->trained || !c->phi)
        return rw_nomem (err, f->n * sizeof (double));
      rw_trained_fill (in->geometry, f->n, c->trained);
    }
  else if (tables)
    {
      c->s = rw_similarity_take (in->scratch, f->n);
      if (!c->s)
        return rw_nomem (err, f->n * sizeof (double));
      rw_similarity_set (c->s, f->inv_freq);
      rw_similarity_weigh (c->s, weight);
    }
  return RW_OK;
}

static double
curve_at (const curve *c, double m)
{
  double amplitude, sum = 0;
  if (!c->phi)
    return rw_similarity_one (c->f->inv_freq, c->weight, c->f->n, m);
  rw_rule_phase (c->f, c->trained, c->length, m, 0, c->phi, &amplitude);
  for (size_t i = 0; i < c->f->n; i++)
    sum += (c->weight ? c->weight[i] : 1) * cos (c->phi[i]);
  return sum;
}

static void
curve_run (const curve *c, double from, size_t n, double *out)
{
  if (c->s)
    rw_similarity_run (c->s, (int64_t) from, n, out);
  else
    for (size_t j = 0; j < n; j++)
      out[j] = curve_at (c, from + (double) j);
}

/* The mean of n > 1 values, compensated (Neumaier).  */
static double
curve_mean (const curve *c, double from, size_t n)
{
  double b[PIECE], sum = 0, rest = 0;
  for (size_t k = 0; k < n; k += PIECE)
    {
      const size_t most = n - k < PIECE ? n - k : PIECE;
      curve_run (c, from + (double) k, most, b);
      for (size_t j = 0; j < most; j++)
        {
          const double t = sum + b[j];
          rest += fabs (sum) >= fabs (b[j]) ? (sum - t) + b[j] : (b[j] - t) + sum;
          sum = t;
        }
    }
  return (sum + rest) / (double) n;
}

/* How many entries from k on are single distances that follow each other, at most PIECE.  */
static size_t
streak (const rw_input *in, bool bin, size_t k)
{
  const rw_bin first = rw_bins_at (in, bin, k);
  size_t n = 1;
  for (; n < PIECE && k + n < in->n_distances; n++)
    {
      const rw_bin next = rw_bins_at (in, bin, k + n);
      if (next.n != 1 || next.first != first.first + (double) n)
        break;
    }
  return n;
}

static void
by_distance (const curve *c, const rw_input *in, bool bin, double *out)
{
  for (size_t k = 0; k < in->n_distances;)
    {
      const rw_bin at = rw_bins_at (in, bin, k);
      const size_t n = at.n == 1 && at.first == floor (at.first) ? streak (in, bin, k) : 1;
      if (at.n == 0)
        out[k] = NAN;
      else if (at.n > 1)
        out[k] = curve_mean (c, at.first, at.n);
      else if (n >= STREAK)
        curve_run (c, at.first, n, out + k);
      else
        for (size_t j = 0; j < n; j++)
          out[k + j] = curve_at (c, at.first + (double) j);
      k += n;
    }
}

/* The scan of a rule's values, whose angles are rounded products: a plain loop.  All is NaN where
   a value is: a rule may ask for trained frequencies that the model does not have.  */
static void
rule_scan (const curve *c, double last, rw_similarity_summary *out)
{
  *out = (rw_similarity_summary){ .first_negative = NAN, .min = INFINITY };
  for (double m = 0; m <= last && !isnan (out->min); m++)
    {
      const double b = curve_at (c, m);
      if (b < out->min)
        out->min = b, out->min_at = m;
      if (isnan (b))
        *out = (rw_similarity_summary){ NAN, NAN, NAN, NAN };
      if (!(b < 0))
        continue;
      if (out->negative_count == 0)
        out->first_negative = m;
      out->negative_count++;
    }
}

/* ---- weights of the source ---- */

typedef struct
{
  size_t n;
  double *weight; /* (n,) for tables of n pairs */
} weighing;

static rw_status
weigh (const rw_input *in, size_t n, double *weight, rw_error *err)
{
  rw_pairs_mean mean = { .alignment = weight };
  return rw_pairs_run (in->qk, in->geometry->layout, n, in->threads, &mean, err);
}

static void
release (void *work)
{
  weighing *w = work;
  if (w)
    rw_free (w->weight);
  rw_free (w);
}

static rw_status
prepare (const void *self, const rw_input *in, void **work, rw_error *err)
{
  const similarity *p = self;
  const size_t n = rw_geometry_pairs (in->geometry);
  if (p->weights == NONE)
    return RW_OK;
  weighing *w = *work = rw_new (1, sizeof *w);
  if (!w || !(w->weight = rw_new (n, sizeof *w->weight)))
    return rw_nomem (err, n * sizeof *w->weight);
  w->n = n;
  return weigh (in, n, w->weight, err);
}

/* The weights of a table of n pairs, NULL for none.  Which channels are a pair depends on n.  */
static rw_status
weights_of (const rw_input *in, const weighing *w, size_t n, const double **out, rw_error *err)
{
  *out = w ? w->weight : NULL;
  if (!w || w->n == n)
    return RW_OK;
  double *own = rw_arena_take (in->scratch, n, sizeof *own);
  *out = own;
  return own ? weigh (in, n, own, err) : rw_nomem (err, n * sizeof *own);
}

static bool
all_finite (const double *x, size_t n)
{
  for (size_t i = 0; x && i < n; i++)
    if (!isfinite (x[i]))
      return false;
  return true;
}

/* ---- the metric ---- */

static rw_status
measure (const void *self, const rw_input *in, const void *work, const rw_freqs *f, rw_fields *out,
         rw_error *err)
{
  const similarity *p = self;
  const double *weight;
  curve c;
  rw_similarity_summary all;
  const bool tables = p->scan || p->bin || in->n_distances >= STREAK;
  rw_status status = weights_of (in, work, f->n, &weight, err);
  if (!status)
    status = curve_make (&c, in, f, weight, tables, err);
  if (status || !all_finite (weight, f->n))
    return status;
  by_distance (&c, in, p->bin, out->value[SIMILARITY]);
  if (!p->scan)
    return RW_OK;
  if (f->rule)
    rule_scan (&c, floor (in->length), &all);
  else
    rw_similarity_scan (c.s, 0, (int64_t) in->length, in->threads, &all);
  out->value[NEGATIVE_COUNT][0] = all.negative_count;
  out->value[FIRST_NEGATIVE][0] = all.first_negative;
  out->value[MINIMUM][0] = all.min;
  return RW_OK;
}

static unsigned
needs_of (const void *self)
{
  const similarity *p = self;
  return p->weights == MODEL ? RW_NEEDS_QK : 0;
}

static rw_status
check (const void *self, const rw_input *in, rw_error *err)
{
  const similarity *p = self;
  if (!p->scan || in->length <= SCAN_MAX)
    return RW_OK;
  rw_fail (err, RW_EDOMAIN, "similarity: length %.17g is above 2^30, too many integers to scan",
           in->length);
  return rw_hint (err, "set \"scan\": false to have the values at the distances only");
}

static bool
wants_scan (const void *self)
{
  const similarity *p = self;
  return p->scan;
}

static double
cost (const void *self, const rw_input *in)
{
  static const double SECONDS_A_COSINE = 2e-8, SECONDS_A_TERM = 2.5e-10;
  const double terms = wants_scan (self) ? in->length : 0;
  return (double) rw_geometry_pairs (in->geometry)
         * ((double) in->n_distances * SECONDS_A_COSINE + terms * SECONDS_A_TERM);
}

static const rw_field fields[] = {
  [SIMILARITY] = { .name = "similarity",
                   .dims = { "distance" },
                   .kind = "exact",
                   .long_name = "sum of cosines over the pairs",
                   .cite = "Men et al., arXiv 2405.14591, Eq. 9" },
  [NEGATIVE_COUNT] = { .name = "similarity_negative_count",
                       .kind = "exact",
                       .long_name = "distances with a negative similarity",
                       .cite = "Men et al., arXiv 2405.14591, Table 4",
                       .wanted = wants_scan },
  [FIRST_NEGATIVE] = { .name = "similarity_first_negative",
                       .unit = "tokens",
                       .kind = "exact",
                       .long_name = "first distance with a negative similarity",
                       .cite = "Men et al., arXiv 2405.14591",
                       .wanted = wants_scan },
  [MINIMUM] = { .name = "similarity_min",
                .kind = "exact",
                .long_name = "least similarity of all distances",
                .cite = "Men et al., arXiv 2405.14591",
                .wanted = wants_scan },
  { 0 },
};

static const rw_param params[] = {
  { .name = "weights",
    .type = RW_CHOICE,
    .at = offsetof (similarity, weights),
    .choices = weights,
    .text = "weight of each pair in the sum; none: all alike; model: its mean product of query and "
            "key of the same token, from the source" },
  { .name = "bin",
    .type = RW_BOOL,
    .at = offsetof (similarity, bin),
    .text = "similarity is the mean over [distance_k, distance_{k+1})" },
  { .name = "scan",
    .type = RW_BOOL,
    .at = offsetof (similarity, scan),
    .value = 1,
    .text = "also look at every integer distance: count, first and least" },
  { 0 },
};

const rw_metric rw_metric_similarity = {
  .as = { .name = "similarity",
          .size = sizeof (similarity),
          .params = params,
          .text = "sum of cosines over the rotary pairs by distance (unrotated channels and the "
                  "attention factor left out), and where it is negative",
          .cite = "Men et al., arXiv 2405.14591, Eq. 9" },
  .fields = fields,
  .needs_of = needs_of,
  .check = check,
  .prepare = prepare,
  .measure = measure,
  .release = release,
  .cost = cost,
};
