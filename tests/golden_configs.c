/* golden_configs: whole configs through the reader, beside what transformers' own functions gave.

   Each case of golden/frequencies.json that has an `hf_config` is read as a config.json by the
   stacks exact and hf, filled at its length, and compared; the float32 arithmetic is compared more
   tightly.  Cases transformers refuses are built from their `params` and must be refused.  */
#include "base/mem.h"
#include "schedule/schedule.h"
#include "stack/stack.h"
#include "tap.h"

/* Our double beside float32 originals: their rounding is up to 6.6e-7.  */
static const double TABLE = 1e-6;
/* float32 in the same order; what is left is torch's pow against libm's, one ulp each.  */
static const double FLOAT = 3e-7;
/* Attention factors are double on both sides, in another order of operations.  */
static const double FACTOR = 1e-12;

static double
number (const cJSON *object, const char *key, double missing)
{
  const cJSON *item = rw_json_get (object, key);
  return cJSON_IsNumber (item) ? item->valuedouble : missing;
}

/* Largest relative difference; 0 must be 0; infinite where the counts differ.  */
static double
worst_of (const cJSON *want, const rw_freqs *got)
{
  double worst = 0;
  size_t i = 0;
  const cJSON *item;
  if ((size_t) cJSON_GetArraySize (want) != got->n)
    return INFINITY;
  cJSON_ArrayForEach (item, want)
  {
    const double w = item->valuedouble, g = got->inv_freq[i++];
    worst = fmax (worst, w == 0 ? (g == 0 ? 0 : INFINITY) : fabs (g - w) / fabs (w));
  }
  return worst;
}

/* The forward pass computes the new base of `dynamic` in float32, init in double: only the cases of
   the forward pass test that order.  */
static int
tests_float (const char *id, const char *method, double length, double max_length)
{
  return strcmp (method, "dynamic") != 0 || length <= max_length || strstr (id, "-tensor");
}

static void
compare (const cJSON *test, const rw_rope *r, const char *stack)
{
  const char *id = rw_json_get (test, "id")->valuestring;
  const char *method = rw_json_get (test, "method")->valuestring;
  const cJSON *want = rw_json_get (test, "inv_freq");
  const double length = number (rw_json_get (test, "params"), "seq_len", 0);
  rw_freqs freqs = { 0 };
  rw_error err = { 0 };
  if (!ok (!rw_schedule_fill (r->schedule, &r->geometry, length, &freqs, &err), "%s: %s fills %s",
           id, stack, err.text))
    return;
  double worst = worst_of (want, &freqs);
  ok (worst <= TABLE, "%s: %s agrees (%.2g)", id, stack, worst);
  near (freqs.attention_factor, number (test, "attention_factor", NAN), FACTOR, id);
  if (tests_float (id, method, length, r->geometry.max_length))
    {
      const int filled = !rw_stack_hf_float (r->schedule, &r->geometry, length, &freqs, &err);
      worst = filled ? worst_of (want, &freqs) : INFINITY;
      ok (worst <= FLOAT, "%s: in float32 (%.2g)", id, worst);
    }
  rw_freqs_free (&freqs);
}

static void
read_case (const cJSON *test)
{
  const char *id = rw_json_get (test, "id")->valuestring;
  for (size_t i = 0; rw_stack_at (i) && i < 2; i++)
    {
      rw_model model;
      rw_error err = { 0 };
      const rw_stack *stack = rw_stack_at (i);
      const int read = !stack->read (id, rw_json_get (test, "hf_config"), NULL, &model, &err);
      ok (read, "%s: %s reads it %s", id, stack->name, err.text);
      if (read)
        compare (test, &model.rope[0], stack->name);
      rw_model_free (&model);
    }
}

/* A config that says the params of a case without one.  */
static cJSON *
config_of (const cJSON *params)
{
  cJSON *config = cJSON_CreateObject (), *block = cJSON_Duplicate (params, true);
  cJSON_AddNumberToObject (config, "head_dim", number (params, "head_dim", 64));
  cJSON_AddNumberToObject (config, "max_position_embeddings",
                           number (params, "max_position_embeddings", 8192));
  cJSON_DeleteItemFromObjectCaseSensitive (block, "head_dim");
  cJSON_DeleteItemFromObjectCaseSensitive (block, "max_position_embeddings");
  cJSON_DeleteItemFromObjectCaseSensitive (block, "seq_len");
  cJSON_AddItemToObject (config, "rope_parameters", block);
  return config;
}

static void
refuse_case (const cJSON *test)
{
  const char *id = rw_json_get (test, "id")->valuestring;
  cJSON *config = config_of (rw_json_get (test, "params"));
  rw_model model;
  rw_error err = { 0 };
  const rw_stack *stack = rw_stack_at (1);
  ok (stack->read (id, config, NULL, &model, &err) && err.text[0], "%s: refused: %s", id, err.text);
  rw_model_free (&model);
  cJSON_Delete (config);
}

int
main (void)
{
  char path[4096];
  cJSON *tree = NULL;
  rw_error err = { 0 };
  const char *top = getenv ("top_srcdir");
  size_t n = 0;
  snprintf (path, sizeof path, "%s/tests/golden/frequencies.json", top ? top : ".");
  if (!ok (!rw_json_read (path, &tree, &err), "the golden numbers are read %s", err.text))
    return tap_end ();
  const cJSON *test;
  cJSON_ArrayForEach (test, rw_json_get (tree, "cases"))
  {
    const char *kind = rw_json_get (test, "kind")->valuestring;
    if (strcmp (kind, "inv_freq") == 0 && rw_json_get (test, "hf_config"))
      read_case (test), n++;
    else if (strcmp (kind, "error") == 0)
      refuse_case (test), n++;
  }
  ok (n > 60, "all of the cases were there (%zu)", n);
  cJSON_Delete (tree);
  return tap_end ();
}
