/* forward_memory: every allocation of a forward pass fails once; see memory_help.h.  */
#include "forward_help.h"
#include "memory_help.h"

enum
{
  N = 21,
  MADE = 4,        /* by the test's own schedules, before anything else */
  ALLOCATIONS = 90 /* more than any of these runs makes */
};

/* Runs, and runs again after keeping `room`.  */
static int
forward (const void *data)
{
  const size_t *room = data;
  const size_t start[] = { 0, N };
  small s;
  rw_error e = { 0 };
  int32_t id[N], best;
  double nll[N];
  rw_status st = small_make (&s, 5, &e);
  rw_forward_ask ask = small_ask (&s);
  const rw_batch b
      = { .n_sequences = 1, .start = start, .id = id, .target = id, .nll = nll, .best = &best };
  small_ids (id, N);
  ask.room = *room;
  st = st ? st : small_run (&ask, &b, &e);
  small_end (&s);
  return outcome (st, &e);
}

int
main (void)
{
  const size_t none = 0, room = 2 * N;
  starve ("a forward pass", forward, &none, MADE + 1, ALLOCATIONS, 40);
  starve ("one that keeps", forward, &room, MADE + 1, ALLOCATIONS, 40);
  return tap_end ();
}
