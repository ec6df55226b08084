/* plain: RoPE as trained.  g_i = b^(-2i/d), a = 1.
   RoFormer (arXiv 2104.09864), section 3.2.2; with another base, the adjusted base frequency of
   Xiong et al. (arXiv 2309.16039), section 4.1.  */
#include "schedule/schedule.h"

static rw_status
fill (const void *self, const rw_geometry *m, double length, rw_freqs *out, rw_error *err)
{
  (void) self, (void) length, (void) err;
  rw_geometry_trained (m, out->inv_freq);
  return RW_OK;
}

static const char *const aliases[] = { "abf", "plain", NULL };

const rw_schedule rw_schedule_plain = {
  .as = { .name = "default",
          .aliases = aliases,
          .size = sizeof (rw_schedule_head),
          .shared = rw_schedule_shared,
          .text = "plain RoPE; with its own rope_theta, adjusted base frequency (ABF)",
          .cite = "RoFormer, arXiv 2104.09864, section 3.2.2; ABF: arXiv 2309.16039, section 4.1" },
  .fill = fill,
};
