/* log_n: scores grow with the logarithm of the keys in sight, beyond the trained length.
   tau (m) = max (1, ln (m + 1) / ln L).  Su Jianlin 2021, kexue.fm/archives/8823, as in the code of
   ReRoPE (bojone/rerope) and Qwen's use_logn_attn.  */
#include "rule/rule.h"

#include <math.h>

typedef struct
{
  double original_length;
} log_n;

static double
trained_length (const log_n *p, const rw_geometry *m)
{
  return isnan (p->original_length) ? m->original_length : p->original_length;
}

static rw_status
check (const void *self, const rw_geometry *m, rw_error *err)
{
  if (trained_length (self, m) > 1)
    return RW_OK;
  return rw_fail (err, RW_EDOMAIN, "original_length: %g has no positive logarithm",
                  trained_length (self, m));
}

static double
scale (const void *self, const rw_geometry *m, const rw_freqs *f, double position)
{
  (void) f;
  return fmax (1, log (position + 1) / log (trained_length (self, m)));
}

static const rw_param params[] = {
  { .name = "original_length",
    .type = RW_REAL,
    .at = offsetof (log_n, original_length),
    .value = NAN,
    .defined = { .lo = 1, .hi = RW_LENGTH_MAX, .open_lo = true },
    .unit = "tokens",
    .text = "L: queries at positions below it keep their scores; left out, the model's" },
  { 0 },
};

const rw_query_scale rw_query_scale_log_n = {
  .as = { .name = "log_n",
          .size = sizeof (log_n),
          .params = params,
          .text = "ln (m + 1) / ln L, and 1 within the trained length",
          .cite = "Su Jianlin 2021, kexue.fm/archives/8823" },
  .check = check,
  .scale = scale,
};
