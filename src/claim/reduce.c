/* reduce: one number of many; see reduce.h.

   Sums are compensated (Neumaier 1974): a field may have millions of values.  log_slope and
   log_scale are the least-squares line of ln y on ln x, y = scale x^slope; the sums are taken
   around the means, so that far-off coordinates cost no digits.  */
#include "claim/reduce.h"

#include <math.h>
#include <string.h>

/* ---- sums ---- */

typedef struct
{
  double sum, lost;
  size_t n;
} total;

static void
add (total *t, double x)
{
  const double s = t->sum + x;
  if (isfinite (s))
    t->lost += fabs (t->sum) >= fabs (x) ? (t->sum - s) + x : (x - s) + t->sum;
  t->sum = s;
  t->n++;
}

static double
sum_of (const total *t)
{
  return t->n ? t->sum + t->lost : NAN;
}

static double
take_sum (const rw_series *s, double level)
{
  total t = { 0 };
  (void) level;
  for (size_t i = 0; i < s->n; i++)
    if (!isnan (s->y[i]))
      add (&t, s->y[i]);
  return sum_of (&t);
}

static double
take_count (const rw_series *s, double level)
{
  size_t n = 0;
  (void) level;
  for (size_t i = 0; i < s->n; i++)
    n += !isnan (s->y[i]);
  return (double) n;
}

static double
take_mean (const rw_series *s, double level)
{
  return take_sum (s, level) / take_count (s, level);
}

/* ---- least and greatest ---- */

/* The first place of the least (sign 1) or greatest (-1) value; n where all are NaN.  */
static size_t
extreme (const rw_series *s, double sign)
{
  size_t best = s->n;
  for (size_t i = 0; i < s->n; i++)
    if (!isnan (s->y[i]) && (best == s->n || sign * s->y[i] < sign * s->y[best]))
      best = i;
  return best;
}

static double
value_at (const rw_series *s, const double *of, size_t i)
{
  return i < s->n ? of[i] : NAN;
}

static double
take_min (const rw_series *s, double level)
{
  (void) level;
  return value_at (s, s->y, extreme (s, 1));
}

static double
take_max (const rw_series *s, double level)
{
  (void) level;
  return value_at (s, s->y, extreme (s, -1));
}

static double
take_argmin (const rw_series *s, double level)
{
  (void) level;
  return value_at (s, s->x, extreme (s, 1));
}

static double
take_argmax (const rw_series *s, double level)
{
  (void) level;
  return value_at (s, s->x, extreme (s, -1));
}

/* ---- below and above a level; NaN is neither ---- */

static double
take_count_below (const rw_series *s, double level)
{
  size_t n = 0;
  for (size_t i = 0; i < s->n; i++)
    n += s->y[i] < level;
  return (double) n;
}

static double
take_count_above (const rw_series *s, double level)
{
  size_t n = 0;
  for (size_t i = 0; i < s->n; i++)
    n += s->y[i] > level;
  return (double) n;
}

static double
take_first_below (const rw_series *s, double level)
{
  size_t i = 0;
  while (i < s->n && !(s->y[i] < level))
    i++;
  return value_at (s, s->x, i);
}

static double
take_first_above (const rw_series *s, double level)
{
  size_t i = 0;
  while (i < s->n && !(s->y[i] > level))
    i++;
  return value_at (s, s->x, i);
}

static double
take_last_below (const rw_series *s, double level)
{
  size_t i = s->n;
  while (i > 0 && !(s->y[i - 1] < level))
    i--;
  return i ? s->x[i - 1] : NAN;
}

static double
take_last_above (const rw_series *s, double level)
{
  size_t i = s->n;
  while (i > 0 && !(s->y[i - 1] > level))
    i--;
  return i ? s->x[i - 1] : NAN;
}

/* ---- power laws ---- */

/* ln y = ln scale + slope ln x.  NaN where a value is not positive, or all x are the same.  */
static void
fit (const rw_series *s, double *slope, double *scale)
{
  total x = { 0 }, y = { 0 }, xx = { 0 }, xy = { 0 };
  *slope = *scale = NAN;
  for (size_t i = 0; i < s->n; i++)
    if (!isnan (s->y[i]))
      {
        if (!(s->x[i] > 0) || !(s->y[i] > 0))
          return;
        add (&x, log (s->x[i]));
        add (&y, log (s->y[i]));
      }
  const double n = (double) x.n, mean_x = sum_of (&x) / n, mean_y = sum_of (&y) / n;
  for (size_t i = 0; i < s->n; i++)
    if (!isnan (s->y[i]))
      {
        const double u = log (s->x[i]) - mean_x;
        add (&xx, u * u);
        add (&xy, u * (log (s->y[i]) - mean_y));
      }
  if (x.n < 2 || !(sum_of (&xx) > 0))
    return;
  *slope = sum_of (&xy) / sum_of (&xx);
  *scale = exp (mean_y - *slope * mean_x);
}

static double
take_log_slope (const rw_series *s, double level)
{
  double slope, scale;
  (void) level;
  fit (s, &slope, &scale);
  return slope;
}

static double
take_log_scale (const rw_series *s, double level)
{
  double slope, scale;
  (void) level;
  fit (s, &slope, &scale);
  return scale;
}

/* ---- local minima ---- */

/* How often the values fall and then rise; a flat bottom counts once, an end never.  */
static double
take_minima (const rw_series *s, double level)
{
  size_t n = 0;
  bool fell = false;
  double before = NAN;
  (void) level;
  for (size_t i = 0; i < s->n; i++)
    if (!isnan (s->y[i]))
      {
        n += fell && s->y[i] > before;
        fell = s->y[i] < before || (fell && s->y[i] == before);
        before = s->y[i];
      }
  return (double) n;
}

/* ---- the table ---- */

#define NO_VALUE "all values are NaN"
#define NONE_BELOW "no value is below the level"
#define NONE_ABOVE "no value is above the level"
#define NO_FIT "a power law needs two places, and positive values and coordinates"

static const rw_reduction table[] = {
  { "min", false, false, false, take_min, NO_VALUE },
  { "max", false, false, false, take_max, NO_VALUE },
  { "mean", false, false, false, take_mean, NO_VALUE },
  { "sum", false, false, false, take_sum, NO_VALUE },
  { "count", false, false, false, take_count, "" },
  { "argmin", false, true, true, take_argmin, NO_VALUE },
  { "argmax", false, true, true, take_argmax, NO_VALUE },
  { "count_below", true, false, false, take_count_below, "" },
  { "count_above", true, false, false, take_count_above, "" },
  { "first_below", true, true, true, take_first_below, NONE_BELOW },
  { "first_above", true, true, true, take_first_above, NONE_ABOVE },
  { "last_below", true, true, true, take_last_below, NONE_BELOW },
  { "last_above", true, true, true, take_last_above, NONE_ABOVE },
  { "log_slope", false, true, true, take_log_slope, NO_FIT },
  { "log_scale", false, true, true, take_log_scale, NO_FIT },
  { "minima", false, true, false, take_minima, "" },
  { 0 },
};

const rw_reduction *
rw_reduce_find (const char *name)
{
  for (const rw_reduction *r = table; r->name; r++)
    if (strcmp (r->name, name) == 0)
      return r;
  return NULL;
}

const char *
rw_reduce_name (size_t i, const void *unused)
{
  (void) unused;
  return table[i].name;
}
