/* trig_llama: cos and sin as llama.cpp's CPU kernel computes them; see trig.h.

   ggml, ggml_compute_forward_rope (ggml-cpu/ops.cpp) with rope_yarn and ggml_rope_yarn_corr_dims
   (ggml.c), float32 throughout:
     theta_0 = position, theta_{i+1} = theta_i freq_base^(-2/n_dims): an iterated product;
     e = theta_i / freq_factors_i, p = freq_scale e; the angle is p, or with ext_factor a mixture
     p (1 - mix) + e mix over the ramp of YaRN's corrected dimensions, mix = ramp ext_factor, and
     the magnitude then takes 1 + 0.1 ln (1 / freq_scale).
   The build with AVX2 and FMA fuses the first product of the mixture, and that of the magnitude,
   with the sum; written out here, because nothing else in this library is contracted.  */
#include "rope/trig.h"

#include <math.h>

/* The dimension that turns `rotations` times in the original context.  */
static float
dimension_of (const rw_trig_llama *p, float rotations)
{
  const float turns = (float) p->n_ctx_orig / (rotations * 2 * (float) M_PI);
  return (float) p->n_dims * logf (turns) / (2 * logf (p->freq_base));
}

void
rw_trig_llama_angles (const rw_trig_llama *p, int64_t position, float *angle, float *magnitude)
{
  static const float LEAST_WIDTH = 0.001F, PER_LOG = 0.1F; /* ggml's rope_yarn_ramp, rope_yarn */
  const float scale = powf (p->freq_base, -2.0F / (float) p->n_dims);
  const float low = fmaxf (0, floorf (dimension_of (p, p->beta_fast)));
  const float high = fminf ((float) p->n_dims - 1, ceilf (dimension_of (p, p->beta_slow)));
  float theta = (float) position;
  *magnitude = p->attn_factor;
  if (p->ext_factor != 0)
    *magnitude *= fmaf (PER_LOG, logf (1 / p->freq_scale), 1);
  for (int64_t i = 0; i < p->n_dims / 2; i++, theta *= scale)
    {
      const float e = theta / (p->freq_factors ? p->freq_factors[i] : 1);
      angle[i] = p->freq_scale * e;
      if (p->ext_factor != 0)
        {
          const float y = ((float) i - low) / fmaxf (LEAST_WIDTH, high - low);
          const float mix = (1 - fminf (1, fmaxf (0, y))) * p->ext_factor;
          angle[i] = fmaf (angle[i], 1 - mix, e * mix);
        }
    }
}

void
rw_trig_llama_fill (const rw_trig_llama *p, int64_t position, float *cos_m, float *sin_m)
{
  float magnitude;
  rw_trig_llama_angles (p, position, cos_m, &magnitude);
  for (int64_t i = 0; i < p->n_dims / 2; i++)
    {
      const float angle = cos_m[i];
      cos_m[i] = cosf (angle) * magnitude;
      sin_m[i] = sinf (angle) * magnitude;
    }
}
