/* axis: scales and ticks; see axis.h.  */
#include "config.h"

#include "cli/axis.h"
#include "cli/gnuplot.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum
{
  K = 1024
};
static const double log_decades = 1.5; /* a positive range this wide is drawn logarithmically */
static const double octaves = 2;       /* the same for tokens */
static const double room = 0.04;       /* of the range, above and below measured values */
static const double even_steps = 1e-6; /* relative: what counts as one ratio between values */

/* Least and largest finite value; 0 and 1 where there is none.  */
static void
extent (const double *v, size_t n, double *lo, double *hi)
{
  *lo = HUGE_VAL;
  *hi = -HUGE_VAL;
  for (size_t i = 0; i < n; i++)
    if (isfinite (v[i]))
      {
        *lo = fmin (*lo, v[i]);
        *hi = fmax (*hi, v[i]);
      }
  if (*lo > *hi)
    {
      *lo = 0;
      *hi = 1;
    }
}

/* 2, 4, 8, 16: positive values with one ratio.  */
static bool
geometric (const double *v, size_t n)
{
  if (n < 3 || !(v[0] > 0) || !(v[1] > v[0]))
    return false;
  const double ratio = log (v[1] / v[0]);
  for (size_t i = 2; i < n; i++)
    if (!(fabs (log (v[i] / v[i - 1]) - ratio) <= even_steps * ratio))
      return false;
  return true;
}

static double
least_positive (const double *v, size_t n)
{
  double least = HUGE_VAL;
  for (size_t i = 0; i < n; i++)
    if (v[i] > 0)
      least = fmin (least, v[i]);
  return least;
}

axis
axis_along (const double *value, const char *const *text, size_t n, const char *unit)
{
  if (text)
    return (axis){ .scale = AXIS_TEXT, .lo = -0.5, .hi = (double) n - 0.5, .n = n, .text = text };
  axis a = { .scale = AXIS_LINEAR, .n = n };
  extent (value, n, &a.lo, &a.hi);
  const double least = least_positive (value, n);
  const bool tokens = unit && strcmp (unit, "tokens") == 0;
  if (geometric (value, n) || (tokens && a.lo >= 0 && log2 (a.hi / least) > octaves))
    {
      a.scale = AXIS_LOG2;
      a.lo = least;
    }
  const double hair = 1e-9; /* keeps the ticks at both ends inside, whatever their rounding */
  if (a.scale == AXIS_LOG2)
    {
      a.lo *= 1 - hair;
      a.hi *= 1 + hair;
    }
  if (a.hi <= a.lo * (1 + 4 * hair) && a.hi >= a.lo)
    {
      a.lo -= a.scale == AXIS_LOG2 ? a.lo / 2 : 0.5;
      a.hi += a.scale == AXIS_LOG2 ? a.hi : 0.5;
    }
  return a;
}

axis
axis_over (const double *value, size_t n)
{
  axis a = { .scale = AXIS_LINEAR, .n = n };
  extent (value, n, &a.lo, &a.hi);
  if (a.lo > 0 && log10 (a.hi / a.lo) >= log_decades)
    {
      const double more = pow (a.hi / a.lo, room);
      a.scale = AXIS_LOG10;
      a.lo /= more;
      a.hi *= more;
      return a;
    }
  const double more = a.hi > a.lo ? room * (a.hi - a.lo) : (a.hi != 0 ? fabs (a.hi) / 2 : 0.5);
  a.lo -= more;
  a.hi += more;
  return a;
}

double
axis_place (const axis *a, double value)
{
  if (a->scale == AXIS_LINEAR || a->scale == AXIS_TEXT)
    return (value - a->lo) / (a->hi - a->lo);
  return value > 0 ? log (value / a->lo) / log (a->hi / a->lo) : NAN;
}

char *
axis_tokens (double value, char buf[32])
{
  static const char *const unit[] = { "", "k", "M", "G" };
  size_t u = 0;
  double v = value;
  while (u < 3 && v >= K && fmod (v, K) == 0)
    {
      v /= K;
      u++;
    }
  snprintf (buf, 32, "%.6g%s", v, unit[u]);
  return buf;
}

/* 10^k in characters that need no markup: 10, 1, 0.1 near one, 10⁻⁴ beyond.  */
static char *
power_text (int k, char buf[32])
{
  static const char *const digit[] = { "⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹" };
  if (k >= -2 && k <= 3)
    snprintf (buf, 32, "%g", pow (10, k));
  else
    {
      const int m = k < 0 ? -k : k;
      snprintf (buf, 32, "10%s%s%s%s", k < 0 ? "⁻" : "", m >= 100 ? digit[m / 100] : "",
                m >= 10 ? digit[m / 10 % 10] : "", digit[m % 10]);
    }
  return buf;
}

typedef struct
{
  rw_text *out;
  size_t n;       /* ticks so far */
  size_t longest; /* characters of a label */
  bool bare;
} tick_list;

static void
tick (tick_list *list, const char *label, double at)
{
  const size_t length = rw_characters (label);
  list->longest = length > list->longest ? length : list->longest;
  rw_text plain = { 0 }; /* in the label of a tick gnuplot would take % for a format of its value */
  for (const char *p = list->bare ? "" : label; *p; p++)
    rw_text_addn (&plain, *p == '%' ? "%%" : p, *p == '%' ? 2 : 1);
  rw_text_add (list->out, list->n++ ? ", " : "(");
  gnuplot_quote (list->out, rw_text_get (&plain));
  list->out->failed |= plain.failed;
  rw_text_free (&plain);
  rw_text_addf (list->out, " %.17g", at);
}

/* Whole exponents of `base` inside the range, every `step`-th so that there are at most `most`.  */
static void
power_ticks (const axis *a, double base, size_t most, tick_list *out)
{
  const double nearly = 1e-9; /* log of a power is not always whole */
  const int lo = (int) ceil (log (a->lo) / log (base) - nearly);
  const int hi = (int) floor (log (a->hi) / log (base) + nearly);
  int step = 1;
  while (hi >= lo && (size_t) ((hi - lo) / step) + 1 > most)
    step++;
  char buf[32];
  for (int k = hi; k >= lo; k -= step)
    tick (out, base == 2 ? axis_tokens (exp2 (k), buf) : power_text (k, buf), pow (base, k));
}

/* 1, 2 and 5 times powers of ten inside the range: for ranges of few decades.  */
static void
decade_ticks (const axis *a, tick_list *out)
{
  static const double nice[] = { 1, 2, 5 };
  const double nearly = 1e-9; /* the ends of the range are rounded */
  char buf[32];
  for (double ten = pow (10, floor (log10 (a->lo))); ten <= a->hi; ten *= 10)
    for (size_t k = 0; k < 3; k++)
      if (nice[k] * ten >= a->lo * (1 - nearly) && nice[k] * ten <= a->hi * (1 + nearly))
        {
          snprintf (buf, sizeof buf, "%.6g", nice[k] * ten);
          tick (out, buf, nice[k] * ten);
        }
}

/* Steps of 1, 2 or 5 times a power of ten.  */
static void
linear_ticks (const axis *a, size_t most, tick_list *out)
{
  static const double nice[] = { 1, 2, 5, 10 };
  const double least = (a->hi - a->lo) / (double) most, ten = pow (10, floor (log10 (least)));
  size_t k = 0;
  while (k < 3 && nice[k] * ten < least)
    k++;
  const double step = nice[k] * ten, tiny = 1e-9 * step;
  char buf[32];
  for (double i = ceil ((a->lo - tiny) / step); i * step <= a->hi + tiny; i++)
    {
      const double at = i == 0 ? 0 : i * step; /* ceil gives -0 too */
      snprintf (buf, sizeof buf, "%.6g", at);
      tick (out, buf, at);
    }
}

static void
list_ticks (const axis *a, size_t most, tick_list *list)
{
  const double few = 3; /* decades */
  if (a->scale == AXIS_TEXT)
    for (size_t i = 0; i < a->n; i++)
      tick (list, a->text[i], (double) i);
  else if (a->scale == AXIS_LINEAR)
    linear_ticks (a, most, list);
  else if (a->scale == AXIS_LOG10 && log10 (a->hi / a->lo) < few)
    decade_ticks (a, list);
  else
    power_ticks (a, a->scale == AXIS_LOG2 ? 2 : 10, most, list);
}

void
axis_ticks (const axis *a, size_t most, bool bare, rw_text *out)
{
  tick_list list = { .out = out, .bare = bare };
  list_ticks (a, most, &list);
  rw_text_add (out, list.n ? ")" : "()");
}

size_t
axis_tick_length (const axis *a, size_t most)
{
  rw_text unused = { 0 };
  tick_list list = { .out = &unused };
  list_ticks (a, most, &list);
  rw_text_free (&unused);
  return list.longest;
}
