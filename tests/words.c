/* words: what a stack is told, it computes: each stack's `write` for models and schedules of all
   kinds, patched into the model's config and read by that stack, gives the tables and factors that
   it was to give.  */
#include "base/mem.h"
#include "schedule/schedule.h"
#include "stack/stack.h"
#include "tap.h"

static rw_error err;

/* Models with one rope, two, three; of half and interleaved pairs; with a part of the head.  */
static const char *const models[]
    = { "llama-3.1-8b",        "qwen2.5-7b",  "phi-4-mini",       "phi-3.5-mini",
        "glm-4-9b-chat",       "gemma-3-27b", "gpt-oss-20b",      "olmo-3-7b",
        "gemma-4-31b",         "deepseek-v3", "deepseek-v2-236b", "deepseek-v4-flash",
        "ministral-3-3b-2512", "smollm3-3b",  "llama-4-scout" };

static const char *const blocks[] = {
  NULL,
  "{\"rope_type\": \"default\", \"rope_theta\": 123456.75}",
  "{\"rope_type\": \"linear\", \"factor\": 3.5}",
  "{\"rope_type\": \"ntk\", \"factor\": 7.25}",
  "{\"rope_type\": \"dynamic\", \"factor\": 2.5}",
  "{\"rope_type\": \"yarn\", \"factor\": 4, \"original_max_position_embeddings\": 32768}",
  "{\"rope_type\": \"yarn\", \"factor\": 4.7, \"original_max_position_embeddings\": 4096, "
  "\"beta_fast\": 17, \"beta_slow\": 2, \"attention_factor\": 1.0625}",
  "{\"rope_type\": \"yarn\", \"factor\": 8, \"original_max_position_embeddings\": 4096, "
  "\"truncate\": false}",
  "{\"rope_type\": \"yarn\", \"factor\": 6, \"original_max_position_embeddings\": 8192, "
  "\"ramp\": \"rotations\"}",
  "{\"rope_type\": \"llama3\", \"factor\": 8, \"low_freq_factor\": 1, \"high_freq_factor\": 4, "
  "\"original_max_position_embeddings\": 8192}",
  "{\"rope_type\": \"ntk_by_parts\", \"factor\": 4}",
  "{\"rope_type\": \"dynamic_yarn\", \"original_max_position_embeddings\": 4096}",
  "{\"rope_type\": \"mrrope\", \"factor\": 4}",
  "{\"rope_type\": \"power\", \"power\": 1.5, \"factor\": 6}",
  "{\"rope_type\": \"truncated\", \"truncate\": 8, \"factor\": 4}",
  "{\"rope_type\": \"proportional\", \"partial_rotary_factor\": 0.5}",
  "{\"rope_type\": \"proportional\", \"partial_rotary_factor\": 0.5, \"factor\": 3}",
  "{\"rope_type\": \"none\"}",
};

static const rw_rope *
rope_of_type (const rw_model *m, const char *type)
{
  for (size_t i = 0; i < m->n_ropes; i++)
    if (strcmp (m->rope[i].layer_type, type) == 0)
      return &m->rope[i];
  return m->n_ropes == 1 ? &m->rope[0] : NULL;
}

/* A pair told as divided by 1e30 does not rotate: no phase at any length.  */
static int
same_frequency (double got, double want, double length)
{
  return fabs (got - want) <= 1e-9 * want || fabs (got - want) * length < 1e-12;
}

/* What differs, in words; 0 where nothing.  */
static int
rope_differs (const rw_rope *want, const rw_rope *got, double length, char text[200])
{
  rw_freqs a = { 0 }, b = { 0 };
  int bad = 1;
  snprintf (text, 200, "no rope");
  if (got && !rw_schedule_fill (want->schedule, &want->geometry, length, &a, &err)
      && !rw_schedule_fill (got->schedule, &got->geometry, length, &b, &err))
    {
      bad = a.n != b.n || fabs (a.attention_factor - b.attention_factor) > 1e-9
            || fabs (a.softmax_factor - b.softmax_factor) > 1e-9;
      snprintf (text, 200, "pairs %zu %zu, factors %g %g, softmax %g %g", a.n, b.n,
                a.attention_factor, b.attention_factor, a.softmax_factor, b.softmax_factor);
      for (size_t i = 0; i < a.n && !bad; i++)
        if (!same_frequency (b.inv_freq[i], a.inv_freq[i], length))
          {
            bad = 1;
            snprintf (text, 200, "pair %zu: %.12g, wanted %.12g", i, b.inv_freq[i], a.inv_freq[i]);
          }
    }
  rw_freqs_free (&a);
  rw_freqs_free (&b);
  return bad;
}

static int
read_back (const rw_stack *stack, const rw_model *want, const cJSON *config, const char *what)
{
  rw_model got = { 0 };
  char text[200];
  int bad = 0;
  if (stack->read ("patched", config, NULL, &got, &err))
    {
      if (!strstr (err.text, "Phi3Config"))
        printf ("# %s: %s\n", what, err.text);
      return 1;
    }
  for (size_t i = 0; i < want->n_ropes; i++)
    {
      const rw_rope *r = &want->rope[i];
      if (rope_differs (r, rope_of_type (&got, r->layer_type), r->geometry.max_length, text))
        {
          printf ("# %s %s: %s\n", what, r->layer_type, text);
          bad = 1;
        }
    }
  rw_model_free (&got);
  return bad;
}

/* What a stack's class for a model does whatever it is told: by the beginning of both names, and by
   a part of the block (NULL: the model's own).  */
static const struct
{
  const char *stack, *model, *block;
} beyond_words[] = {
  { "hf-4", "deepseek-v2", NULL },             /* no softmax factor: transformers#47435 */
  { "vllm-pre", "deepseek-", "\"truncate\"" }, /* deepseek_yarn has none */
  { "vllm-pre", "deepseek-v4", "\"yarn\"" },   /* starts from 1, not from yarn's magnitude */
  { "vllm-pre", "deepseek-v4", NULL },
  { "hf-4.45", "deepseek-v2", "\"yarn\"" }, /* the code beside its weights */
  { "hf-4.45", "deepseek-v3", "\"yarn\"" },
  { NULL, NULL, NULL },
};

static int
is_beyond_words (const char *stack, const char *model, const char *block)
{
  for (size_t i = 0; beyond_words[i].stack; i++)
    if (strncmp (stack, beyond_words[i].stack, strlen (beyond_words[i].stack)) == 0
        && strncmp (model, beyond_words[i].model, strlen (beyond_words[i].model)) == 0
        && (beyond_words[i].block ? block && strstr (block, beyond_words[i].block) : !block))
      return 1;
  return 0;
}

/* Transformers 4 has no words for two heads, or for three ropes.  */
static int
has_no_words (const char *stack, const char *model)
{
  return strncmp (stack, "hf-4", 4) == 0
         && (strcmp (model, "gemma-4-31b") == 0 || strcmp (model, "deepseek-v4-flash") == 0);
}

/* 1: it differs; -1: refused by name; 0: it agrees.  */
static int
try (const rw_stack *stack, const char *model, const char *block)
{
  rw_model want = { 0 };
  rw_words words = { 0 };
  cJSON *config = NULL, *patched = NULL;
  const rw_stack *exact = rw_stack_at (0);
  char *name = NULL, what[256];
  err.text[0] = 0;
  snprintf (what, sizeof what, "%s %s %.120s", stack->name, model, block ? block : "");
  int bad = rw_stack_model (exact, model, block, &want, &err)
            || rw_stack_config (model, &config, &name, &err);
  if (bad)
    printf ("# %s: %s\n", what, err.text);
  else if (stack->write (&want, &words, &err))
    {
      bad = strstr (err.text, "words for a plain rope") || strstr (err.text, "half-split") ? -1 : 1;
      if (bad > 0)
        printf ("# %s: %s\n", what, err.text);
    }
  else
    bad = rw_words_place (&words, config, &err)
          || rw_json_merge (config, words.patch, &patched, &err)
          || read_back (stack, &want, patched, what);
  if (bad > 0
      && strstr (err.text, "Phi3Config")) /* a class with two types: export tells it tables */
    bad = -1;
  cJSON_Delete (patched);
  cJSON_Delete (config);
  rw_free (name);
  rw_words_free (&words);
  rw_model_free (&want);
  return bad;
}

static void
told_is_computed (const rw_stack *stack)
{
  enum
  {
    MODELS = sizeof models / sizeof *models,
    BLOCKS = sizeof blocks / sizeof *blocks
  };
  for (size_t m = 0; m < MODELS; m++)
    {
      int wrong = 0, refused = 0;
      for (size_t b = 0; b < BLOCKS; b++)
        {
          const int bad = is_beyond_words (stack->name, models[m], blocks[b])
                              ? 0
                              : try (stack, models[m], blocks[b]);
          wrong += bad > 0;
          refused += bad < 0;
        }
      ok (!wrong && (has_no_words (stack->name, models[m]) ? refused == BLOCKS : refused < BLOCKS),
          "%s, told of %s, computes it (%d of %d refused by name)", stack->name, models[m], refused,
          BLOCKS);
    }
}

static void
floats_have_a_point (void)
{
  static const char text[] = "{\"factor\": 4, \"beta_fast\": 32, \"rope_theta\": 10000, "
                             "\"attention_factor\": 1.5, \"short_factor\": [1, 2], \"x\": 1e30}";
  cJSON *json = NULL;
  rw_text out = { 0 };
  ok (!rw_json_parse ("t", text, sizeof text - 1, &json, &err), "parsed");
  rw_words_print (json, false, &out);
  ok (strcmp (rw_text_get (&out), "{\"attention_factor\":1.5,\"beta_fast\":32.0,\"factor\":4.0,"
                                  "\"rope_theta\":10000,\"short_factor\":[1,2],\"x\":1e+30}")
          == 0,
      "floats have a point: %s", rw_text_get (&out));
  rw_text_free (&out);
  cJSON_Delete (json);
}

static void
lines_are_wrapped (void)
{
  static const char inner[]
      = "{\"thinker_config\": {\"text_config\": {\"model_type\": \"llama\"}}}";
  cJSON *config = NULL;
  rw_words words = { .patch = cJSON_CreateObject (), .line = rw_strdup ("--x '{\"a\":1}' --y 2") };
  cJSON_AddNumberToObject (words.patch, "a", 1);
  ok (!rw_json_parse ("t", inner, sizeof inner - 1, &config, &err)
          && !rw_words_place (&words, config, &err),
      "placed");
  ok (strcmp (words.line, "--x '{\"thinker_config\":{\"text_config\":{\"a\":1}}}' --y 2") == 0,
      "a line is wrapped: %s", words.line);
  ok (rw_json_get (rw_json_get (rw_json_get (words.patch, "thinker_config"), "text_config"), "a")
          != NULL,
      "a patch too");
  rw_words_free (&words);
  cJSON_Delete (config);
}

int
main (void)
{
  const rw_stack *stack;
  for (size_t i = 0; (stack = rw_stack_at (i)); i++)
    if (stack->write && strcmp (stack->name, "llama.cpp") != 0) /* its own test has those */
      told_is_computed (stack);
  floats_have_a_point ();
  lines_are_wrapped ();
  return tap_end ();
}
