/* contract_sources: what every registered source promises, whoever wrote it.

   The battery loops over the registry and knows no source by name, save those listed in `fixed`.
   Sources that want arrays of files or a network are filled in their own tests: here only their
   tables are looked at.  */
#include "source_help.h"

/* Sources that have no random numbers.  */
static const char *const fixed[] = { "ones", "onehot", NULL };

static const rw_geometry partial = {
  .head_dim = 80, .rotary_dim = 32, .rope_theta = 10000, .original_length = 2048, .max_length = 2048
};
static const rw_geometry small = { .head_dim = 6,
                                   .rotary_dim = 6,
                                   .rope_theta = 10000,
                                   .original_length = 64,
                                   .max_length = 64,
                                   .layout = RW_INTERLEAVED };

static bool
wants_files (const rw_object *o)
{
  rw_source_wish wish[RW_SOURCE_TENSORS];
  const rw_source *type = (const rw_source *) o->module;
  return (type->wishes && type->wishes (o->self, wish)) || rw_source_needs (o) & RW_NEEDS_NETWORK;
}

static bool
same_rows (const rw_rows *a, const rw_rows *b)
{
  bool same = a->n == b->n && a->dim == b->dim && !a->data == !b->data;
  for (size_t i = 0; same && a->data && i < a->n; i++)
    for (size_t c = 0; c < a->dim; c++)
      same &= value_at (a, i, c) == value_at (b, i, c);
  return same;
}

/* Both are freed.  */
static bool
same_qk (rw_qk a, rw_qk b)
{
  const bool same = same_rows (&a.q, &b.q) && same_rows (&a.k, &b.k) && same_rows (&a.v, &b.v)
                    && (a.sink == b.sink || (isnan (a.sink) && isnan (b.sink)));
  rw_qk_free (&a);
  rw_qk_free (&b);
  return same;
}

static bool
well_made (const rw_rows *rows, size_t length, size_t channels)
{
  size_t token, channel;
  return rows->data && rows->n == length && rows->dim == channels && rows->type == RW_FLOAT32
         && !rw_rows_flaw (rows, &token, &channel);
}

static void
has_the_shape_asked_for (const rw_object *o, const rw_geometry *m, double length)
{
  rw_qk qk = made (o, input_of (m, length, 1));
  const size_t n = (size_t) length, dim = (size_t) m->head_dim;
  ok (well_made (&qk.q, n, dim) && well_made (&qk.k, n, dim)
          && (!qk.v.data || well_made (&qk.v, n, qk.v.dim)) && qk.sink == -INFINITY,
      "%s makes %zu finite rows of %zu channels", o->module->name, n, dim);
  rw_qk_free (&qk);
}

static void
same_input_same_bits (const rw_object *o, const rw_geometry *m, double length)
{
  rw_error e = { 0 };
  rw_object *copy = NULL;
  rw_object_copy (o, &copy, &e);
  rw_input in = input_of (m, length, 5);
  const rw_qk first = made (o, in);
  rw_qk other = made (o, input_of (&small, 77, 6)); /* no state from in between */
  rw_qk_free (&other);
  ok (same_qk (first, made (copy, in)), "%s gives a copy of its block the same bits",
      o->module->name);
  in.threads = 3;
  ok (same_qk (made (o, in), made (o, input_of (m, length, 5))), "%s: threads change no bit",
      o->module->name);
  static const char *const words[] = { "plain", "avx2", "avx512" };
  for (int k = 0; k < 2; k++)
    {
      const rw_qk best = made (o, in);
      setenv ("ROPEWALK_SIMD", words[k], 1);
      ok (same_qk (best, made (o, in)), "%s: %s instructions change no bit", o->module->name,
          words[k]);
      unsetenv ("ROPEWALK_SIMD");
    }
  rw_object_free (copy);
}

static void
groups_and_seeds_differ (const rw_object *o, const rw_geometry *m)
{
  bool still = false;
  for (const char *const *f = fixed; *f; f++)
    still |= !strcmp (*f, o->module->name);
  rw_input in = input_of (m, 33, 5);
  in.seed++;
  ok (same_qk (made (o, input_of (m, 33, 5)), made (o, input_of (m, 33, 6))) == still
          && same_qk (made (o, input_of (m, 33, 5)), made (o, in)) == still,
      "%s: another group or seed makes %s numbers", o->module->name, still ? "the same" : "other");
}

/* Values just outside a range; returns how many.  */
static size_t
outside (const rw_range *r, rw_type type, double x[2])
{
  size_t n = 0;
  if (isfinite (r->lo))
    x[n++] = r->open_lo ? r->lo : type == RW_INT ? r->lo - 1 : nextafter (r->lo, -INFINITY);
  if (isfinite (r->hi))
    x[n++] = r->open_hi ? r->hi : type == RW_INT ? r->hi + 1 : nextafter (r->hi, INFINITY);
  return n;
}

static bool
takes (rw_object *o, const rw_param *p, rw_value v)
{
  rw_error e = { 0 };
  const rw_status s = rw_object_set (o, p->name, &v, NULL, &e);
  return !s || !strstr (e.text, p->name); /* a refusal must name the parameter */
}

static void
refuses_undefined_values (rw_object *o)
{
  const rw_param *p;
  for (size_t i = 0; (p = rw_module_param (o->module, i)); i++)
    {
      const char *name = o->module->name;
      ok (p->text && p->text[0], "%s.%s says what it is", name, p->name);
      ok (!takes (o, p, p->type == RW_TEXT ? RW_NUMBER_VALUE (1) : RW_TEXT_VALUE ("no such thing")),
          "%s.%s refuses another type", name, p->name);
      if (p->type != RW_REAL && p->type != RW_INT)
        continue;
      double x[2];
      bool took = takes (o, p, RW_NUMBER_VALUE (NAN)) || takes (o, p, RW_NUMBER_VALUE (INFINITY));
      for (size_t k = outside (&p->defined, p->type, x); k-- > 0;)
        took |= takes (o, p, RW_NUMBER_VALUE (x[k]));
      ok (rw_range_given (&p->defined) && !took, "%s.%s refuses what is not defined", name,
          p->name);
    }
}

int
main (void)
{
  static const struct
  {
    const rw_geometry *m;
    double length;
  } points[] = { { &any_head, 1 }, { &any_head, 1025 }, { &partial, 2385 }, { &small, 1024 } };
  const rw_module *module;
  size_t k = 0;
  for (; (module = rw_kind_at (&rw_sources, k)); k++)
    {
      rw_object *o = source (module->name);
      ok (module->text[0] && module->cite[0], "%s has a text and a cite", module->name);
      refuses_undefined_values (o);
      rw_object_free (o);
      o = source (module->name);
      for (size_t i = 0; !wants_files (o) && i < sizeof points / sizeof *points; i++)
        {
          has_the_shape_asked_for (o, points[i].m, points[i].length);
          same_input_same_bits (o, points[i].m, points[i].length);
          groups_and_seeds_differ (o, points[i].m);
        }
      rw_object_free (o);
    }
  ok (k >= 4, "the synthetic sources are registered");
  return tap_end ();
}
