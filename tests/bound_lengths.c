/* bound_lengths: the certified bracket of every length up to 8,192 against brute force.

   The conditions are nested, so a bound is that of all lengths up to the first distance its base
   violates: from each such step to the next there is one bracket to check, just below and just
   above; now and then a length drawn between them must have the same.  */
#include "rope/bound.h"
#include "bound_help.h"
#include "tap.h"

#include <stdbool.h>

enum
{
  LONGEST = 8192,
  CLOSER = 4, /* bases ever closer below a bound */
  DRAWS = 8   /* one step in so many has a length of its middle looked at */
};

static bool
same (rw_bound a, rw_bound b)
{
  return a.excluded <= b.infimum && b.excluded <= a.infimum;
}

static void
every_length (int64_t d)
{
  int64_t length = 1, steps = 0;
  unsigned draw = (unsigned) d;
  bool below = true, above = true, between = true;
  while (length <= LONGEST)
    {
      rw_bound b, other;
      rw_error err = { 0 };
      if (rw_bound_find (d, length, 2, &b, &err))
        {
          ok (false, "d %d L %d: %s", (int) d, (int) length, err.text);
          return;
        }
      const int64_t next = first_violation (d, LONGEST, b.infimum);
      for (int k = 0; length > 1 && k < CLOSER; k++)
        if (first_violation (d, length, b.excluded * (1 - pow (10, -3 * (k + 1)))) > length)
          {
            printf ("# L %d: %.12g is said to be excluded\n", (int) length, b.excluded);
            below = false;
          }
      if (next <= length)
        {
          printf ("# L %d: %.12g violates %d\n", (int) length, b.infimum, (int) next);
          above = false;
          break;
        }
      draw = draw * 1664525u + 1013904223u;
      const int64_t drawn = length + (int64_t) (draw >> 8) % (next - length);
      if (steps % DRAWS == 0 && (rw_bound_find (d, drawn, 2, &other, &err) || !same (b, other)))
        {
          printf ("# L %d and %d differ\n", (int) length, (int) drawn);
          between = false;
        }
      length = next;
      steps++;
    }
  ok (above, "d %d: the base found is not violated at any of %d lengths, in %d steps", (int) d,
      LONGEST, (int) steps);
  ok (below, "d %d: every base tried just below is", (int) d);
  ok (between, "d %d: lengths between two steps have the same bound", (int) d);
}

int
main (void)
{
  static const int64_t dims[] = { 64, 96, 128, 256 };
  for (size_t k = 0; k < sizeof dims / sizeof *dims; k++)
    every_length (dims[k]);
  return tap_end ();
}
