/* none: no rotation at all (NoPE).  g_i = 0, a = 1.
   Kazemnejad et al. (arXiv 2305.19466).  */
#include "schedule/schedule.h"

static rw_status
fill (const void *self, const rw_geometry *m, double length, rw_freqs *out, rw_error *err)
{
  (void) self, (void) m, (void) length, (void) err;
  for (size_t i = 0; i < out->n; i++)
    out->inv_freq[i] = 0;
  return RW_OK;
}

static const char *const aliases[] = { "nope", NULL };

const rw_schedule rw_schedule_none = {
  .as = { .name = "none",
          .aliases = aliases,
          .size = sizeof (rw_schedule_head),
          .shared = rw_schedule_shared,
          .text = "no rotation: no position information in q and k (NoPE)",
          .cite = "Kazemnejad et al., arXiv 2305.19466" },
  .fill = fill,
};
