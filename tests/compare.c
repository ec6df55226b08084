/* compare: what stacks make of one config is compared as brute force does, and an override is
   believed only after it was tested.  */
#include "base/mem.h"
#include "schedule/schedule.h"
#include "stack/compare.h"
#include "tap.h"

static rw_error err;
static rw_comparison c;

#define CONFIG "./ropewalk-compare.json"
#define SIZE "\"hidden_size\": 512, \"num_attention_heads\": 8, \"num_hidden_layers\": 3"
#define YARN                                                                                       \
  "\"max_position_embeddings\": 16384, \"rope_theta\": 23850.0, \"rope_scaling\": {"               \
  "\"rope_type\": \"yarn\", \"factor\": 3.7, \"original_max_position_embeddings\": 4096"

static void
write_config (const char *text)
{
  FILE *f = fopen (CONFIG, "w");
  if (f)
    fputs (text, f);
  if (f)
    fclose (f);
}

/* ---- stacks of this test: exact, with a way of their own until they are told ---- */

static const rw_stack *exact;

/* Hears another factor and is louder, unless the config says "listen".  */
static rw_status
read_loud (const char *name, const cJSON *config, const cJSON *rope, rw_model *out, rw_error *e)
{
  static const char *const way
      = "{\"rope_scaling\": {\"attention_factor\": 1.25, \"factor\": 2.385}}";
  cJSON *patch = NULL, *other = NULL;
  *out = (rw_model){ 0 };
  if (cJSON_IsTrue (rw_json_get (config, "listen")))
    return exact->read (name, config, rope, out, e);
  rw_status s = rw_json_parse ("way", way, strlen (way), &patch, e);
  if (!s)
    s = rw_json_merge (config, patch, &other, e);
  if (!s)
    s = exact->read (name, other, rope, out, e);
  cJSON_Delete (patch);
  cJSON_Delete (other);
  return s;
}

static rw_status
write_patch (const char *patch, const char *line, const char *lost, rw_words *out, rw_error *e)
{
  *out = (rw_words){ 0 };
  if (lost)
    rw_note_add (&out->lost, RW_NOTE_WARNING, "%s", lost);
  out->line = rw_strdup (line);
  return rw_json_parse ("patch", patch, strlen (patch), &out->patch, e);
}

static rw_status
write_good (const rw_model *model, rw_words *out, rw_error *e)
{
  (void) model;
  return write_patch ("{\"listen\": true}", "--listen", NULL, out, e);
}

static rw_status
write_deaf (const rw_model *model, rw_words *out, rw_error *e)
{
  (void) model;
  return write_patch ("{\"hark\": true}", "--hark", "a deaf stack cannot say factor", out, e);
}

static rw_status
write_broken (const rw_model *model, rw_words *out, rw_error *e)
{
  (void) model;
  return write_patch ("{\"listen\": true, \"rope_scaling\": {\"rope_type\": 7}}", "--break", NULL,
                      out, e);
}

static rw_status
write_none (const rw_model *model, rw_words *out, rw_error *e)
{
  (void) model, (void) out;
  return rw_fail (e, RW_EINVAL, "nothing can be said");
}

static rw_status
read_never (const char *name, const cJSON *config, const cJSON *rope, rw_model *out, rw_error *e)
{
  (void) name, (void) config, (void) rope;
  *out = (rw_model){ 0 };
  return rw_fail (e, RW_EINVAL, "ValueError: never");
}

/* For a stack like exact, but planned.  */
static rw_status
read_plain (const char *name, const cJSON *config, const cJSON *rope, rw_model *out, rw_error *e)
{
  return exact->read (name, config, rope, out, e);
}

static const rw_stack good = { .name = "good", .read = read_loud, .write = write_good };
static const rw_stack deaf = { .name = "deaf", .read = read_loud, .write = write_deaf };
static const rw_stack broken = { .name = "broken", .read = read_loud, .write = write_broken };
static const rw_stack mute = { .name = "mute", .read = read_loud };
static const rw_stack speechless = { .name = "none", .read = read_loud, .write = write_none };
static const rw_stack never = { .name = "never", .read = read_never, .write = write_good };
static const rw_stack once = { .name = "once", .read = read_plain, .planned = true };

static rw_status
compare (const rw_stack *a, const rw_stack *b, const char *model, const char *rope, double length)
{
  const rw_stack *both[] = { a, b };
  rw_comparison_free (&c);
  err = (rw_error){ 0 };
  return rw_compare (both, 2, model, rope, length, &c, &err);
}

/* ---- against brute force ---- */

static void
numbers_are_those_of_brute_force (void)
{
  const rw_geometry g = { .head_dim = 64,
                          .rotary_dim = 64,
                          .rope_theta = 23850,
                          .original_length = 4096,
                          .max_length = 16384 };
  double want = 0, widest = 0;
  size_t pair = 0;
  write_config ("{" SIZE ", " YARN "}}");
  ok (!compare (exact, &mute, CONFIG, NULL, NAN), "two stacks are compared");
  const rw_freqs *a = &c.account[0].view[0].freqs, *b = &c.account[1].view[0].freqs;
  /* YaRN by hand: arXiv 2309.00071 with the ramp over the index, as every code has it */
  const double lo = floor (64 * log (4096 / (2 * M_PI * 32)) / (2 * log (g.rope_theta)));
  const double hi = ceil (64 * log (4096 / (2 * M_PI)) / (2 * log (g.rope_theta)));
  for (size_t i = 0; i < 32; i++)
    {
      const double f = pow (g.rope_theta, -2.0 * (double) i / 64);
      const double m = fmin (1, fmax (0, ((double) i - lo) / (hi - lo)));
      const double ga = f / 3.7 * m + f * (1 - m), gb = f / 2.385 * m + f * (1 - m);
      if (fabs (gb - ga) / ga > want)
        {
          want = fabs (gb - ga) / ga;
          pair = i;
        }
      widest = fmax (widest, fabs (gb - ga));
    }
  const rw_difference *d = &c.difference[1];
  /* TOL2: a difference of numbers that are alike */
  near (d->frequency, want, TOL2, "the largest relative difference of frequency");
  ok (d->pair >= pair, "and its pair: %zu", d->pair); /* past hi all pairs tie but for rounding */
  near (d->phase[0], widest, TOL2, "the phase error at position 1");
  near (d->phase[3], 131071 * widest, TOL2, "and at 131071");
  near (d->attention_factor, fabs (1.25 - (0.1 * log (3.7) + 1)) / (0.1 * log (3.7) + 1), TOL2,
        "the relative difference of attention_factor");
  near (d->logit_scale, pow (1.25 / (0.1 * log (3.7) + 1), 2), TOL1, "the scale of the logits");
  ok (a->n == 32 && b->n == 32 && !c.agree && !c.agrees[1] && c.agrees[0], "they differ");
}

static void
a_stack_agrees_with_itself (void)
{
  static const char *const models[] = { "gpt-oss-20b", "gemma-3-27b",  "phi-3.5-mini",
                                        "deepseek-v3", "llama-3.1-8b", "smollm3-3b" };
  const rw_stack *stack;
  for (size_t i = 0; (stack = rw_stack_at (i)); i++)
    for (size_t m = 0; m < sizeof models / sizeof *models; m++)
      {
        const rw_status s = compare (stack, stack, models[m], NULL, NAN);
        bool zero = !s && c.agree;
        for (size_t t = 0; zero && t < c.n_types; t++)
          {
            const rw_difference *d = &c.difference[c.n_types + t];
            zero = d->frequency == 0 && d->attention_factor == 0 && d->softmax_factor == 0
                   && d->logit_scale == 1 && d->phase[3] == 0;
          }
        if (s)
          printf ("# %s\n", err.text);
        ok (zero || s == RW_EINVAL, "%s of %s differs by nothing from itself", models[m],
            stack->name);
      }
}

static void
lengths_have_a_rule (void)
{
  compare (exact, &mute, CONFIG, NULL, NAN);
  ok (c.length == 0 && !c.given, "nobody plans: before the first token");
  compare (exact, &once, CONFIG, NULL, NAN);
  ok (c.length == 16384 && !c.given, "one plans: max_position_embeddings for both");
  compare (exact, &once, CONFIG, NULL, 999);
  ok (c.length == 999 && c.given, "the caller's length stands");
}

static void
tables_are_switched (void)
{
  write_config ("{" SIZE ", \"max_position_embeddings\": 8192, \"rope_scaling\": {"
                "\"rope_type\": \"dynamic\", \"factor\": 2.0}}");
  ok (!compare (exact, &once, CONFIG, NULL, NAN) && !c.agree, "dynamic: another rule differs");
  ok (c.difference[1].rule[0] == RW_SWITCH_CALL && c.difference[1].rule[1] == RW_SWITCH_ONCE,
      "per call and once");
  near (c.difference[1].frequency, 0, 0, "though the frequencies are the same at this length");
  write_config ("{" SIZE ", \"max_position_embeddings\": 8192}");
  ok (!compare (exact, &once, CONFIG, NULL, NAN) && c.agree, "a plain table is never switched");
  ok (c.difference[1].rule[1] == RW_SWITCH_NONE, "by nobody");
}

/* ---- overrides ---- */

static void
overrides_are_tested (void)
{
  write_config ("{" SIZE ", " YARN "}}");
  compare (exact, &good, CONFIG, NULL, NAN);
  const rw_override *o = &c.override[1];
  ok (o->tried && o->agrees && !o->left.n, "a word that is heard makes them agree");
  has (o->words.line, "--listen", "and is there to paste");
  compare (exact, &deaf, CONFIG, NULL, NAN);
  o = &c.override[1];
  ok (o->tried && !o->agrees && o->left.n == 2, "one that is not heard is found out");
  has (o->left.note[0].text, "frequencies differ by up to 55.1 %", "with what still differs");
  has (o->words.lost.note[0].text, "cannot say factor", "and why");
  compare (exact, &broken, CONFIG, NULL, NAN);
  o = &c.override[1];
  ok (o->tried && !o->agrees, "one that breaks the config is found out too");
  has (o->left.n ? o->left.note[0].text : "", "broken refuses it: ", "with the reason");
  compare (exact, &mute, CONFIG, NULL, NAN);
  has (c.override[1].error.text, "no words for the stack 'mute'", "a stack may have no words");
  compare (exact, &speechless, CONFIG, NULL, NAN);
  has (c.override[1].error.text, "nothing can be said", "or none for this model");
  compare (exact, exact, CONFIG, NULL, NAN);
  ok (!c.override[1].tried && !c.override[1].error.text[0], "nothing is tried where they agree");
}

static void
refusals_are_findings (void)
{
  ok (!compare (exact, &never, CONFIG, NULL, NAN), "a stack that refuses the config is no error");
  ok (c.account[1].refused && !c.agree && !c.agrees[1], "but differs");
  has (c.account[1].error.text, "ValueError: never", "with its reason");
  ok (c.difference[1].missing && isnan (c.difference[1].frequency), "and has no numbers");
  ok (c.override[1].tried && !c.override[1].agrees, "its words are tested too");
  ok (compare (&never, exact, CONFIG, NULL, NAN) == RW_EINVAL, "the first has to read it");
  has (err.text, "never: ValueError", "and is named");
}

static void
rope_blocks_reach_every_stack (void)
{
  const char *rope = "{\"rope_type\": \"linear\", \"factor\": 7.0}";
  write_config ("{" SIZE ", " YARN "}}");
  ok (!compare (exact, &once, CONFIG, rope, NAN) && c.agree, "--rope is read by both");
  ok (!strcmp (c.account[1].model.rope[0].schedule->module->name, "linear"), "as each reads it");
  ok (compare (exact, &once, CONFIG, "{rope}", NAN) == RW_EINVAL, "a broken one is an error");
  ok (compare (exact, &once, "./nowhere.json", NULL, NAN) == RW_EIO, "and so is no file");
}

/* GPT-OSS under a stack that knows no layer types; and layers that do not rotate.  */
static void
layers_are_compared (void)
{
  compare (exact, exact, "gemma-3-27b", NULL, NAN);
  ok (c.n_types == 2 && !strcmp (c.type[0], "full_attention") && c.layers[1] == 0,
      "layer types are told apart");
  rw_model *m = &c.account[1].model;
  rw_account *b = &c.account[1];
  ok (rw_account_view (b, "sliding_attention") == &b->view[1], "each has its view");
  ok (!rw_account_view (b, "sidling_attention"), "an unknown one has none");
  ok (m->n_ropes == 2, "a model of two ropes");
  const rw_difference d = rw_view_compare (&b->view[0], NULL);
  ok (d.missing && !d.agrees, "a rope that one of them lacks differs");
  rw_notes notes = { 0 };
  rw_difference_tell (&d, &b->view[0], NULL, "full_attention", &notes);
  has (notes.n ? notes.note[0].text : "", "full_attention: has no rope", "and is told");
  rw_notes_free (&notes);
}

static void
still_pairs_count_whole (void)
{
  double fa[] = { 1, 0.5, 0 }, fb[] = { 1, 0, 0.25, 0 };
  const rw_view a
      = { .freqs = { .n = 3, .inv_freq = fa, .attention_factor = 1, .softmax_factor = 1 } };
  const rw_view b
      = { .freqs = { .n = 4, .inv_freq = fb, .attention_factor = 1, .softmax_factor = 1 } };
  const rw_difference d = rw_view_compare (&a, &b);
  near (d.frequency, 1, 0, "a pair that only one rotates differs by the whole");
  ok (d.pair == 1 && d.pairs[0] == 3 && d.pairs[1] == 4, "the first of them is named");
  near (d.phase[1], 4095 * 0.5, 0, "its phase is the whole turn");
}

int
main (void)
{
  rw_stack_find ("exact", &exact, &err);
  numbers_are_those_of_brute_force ();
  a_stack_agrees_with_itself ();
  write_config ("{" SIZE ", " YARN "}}");
  lengths_have_a_rule ();
  tables_are_switched ();
  overrides_are_tested ();
  refusals_are_findings ();
  rope_blocks_reach_every_stack ();
  layers_are_compared ();
  still_pairs_count_whole ();
  rw_comparison_free (&c);
  remove (CONFIG);
  return tap_end ();
}
