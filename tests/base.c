/* base: errors, text, notes, parameters and module objects.  */
#include "base/mem.h"
#include "base/module.h"
#include "base/text.h"
#include "tap.h"

typedef struct
{
  double factor;
  int64_t group;
  bool truncate;
  int ramp;
  char *file;
  rw_reals list;
  double scale;
  double width; /* stands for a shared head's member */
} knobs;

static const char *const ramps[] = { "index", "rotations", NULL };
static const rw_param params[] = {
  { .name = "factor",
    .alias = "alpha",
    .type = RW_REAL,
    .at = offsetof (knobs, factor),
    .required = true,
    .defined = RW_ABOVE (0),
    .sensible = RW_FROM (1),
    .text = "stretch" },
  { .name = "group",
    .type = RW_INT,
    .at = offsetof (knobs, group),
    .value = 3,
    .defined = RW_BETWEEN (1, 64),
    .text = "group" },
  { .name = "truncate",
    .type = RW_BOOL,
    .at = offsetof (knobs, truncate),
    .value = 1,
    .text = "t" },
  { .name = "ramp",
    .type = RW_CHOICE,
    .at = offsetof (knobs, ramp),
    .choices = ramps,
    .text = "r" },
  { .name = "file", .type = RW_TEXT, .at = offsetof (knobs, file), .text = "f" },
  { .name = "list",
    .type = RW_REALS,
    .at = offsetof (knobs, list),
    .defined = RW_ABOVE (0),
    .text = "l" },
  { 0 },
};
static const rw_param own[] = {
  { .name = "scale",
    .type = RW_REAL,
    .at = offsetof (knobs, scale),
    .required = true,
    .nullable = true,
    .text = "s" },
  { .name = "factor",
    .type = RW_REAL,
    .at = offsetof (knobs, factor),
    .value = 2.385,
    .text = "f" },
  { 0 },
};
static const rw_param shared[] = {
  { .name = "factor", .type = RW_REAL, .at = offsetof (knobs, width), .value = NAN, .text = "w" },
  { .name = "group", .type = RW_INT, .at = offsetof (knobs, group), .value = 7, .text = "g" },
  { 0 },
};
static const rw_module heir = {
  .name = "heir", .text = "t", .cite = "c", .size = sizeof (knobs), .params = own, .shared = shared
};
static const rw_module toy
    = { .name = "toy", .text = "t", .cite = "c", .size = sizeof (knobs), .params = params };
static const rw_module *const toys[] = { &toy, NULL };
static rw_kind kind = { .noun = "toy", .key = "name", .builtin = toys };

static void
errors_carry_context (void)
{
  rw_error e = { 0 };
  ok (rw_fail (&e, RW_EINVAL, "factor: %d is below 1", 0) == RW_EINVAL, "fail returns its status");
  rw_hint (&e, "try %d", 4);
  ok (rw_within (&e, e.status, "axes[%d]", 2) == RW_EINVAL, "within keeps the status");
  ok (!strcmp (e.text, "axes[2]: factor: 0 is below 1"), "context stands in front");
  ok (!strcmp (e.hint, "try 4"), "the hint survives context");
  ok (rw_fail (NULL, RW_EIO, "x") == RW_EIO, "a NULL error is allowed");
  char longer[4000];
  memset (longer, 'x', sizeof longer - 1);
  longer[sizeof longer - 1] = 0;
  rw_within (&e, RW_EINVAL, "%s", longer);
  ok (strlen (e.text) < sizeof e.text, "an endless context is cut");
}

static void
every_status_has_words_of_its_own (void)
{
  const char *unknown = rw_status_text ((rw_status) 1000);
  int n = 0, differ = 1;
  for (; strcmp (rw_status_text ((rw_status) n), unknown) != 0; n++)
    for (int i = 0; i < n; i++)
      differ &= strcmp (rw_status_text ((rw_status) i), rw_status_text ((rw_status) n)) != 0;
  ok (n > RW_EINTR && differ, "%d statuses, each in words of its own", n);
}

static void
numbers_read_back (void)
{
  char buf[32];
  ok (!strcmp (rw_number_text (0.1, buf), "0.1"), "0.1 is written as 0.1");
  const double hard[] = { 1.0 / 3, 5e-324, 1.7976931348623157e308, 0.8058421877614819 };
  for (size_t i = 0; i < sizeof hard / sizeof *hard; i++)
    ok (strtod (rw_number_text (hard[i], buf), NULL) == hard[i], "%s reads back", buf);
}

static void
parameters_are_checked (void)
{
  rw_object *o = NULL;
  rw_error e = { 0 };
  rw_notes notes = { 0 };
  ok (rw_object_new (&toy, &o, &e) == RW_OK, "an object is made");
  knobs *k = o->self;
  ok (isnan (k->factor) && k->group == 3 && k->truncate && k->ramp == 0, "defaults are set");
  ok (rw_object_check (o, "schedule", &e) == RW_EINVAL, "a required parameter is missed");
  has (e.text, "schedule.factor", "the error names it");
  rw_value v = RW_NUMBER_VALUE (0.5);
  ok (rw_object_set (o, "alpha", &v, &notes, &e) == RW_OK && k->factor == 0.5, "an alias sets it");
  ok (notes.n == 1 && notes.note[0].kind == RW_NOTE_WARNING,
      "outside the sensible range: a warning");
  ok (rw_object_check (o, "", &e) == RW_OK, "then nothing is missed");
  v.number = -2;
  ok (rw_object_set (o, "factor", &v, NULL, &e) == RW_EINVAL && k->factor == 0.5,
      "outside the defined range: an error that changes nothing");
  has (e.text, "above 0", "it says the range");
  v.number = INFINITY;
  ok (rw_object_set (o, "factor", &v, NULL, &e) == RW_EINVAL, "infinity is refused");
  v.number = 2.5;
  ok (rw_object_set (o, "group", &v, NULL, &e) == RW_EINVAL, "2.5 is not an integer");
  ok (rw_object_set (o, "gruop", &v, NULL, &e) == RW_EINVAL, "unknown names are refused");
  has (e.text, "did you mean 'group'?", "with the nearest name");
  v = RW_TEXT_VALUE ("rotatoins");
  ok (rw_object_set (o, "ramp", &v, NULL, &e) == RW_EINVAL, "unknown choices are refused");
  has (e.text, "did you mean 'rotations'?", "with the nearest choice");
  v = RW_TEXT_VALUE ("rotations");
  ok (!rw_object_set (o, "ramp", &v, NULL, &e) && k->ramp == 1, "a choice is set");
  ok (rw_object_set (o, "factor", &v, NULL, &e) == RW_EINVAL, "text is not a number");
  const double list[] = { 1.5, 2.25, -3 };
  v = (rw_value){ .kind = RW_VALUE_NUMBERS, .numbers = list, .n = 3 };
  ok (rw_object_set (o, "list", &v, NULL, &e) == RW_EINVAL, "list items are checked");
  has (e.text, "list[2]", "by index");
  v.n = 2;
  ok (!rw_object_set (o, "list", &v, NULL, &e) && k->list.n == 2, "a list is copied");

  rw_object *copy = NULL, *other = NULL;
  ok (rw_object_copy (o, &copy, &e) == RW_OK, "an object is copied");
  const knobs *c = copy->self;
  ok (c->factor == 0.5 && c->list.v != k->list.v && c->list.v[1] == 2.25 && copy->given == o->given,
      "deeply, with what was given");
  ok (rw_object_same (o, copy) && rw_object_same (NULL, NULL) && !rw_object_same (o, NULL),
      "a copy is the same");
  v = RW_TEXT_VALUE ("index");
  rw_object_set (copy, "ramp", &v, NULL, &e);
  ok (!rw_object_same (o, copy), "another choice is not");
  rw_object_copy (o, &other, &e);
  const double others[] = { 1.5, 2.375 };
  v = (rw_value){ .kind = RW_VALUE_NUMBERS, .numbers = others, .n = 2 };
  rw_object_set (other, "list", &v, NULL, &e);
  ok (!rw_object_same (o, other), "nor another list");
  rw_object_free (other);
  rw_object_free (copy);
  rw_object_free (o);
  rw_notes_free (&notes);
}

static void
null_answers_a_nullable_parameter (void)
{
  rw_object *o = NULL;
  rw_error e = { 0 };
  const rw_value null = { 0 };
  rw_object_new (&heir, &o, &e);
  ok (rw_object_check (o, "", &e) == RW_EINVAL, "a nullable parameter may not be left out");
  ok (!rw_object_set (o, "scale", &null, NULL, &e) && !rw_object_check (o, "", &e),
      "but null is an answer");
  ok (isnan (((knobs *) o->self)->scale), "that leaves it not given");
  rw_object *copy = NULL;
  ok (!rw_object_copy (o, &copy, &e) && rw_object_given (copy, "scale"), "and a copy knows");
  rw_object_free (copy);
  rw_object_free (o);
}

static void
own_names_hide_shared_ones (void)
{
  rw_object *o = NULL;
  rw_error e = { 0 };
  rw_object_new (&heir, &o, &e);
  const knobs *k = o->self;
  ok (k->factor == 2.385 && isnan (k->width) && k->group == 7, "both have their defaults");
  const rw_value v = RW_NUMBER_VALUE (4.25);
  ok (!rw_object_set (o, "factor", &v, NULL, &e) && k->factor == 4.25 && isnan (k->width),
      "a shadowed name sets the module's own");
  size_t n = 0;
  while (rw_module_param (&heir, n))
    n++;
  ok (n == 3, "and is listed once");
  rw_object_free (o);
}

static void
kinds_know_their_modules (void)
{
  rw_error e = { 0 };
  const rw_module *m = NULL;
  ok (rw_kind_find (&kind, "toy", &m, &e) == RW_OK && m == &toy, "a module is found");
  ok (rw_kind_find (&kind, "tyo", &m, &e) == RW_EINVAL, "an unknown one is not");
  has (e.text, "did you mean 'toy'?", "and the nearest is named");
  ok (rw_kind_add (&kind, &toy, &e) == RW_EINVAL, "a taken name is refused");
  static const rw_module second = { .name = "second", .text = "t", .cite = "c" };
  ok (!rw_kind_add (&kind, &second, &e) && rw_kind_at (&kind, 1) == &second, "a plug-in is added");
}

static void
arenas_keep_their_blocks (void)
{
  rw_arena *a = rw_arena_new ();
  char *first = rw_arena_take (a, 100, 8);
  char *big = rw_arena_take (a, 1 << 20, 8);
  memset (big, 1, 8 << 20);
  rw_arena_reset (a);
  char *again = rw_arena_take (a, 100, 8);
  ok (first == again && again[0] == 0, "after a reset the same memory comes back zeroed");
  ok (((size_t) first & 63) == 0, "aligned to 64 bytes");
  ok (rw_arena_take (a, (size_t) -1, 16) == NULL, "an overflowing size is refused");
  ok (rw_new ((size_t) -1, 2) == NULL, "and by rw_new");
  rw_arena_free (a);
}

int
main (void)
{
  errors_carry_context ();
  every_status_has_words_of_its_own ();
  numbers_read_back ();
  parameters_are_checked ();
  null_answers_a_nullable_parameter ();
  own_names_hide_shared_ones ();
  kinds_know_their_modules ();
  arenas_keep_their_blocks ();
  return tap_end ();
}
