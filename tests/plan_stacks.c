/* plan_stacks: a schedule of a sweep is what the cell's stack computes from it, held against
   formulas written out here.  */
#include "plan_help.h"
#include "schedule/schedule.h"
#include "yarn_help.h"

static rw_plan *plan;
static rw_point *point;
static rw_error err;

static void
plan_of (const char *text)
{
  rw_point_free (point);
  rw_plan_free (plan);
  plan = good_plan (text);
  if (rw_point_new (plan, &point, &err))
    exit (1);
}

static rw_status
at (size_t i)
{
  err = (rw_error){ 0 };
  return rw_plan_point (plan, i, point, &err);
}

/* Cell i has YaRN's table and this factor.  */
static void
is_yarn (size_t i, yarn y, double attention, const char *what)
{
  rw_freqs f = { 0 };
  double worst = 0;
  rw_status s = at (i);
  if (!s && point->schedule)
    s = rw_schedule_fill (point->schedule, &point->rope->geometry, point->length, &f, &err);
  for (size_t k = 0; !s && k < f.n; k++)
    worst = fmax (worst, fabs (f.inv_freq[k] / yarn_frequency (y, k) - 1));
  /* TOL3: our formula and this one round on other ways; a wrong ramp is off by 1e-2 and more */
  ok (!s && point->schedule && f.n == (size_t) y.d / 2 && worst <= TOL3, "%s: the table", what);
  near (s ? NAN : f.attention_factor, attention, TOL1, "and its factor");
  if (s || worst > TOL3)
    printf ("# %s: off by %g\n", err.text, worst);
  rw_freqs_free (&f);
}

#define OSS "'model': 'gpt-oss-20b'"

static void
the_models_own_schedule_is_read_by_every_stack (void)
{
  plan_of ("{" OSS ", 'axes': {'stack': ['hf', 'llama.cpp']}}");
  const yarn y = { 150000, 64, 4096, 32, false };
  yarn rounded = y;
  rounded.truncate = true;
  is_yarn (0, y, yarn_magnitude (32), "gpt-oss under hf: truncate is false");
  is_yarn (1, rounded, yarn_magnitude (32), "under llama.cpp it is always true");
}

static void
blocks_are_read_by_every_stack (void)
{
  plan_of ("{" OSS ", 'axes': {'stack': ['exact', 'hf', 'llama.cpp'], 'schedule': ["
           "{'rope_type': 'yarn', 'factor': 3.7, 'attention_factor': 1.25, 'truncate': false,"
           "'original_max_position_embeddings': 5000}]}}");
  const yarn y = { 150000, 64, 5000, 3.7, false };
  yarn rounded = y;
  rounded.truncate = true;
  is_yarn (0, y, 1.25, "exact has the definition");
  is_yarn (1, y, 1.25, "hf the same");
  is_yarn (2, rounded, yarn_magnitude (3.7), "llama.cpp rounds and loses the factor");
  ok (point->told && point->told->n, "and notes what it lost");
}

static void
a_length_left_out_is_the_trained_one (void)
{
  plan_of ("{" OSS ", 'schedule': {'rope_type': 'yarn', 'factor': 3.7},"
           "'axes': {'stack': ['exact', 'hf', 'llama.cpp']}}");
  for (size_t i = 0; i < 3; i++)
    is_yarn (i, (yarn){ 150000, 64, 4096, 3.7, true }, yarn_magnitude (3.7),
             plan->axes[0].labels[i]);
}

static void
axes_move_what_the_stack_reads (void)
{
  plan_of ("{" OSS ", 'schedule': {'rope_type': 'yarn', 'factor': 2, 'attention_factor': 1.25},"
           "'axes': {'stack': ['hf', 'llama.cpp'], 'schedule.factor': [2.385, 7.5],"
           "'schedule.truncate': [true, false]}}");
  is_yarn (1, (yarn){ 150000, 64, 4096, 2.385, false }, 1.25, "hf, first factor, not truncated");
  is_yarn (2, (yarn){ 150000, 64, 4096, 7.5, true }, 1.25, "hf, second factor, truncated");
  is_yarn (5, (yarn){ 150000, 64, 4096, 2.385, true }, yarn_magnitude (2.385), "llama.cpp, first");
  is_yarn (7, (yarn){ 150000, 64, 4096, 7.5, true }, yarn_magnitude (7.5), "llama.cpp, second");
}

/* Without a block the axis changes the model's config, so the factors that follow from it do too.
 */
static void
axes_move_the_models_own_block (void)
{
  plan_of ("{" OSS ", 'axes': {'stack': ['hf', 'llama.cpp'], 'schedule.factor': [2.385, 7.5]}}");
  is_yarn (0, (yarn){ 150000, 64, 4096, 2.385, false }, yarn_magnitude (2.385), "hf, first factor");
  is_yarn (1, (yarn){ 150000, 64, 4096, 7.5, false }, yarn_magnitude (7.5), "hf, second factor");
  is_yarn (3, (yarn){ 150000, 64, 4096, 7.5, true }, yarn_magnitude (7.5),
           "llama.cpp, second factor");
  plan_of ("{'model': 'llama-2-7b', 'stack': 'hf', 'axes': {'schedule.rope_theta': [23850, 5e5]}}");
  for (size_t i = 0; i < 2; i++)
    {
      rw_freqs f = { 0 };
      ok (!at (i) && !rw_schedule_fill (point->schedule, &point->rope->geometry, 1, &f, &err),
          "a base where the config has no block");
      near (f.n > 37 ? f.inv_freq[37] : NAN, pow (i ? 5e5 : 23850, -74.0 / 128), TOL1,
            "is the model's");
      rw_freqs_free (&f);
    }
}

static void
layer_types_have_their_blocks (void)
{
  plan_of ("{'model': 'gemma-3-27b', 'schedule': {'full_attention': {'rope_type': 'linear',"
           "'factor': 5.5}}, 'axes': {'stack': ['exact', 'hf'], 'layer_type': ['full_attention',"
           "'sliding_attention']}}");
  for (size_t i = 0; i < 4; i++)
    {
      rw_freqs f = { 0 };
      ok (!at (i) && !rw_schedule_fill (point->schedule, &point->rope->geometry, 1, &f, &err),
          "cell %zu of a model with two ropes", i);
      near (f.n ? f.inv_freq[0] : NAN, i % 2 ? 1 : 1 / 5.5, TOL0, "has its own rope's table");
      rw_freqs_free (&f);
    }
}

/* ---- what is refused ---- */

static void
a_refused_block_fails_its_points (void)
{
  plan_of ("{" OSS ", 'axes': {'stack': ['exact', 'hf'], 'schedule': ["
           "{'rope_type': 'mrrope', 'factor': 4}, {'rope_type': 'yarn', 'factor': 4}]}}");
  ok (!at (0) && point->schedule && !point->refusal, "exact has MrRoPE");
  ok (!at (2) && !point->schedule, "hf has not");
  has (point->refusal, "the stack 'hf' refuses it: schedule.rope_type: transformers has no",
       "and says so");
  ok (!at (3) && point->schedule && !point->refusal, "its other points are well");
  bool warned = false;
  for (size_t i = 0; i < plan->notes.n; i++)
    warned = warned || strstr (plan->notes.note[i].text, "its points will fail");
  ok (warned, "the plan warns of it");
  rw_plan *none = NULL;
  ok (make_plan ("{" OSS ", 'stack': 'hf', 'schedule': {'rope_type': 'mrrope', 'factor': 4}}", NULL,
                 &none, &err)
          == RW_EINVAL,
      "a plan of nothing else is refused");
  has (err.text, "schedule: the stack 'hf' refuses it", "with the reason");
}

static void
a_refused_model_fails_its_points (void)
{
  static const char *const model = "'model': {'head_dim': 64, 'rope_theta': 23850,"
                                   "'original_length': 4096, 'rope': {'rope_type': 'mrrope',"
                                   "'factor': 4}}";
  char text[512];
  snprintf (text, sizeof text,
            "{%s, 'metrics': ['similarity'], 'axes': {'stack': ['hf', 'exact'],"
            "'length': [100, 200]}}",
            model);
  plan_of (text);
  ok (at (0) == RW_EINVAL && point->refused, "hf does not read the model");
  has (err.text,
       "model: the stack 'hf' refuses it: inline: rope_parameters.rope_type: ", "and is named");
  ok (!at (3) && !point->refused && point->schedule, "exact reads it");
  rw_plan *none = NULL;
  snprintf (text, sizeof text, "{%s, 'stack': 'hf'}", model);
  ok (make_plan (text, NULL, &none, &err) == RW_EINVAL, "a plan of nothing else is refused");
  ok (make_plan ("{'model': 'no-such-model', 'axes': {'stack': ['hf', 'exact']}}", NULL, &none,
                 &err)
          == RW_EINVAL,
      "and so is a model that is none");
}

static void
keys_are_the_stacks_to_judge (void)
{
  rw_plan *none = NULL;
  static const char *const odd = "{'rope_type': 'yarn', 'factor': 4, 'attn_factor': 0.878}";
  char text[512];
  snprintf (text, sizeof text, "{" OSS ", 'schedule': %s}", odd);
  ok (make_plan (text, NULL, &none, &err) == RW_EINVAL,
      "exact refuses a key that it does not know");
  snprintf (text, sizeof text, "{" OSS ", 'stack': 'hf', 'schedule': %s}", odd);
  plan_of (text);
  bool told = false;
  for (size_t i = 0; i < plan->notes.n; i++)
    told = told || strstr (plan->notes.note[i].text, "attn_factor");
  ok (told, "hf passes over it, with a warning");
}

/* ---- what stays the same ---- */

static void
stacks_see_the_same_random_numbers (void)
{
  plan_of ("{" OSS ", 'source': {'name': 'gauss'}, 'axes': {'stack': ['exact', 'hf'],"
           "'length': [64, 128], 'schedule': ['default', {'rope_type': 'linear', 'factor': 4}]}}");
  uint64_t stream[8];
  for (size_t i = 0; i < 8; i++)
    {
      rw_input in = { 0 };
      at (i);
      rw_point_input (plan, point, &in);
      stream[i] = in.group;
    }
  ok (stream[0] == stream[4] && stream[2] == stream[6], "two stacks draw the same numbers");
  ok (stream[0] != stream[2] && stream[0] == stream[1], "two lengths do not, two schedules do");
  ok (plan->n_groups == 4, "though each stack prepares for itself");
}

static void
the_hash_covers_what_a_stack_reads (void)
{
  static const char *const texts[]
      = { "{" OSS ", 'stack': 'hf', 'schedule': {'rope_type': 'yarn', 'factor': 4}}",
          "{" OSS ", 'stack': 'hf', 'schedule': {'rope_type': 'yarn', 'factor': 4, 'label': 'x'}}",
          "{" OSS ", 'stack': 'hf', 'schedule': {'rope_type': 'yarn', 'factor': 4,"
          " 'attn_factor': 2}}" };
  char sha[3][65];
  for (size_t i = 0; i < 3; i++)
    {
      plan_of (texts[i]);
      memcpy (sha[i], plan->sha256, sizeof sha[i]);
    }
  ok (!strcmp (sha[0], sha[1]), "a label changes no number");
  ok (strcmp (sha[0], sha[2]) != 0, "a key that some stack reads may");
}

int
main (void)
{
  the_models_own_schedule_is_read_by_every_stack ();
  blocks_are_read_by_every_stack ();
  a_length_left_out_is_the_trained_one ();
  axes_move_what_the_stack_reads ();
  axes_move_the_models_own_block ();
  layer_types_have_their_blocks ();
  a_refused_block_fails_its_points ();
  a_refused_model_fails_its_points ();
  keys_are_the_stacks_to_judge ();
  stacks_see_the_same_random_numbers ();
  the_hash_covers_what_a_stack_reads ();
  rw_point_free (point);
  rw_plan_free (plan);
  return tap_end ();
}
