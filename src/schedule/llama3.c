/* llama3: keep short wavelengths, divide long ones by the factor, mix between.
   With w_i = 2 pi / f_i: w < L/h: f; w > L/l: f/s; else (1 - t) f/s + t f, t = (L/w - l)/(h - l).
   Llama 3.1 (arXiv 2407.21783); the formula is that of Meta's reference code.  This is YaRN's
   printed ramp, linear in the rotations r = L/w, from l to h, without its magnitude.  */
#include "schedule/schedule.h"

#include <math.h>

typedef struct
{
  rw_schedule_head head;
  double factor, low_freq_factor, high_freq_factor;
} llama3;

static void
warn (const void *self, const rw_geometry *m, rw_notes *notes)
{
  const llama3 *p = self;
  (void) m;
  if (p->high_freq_factor <= p->low_freq_factor)
    rw_note_add (notes, RW_NOTE_WARNING,
                 "llama3: high_freq_factor %g is not above low_freq_factor %g: the band between "
                 "them is a step or reversed",
                 p->high_freq_factor, p->low_freq_factor);
}

static double
scaled (const llama3 *p, double f, double original_length)
{
  const double w = 2 * M_PI / f;
  const double l = p->low_freq_factor, h = p->high_freq_factor;
  if (w < original_length / h)
    return f;
  if (w > original_length / l)
    return f / p->factor;
  /* h = l: only a wavelength exactly on the bound comes here; it counts as long (vLLM's t = 0). */
  const double t = h == l ? 0 : (original_length / w - l) / (h - l);
  return (1 - t) * f / p->factor + t * f;
}

static rw_status
fill (const void *self, const rw_geometry *m, double length, rw_freqs *out, rw_error *err)
{
  const llama3 *p = self;
  (void) length, (void) err;
  rw_geometry_trained (m, out->inv_freq);
  for (size_t i = 0; i < out->n; i++)
    out->inv_freq[i] = scaled (p, out->inv_freq[i], m->original_length);
  return RW_OK;
}

static const rw_param params[] = {
  { .name = "factor",
    .type = RW_REAL,
    .at = offsetof (llama3, factor),
    .required = true,
    .defined = RW_ABOVE (0),
    .sensible = RW_FROM (1),
    .text = "stretch s of the long wavelengths (Llama 3.1: 8, 3.2: 32)" },
  { .name = "low_freq_factor",
    .type = RW_REAL,
    .at = offsetof (llama3, low_freq_factor),
    .value = 1,
    .defined = RW_ABOVE (0),
    .sensible = RW_BETWEEN (0.5, 32),
    .unit = "rotations",
    .text = "pairs with fewer rotations than this in the original length are divided by s" },
  { .name = "high_freq_factor",
    .type = RW_REAL,
    .at = offsetof (llama3, high_freq_factor),
    .value = 4,
    .defined = RW_ABOVE (0),
    .sensible = RW_BETWEEN (1, 64),
    .unit = "rotations",
    .text = "pairs with more rotations than this in the original length are kept" },
  { 0 },
};

const rw_schedule rw_schedule_llama3 = {
  .as = { .name = "llama3",
          .size = sizeof (llama3),
          .params = params,
          .shared = rw_schedule_shared,
          .text = "Llama 3.1: long wavelengths divided by the factor, short ones kept, a band "
                  "between",
          .cite = "Llama 3.1, arXiv 2407.21783; formula of Meta's reference code" },
  .fill = fill,
  .warn = warn,
  .identity_param = "factor",
  .identity = 1,
};
