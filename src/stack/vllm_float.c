/* vllm_float: vLLM's frequency tables in its own float32 order; see vllm_types.h.

   vLLM, model_executor/layers/rotary_embedding: P_i = b^(2i/d) in float32, from a base that was
   computed in double; the rest in the order of each class.  What it does as transformers does is
   left to rw_stack_hf_float.  float32 is the subject here, hence every cast.  */
#include "schedule/schedule.h"
#include "stack/vllm_types.h"

#include <math.h>
#include <string.h>

typedef struct
{
  const rw_object *schedule;
  rw_geometry g;
  rw_freqs *out; /* exact on entry: pairs, factors, ramp */
} work;

static double
number (const work *w, const char *name)
{
  const rw_param *p = rw_module_find (w->schedule->module, name, NULL);
  const rw_value v = p ? rw_param_get (p, w->schedule->self) : (rw_value){ 0 };
  return v.kind == RW_VALUE_NUMBER ? v.number : NAN;
}

/* P_i.  */
static float
power (const work *w, double base, size_t i)
{
  return powf ((float) base, (float) (2 * i) / (float) w->g.rotary_dim);
}

static void
fill_yarn (const work *w)
{
  const float factor = (float) number (w, "factor");
  const double whole = number (w, "extrapolation_factor");
  const double lo = w->out->ramp[0], hi = w->out->ramp[1];
  const float width = (float) (hi == lo ? 0.001 : hi - lo); /* sic: its guard against 0 */
  for (size_t i = 0; i < w->out->n; i++)
    {
      const float p = power (w, w->g.rope_theta, i);
      const float ramp = fminf (1, fmaxf (0, ((float) i - (float) lo) / width));
      const float kept = (1 - ramp) * (float) whole;
      w->out->inv_freq[i] = (double) (1 / (factor * p) * (1 - kept) + 1 / p * kept);
    }
}

static void
fill_ntk (const work *w)
{
  const double d = (double) w->g.rotary_dim;
  const double base = w->g.rope_theta * pow (number (w, "factor"), d / (d - 2));
  for (size_t i = 0; i < w->out->n; i++)
    w->out->inv_freq[i] = (double) (1 / power (w, base, i));
}

static void
fill_fixed (const work *w)
{
  const double k = number (w, "factor");
  const float common = (float) pow (k, 2 / (double) w->g.rotary_dim);
  for (size_t i = 0; i < w->out->n; i++)
    w->out->inv_freq[i] = (double) (1 / power (w, w->g.rope_theta * k, i) / common);
}

static void
fill_mixed (const work *w)
{
  const double b = number (w, "mixed_b"), half = (double) w->g.rotary_dim / 2;
  const double slope = log (number (w, "factor")) / pow (half, b);
  for (size_t i = 0; i < w->out->n; i++)
    {
      const float division = expf ((float) slope * powf ((float) (i + 1), (float) b));
      w->out->inv_freq[i] = (double) (1 / power (w, w->g.rope_theta, i) / division);
    }
}

static void
fill_llama3 (const work *w)
{
  const double low = number (w, "low_freq_factor"), high = number (w, "high_freq_factor");
  const double length = w->g.original_length;
  const float factor = (float) number (w, "factor");
  const float longest = (float) (length / low), shortest = (float) (length / high);
  for (size_t i = 0; i < w->out->n; i++)
    {
      const float f = 1 / power (w, w->g.rope_theta, i);
      const float wave = (float) (2 * M_PI) / f;
      const float t
          = low == high ? 0 : ((float) length / wave - (float) low) / (float) (high - low);
      const float between = (1 - t) * f / factor + t * f;
      w->out->inv_freq[i] = (double) (wave < shortest ? f : wave > longest ? f / factor : between);
    }
}

static const struct
{
  const char *name;
  void (*fill) (const work *w);
} rows[] = { { "yarn", fill_yarn },       { "ntk", fill_ntk },       { "ntk_fixed", fill_fixed },
             { "ntk_mixed", fill_mixed }, { "llama3", fill_llama3 }, { NULL, NULL } };

rw_status
rw_vllm_float (const rw_object *schedule, const rw_geometry *m, double length, rw_freqs *out,
               rw_error *err)
{
  const work w = { .schedule = schedule, .g = rw_schedule_geometry (schedule, m), .out = out };
  for (size_t i = 0; rows[i].name; i++)
    if (strcmp (rows[i].name, schedule->module->name) == 0)
      {
        const rw_status s = rw_schedule_fill (schedule, m, length, out, err);
        if (!s)
          rows[i].fill (&w);
        return s;
      }
  return rw_stack_hf_float (schedule, m, length, out, err);
}
