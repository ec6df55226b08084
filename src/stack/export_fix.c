/* export_fix: schedules that follow the length, fixed at one; see export.h.  */
#include "schedule/schedule.h"
#include "stack/export.h"

#include <string.h>

static bool
is_true (const rw_object *o, const char *name)
{
  const rw_param *p = rw_module_find (o->module, name, NULL);
  return p && rw_param_get (p, o->self).number == 1;
}

/* LongRoPE switches between two lists, which stacks with one table do once for all.  */
static bool
follows (const rw_object *o)
{
  const rw_schedule *type = (const rw_schedule *) o->module; /* its first member */
  if (strcmp (o->module->name, "longrope") == 0)
    return is_true (o, "interpolate");
  const bool maybe = rw_module_find (o->module, "dynamic", NULL); /* NTK-by-parts */
  return type->depends_on_length && (!maybe || is_true (o, "dynamic"));
}

static rw_status
set_numbers (rw_object *o, const char *name, const double *x, size_t n, rw_error *err)
{
  const rw_value v = { .kind = RW_VALUE_NUMBERS, .numbers = x, .n = n };
  return rw_object_set (o, name, &v, NULL, err);
}

/* A `table` object of these frequencies, over the schedule's own geometry.  */
static rw_status
make_table (const rw_freqs *f, rw_object **out, rw_error *err)
{
  const rw_module *table;
  rw_object *o = NULL;
  rw_status s = rw_kind_find (&rw_schedules, "table", &table, err);
  if (!s)
    s = rw_object_new (table, &o, err);
  if (!s)
    s = set_numbers (o, "inv_freq", f->inv_freq, f->n, err);
  if (!s)
    s = rw_object_set (o, "attention_factor", &RW_NUMBER_VALUE (f->attention_factor), NULL, err);
  if (!s)
    s = rw_object_set (o, "softmax_factor", &RW_NUMBER_VALUE (f->softmax_factor), NULL, err);
  if (s)
    rw_object_free (o);
  else
    *out = o;
  return s;
}

static rw_status
fix_rope (rw_rope *rope, double length, rw_error *err)
{
  rw_freqs f = { 0 };
  rw_object *table = NULL;
  rw_status s = rw_schedule_fill (rope->schedule, &rope->geometry, length, &f, err);
  if (!s)
    s = make_table (&f, &table, err);
  if (!s)
    {
      rope->geometry = rw_schedule_geometry (rope->schedule, &rope->geometry);
      rw_object_free (rope->schedule);
      rope->schedule = table;
    }
  rw_freqs_free (&f);
  return s;
}

rw_status
rw_export_fix (rw_model *model, double length, rw_notes *lost, rw_error *err)
{
  rw_status s = RW_OK;
  for (size_t i = 0; i < model->n_ropes && !s; i++)
    {
      rw_rope *rope = &model->rope[i];
      if (follows (rope->schedule))
        {
          rw_note_add (lost, RW_NOTE_WARNING,
                       "rope_type '%s': its table changes with the length of the prompt; here it "
                       "is fixed at the one for %.0f tokens",
                       rope->schedule->module->name, length);
          s = fix_rope (rope, length, err);
        }
      rope->geometry.max_length = length;
    }
  return s;
}

rw_status
rw_export_tabulate (rw_model *model, double length, rw_error *err)
{
  rw_status s = RW_OK;
  for (size_t i = 0; i < model->n_ropes && !s; i++)
    if (strcmp (model->rope[i].schedule->module->name, "default") != 0)
      s = fix_rope (&model->rope[i], length, err);
  return s;
}
