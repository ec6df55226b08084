/* schedule_help: short words for making schedule blocks in the tests.

   Every function here fails the test (and goes on) where the library refuses; tests of refusals
   call the library themselves.  */
#ifndef RW_TESTS_SCHEDULE_HELP_H
#define RW_TESTS_SCHEDULE_HELP_H

#include "schedule/schedule.h"
#include "tap.h"

static const rw_geometry llama2 = { .head_dim = 128,
                                    .rotary_dim = 128,
                                    .rope_theta = 10000,
                                    .original_length = 4096,
                                    .max_length = 4096 };
static const rw_geometry qwen = { .head_dim = 128,
                                  .rotary_dim = 128,
                                  .rope_theta = 1e6,
                                  .original_length = 32768,
                                  .max_length = 131072 };
static const rw_geometry pythia = {
  .head_dim = 64, .rotary_dim = 16, .rope_theta = 10000, .original_length = 2048, .max_length = 8192
};

__attribute__ ((unused)) static rw_object *
block (const char *rope_type)
{
  rw_error e = { 0 };
  const rw_module *m = NULL;
  rw_object *o = NULL;
  if (rw_kind_find (&rw_schedules, rope_type, &m, &e) || rw_object_new (m, &o, &e))
    ok (0, "a block of %s: %s", rope_type, e.text);
  return o;
}

__attribute__ ((unused)) static rw_object *
put_value (rw_object *o, const char *name, rw_value v)
{
  rw_error e = { 0 };
  if (rw_object_set (o, name, &v, NULL, &e))
    ok (0, "%s.%s: %s", o->module->name, name, e.text);
  return o;
}

__attribute__ ((unused)) static rw_object *
put (rw_object *o, const char *name, double x)
{
  return put_value (o, name, RW_NUMBER_VALUE (x));
}

__attribute__ ((unused)) static rw_object *
put_true (rw_object *o, const char *name)
{
  return put_value (o, name, (rw_value){ .kind = RW_VALUE_BOOL, .number = 1 });
}

__attribute__ ((unused)) static rw_object *
put_text (rw_object *o, const char *name, const char *text)
{
  return put_value (o, name, RW_TEXT_VALUE (text));
}

/* n times first, first + step, ...  */
__attribute__ ((unused)) static rw_object *
put_list (rw_object *o, const char *name, size_t n, double first, double step)
{
  double v[512];
  for (size_t i = 0; i < n; i++)
    v[i] = first + step * (double) i;
  return put_value (o, name, (rw_value){ .kind = RW_VALUE_NUMBERS, .numbers = v, .n = n });
}

/* Takes `inner` over.  */
__attribute__ ((unused)) static rw_object *
put_block (rw_object *o, const char *name, rw_object *inner)
{
  put_value (o, name, (rw_value){ .kind = RW_VALUE_OBJECT, .object = inner });
  rw_object_free (inner);
  return o;
}

/* The table of `o`, which is freed; the caller frees the table.  */
__attribute__ ((unused)) static rw_freqs
table_of (rw_object *o, const rw_geometry *m, double length)
{
  rw_error e = { 0 };
  rw_freqs f = { 0 };
  if (rw_schedule_fill (o, m, length, &f, &e))
    ok (0, "%s fills: %s", o->module->name, e.text);
  rw_object_free (o);
  return f;
}

__attribute__ ((unused)) static rw_freqs
plain (const rw_geometry *m)
{
  return table_of (block ("default"), m, 0);
}

__attribute__ ((unused)) static rw_freqs
scaled (const char *rope_type, double factor, const rw_geometry *m)
{
  return table_of (put (block (rope_type), "factor", factor), m, 0);
}

/* The error text of filling `o`, which is freed, or "" where it fills.  */
__attribute__ ((unused)) static const char *
refusal_of (rw_object *o, const rw_geometry *m, double length)
{
  static rw_error e;
  rw_freqs f = { 0 };
  e = (rw_error){ 0 };
  const rw_status s = rw_schedule_fill (o, m, length, &f, &e);
  rw_freqs_free (&f);
  rw_object_free (o);
  return s ? e.text : "";
}

/* Largest relative difference; infinite where the sizes differ or only one is 0.  */
__attribute__ ((unused)) static double
worst_off (const rw_freqs *a, const rw_freqs *b)
{
  double worst = a->n == b->n ? 0 : INFINITY;
  for (size_t i = 0; i < a->n && i < b->n; i++)
    {
      const double x = a->inv_freq[i], y = b->inv_freq[i];
      const double off = x == y ? 0 : fabs (x - y) / fmin (fabs (x), fabs (y));
      worst = off <= worst ? worst : off;
    }
  return worst;
}

/* a and b agree to `tol`; both are freed.  */
__attribute__ ((unused)) static void
same_table (rw_freqs a, rw_freqs b, double tol, const char *name)
{
  const double off = worst_off (&a, &b);
  ok (off <= tol, "%s", name);
  if (!(off <= tol))
    printf ("# %zu and %zu pairs, relative %.3g over %.3g\n", a.n, b.n, off, tol);
  rw_freqs_free (&a);
  rw_freqs_free (&b);
}

#endif
