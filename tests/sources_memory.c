/* sources_memory: every allocation of a source fails once; see memory_help.h.  */
#include "memory_help.h"
#include "source_help.h"

enum
{
  ALLOCATIONS = 40 /* more than any of these runs makes */
};

static int
run_once (const void *data)
{
  const bool learned = strcmp (data, "learned") == 0;
  const char *name = learned ? "absolute" : data;
  const rw_module *m = NULL;
  rw_object *o = NULL;
  rw_error e = { 0 };
  rw_qk qk = { .sink = -INFINITY };
  const rw_value yes = { .kind = RW_VALUE_BOOL, .number = 1 };
  rw_input in = input_of (&any_head, 2385, 3);
  if (!(in.scratch = rw_arena_new ()))
    return BAILED;
  if (rw_kind_find (&rw_sources, name, &m, &e) || rw_object_new (m, &o, &e))
    {
      rw_arena_free (in.scratch);
      return BAILED;
    }
  if (strcmp (name, "gauss") == 0)
    rw_object_set (o, "values", &yes, NULL, &e);
  if (learned)
    rw_object_set (o, "positions", &RW_TEXT_VALUE ("learned"), NULL, &e);
  in.threads = 2;
  const rw_status s = ((const rw_source *) m)->fill (o->self, &in, NULL, &qk, &e);
  rw_qk_free (&qk);
  rw_object_free (o);
  rw_arena_free (in.scratch);
  return outcome (s, &e);
}

int
main (void)
{
  static const char *const names[]
      = { "gauss", "toeplitz", "ones", "onehot", "absolute", "learned" };
  for (size_t k = 0; k < sizeof names / sizeof *names; k++)
    starve (names[k], run_once, names[k], 1, ALLOCATIONS, 0);
  return tap_end ();
}
