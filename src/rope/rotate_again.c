/* rotate_again: the table that takes cached keys from one schedule to another; see rotate.h.

   A key at m carries a_from e^{i m g_from}; times (a_to / a_from) e^{i m (g_to - g_from)} it
   carries what `to` would have given it.  The difference of two frequencies is rounded once, so
   that an angle errs by 2^-53 m |g_to - g_from|: 1.2e-10 at most within 2^20 tokens.  */
#include "rope/rotate.h"

#include <math.h>

rw_status
rw_rotate_again (const rw_freqs *from, const rw_freqs *to, const rw_positions *p, int threads,
                 rw_arena *scratch, rw_trig *t, rw_error *err)
{
  if (from->n != to->n)
    return rw_fail (err, RW_EINVAL, "rotate again: from %zu pairs to %zu: as many were expected",
                    from->n, to->n);
  if (from->attention_factor == 0)
    return rw_fail (err, RW_EDOMAIN, "rotate again: an attention factor of 0 left nothing to turn");
  double *g = rw_arena_take (scratch, from->n + 1, sizeof *g);
  if (!g)
    return rw_nomem (err, (from->n + 1) * sizeof *g);
  for (size_t i = 0; i < from->n; i++)
    g[i] = to->inv_freq[i] - from->inv_freq[i];
  const rw_freqs between = { .n = from->n,
                             .room = from->n,
                             .inv_freq = g,
                             .attention_factor = to->attention_factor / from->attention_factor,
                             .softmax_factor = 1,
                             .ramp = { NAN, NAN } };
  return rw_trig_fill (&between, p, RW_TRIG_EXACT, threads, scratch, t, err);
}
