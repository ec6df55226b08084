/* clip: no rotation for pairs that never complete a turn in the trained length.
   g_i = 0 where f_i < 2 pi / L, else f_i; a = 1.
   HoPE (arXiv 2410.21216); the same floor in FoPE (arXiv 2412.17739),
   whose code drops f < 2 pi / L strictly, as here.  */
#include "schedule/schedule.h"

#include <math.h>

static rw_status
fill (const void *self, const rw_geometry *m, double length, rw_freqs *out, rw_error *err)
{
  (void) self, (void) length, (void) err;
  const double floor_freq = 2 * M_PI / m->original_length;
  rw_geometry_trained (m, out->inv_freq);
  for (size_t i = 0; i < out->n; i++)
    if (out->inv_freq[i] < floor_freq)
      out->inv_freq[i] = 0;
  return RW_OK;
}

static const char *const aliases[] = { "hope", NULL };

const rw_schedule rw_schedule_clip = {
  .as = { .name = "clip",
          .aliases = aliases,
          .size = sizeof (rw_schedule_head),
          .shared = rw_schedule_shared,
          .text = "no rotation where the frequency is below 2 pi over the original length",
          .cite = "HoPE, arXiv 2410.21216; floor of FoPE, arXiv 2412.17739" },
  .fill = fill,
};
