/* llama_float: a schedule's frequencies in the float32 of llama.cpp's CPU kernel; see llama.h.

   ggml's rope cache holds no frequencies: it multiplies the position by b^(-2/d) once more for
   every pair, divides by the pair's divisor, multiplies by the factor and mixes.  What it so makes
   of position 1 is the frequency in effect; at other positions its angle errs by up to 41 units in
   the last place more (doc/methods.md).  GPU kernels take powers instead.  */
#include "rope/trig.h"
#include "schedule/schedule.h"
#include "base/mem.h"
#include "stack/llama.h"

#include <math.h>

static double
said (double x, double otherwise)
{
  return isnan (x) ? otherwise : x;
}

/* The kernel's parameters; `divisors` is (pairs,).  */
static rw_trig_llama
params_of (const rw_llama_rope *r, size_t pairs, const double *list, float *divisors)
{
  const bool yarn = r->type == RW_LLAMA_YARN;
  for (size_t i = 0; list && i < pairs; i++)
    divisors[i] = (float) list[i];
  return (rw_trig_llama){
    .n_dims = 2 * (int64_t) pairs,
    .n_ctx_orig = (int64_t) r->original_context_length,
    .freq_base = (float) r->freq_base,
    .freq_scale = 1 / (float) said (r->factor, 1),
    .ext_factor = yarn ? (float) said (r->ext_factor, 1) : 0,
    .attn_factor = 1,
    .beta_fast = (float) said (r->beta_fast, 32),
    .beta_slow = (float) said (r->beta_slow, 1),
    .freq_factors = list ? divisors : NULL,
  };
}

/* The context's yarn_attn_factor, without the kernel's own 1 + 0.1 ln F, so that what comes out is
   the schedule's.  */
static float
context_factor (const rw_trig_llama *p, double attention)
{
  const float own = p->ext_factor != 0 ? fmaf (0.1F, logf (1 / p->freq_scale), 1) : 1;
  return (float) attention / own;
}

rw_status
rw_llama_float (const rw_object *schedule, const rw_geometry *m, double length, rw_freqs *out,
                rw_error *err)
{
  rw_llama_rope r;
  rw_llama_rope_init (&r, rw_llama_arch_find (NULL));
  rw_status s = rw_schedule_fill (schedule, m, length, out, err);
  if (!s)
    s = rw_llama_fit (schedule, m, length, true, &r, NULL, err);
  const double *list = r.freqs                              ? r.freqs
                       : length > r.original_context_length ? r.factors_long
                                                            : r.factors_short;
  float *room = s ? NULL : rw_new (2 * out->n, sizeof *room), magnitude = 1;
  if (!s && !room)
    s = rw_nomem (err, 2 * out->n * sizeof *room);
  if (!s)
    {
      rw_trig_llama p = params_of (&r, out->n, list, room);
      p.attn_factor = context_factor (&p, out->attention_factor);
      rw_trig_llama_angles (&p, 1, room + out->n, &magnitude);
      out->attention_factor = (double) magnitude;
      for (size_t i = 0; i < out->n; i++)
        out->inv_freq[i] = out->inv_freq[i] == 0 ? 0 : (double) room[out->n + i];
    }
  rw_free (room);
  rw_llama_rope_free (&r);
  return s;
}
