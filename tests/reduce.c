/* reduce: every reduction against a plain computation of another kind, on random numbers with NaN
   among them.

   The other kinds: sorted copies for the least and the greatest, long double sums for sums, the
   normal equations in long double for the fit, the values without repeats and NaN for minima, and
   pairs of (coordinate, value) taken in reverse for first and last.  */
#include "claim/reduce.h"
#include "base/rng.h"
#include "tap.h"

#include <stdbool.h>

enum
{
  MOST = 300,
  ROUNDS = 60
};

typedef struct
{
  size_t n;
  double x[MOST], y[MOST]; /* as they are */
  size_t m;
  double u[MOST], v[MOST]; /* those whose y is a number */
} draw;

/* Values in steps, so that equal neighbours come; one in five NaN.  Coordinates rise, or fall; for
   power laws they rise by factors, since close together their logarithms lose digits.  */
static draw
make_draw (rw_stream *s, bool positive)
{
  draw d = { .n = 1 + rw_stream_word (s) % MOST };
  const double way = rw_stream_word (s) % 2 ? 1 : -1;
  double at = way > 0 ? 0.385 : 1e4;
  for (size_t i = 0; i < d.n; i++, at = positive ? at * (1.01 + rw_stream_uniform (s))
                                                 : at + way * (0.01 + rw_stream_uniform (s)))
    {
      d.x[i] = at;
      d.y[i] = floor (8 * rw_stream_normal (s)) / 8 + 0.0625;
      if (positive)
        d.y[i] = exp (d.y[i]);
      if (rw_stream_word (s) % 5 == 0)
        d.y[i] = NAN;
      else
        {
          d.u[d.m] = d.x[i];
          d.v[d.m++] = d.y[i];
        }
    }
  return d;
}

static double
taken (const char *name, const draw *d, double level)
{
  const rw_reduction *r = rw_reduce_find (name);
  const rw_series s = { .n = d->n, .y = d->y, .x = r->place ? d->x : NULL };
  return r->of (&s, level);
}

static bool
equal (double a, double b)
{
  return a == b || (isnan (a) && isnan (b));
}

static int
rising (const void *a, const void *b)
{
  const double *p = a, *q = b;
  return (*p > *q) - (*p < *q);
}

/* ---- the plain ways ---- */

static double
plain_sorted (const draw *d, bool last)
{
  double copy[MOST];
  memcpy (copy, d->v, sizeof copy);
  qsort (copy, d->m, sizeof *copy, rising);
  return d->m ? copy[last ? d->m - 1 : 0] : NAN;
}

/* The coordinate of the earliest value that equals `y`.  */
static double
plain_place (const draw *d, double y)
{
  double x = NAN;
  for (size_t i = d->m; i-- > 0;)
    x = d->v[i] == y ? d->u[i] : x;
  return x;
}

static double
plain_level (const draw *d, double level, double sign, bool last)
{
  double x = NAN;
  for (size_t k = 0; k < d->m; k++)
    {
      const size_t i = last ? k : d->m - 1 - k;
      if (sign * (d->v[i] - level) > 0)
        x = d->u[i];
    }
  return x;
}

static size_t
plain_count (const draw *d, double level, double sign)
{
  size_t n = 0;
  for (size_t i = 0; i < d->m; i++)
    n += sign * (d->v[i] - level) > 0;
  return n;
}

static double
plain_sum (const draw *d)
{
  long double sum = 0;
  for (size_t i = 0; i < d->m; i++)
    sum += d->v[i];
  return d->m ? (double) sum : NAN;
}

/* Normal equations, solved by Cramer's rule.  */
static void
plain_fit (const draw *d, double *slope, double *scale)
{
  long double n = 0, x = 0, y = 0, xx = 0, xy = 0;
  for (size_t i = 0; i < d->m; i++)
    {
      const long double u = logl (d->u[i]), v = logl (d->v[i]);
      n += 1;
      x += u;
      y += v;
      xx += u * u;
      xy += u * v;
    }
  const long double det = n * xx - x * x;
  *slope = (double) ((n * xy - x * y) / det);
  *scale = (double) expl ((xx * y - x * xy) / det);
}

static double
plain_minima (const draw *d)
{
  double v[MOST];
  size_t m = 0, n = 0;
  for (size_t i = 0; i < d->m; i++)
    if (!m || d->v[i] != v[m - 1])
      v[m++] = d->v[i];
  for (size_t i = 1; i + 1 < m; i++)
    n += v[i - 1] > v[i] && v[i + 1] > v[i];
  return (double) n;
}

/* ---- against each other ---- */

static void
test_orders (rw_stream *s)
{
  static const char *const names[]
      = { "min",         "max",         "argmin",      "argmax",      "count",
          "count_below", "count_above", "first_below", "first_above", "last_below",
          "last_above",  "minima",      NULL };
  int bad[16] = { 0 };
  for (size_t round = 0; round < ROUNDS; round++)
    {
      const draw d = make_draw (s, false);
      const double level = round % 4 ? rw_stream_normal (s) : 0.0625; /* a value that comes */
      const double least = plain_sorted (&d, false), most = plain_sorted (&d, true);
      const double want[] = { least,
                              most,
                              plain_place (&d, least),
                              plain_place (&d, most),
                              (double) d.m,
                              (double) plain_count (&d, level, -1),
                              (double) plain_count (&d, level, 1),
                              plain_level (&d, level, -1, false),
                              plain_level (&d, level, 1, false),
                              plain_level (&d, level, -1, true),
                              plain_level (&d, level, 1, true),
                              plain_minima (&d) };
      for (size_t k = 0; names[k]; k++)
        bad[k] += !equal (taken (names[k], &d, level), want[k]);
    }
  for (size_t k = 0; names[k]; k++)
    ok (!bad[k], "%s is that of a plain search, %d draws", names[k], ROUNDS);
}

static void
test_sums (rw_stream *s)
{
  double sum = 0, mean = 0, slope = 0, scale = 0;
  for (size_t round = 0; round < ROUNDS; round++)
    {
      const draw d = make_draw (s, true);
      double m, c;
      if (d.m < 3)
        continue;
      plain_fit (&d, &m, &c);
      sum = fmax (sum, fabs (taken ("sum", &d, 0) / plain_sum (&d) - 1));
      mean = fmax (mean, fabs (taken ("mean", &d, 0) / (plain_sum (&d) / (double) d.m) - 1));
      slope = fmax (slope, fabs (taken ("log_slope", &d, 0) - m));
      scale = fmax (scale, fabs (taken ("log_scale", &d, 0) / c - 1));
    }
  ok (sum <= TOL0 && mean <= TOL0, "sum and mean are those of long doubles");
  ok (slope <= TOL2, "log_slope solves the normal equations: up to 300 logarithms (%.2g)", slope);
  ok (scale <= TOL4, "and so does log_scale: the slope times ln x of up to 150 (%.2g)", scale);
}

/* ---- what has an answer on paper ---- */

static void
test_power_law (void)
{
  draw d = { .n = 40 };
  for (size_t i = 0; i < d.n; i++)
    {
      d.x[i] = 17.5 * pow (1.31, (double) i);
      d.y[i] = i % 7 == 3 ? NAN : 0.0424 * pow (d.x[i], 1.628);
    }
  near (taken ("log_slope", &d, 0), 1.628, TOL2, "the slope of a power law: 40 roundings of pow");
  near (taken ("log_scale", &d, 0), 0.0424, TOL3,
        "and its scale, which the slope's error multiplies");
  d.y[5] = 0;
  ok (isnan (taken ("log_slope", &d, 0)), "a zero has no logarithm");
  d.y[5] = 1;
  d.x[5] = -1;
  ok (isnan (taken ("log_scale", &d, 0)), "nor has a negative coordinate");
  draw one = { .n = 2, .x = { 3, 4 }, .y = { 2.385, NAN } };
  ok (isnan (taken ("log_slope", &one, 0)), "one point has no slope");
}

/* 1 + 1e100 - 1e100: a plain sum gives 0.  */
static void
test_cancelling (void)
{
  draw d = { .n = 3, .y = { 1, 1e100, -1e100 } };
  near (taken ("sum", &d, 0), 1, 0, "a sum keeps what large terms swallow");
  d.y[1] = INFINITY;
  d.y[2] = 2;
  ok (taken ("sum", &d, 0) == INFINITY && taken ("mean", &d, 0) == INFINITY,
      "an infinite term makes an infinite sum, not NaN");
}

static void
test_minima (void)
{
  draw d = { .n = 9, .y = { 1, 2, 1, 1, NAN, 1, 3, 2, 3 } };
  near (taken ("minima", &d, 0), 2, 0, "a flat bottom counts once, ends never");
  d = (draw){ .n = 4, .y = { 4, 3, 3, 2 } };
  near (taken ("minima", &d, 0), 0, 0, "a stair has no minimum");
}

static void
test_empty (void)
{
  static const char *const none[]
      = { "min",       "max",         "mean",        "sum",        "argmin",
          "argmax",    "first_below", "first_above", "last_below", "last_above",
          "log_slope", "log_scale",   NULL };
  static const char *const zero[] = { "count", "count_below", "count_above", "minima", NULL };
  const draw d = { .n = 2, .x = { 1, 2 }, .y = { NAN, NAN } };
  for (size_t i = 0; none[i]; i++)
    ok (isnan (taken (none[i], &d, 0)) && *rw_reduce_find (none[i])->none, "%s of nothing is NaN",
        none[i]);
  for (size_t i = 0; zero[i]; i++)
    near (taken (zero[i], &d, 0), 0, 0, zero[i]);
  size_t n = 0;
  while (rw_reduce_name (n, NULL))
    n++;
  ok (n == 16, "each reduction was tried: 12 and 4 make %zu", n);
  ok (!rw_reduce_find ("median") && !rw_reduce_find (""), "unknown names are not found");
}

int
main (void)
{
  rw_stream s = rw_stream_new (2385, 0, 1);
  test_orders (&s);
  test_sums (&s);
  test_power_law ();
  test_cancelling ();
  test_minima ();
  test_empty ();
  return tap_end ();
}
