/* resonance: every wavelength rounded to a whole number of tokens.
   W_i = round (2 pi / g0_i), half to even, of any inner table g0; g_i = 2 pi / W_i; a of g0.
   Resonance RoPE (arXiv 2403.00071), section 4.  A pair then repeats exactly after W_i tokens, so
   that no new angle appears beyond the trained length.  */
#include "schedule/inner.h"

#include <math.h>

typedef struct
{
  rw_schedule_head head;
  rw_object *base_schedule;
} resonance;

static size_t
pairs (const void *self, const rw_geometry *m)
{
  const resonance *p = self;
  return rw_inner_pairs (p->base_schedule, m);
}

static rw_status
check (const void *self, const rw_geometry *m, rw_error *err)
{
  const resonance *p = self;
  return rw_inner_check (p->base_schedule, m, err);
}

static void
warn (const void *self, const rw_geometry *m, rw_notes *notes)
{
  const resonance *p = self;
  rw_inner_warn (p->base_schedule, m, notes);
}

static rw_status
fill (const void *self, const rw_geometry *m, double length, rw_freqs *out, rw_error *err)
{
  const resonance *p = self;
  const rw_status s = rw_inner_fill (p->base_schedule, m, length, out, err);
  for (size_t i = 0; !s && i < out->n; i++)
    {
      if (out->inv_freq[i] == 0) /* a pair that does not rotate stays so */
        continue;
      const double wavelength = rint (2 * M_PI / out->inv_freq[i]);
      if (wavelength < 1)
        return rw_fail (err, RW_EDOMAIN,
                        "pair %zu: the wavelength %g rounds to 0 tokens; frequencies must stay "
                        "below 4 pi",
                        i, 2 * M_PI / out->inv_freq[i]);
      out->inv_freq[i] = 2 * M_PI / wavelength;
    }
  return s;
}

static const rw_param params[] = {
  { .name = "base_schedule",
    .type = RW_BLOCK,
    .at = offsetof (resonance, base_schedule),
    .kind = &rw_schedules,
    .text = "the schedule whose wavelengths are rounded; plain RoPE if left out" },
  { 0 },
};

const rw_schedule rw_schedule_resonance = {
  .as = { .name = "resonance",
          .size = sizeof (resonance),
          .params = params,
          .shared = rw_schedule_shared,
          .text = "Resonance RoPE: every wavelength of another schedule rounded to whole tokens",
          .cite = "Wang et al., arXiv 2403.00071, section 4" },
  .check = check,
  .pairs = pairs,
  .fill = fill,
  .depends_on_length = true, /* where its inner schedule does */
  .warn = warn,
};
