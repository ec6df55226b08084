/* attend: the fast attention beside the key by key one in double, and its laws.

   Scores are sums of up to 256 float32 products of size 1, times 1/sqrt (d): they err by a few
   1e-7 times their size, here up to 20, and weights and outputs of size 1 follow them.  */
#include "attend_help.h"

#define NEAR_ONE 2e-5 /* see above */

static void
random_shapes (size_t which)
{
  double worst = 0;
  for (int k = 0; k < 12; k++)
    {
      setting s = random_setting ((size_t) drawn_whole (1, 90), which);
      const double off = beside_plain (&s);
      if (off > NEAR_ONE)
        printf ("# off by %g: dim %d, pairs %zu, value %zu, heads %zu of %zu, %zu of %zu, window "
                "%zu, cap %g\n",
                off, (int) s.geometry.head_dim, s.freqs.n, s.a.value_dim, s.a.heads, s.a.kv_heads,
                s.a.n_queries, s.a.n_keys, s.a.window, s.a.cap);
      worst = fmax (worst, off);
      close_setting (&s);
    }
  ok (worst <= NEAR_ONE, "random shapes, rule %zu: as key by key in double", which);
  printf ("# off by %.2g\n", worst);
}

int
main (void)
{
  for (size_t which = 0; which < RULES; which++)
    random_shapes (which);
  return tap_end ();
}
