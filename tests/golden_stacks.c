/* golden_stacks: the golden numbers of older transformers and of vLLM, each from a config.

   The cases of golden/frequencies.json and further.json whose method is a stack's own reading of a
   block: each is put into a config.json and read by its stacks.  Configs that transformers refuses
   are refused by every one of them, and by vLLM.  */
#include "base/mem.h"
#include "golden_help.h"
#include "schedule/schedule.h"
#include "stack/stack.h"

/* float32 originals beside our double: their rounding is up to 6.6e-7.  */
static const double TABLE = 1e-6;
/* float32 in the same order; what is left is torch's pow against libm's, one ulp each.  */
static const double FLOAT = 3e-7;
/* Attention factors are double on both sides, in another order of operations.  */
static const double FACTOR = 1e-12;

typedef struct
{
  const char *method, *rope_type; /* rope_type NULL: params are a config */
  const char *stacks[3];
} reading;

static const reading readings[] = {
  { "yarn_v4", NULL, { "hf-4.45" } },
  { "yarn_v4mid", "yarn", { "hf-4.50" } },
  { "vllm_yarn", "yarn", { "vllm", "vllm-pre-56446" } },
  { "vllm_deepseek_yarn", "deepseek_yarn", { "vllm", "vllm-pre-56446" } },
  { "vllm_telechat3_yarn", "telechat3-yarn", { "vllm", "vllm-pre-56446" } },
  { "vllm_dynamic_ntk", "dynamic", { "vllm", "vllm-pre-56446" } },
  { "vllm_dynamic_ntk_alpha", "dynamic", { "vllm", "vllm-pre-56446" } },
  { "vllm_ntk", "ntk", { "vllm", "vllm-pre-56446" } },
  { "vllm_ntk_mixed", "ntk", { "vllm", "vllm-pre-56446" } },
  { "vllm_llama3", "llama3", { "vllm", "vllm-pre-56446" } },
  { "vllm_longrope", "longrope", { "vllm", "vllm-pre-56446" } },
  { "vllm_gemma4", "proportional", { "vllm", "vllm-pre-56446" } },
  { NULL, NULL, { NULL } },
};

static const char *const refusing[]
    = { "hf-4.45", "hf-4.50", "hf-4.56", "vllm", "vllm-pre-56446", NULL };

static void
set (cJSON *object, const char *key, const cJSON *value)
{
  cJSON_DeleteItemFromObjectCaseSensitive (object, key);
  cJSON_AddItemToObject (object, key, cJSON_Duplicate (value, true));
}

/* One param: at the top level, in the block, or nowhere.  */
static void
place (const cJSON *p, cJSON *config, cJSON *block)
{
  static const char *const above[] = { "head_dim", "rope_theta", "max_position_embeddings", NULL };
  static const char *const nowhere[] = { "factor_effective", "seq_len", "rope_type", NULL };
  for (const char *const *k = nowhere; *k; k++)
    if (strcmp (p->string, *k) == 0)
      return;
  for (const char *const *k = above; *k; k++)
    if (strcmp (p->string, *k) == 0)
      {
        set (config, p->string, p);
        return;
      }
  if (strcmp (p->string, "factors") == 0) /* the list that was chosen */
    {
      set (block, "long_factor", p);
      set (block, "short_factor", p);
    }
  else if (strcmp (p->string, "rotary_dim") != 0)
    set (block, p->string, p);
}

static cJSON *
config_of (const cJSON *params, const char *rope_type)
{
  if (!rope_type)
    return cJSON_Duplicate (params, true);
  cJSON *config = cJSON_CreateObject ();
  cJSON *block = cJSON_AddObjectToObject (config, "rope_scaling");
  cJSON_AddNumberToObject (config, "max_position_embeddings", 131072);
  cJSON_AddStringToObject (block, "rope_type", rope_type);
  const cJSON *p, *d = cJSON_GetObjectItem (params, "rotary_dim");
  cJSON_ArrayForEach (p, params) place (p, config, block);
  const cJSON *head = cJSON_GetObjectItem (config, "head_dim");
  if (d && !head)
    set (config, "head_dim", d);
  else if (d)
    cJSON_AddNumberToObject (config, "partial_rotary_factor", d->valuedouble / head->valuedouble);
  return config;
}

/* Largest relative difference; 0 must be 0; infinite where the counts differ.  */
static double
worst_of (const cJSON *want, const rw_freqs *f)
{
  double worst = 0;
  size_t i = 0;
  const cJSON *p;
  cJSON_ArrayForEach (p, want)
  {
    const double w = p->valuedouble, got = i < f->n ? f->inv_freq[i] : NAN;
    const double off = got == w ? 0 : fabs (got - w) / fabs (w);
    worst = off <= worst ? worst : off; /* NaN stays */
    i++;
  }
  return i == f->n ? worst : INFINITY;
}

static void
compare (const cJSON *c, const char *id, const rw_stack *s, const rw_rope *r)
{
  const cJSON *want = cJSON_GetObjectItem (c, "inv_freq");
  const char *stack = s->name;
  const cJSON *range = cJSON_GetObjectItem (c, "correction_range");
  rw_freqs f = { 0 };
  rw_error err = { 0 };
  if (!ok (!rw_schedule_fill (r->schedule, &r->geometry, r->geometry.max_length, &f, &err),
           "%s: %s fills %s", id, stack, err.text))
    return;
  double worst = worst_of (want, &f);
  ok (worst <= TABLE, "%s: %s computes it (worst %.2g)", id, stack, worst);
  near (f.attention_factor, number_of (c, "attention_factor"), FACTOR, id);
  for (int k = 0; range && k < 2; k++)
    near (f.ramp[k], item_of (c, "correction_range", (size_t) k), TOL1, "its range");
  worst = s->arithmetic (r->schedule, &r->geometry, r->geometry.max_length, &f, &err)
              ? INFINITY
              : worst_of (want, &f);
  ok (worst <= FLOAT, "%s: %s in float32 (%.2g) %s", id, stack, worst, err.text);
  rw_freqs_free (&f);
}

static void
read_case (const cJSON *c, const reading *r)
{
  const char *id = text_of (c, "id");
  cJSON *config = config_of (cJSON_GetObjectItem (c, "params"), r->rope_type);
  for (size_t i = 0; i < 3 && r->stacks[i]; i++)
    {
      const rw_stack *stack = NULL;
      rw_model model = { 0 };
      rw_error err = { 0 };
      const int read = !rw_stack_find (r->stacks[i], &stack, &err)
                       && !stack->read (id, config, NULL, &model, &err);
      if (ok (read, "%s: %s reads it %s", id, r->stacks[i], err.text))
        compare (c, id, stack, &model.rope[0]);
      rw_model_free (&model);
    }
  cJSON_Delete (config);
}

/* vLLM's dynamic is another table, which a head of 2 cannot have either.  */
static void
refuse_case (const cJSON *c)
{
  const char *id = text_of (c, "id");
  const cJSON *params = cJSON_GetObjectItem (c, "params");
  cJSON *config = config_of (params, text_of (params, "rope_type"));
  for (const char *const *name = refusing; *name; name++)
    {
      const rw_stack *stack = NULL;
      rw_model model = { 0 };
      rw_error err = { 0 };
      ok (!rw_stack_find (*name, &stack, &err) && stack->read (id, config, NULL, &model, &err)
              && err.text[0],
          "%s: %s refuses it: %s", id, *name, err.text);
      rw_model_free (&model);
    }
  cJSON_Delete (config);
}

static int
judge_file (const char *name)
{
  cJSON *file = read_golden (name);
  int n = 0;
  const cJSON *c;
  cJSON_ArrayForEach (c, cJSON_GetObjectItem (file, "cases"))
  {
    const char *method = text_of (c, "method"), *kind = text_of (c, "kind");
    if (kind && strcmp (kind, "error") == 0)
      refuse_case (c), n++;
    for (const reading *r = readings; r->method && method; r++)
      if (strcmp (r->method, method) == 0)
        read_case (c, r), n++;
  }
  cJSON_Delete (file);
  return n;
}

int
main (void)
{
  const int n = judge_file ("frequencies.json") + judge_file ("further.json");
  ok (n == 22, "all of the cases were there (%d)", n);
  return tap_end ();
}
