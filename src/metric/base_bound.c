/* base_bound: the smallest base for which the similarity stays non-negative up to the length.

   Men et al. (arXiv 2405.14591), section 4.1 and Table 2: a model with base b and trained length
   L keeps B(m) = sum_i cos (m b^(-2i/d)) >= 0 for m <= L, or its long context is superficial.  The
   infimum depends on rotary_dim and length alone; how far the schedule's own table stays
   non-negative is measured beside it.  The method is in rope/bound.c.  */
#include "metric/metric.h"
#include "rope/bound.h"

#include <math.h>

typedef struct
{
  bool last_violation;
} base_bound;

typedef struct
{
  rw_bound bracket;
  double last_violation;
} found;

enum
{
  INFIMUM,
  EXCLUDED,
  LAST_VIOLATION,
  BOUND_OF_BASE
};

static rw_status
check (const void *self, const rw_input *in, rw_error *err)
{
  (void) self;
  if (in->length >= 1 && in->length <= RW_BOUND_LENGTH_MAX && in->length == floor (in->length))
    {
      if (in->geometry->rotary_dim <= RW_BOUND_DIM_MAX)
        return RW_OK;
      return rw_fail (err, RW_EDOMAIN, "base_bound: rotary_dim %lld is above %d",
                      (long long) in->geometry->rotary_dim, RW_BOUND_DIM_MAX);
    }
  rw_fail (err, RW_EDOMAIN, "base_bound: length %.17g is not a whole number from 1 to %d tokens",
           in->length, RW_BOUND_LENGTH_MAX);
  return rw_hint (err, "leave base_bound out at such lengths; similarity_first_negative, less 1, "
                       "is the bound of one table at any length");
}

static rw_status
prepare (const void *self, const rw_input *in, void **work, rw_error *err)
{
  const base_bound *p = self;
  const int64_t d = in->geometry->rotary_dim, length = (int64_t) in->length;
  found *w = rw_new (1, sizeof *w);
  *work = w;
  if (!w)
    return rw_nomem (err, sizeof *w);
  const rw_status status = rw_bound_find (d, length, in->threads, &w->bracket, err);
  if (status || !p->last_violation)
    return status;
  return rw_bound_last_violation (d, length, in->threads, &w->last_violation, err);
}

static rw_status
measure (const void *self, const rw_input *in, const void *work, const rw_freqs *f, rw_fields *out,
         rw_error *err)
{
  const base_bound *p = self;
  const found *w = work;
  out->value[INFIMUM][0] = w->bracket.infimum;
  out->value[EXCLUDED][0] = w->bracket.excluded;
  if (p->last_violation)
    out->value[LAST_VIOLATION][0] = w->last_violation;
  if (f->rule) /* its angles are not m g */
    return RW_OK;
  rw_similarity *s = rw_similarity_take (in->scratch, f->n);
  if (!s)
    return rw_nomem (err, f->n * sizeof (double));
  rw_similarity_set (s, f->inv_freq);
  out->value[BOUND_OF_BASE][0] = rw_bound_of_table (s, (int64_t) in->length, in->threads);
  return RW_OK;
}

static void
release (void *work)
{
  rw_free (work);
}

static bool
wants_last (const void *self)
{
  const base_bound *p = self;
  return p->last_violation;
}

static const rw_field fields[] = {
  [INFIMUM] = { .name = "base_infimum",
                .kind = "certified",
                .long_name = "smallest base without negative similarity",
                .cite = "Men et al., arXiv 2405.14591, Table 2" },
  [EXCLUDED] = { .name = "base_excluded",
                 .kind = "certified",
                 .long_name = "every base up to here has a negative similarity",
                 .cite = "Men et al., arXiv 2405.14591, Table 2" },
  [LAST_VIOLATION] = { .name = "base_last_violation",
                       .kind = "estimate",
                       .long_name = "largest base found with a negative similarity",
                       .cite = "ropewalk, doc/metrics.md",
                       .wanted = wants_last },
  [BOUND_OF_BASE] = { .name = "bound_of_base",
                      .unit = "tokens",
                      .kind = "exact",
                      .long_name = "largest length without negative similarity",
                      .cite = "Men et al., arXiv 2405.14591" },
  { 0 },
};

static const rw_param params[] = {
  { .name = "last_violation",
    .type = RW_BOOL,
    .at = offsetof (base_bound, last_violation),
    .value = 1,
    .text = "also scan for the largest violating base" },
  { 0 },
};

const rw_metric rw_metric_base_bound = {
  .as = { .name = "base_bound",
          .size = sizeof (base_bound),
          .params = params,
          .text = "smallest base whose similarity is not negative up to the length, as a proven "
                  "bracket, and the length that the table itself reaches",
          .cite = "Men et al., arXiv 2405.14591, section 4.1" },
  .fields = fields,
  .check = check,
  .prepare = prepare,
  .measure = measure,
  .release = release,
};
