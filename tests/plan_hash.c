/* plan_hash: configs that mean the same have one hash, others have another; and the overrides of
   the command line.  */
#include "plan_help.h"

static void
hash_of (const char *text, const rw_plan_edits *edits, char hex[65])
{
  rw_plan *plan = NULL;
  rw_error err;
  hex[0] = 0;
  if (make_plan (text, edits, &plan, &err))
    printf ("# %s\n", err.text);
  else
    memcpy (hex, plan->sha256, 65);
  rw_plan_free (plan);
}

static const char *const base
    = "{" LLAMA ", 'metrics': ['disturbance'], 'axes': {'schedule': ['linear', 'yarn'],"
      " 'schedule.factor': [2, 4, 8], 'length': [4096, 8192, 16384]}}";

/* Each of these says what `base` says.  */
static const char *const same[] = {
  "{'axes': {'schedule': ['linear', 'yarn'], 'schedule.factor': {'log2': [1, 3]},"
  " 'length': {'log2': [12, 14]}}, 'metrics': [{'name': 'disturbance'}], " LLAMA "}",
  "{" LLAMA ", 'metrics': [{'bins': 360, 'name': 'disturbance'}], 'seed': 0, 'stack': 'exact',"
  " 'axes': {'schedule': [{'rope_type': 'pi'}, {'type': 'yarn', 'beta_fast': 32.0}],"
  " 'schedule.factor': {'geom': [2, 8, 3]}, 'length': {'geom': [4096, 16384, 3]}}}",
  "{'$schema': 'x', 'name': 'other', 'output': 'there.h5', 'metrics': ['disturbance'],"
  " 'figures': [{'field': 'disturbance', 'x': 'pair', 'lines': 'schedule'}],"
  " 'model': {'rope_theta': 1e4, 'max_position_embeddings': 4096, 'head_dim': 128,"
  " 'original_max_position_embeddings': 4096, 'name': 'mine', 'partial_rotary_factor': 1},"
  " 'axes': {'schedule': ['linear', 'yarn'], 'schedule.factor': [2, 4, 8],"
  " 'length': [4096, 8192, 16384]}, 'rule': null}",
};

/* Each of these changes a number or a coordinate.  */
static const char *const other[] = {
  "{" LLAMA ", 'seed': 1, 'metrics': ['disturbance'], 'axes': {'schedule': ['linear', 'yarn'],"
  " 'schedule.factor': [2, 4, 8], 'length': [4096, 8192, 16384]}}",
  "{" LLAMA ", 'metrics': ['disturbance'], 'axes': {'schedule.factor': [2, 4, 8], 'schedule': "
  "['linear', 'yarn'], 'length': [4096, 8192, 16384]}}",
  "{" LLAMA ", 'metrics': ['disturbance'], 'axes': {'schedule': ['linear', 'yarn'],"
  " 'schedule.factor': [2, 4, 9], 'length': [4096, 8192, 16384]}}",
  "{" LLAMA ", 'metrics': ['disturbance'], 'axes': {'schedule': ['linear', {'rope_type': 'yarn',"
  " 'beta_fast': 31}], 'schedule.factor': [2, 4, 8], 'length': [4096, 8192, 16384]}}",
  "{" LLAMA ", 'metrics': ['disturbance'], 'axes': {'schedule': ['linear', {'rope_type': 'yarn',"
  " 'label': 'Y'}], 'schedule.factor': [2, 4, 8], 'length': [4096, 8192, 16384]}}",
  "{" LLAMA ", 'metrics': ['coverage'], 'axes': {'schedule': ['linear', 'yarn'],"
  " 'schedule.factor': [2, 4, 8], 'length': [4096, 8192, 16384]}}",
  "{" LLAMA ", 'metrics': [{'name': 'disturbance', 'bins': 90}], 'axes': {'schedule': ['linear', "
  "'yarn'], 'schedule.factor': [2, 4, 8], 'length': [4096, 8192, 16384]}}",
  "{" LLAMA ", 'rule': {'name': 'start', 'n_hat': 4}, 'metrics': ['disturbance'], 'axes': "
  "{'schedule': ['linear', 'yarn'], 'schedule.factor': [2, 4, 8], 'length': [4096, 8192, 16384]}}",
  "{" LLAMA ", 'distances': 'all', 'metrics': ['disturbance'], 'axes': {'schedule': ['linear', "
  "'yarn'], 'schedule.factor': [2, 4, 8], 'length': [4096, 8192, 16384]}}",
  "{" LLAMA ", 'stack': 'hf', 'metrics': ['disturbance'], 'axes': {'schedule': ['linear', 'yarn'],"
  " 'schedule.factor': [2, 4, 8], 'length': [4096, 8192, 16384]}}",
  "{'model': {'head_dim': 128, 'rope_theta': 10001, 'original_length': 4096}, 'metrics': "
  "['disturbance'], 'axes': {'schedule': ['linear', 'yarn'], 'schedule.factor': [2, 4, 8],"
  " 'length': [4096, 8192, 16384]}}",
};

static void
meaning_is_hashed (void)
{
  char first[65], hex[65];
  hash_of (base, NULL, first);
  ok (strlen (first) == 64 && strspn (first, "0123456789abcdef") == 64, "a hash is 64 hex digits");
  for (size_t i = 0; i < sizeof same / sizeof *same; i++)
    {
      hash_of (same[i], NULL, hex);
      ok (!strcmp (first, hex), "another way %zu to say the same has the same hash", i);
    }
  for (size_t i = 0; i < sizeof other / sizeof *other; i++)
    {
      hash_of (other[i], NULL, hex);
      ok (strlen (hex) == 64 && strcmp (first, hex), "what changes numbers (%zu) changes the hash",
          i);
    }
}

/* A list of more than 1024 values stands in the normal form as a digest, and still counts.  */
static void
long_lists_are_hashed (void)
{
  char a[65], b[65], c[65];
  hash_of ("{" LLAMA
           ", 'schedule': 'linear', 'axes': {'schedule.factor': {'range': [1, 5000, 1]}}}",
           NULL, a);
  hash_of ("{" LLAMA ", 'schedule': 'linear', 'axes': {'schedule.factor': {'linspace': [1, 5000, "
           "5000]}}}",
           NULL, b);
  hash_of ("{" LLAMA
           ", 'schedule': 'linear', 'axes': {'schedule.factor': {'range': [1, 5001, 1]}}}",
           NULL, c);
  ok (a[0] && !strcmp (a, b) && strcmp (a, c),
      "long lists are told apart, however they are written");
}

static void
the_normal_form_is_whole (void)
{
  rw_plan *plan = good_plan (base);
  has (plan->normal, "\"bins\":360", "defaults are filled in");
  has (plan->normal, "\"values\":[4096,8192,16384]", "values are written out");
  has (plan->normal, "\"rope_theta\":10000", "a model is what it says");
  has (plan->normal, "\"name\":\"config\"", "the name stands beside");
  has (plan->config, "\"axes\": {\"schedule\": [", "the config is kept as written");
  rw_plan_free (plan);
}

/* An edited config has the hash of the config that was written like it.  */
static void
edit_is (const char *text, const char *set, const char *axis, const char *want, const char *name)
{
  char a[65], b[65];
  const rw_plan_edits edits
      = { .set = &set, .n_set = set != NULL, .axis = &axis, .n_axis = axis != NULL };
  hash_of (text, &edits, a);
  hash_of (want, NULL, b);
  ok (a[0] && !strcmp (a, b), "%s", name);
}

static void
overrides_are_like_writing (void)
{
  static const char *const plain = "{" LLAMA ", 'schedule': 'yarn', 'metrics': ['disturbance']"
                                   ", 'axes': {'schedule.factor': [2, 4]}}";
  edit_is (plain, "length=8192", NULL,
           "{" LLAMA ", 'schedule': 'yarn', 'metrics': ['disturbance'], 'length': 8192, 'axes': "
           "{'schedule.factor': [2, 4]}}",
           "--set adds a key");
  edit_is (plain, "schedule.beta_fast=31", NULL,
           "{" LLAMA ", 'schedule': {'rope_type': 'yarn', 'beta_fast': 31}, 'metrics': "
           "['disturbance'], 'axes': {'schedule.factor': [2, 4]}}",
           "--set reaches into a bare schedule");
  edit_is (plain, "disturbance.bins=90", NULL,
           "{" LLAMA ", 'schedule': 'yarn', 'metrics': [{'name': 'disturbance', 'bins': 90}], "
           "'axes': {'schedule.factor': [2, 4]}}",
           "--set reaches a metric by its name");
  edit_is (
      plain, "model.rope_theta=5e5", NULL,
      "{'model': {'head_dim': 128, 'rope_theta': 500000, 'original_length': 4096}, 'schedule': "
      "'yarn', 'metrics': ['disturbance'], 'axes': {'schedule.factor': [2, 4]}}",
      "--set reaches into the model");
  edit_is (plain, "schedule={\"rope_type\":\"linear\"}", NULL,
           "{" LLAMA ", 'schedule': 'linear', 'metrics': ['disturbance'], 'axes': "
           "{'schedule.factor': [2, 4]}}",
           "--set takes JSON");
  edit_is (plain, "metrics=null", NULL,
           "{" LLAMA ", 'schedule': 'yarn', 'axes': {'schedule.factor': [2, 4]}}",
           "--set null takes a key out");
  edit_is (plain, NULL, "schedule.factor=3,5",
           "{" LLAMA ", 'schedule': 'yarn', 'metrics': ['disturbance'], 'axes': "
           "{'schedule.factor': [3, 5]}}",
           "--axis replaces values");
  edit_is (plain, NULL, "length={\"log2\":[12,13]}",
           "{" LLAMA ", 'schedule': 'yarn', 'metrics': ['disturbance'], 'axes': "
           "{'schedule.factor': [2, 4], 'length': [4096, 8192]}}",
           "--axis adds an axis, a form too");
  edit_is (plain, NULL, "schedule=linear,{\"rope_type\":\"yarn\",\"beta_fast\":31}",
           "{" LLAMA
           ", 'metrics': ['disturbance'], 'axes': {'schedule.factor': [2, 4], 'schedule': "
           "['linear', {'rope_type': 'yarn', 'beta_fast': 31}]}}",
           "--axis takes the place of a key, and splits outside brackets only");
  edit_is (plain, NULL, "schedule.beta_fast,schedule.beta_slow=[31,1],[30,2]",
           "{" LLAMA
           ", 'schedule': 'yarn', 'metrics': ['disturbance'], 'axes': {'schedule.factor': "
           "[2, 4], 'schedule.beta_fast,schedule.beta_slow': [[31, 1], [30, 2]]}}",
           "--axis links");
}

static void
seed_and_stack_are_overrides (void)
{
  const uint64_t seed = 9007199254740991; /* 2^53 - 1, the largest */
  const rw_plan_edits edits = { .seed = &seed, .stack = "hf" };
  rw_plan *plan = NULL;
  rw_error err;
  make_plan (base, &edits, &plan, &err);
  ok (plan && plan->seed == seed && !strcmp (plan->stack, "hf"), "--seed and --stack");
  has (plan ? plan->config : "", "\"stack\":\t\"hf\"", "an edited config is kept as it was run");
  rw_plan_free (plan);
}

static void
refused (const char *set, const char *axis, const char *text_part, const char *hint_part)
{
  static const char *const text
      = "{" LLAMA ", 'axes': {'schedule': ['linear', 'yarn'], 'schedule.factor': [2, 4],"
        " 'length, schedule.beta_fast': [[4096, 31], [8192, 32]]}}";
  const rw_plan_edits edits
      = { .set = &set, .n_set = set != NULL, .axis = &axis, .n_axis = axis != NULL };
  rw_plan *plan = NULL;
  rw_error err;
  const rw_status s = make_plan (text, &edits, &plan, &err);
  ok (s == RW_EINVAL, "%s is refused", set ? set : axis);
  has (err.text, text_part, "  and the text says why");
  has (err.hint, hint_part, "  and the hint what to do");
  rw_plan_free (plan);
}

static void
slips_are_refused (void)
{
  refused ("schedule.factor=8", NULL, "swept by the axis \"schedule.factor\"",
           "--axis schedule.factor=8");
  refused ("schedule.ramp=index", NULL, "swept by the axis \"schedule\"",
           "--axis schedule.ramp=index");
  refused ("length=5", NULL, "swept by the axis \"length, schedule.beta_fast\"", "--axis 'length");
  refused ("axes.length=5", NULL, "--axis", "--axis length=5");
  refused ("length", NULL, "expected path=value", "--set length=32768");
  refused ("=3", NULL, "expected path=value", "e.g.");
  refused ("rule.n_hat=3", NULL, "the config has no 'rule'", "set whole first");
  refused ("model.rope_theta.x=3", NULL, "'x' is no member of a number", "");
  refused ("schedle=3", NULL, "schedle: unknown key", "doc/config.md");
  refused ("name={\"a\":", NULL, "--set", "");
  refused (NULL, "length", "expected path=v1,v2", "e.g.");
  refused (NULL, "length=5", "it is linked", "--axis 'length, schedule.beta_fast=");
  refused (NULL, "schedule.factor=2,,3", "a value is empty", "");
  refused (NULL, "lenght=5", "'lenght' is not an axis", "KIND.PARAM");
}

int
main (void)
{
  meaning_is_hashed ();
  long_lists_are_hashed ();
  the_normal_form_is_whole ();
  overrides_are_like_writing ();
  seed_and_stack_are_overrides ();
  slips_are_refused ();
  return tap_end ();
}
