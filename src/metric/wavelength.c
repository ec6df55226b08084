/* wavelength: the table as the papers draw it.
   lambda_i = 2 pi / g_i, tokens a full turn of pair i (YaRN, arXiv 2309.00071, Eq. 13), and the
   stretch f_i / g_i against the trained frequency (LongRoPE's rescale factor, arXiv 2402.13753,
   Eq. 2).  effective_base is the base whose plain table has this g_i, g_i^(-d/(2i)): an NTK-aware
   table shows its one base on every pair (YaRN, section 3.1).  A pair that does not rotate has none
   of them: NaN; pair 0 turns by 1 under every base.  */
#include "metric/metric.h"
#include "rope/trained.h"

#include <math.h>

enum
{
  WAVELENGTH,
  STRETCH,
  EFFECTIVE_BASE
};

/* The d of the exponents -2i/d of the trained table beside one of n pairs.  */
static double
exponents_of (const rw_geometry *m, size_t n)
{
  return (double) (rw_trained_whole_head (m, n) ? m->head_dim : m->rotary_dim);
}

static rw_status
measure (const void *self, const rw_input *in, const void *work, const rw_freqs *f, rw_fields *out,
         rw_error *err)
{
  (void) self, (void) work;
  double *trained = rw_arena_take (in->scratch, f->n, sizeof *trained);
  if (!trained)
    return rw_nomem (err, f->n * sizeof *trained);
  const double d = exponents_of (in->geometry, f->n);
  rw_trained_fill (in->geometry, f->n, trained);
  for (size_t i = 0; i < f->n && i < out->size[WAVELENGTH]; i++)
    if (f->inv_freq[i] > 0)
      {
        out->value[WAVELENGTH][i] = 2 * M_PI / f->inv_freq[i];
        out->value[STRETCH][i] = trained[i] / f->inv_freq[i];
        if (i > 0 && trained[i] > 0)
          out->value[EFFECTIVE_BASE][i] = pow (f->inv_freq[i], -d / (2 * (double) i));
      }
  return RW_OK;
}

static const rw_field fields[] = {
  [WAVELENGTH] = { .name = "wavelength",
                   .dims = { "pair" },
                   .unit = "tokens",
                   .long_name = "wavelength",
                   .kind = "exact",
                   .cite = "YaRN, arXiv 2309.00071, Eq. 13" },
  [STRETCH] = { .name = "stretch",
                .dims = { "pair" },
                .long_name = "stretch against the trained frequency",
                .kind = "exact",
                .cite = "LongRoPE, arXiv 2402.13753, Eq. 2" },
  [EFFECTIVE_BASE] = { .name = "effective_base",
                       .dims = { "pair" },
                       .long_name = "base whose plain table has this frequency",
                       .kind = "exact",
                       .cite = "YaRN, arXiv 2309.00071, section 3.1" },
  { 0 },
};

const rw_metric rw_metric_wavelength = {
  .as = { .name = "wavelength",
          .text = "wavelength of every pair, how many times slower than trained it turns, and the "
                  "base it would belong to",
          .cite = "YaRN, arXiv 2309.00071, Eq. 13; LongRoPE, arXiv 2402.13753, Eq. 2" },
  .fields = fields,
  .measure = measure,
};
