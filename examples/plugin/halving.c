/* halving: a stranger's schedule, built outside the project and loaded as a plug-in.

   Every pair slower than one turn in the trained length is divided by the factor, the rest stay:
   a two-line idea, here to show what a plug-in needs.  Build and use:

     cc -shared -fPIC $(pkg-config --cflags ropewalk) -o halving.so halving.c
     ropewalk list schedules --plugin ./halving.so
     ropewalk run config.json --plugin ./halving.so  */
#include <math.h>
#include <schedule/schedule.h>

typedef struct
{
  rw_schedule_head head; /* every schedule's parameters begin with it */
  double factor;
} halving;

static rw_status
fill (const void *self, const rw_geometry *m, double length, rw_freqs *out, rw_error *err)
{
  const halving *p = self;
  (void) length, (void) err;
  rw_geometry_trained (m, out->inv_freq);
  for (size_t i = 0; i < out->n; i++)
    if (out->inv_freq[i] * m->original_length < 2 * M_PI)
      out->inv_freq[i] /= p->factor;
  return RW_OK;
}

static const rw_param params[] = {
  { .name = "factor",
    .type = RW_REAL,
    .at = offsetof (halving, factor),
    .required = true,
    .defined = RW_ABOVE (0),
    .sensible = RW_FROM (1),
    .text = "what the incomplete pairs are divided by" },
  { 0 },
};

static const rw_schedule schedule = {
  .as = { .name = "halving",
          .size = sizeof (halving),
          .params = params,
          .shared = rw_schedule_shared,
          .text = "divides the pairs that never complete a turn in the trained length",
          .cite = "an example, not a paper" },
  .fill = fill,
  .identity_param = "factor",
  .identity = 1,
};

const int rw_plugin_abi = RW_ABI;

rw_status rw_plugin_register (rw_error *err);
rw_status
rw_plugin_register (rw_error *err)
{
  return rw_kind_add (&rw_schedules, &schedule.as, err);
}
