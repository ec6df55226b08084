/* profile: the parts of the metric score_profile: its parameters and distances, the sums it keeps
   for a group, and what it measures score by score.  */
#ifndef RW_METRIC_PROFILE_H
#define RW_METRIC_PROFILE_H

#include "metric/metric.h"
#include "score/correlation.h"
#include "score/moments.h"

enum
{
  RW_SPREAD_NONE,
  RW_SPREAD_SAMPLED,
  RW_SPREAD_EXACT
};

typedef struct
{
  bool bin, variance, gradients;
  int64_t moment_distances, every, exclude_sink;
  rw_reals moments;
  int spread;
  int keep; /* 0: float32, 1: float64 */
} rw_profile;

/* ---- distances ---- */

/* The own dimension: *out is (*n,), rising, from `keep`.  */
rw_status rw_profile_moment_distances (const rw_profile *p, double longest, rw_arena *keep,
                                       double **out, size_t *n, rw_error *err);

/* Distances that the entries of the axis stand for: entry k has first[k] .. last[k], none where
   last[k] < first[k]: no whole number, or not below the number of tokens.  */
typedef struct
{
  size_t n;              /* entries of the axis */
  int64_t *first, *last; /* (n,) */
  size_t singles;        /* distances of all entries together */
} rw_profile_axis;

rw_status rw_profile_axis_take (const rw_profile *p, const rw_input *in, rw_arena *keep,
                                rw_profile_axis *out, rw_error *err);

/* Mean of the values of each entry; `value` holds the entries' distances one after the other, or,
   with `all`, every distance from 0 on.  NaN values are left out.  */
void rw_profile_axis_mean (const rw_profile_axis *axis, bool all, const double *value, double *out);

/* ---- sums that many schedules share ---- */

/* Of q times one query scale and k, for tables of `pairs` pairs.  */
typedef struct
{
  size_t pairs;
  double *scale; /* (tokens,) or NULL: 1 */
  bool all;      /* `mean` keeps every distance, not only the axis's */
  rw_correlation *mean;
  rw_moments *moments; /* NULL where no field needs it */
} rw_profile_set;

typedef struct rw_profile_sets rw_profile_sets;

/* The set of tables without a query scale, of the geometry's own number of pairs.  The caller frees
   it with rw_profile_sets_free.  */
rw_status rw_profile_sets_new (const rw_profile *p, const rw_input *in, rw_profile_sets **out,
                               rw_error *err);
void rw_profile_sets_free (rw_profile_sets *s); /* NULL-safe */

/* The set for table f, to be given back.  One more set than the first is kept, made when it is
   asked for: another query scale or number of pairs replaces it, and waits until it was given
   back.  What a set holds depends on its key alone.  */
rw_status rw_profile_sets_take (const rw_profile_sets *s, const rw_profile *p, const rw_input *in,
                                const rw_freqs *f, const rw_profile_set **out, rw_error *err);
void rw_profile_sets_give (const rw_profile_sets *s, const rw_profile_set *set);

/* ---- what is measured ---- */

/* Means by entry of the axis; the others by moment distance, the gradients by frequency (distances,
   `row`).  NULL where not wanted; preset to NaN.  */
typedef struct
{
  double *mean, *mean_without;
  double *variance, *variance_without, *mean_error;
  double *mean_by_freq, *variance_by_freq, *mean_by_factor, *variance_by_factor;
  size_t row; /* at least f->n */
} rw_profile_result;

/* Where the distance alone decides: from the sums.  */
rw_status rw_profile_sums_run (const rw_profile *p, const rw_input *in, const rw_freqs *f,
                               const rw_profile_sets *sets, const rw_profile_result *out,
                               rw_error *err);

/* Under a rule where it does not: means and variances score by score; errors and gradients keep
   their NaN.  */
rw_status rw_profile_direct_run (const rw_profile *p, const rw_input *in, const rw_freqs *f,
                                 const rw_profile_result *out, rw_error *err);

/* Least and greatest score of every entry of the axis, score by score.  */
rw_status rw_profile_spread_run (const rw_profile *p, const rw_input *in, const rw_freqs *f,
                                 double *min, double *max, rw_error *err);

/* Queries of which it looks at one; more scores than anybody waits for are refused.  */
size_t rw_profile_spread_every (const rw_profile *p, const rw_input *in);
rw_status rw_profile_affordable (const rw_input *in, size_t distances, size_t every, rw_error *err);

#endif
