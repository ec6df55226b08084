/* hf_float: transformers' frequency tables in its own float32 order; see stack.h.

   transformers 5, modeling_rope_utils.py, on torch's CPU backend: e_i = 2i/d, P_i = b^e_i and
   1 / P_i in float32, a Python number turned into float32 where it meets a tensor; scalar / tensor
   is the reciprocal times the scalar.  float32 is the subject here, hence every cast.  */
#include "base/mem.h"
#include "schedule/schedule.h"
#include "stack/stack.h"

#include <math.h>
#include <string.h>

typedef struct
{
  const rw_object *schedule;
  rw_geometry g;
  double length;
  rw_freqs *out; /* exact on entry: pairs, factors, ramp */
} work;

/* A number of the schedule; NaN where it has none of this name.  */
static double
number (const work *w, const char *name)
{
  const rw_param *p = rw_module_find (w->schedule->module, name, NULL);
  const rw_value v = p ? rw_param_get (p, w->schedule->self) : (rw_value){ 0 };
  return v.kind == RW_VALUE_NUMBER ? v.number : NAN;
}

static const double *
numbers (const work *w, const char *name)
{
  const rw_param *p = rw_module_find (w->schedule->module, name, NULL);
  return rw_param_get (p, w->schedule->self).numbers;
}

/* P_i = b^(2i/d).  */
static float
power (float base, size_t i, int64_t d)
{
  return powf (base, (float) (2 * i) / (float) d);
}

static void
fill_plain (const work *w, float base)
{
  for (size_t i = 0; i < w->out->n; i++)
    w->out->inv_freq[i] = (double) (1 / power (base, i, w->g.rotary_dim));
}

static void
fill_default (const work *w)
{
  fill_plain (w, (float) w->g.rope_theta);
}

static void
fill_linear (const work *w)
{
  const float factor = (float) number (w, "factor");
  fill_default (w);
  for (size_t i = 0; i < w->out->n; i++)
    w->out->inv_freq[i] = (double) ((float) w->out->inv_freq[i] / factor);
}

/* In a forward pass n is a tensor, so the bracket, its power and the new base are float32.  */
static void
fill_dynamic (const work *w)
{
  const double s = number (w, "factor"), d = (double) w->g.rotary_dim;
  if (!(w->length > w->g.max_length))
    {
      fill_default (w);
      return;
    }
  const float grown = (float) s * (float) w->length / (float) w->g.max_length - (float) (s - 1);
  fill_plain (w, (float) w->g.rope_theta * powf (grown, (float) (d / (d - 2))));
}

static void
fill_llama3 (const work *w)
{
  const double low = number (w, "low_freq_factor"), high = number (w, "high_freq_factor");
  const double length = w->g.original_length;
  const float factor = (float) number (w, "factor");
  const float longest = (float) (length / low), shortest = (float) (length / high);
  fill_default (w);
  for (size_t i = 0; i < w->out->n; i++)
    {
      const float f = (float) w->out->inv_freq[i];
      const float wave = 1 / f * (float) (2 * M_PI);
      const float slow = wave > longest ? f / factor : f;
      const float t = (1 / wave * (float) length - (float) low) / (float) (high - low);
      const int between = !(wave < shortest) && !(wave > longest);
      w->out->inv_freq[i] = (double) (between ? (1 - t) * slow / factor + t * slow : slow);
    }
}

static void
fill_yarn (const work *w)
{
  const double s = number (w, "factor");
  const float factor = (float) (isnan (s) ? w->g.max_length / w->g.original_length : s);
  const float base = (float) w->g.rope_theta;
  const double lo = w->out->ramp[0], hi = w->out->ramp[1];
  const float width = (float) (hi == lo ? 0.001 : hi - lo); /* sic: its guard against 0 */
  for (size_t i = 0; i < w->out->n; i++)
    {
      const float p = power (base, i, w->g.rotary_dim);
      const float ramp = fminf (1, fmaxf (0, ((float) i - (float) lo) / width));
      const float kept = 1 - ramp;
      w->out->inv_freq[i] = (double) (1 / (factor * p) * (1 - kept) + 1 / p * kept);
    }
}

static void
fill_longrope (const work *w)
{
  const double *list
      = numbers (w, w->length > w->g.original_length ? "long_factor" : "short_factor");
  const float base = (float) w->g.rope_theta;
  for (size_t i = 0; i < w->out->n; i++)
    w->out->inv_freq[i] = (double) (1 / ((float) list[i] * power (base, i, w->g.rotary_dim)));
}

static void
fill_proportional (const work *w)
{
  const float factor = (float) number (w, "factor"), base = (float) w->g.rope_theta;
  for (size_t i = 0; i < w->out->n; i++)
    if (w->out->inv_freq[i] > 0) /* the exact table says which pairs rotate */
      w->out->inv_freq[i] = (double) (1 / power (base, i, w->g.head_dim) / factor);
}

static const struct
{
  const char *name;
  void (*fill) (const work *w);
} rows[] = { { "default", fill_default },
             { "linear", fill_linear },
             { "dynamic", fill_dynamic },
             { "llama3", fill_llama3 },
             { "yarn", fill_yarn },
             { "longrope", fill_longrope },
             { "proportional", fill_proportional },
             { NULL, NULL } };

/* Settings of ropewalk's own that change the exact table and that transformers does not have.  */
static rw_status
check_own (const work *w, rw_error *err)
{
  static const char *const own[] = { "ramp", "interpolate", "extrapolation_factor", NULL };
  for (const char *const *name = own; *name; name++)
    if (rw_object_given (w->schedule, *name))
      {
        rw_fail (err, RW_EINVAL, "%s: transformers' float32 arithmetic does not have it", *name);
        return rw_hint (err, "use --arithmetic exact");
      }
  return RW_OK;
}

rw_status
rw_stack_hf_float (const rw_object *schedule, const rw_geometry *m, double length, rw_freqs *out,
                   rw_error *err)
{
  const work w = {
    .schedule = schedule, .g = rw_schedule_geometry (schedule, m), .length = length, .out = out
  };
  rw_status s = rw_schedule_fill (schedule, m, length, out, err);
  if (!s)
    s = check_own (&w, err);
  if (s)
    return s;
  for (size_t i = 0; rows[i].name; i++)
    if (strcmp (rows[i].name, schedule->module->name) == 0)
      {
        rows[i].fill (&w);
        return RW_OK;
      }
  rw_fail (err, RW_EINVAL, "transformers has no schedule '%s', so no arithmetic of its own for it",
           schedule->module->name);
  return rw_hint (err, "use --arithmetic exact");
}
