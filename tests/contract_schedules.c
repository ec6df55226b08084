/* contract_schedules: what every registered schedule promises, whoever wrote it.

   The battery loops over the registry and knows no schedule by name, save those listed in
   `unordered`.  What a schedule needs at least is found from its parameter table.  */
#include "schedule_help.h"

/* A stretch for what is called factor, and for required numbers where it lies in their range.  */
static const double STRETCH = 4;

/* Tables that may rise again from pair to pair.  */
static const char *const unordered[] = { NULL };

static void
give_list (rw_object *o, const rw_param *p, const rw_geometry *m)
{
  const size_t n = rw_geometry_pairs (m);
  if (p->required) /* divisors */
    put_list (o, p->name, n, 1.125, 0.25);
  else /* frequencies */
    put_list (o, p->name, n, 1, -1 / (double) (2 * n));
}

static void
give_number (rw_object *o, const rw_param *p)
{
  const bool fits = rw_range_holds (&p->sensible, STRETCH) && rw_range_holds (&p->defined, STRETCH);
  put (o, p->name, fits ? STRETCH : 2 * p->sensible.lo);
}

/* A block with what its table requires, a factor where there is one, and the first list where
   there are lists and none is required.  */
static rw_object *
minimal (const rw_module *module, const rw_geometry *m)
{
  rw_object *o = block (module->name);
  const rw_param *p, *list = NULL;
  bool listed = false;
  for (size_t i = 0; (p = rw_module_param (module, i)); i++)
    {
      if (p->type == RW_REALS && p->required)
        give_list (o, p, m);
      else if ((p->type == RW_REAL || p->type == RW_INT)
               && (p->required || !strcmp (p->name, "factor")))
        give_number (o, p);
      listed |= p->type == RW_REALS && p->required;
      if (p->type == RW_REALS && !list)
        list = p;
    }
  if (list && !listed)
    give_list (o, list, m);
  return o;
}

static void
fills_finitely (const rw_module *module, const rw_geometry *m, double length)
{
  rw_error e = { 0 };
  rw_freqs f = { 0 };
  rw_object *o = minimal (module, m);
  const rw_status s = rw_schedule_fill (o, m, length, &f, &e);
  bool finite = !s && f.attention_factor >= 0 && isfinite (f.attention_factor)
                && f.softmax_factor >= 0 && isfinite (f.softmax_factor);
  for (size_t i = 0; i < f.n; i++)
    finite &= f.inv_freq[i] >= 0 && isfinite (f.inv_freq[i]);
  ok (finite && f.n == rw_schedule_pairs (o, m), "%s fills at length %g with finite numbers: %s",
      module->name, length, e.text);
  rw_freqs_free (&f);
  rw_object_free (o);
}

static void
same_input_same_bits (const rw_module *module, const rw_geometry *m)
{
  rw_object *o = minimal (module, m), *copy = NULL;
  rw_error e = { 0 };
  rw_object_copy (o, &copy, &e);
  const double length = 3 * m->original_length;
  rw_freqs a = table_of (o, m, length);
  rw_freqs other = table_of (minimal (module, &qwen), &qwen, 0); /* no state from in between */
  rw_freqs b = table_of (copy, m, length);
  ok (a.n == b.n && !memcmp (a.inv_freq, b.inv_freq, a.n * sizeof *a.inv_freq)
          && a.attention_factor == b.attention_factor && a.softmax_factor == b.softmax_factor,
      "%s gives a copy of its block the same bits", module->name);
  rw_freqs_free (&a);
  rw_freqs_free (&b);
  rw_freqs_free (&other);
}

/* Fills a buffer with guards around it, and NaN in it, past the dispatcher that would zero it.  */
static void
writes_exactly_n (const rw_module *module, const rw_geometry *m)
{
  enum
  {
    GUARD = 8
  };
  static const double CANARY = 2.385e77;
  const rw_schedule *type = (const rw_schedule *) module;
  rw_object *o = minimal (module, m);
  const rw_geometry g = rw_schedule_geometry (o, m);
  const size_t n = rw_schedule_pairs (o, m);
  double *buf = malloc ((n + 2 * GUARD) * sizeof *buf);
  for (size_t i = 0; i < n + 2 * GUARD; i++)
    buf[i] = i < GUARD || i >= n + GUARD ? CANARY : NAN;
  rw_freqs f
      = { .n = n, .room = n, .inv_freq = buf + GUARD, .attention_factor = 1, .softmax_factor = 1 };
  rw_error e = { 0 };
  bool clean = !type->fill (o->self, &g, 3 * m->original_length, &f, &e) && f.n == n
               && f.inv_freq == buf + GUARD;
  for (size_t i = 0; i < n + 2 * GUARD; i++)
    clean &= i < GUARD || i >= n + GUARD ? buf[i] == CANARY : !isnan (buf[i]);
  ok (clean, "%s writes its %zu numbers and no others", module->name, n);
  free (buf);
  rw_object_free (o);
}

static void
is_plain_at_its_identity (const rw_module *module, const rw_geometry *m)
{
  const rw_schedule *type = (const rw_schedule *) module;
  if (!type->identity_param)
    return;
  rw_object *o = minimal (module, m);
  const rw_param *factor = rw_module_find (module, "factor", NULL);
  if (factor && !factor->required) /* the others stand at their defaults */
    put_value (o, "factor", (rw_value){ .kind = RW_VALUE_NULL });
  put (o, type->identity_param, type->identity);
  rw_freqs f = table_of (o, m, 0);
  ok (f.attention_factor == 1 && f.softmax_factor == 1, "%s at %s %g has no factors", module->name,
      type->identity_param, type->identity);
  char name[128];
  snprintf (name, sizeof name, "%s at %s %g is plain RoPE", module->name, type->identity_param,
            type->identity);
  same_table (f, table_of (block ("default"), m, 0), TOL0, name);
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
takes (rw_object *o, const rw_param *p, double x)
{
  const double list[] = { 1, x };
  const rw_value v = p->type == RW_REALS
                         ? (rw_value){ .kind = RW_VALUE_NUMBERS, .numbers = list, .n = 2 }
                         : RW_NUMBER_VALUE (x);
  rw_error e = { 0 };
  const rw_status s = rw_object_set (o, p->name, &v, NULL, &e);
  return !s || !strstr (e.text, p->name); /* a refusal must name the parameter */
}

static void
refuses_undefined_values (const rw_module *module, const rw_geometry *m)
{
  rw_object *o = minimal (module, m);
  const rw_param *p;
  for (size_t i = 0; (p = rw_module_param (module, i)); i++)
    {
      ok (p->text && p->text[0], "%s.%s says what it is", module->name, p->name);
      rw_error e = { 0 };
      rw_value wrong = p->type == RW_TEXT ? RW_NUMBER_VALUE (1) : RW_TEXT_VALUE ("no such thing");
      ok (rw_object_set (o, p->name, &wrong, NULL, &e), "%s.%s refuses another type", module->name,
          p->name);
      if (p->type != RW_REAL && p->type != RW_INT && p->type != RW_REALS)
        continue;
      double x[2];
      bool took = takes (o, p, NAN) || takes (o, p, INFINITY);
      for (size_t k = outside (&p->defined, p->type, x); k-- > 0;)
        took |= takes (o, p, x[k]);
      ok (rw_range_given (&p->defined) && !took, "%s.%s refuses what is not defined", module->name,
          p->name);
    }
  rw_object_free (o);
}

static void
refuses_odd_dimensions (const rw_module *module)
{
  rw_geometry odd = llama2;
  odd.rotary_dim = 63;
  has (refusal_of (minimal (module, &odd), &odd, 0), "odd", "an odd rotary_dim is refused");
}

static void
does_not_rise (const rw_module *module, const rw_geometry *m, double length)
{
  for (const char *const *u = unordered; *u; u++)
    if (!strcmp (*u, module->name))
      return;
  rw_freqs f = table_of (minimal (module, m), m, length);
  size_t rises = 0;
  for (size_t i = 1; i < f.n; i++)
    rises += f.inv_freq[i] > f.inv_freq[i - 1];
  ok (rises == 0, "%s does not rise from pair to pair", module->name);
  rw_freqs_free (&f);
}

static void
tells_whether_length_matters (const rw_module *module, const rw_geometry *m)
{
  if (((const rw_schedule *) module)->depends_on_length)
    return;
  char name[128];
  snprintf (name, sizeof name, "%s does not depend on length", module->name);
  same_table (table_of (minimal (module, m), m, 0),
              table_of (minimal (module, m), m, 5 * m->max_length), 0, name);
}

/* A block's own rope_theta or original length is as good as the model's.  */
static void
heads_move_the_geometry (const rw_module *module)
{
  rw_geometry moved = llama2;
  moved.rope_theta = 523456.5;
  moved.original_length = 3072;
  rw_object *o = minimal (module, &llama2);
  put (o, "rope_theta", moved.rope_theta);
  put (o, "original_max_position_embeddings", moved.original_length);
  char name[128];
  snprintf (name, sizeof name, "%s takes theta and length from its block", module->name);
  same_table (table_of (o, &llama2, 9999), table_of (minimal (module, &moved), &moved, 9999), 0,
              name);
}

/* A small linear congruential generator (Knuth's MMIX constants): the tests need no good one.  */
static double
chance (uint64_t *state)
{
  *state = *state * 6364136223846793005u + 1442695040888963407u;
  return (double) (*state >> 11) * 0x1p-53;
}

static rw_geometry
random_geometry (uint64_t *state)
{
  rw_geometry g = { 0 };
  g.head_dim = 4 + 2 * (int64_t) (127 * chance (state));
  g.rotary_dim = 4 + 2 * (int64_t) ((double) (g.head_dim - 4) / 2 * chance (state));
  g.rope_theta = pow (10, 2 + 6 * chance (state));
  g.original_length = floor (pow (2, 6 + 12 * chance (state)));
  g.max_length = floor (g.original_length * (1 + 15 * chance (state)));
  return g;
}

/* Over random shapes a schedule fills with finite numbers or says why not.  */
static void
stands_any_geometry (const rw_module *module)
{
  uint64_t state = 2385;
  size_t filled = 0, refused = 0, bad = 0;
  for (int k = 0; k < 200; k++)
    {
      const rw_geometry g = random_geometry (&state);
      rw_object *o = minimal (module, &g);
      rw_freqs f = { 0 };
      rw_error e = { 0 };
      const double length = floor (4 * g.max_length * chance (&state));
      if (rw_schedule_fill (o, &g, length, &f, &e))
        {
          refused++;
          bad += !e.text[0];
        }
      else
        filled++;
      for (size_t i = 0; i < f.n; i++)
        bad += !(f.inv_freq[i] >= 0) || (i && f.inv_freq[i] > f.inv_freq[i - 1]);
      rw_freqs_free (&f);
      rw_object_free (o);
    }
  ok (bad == 0 && filled > 150, "%s stands random geometries (%zu filled, %zu refused)",
      module->name, filled, refused);
}

int
main (void)
{
  const rw_geometry *const shapes[] = { &llama2, &qwen, &pythia };
  const rw_module *module;
  size_t k = 0;
  for (; (module = rw_kind_at (&rw_schedules, k)); k++)
    {
      ok (module->text[0] && module->cite[0], "%s has a text and a cite", module->name);
      for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        {
          fills_finitely (module, shapes[i], 0);
          fills_finitely (module, shapes[i], 3 * shapes[i]->max_length);
          same_input_same_bits (module, shapes[i]);
          writes_exactly_n (module, shapes[i]);
          is_plain_at_its_identity (module, shapes[i]);
          does_not_rise (module, shapes[i], 3 * shapes[i]->max_length);
          tells_whether_length_matters (module, shapes[i]);
        }
      refuses_undefined_values (module, &llama2);
      refuses_odd_dimensions (module);
      heads_move_the_geometry (module);
      stands_any_geometry (module);
    }
  ok (k >= 20, "all twenty schedules are registered");
  return tap_end ();
}
