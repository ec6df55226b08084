/* schedules: every registered schedule keeps the contract; the golden tables are in golden.c.  */
#include "schedule/schedule.h"
#include "tap.h"

int
main (void)
{
  const rw_geometry llama2 = { .head_dim = 128,
                               .rotary_dim = 128,
                               .rope_theta = 10000,
                               .original_length = 4096,
                               .max_length = 4096 };
  rw_error e = { 0 };
  rw_freqs f = { 0 };
  const rw_module *m;
  for (size_t k = 0; (m = rw_kind_at (&rw_schedules, k)); k++)
    {
      rw_object *o = NULL;
      rw_object_new (m, &o, &e);
      rw_value v = RW_NUMBER_VALUE (1);
      const rw_schedule *s = (const rw_schedule *) m;
      if (s->identity_param)
        rw_object_set (o, s->identity_param, &v, NULL, &e);
      ok (!rw_schedule_fill (o, &llama2, 0, &f, &e), "%s fills: %s", m->name, e.text);
      rw_object_free (o);
    }
  rw_freqs_free (&f);
  return tap_end ();
}
