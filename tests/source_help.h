/* source_help: short words for making q and k in the tests.

   Every function here fails the test (and goes on) where the library refuses.  */
#ifndef RW_TESTS_SOURCE_HELP_H
#define RW_TESTS_SOURCE_HELP_H

#include "source/source.h"
#include "tap.h"

__attribute__ ((unused)) static rw_object *
source (const char *name)
{
  rw_error e = { 0 };
  const rw_module *m = NULL;
  rw_object *o = NULL;
  if (rw_kind_find (&rw_sources, name, &m, &e) || rw_object_new (m, &o, &e))
    ok (0, "a source %s: %s", name, e.text);
  return o;
}

__attribute__ ((unused)) static rw_object *
give_value (rw_object *o, const char *name, rw_value v)
{
  rw_error e = { 0 };
  if (rw_object_set (o, name, &v, NULL, &e))
    ok (0, "%s.%s: %s", o->module->name, name, e.text);
  return o;
}

__attribute__ ((unused)) static rw_object *
give (rw_object *o, const char *name, double x)
{
  return give_value (o, name, RW_NUMBER_VALUE (x));
}

__attribute__ ((unused)) static rw_object *
give_text (rw_object *o, const char *name, const char *text)
{
  return give_value (o, name, RW_TEXT_VALUE (text));
}

__attribute__ ((unused)) static rw_object *
give_true (rw_object *o, const char *name)
{
  return give_value (o, name, (rw_value){ .kind = RW_VALUE_BOOL, .number = 1 });
}

static const rw_geometry any_head = { .head_dim = 128,
                                      .rotary_dim = 128,
                                      .rope_theta = 10000,
                                      .original_length = 4096,
                                      .max_length = 4096 };

__attribute__ ((unused)) static rw_input
input_of (const rw_geometry *m, double length, uint64_t group)
{
  return (rw_input){
    .geometry = m, .length = length, .longest = length, .seed = 2385, .group = group, .threads = 1
  };
}

/* q and k of `o`, which stays; the caller frees them.  */
__attribute__ ((unused)) static rw_qk
made (const rw_object *o, rw_input in)
{
  const rw_source *type = (const rw_source *) o->module;
  rw_error e = { 0 };
  rw_qk qk = { .sink = -INFINITY };
  in.scratch = rw_arena_new ();
  rw_status s = type->check ? type->check (o->self, &in, NULL, &e) : RW_OK;
  if (!s)
    s = type->fill (o->self, &in, NULL, &qk, &e);
  if (s)
    {
      ok (0, "%s fills: %s", o->module->name, e.text);
      exit (tap_end ());
    }
  rw_arena_free (in.scratch);
  return qk;
}

/* What the source says against a point, "" where nothing.  */
__attribute__ ((unused)) static const char *
refusal (const rw_object *o, rw_input in)
{
  static rw_error e;
  const rw_source *type = (const rw_source *) o->module;
  e = (rw_error){ 0 };
  if (type->check)
    type->check (o->self, &in, NULL, &e);
  return e.text;
}

__attribute__ ((unused)) static double
value_at (const rw_rows *rows, size_t token, size_t channel)
{
  return (
      double) ((const float *) rows->data)[(ptrdiff_t) token * rows->stride + (ptrdiff_t) channel];
}

#endif
