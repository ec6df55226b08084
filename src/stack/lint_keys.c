/* lint_keys: rules about the keys of a block: misspelt, unknown, ignored, twice there, refused.

   What each type reads is transformers 5's modeling_rope_utils.py; what one stack alone reads is
   named with it.  */
#include "stack/lint_part.h"

#include <string.h>

/* The keys of each type; every type also has those of `common`.  */
static const struct
{
  const char *type;
  const char *keys[8];
} types[] = {
  { "default", { NULL } },
  { "linear", { "factor" } },
  { "dynamic", { "factor", "alpha" } },
  { "yarn",
    { "factor", "attention_factor", "beta_fast", "beta_slow", "mscale", "mscale_all_dim",
      "truncate" } },
  { "longrope", { "short_factor", "long_factor", "attention_factor", "factor" } },
  { "su", { "short_factor", "long_factor", "attention_factor", "factor" } },
  { "llama3", { "factor", "low_freq_factor", "high_freq_factor" } },
  { "proportional", { "factor" } },
  { NULL, { NULL } },
};

static const char *const common[] = {
  "rope_type", "type", "rope_theta", "partial_rotary_factor", "original_max_position_embeddings",
  NULL
};

/* Keys that one stack or one family's code reads; `loud` where others then compute another table or
   factor.  */
static const struct
{
  const char *key, *reader;
  unsigned deaf; /* these pass it over */
  bool loud;
} foreign[] = {
  { "apply_yarn_scaling", "vllm", RW_LINT_HF | RW_LINT_HF_V4 | RW_LINT_LLAMA, true },
  { "extrapolation_factor", "vllm and llama.cpp's converter", RW_LINT_HF | RW_LINT_HF_V4, true },
  { "apply_scale", "vllm, for Mistral's own format", RW_LINT_HF | RW_LINT_HF_V4 | RW_LINT_LLAMA,
    true },
  { "mixed_b", "vllm", RW_LINT_HF | RW_LINT_HF_V4 | RW_LINT_LLAMA, true },
  { "short_mscale", "vllm and Phi-3.5-MoE's own class", RW_LINT_HF | RW_LINT_HF_V4 | RW_LINT_LLAMA,
    true },
  { "long_mscale", "vllm and Phi-3.5-MoE's own class", RW_LINT_HF | RW_LINT_HF_V4 | RW_LINT_LLAMA,
    true },
  { "ramp", "ropewalk's exact", RW_LINT_ALL & ~(unsigned) RW_LINT_EXACT, true },
  { "softmax_mscale", "ropewalk's exact", RW_LINT_ALL & ~(unsigned) RW_LINT_EXACT, true },
  { "magnitude", "ropewalk's exact", RW_LINT_ALL & ~(unsigned) RW_LINT_EXACT, true },
  { "interpolate", "ropewalk's exact", RW_LINT_ALL & ~(unsigned) RW_LINT_EXACT, true },
  { "alpha", "vllm and HunYuan's class", RW_LINT_HF | RW_LINT_HF_V4, false },
  { "attn_factor", "vllm", 0, false }, /* a rule of its own */
  { "finetuned", "the code of the YaRN paper", 0, false },
  { "mrope_section", "multimodal classes", 0, false },
  { "mrope_interleaved", "multimodal classes", 0, false },
  { "xdrope_section", "multimodal classes", 0, false },
  { "llama_4_scaling_beta", "Ministral-3's class", 0, false },
  { NULL, NULL, 0, false },
};

static bool
in_list (const char *const *list, size_t n, const char *key)
{
  for (size_t i = 0; i < n && list[i]; i++)
    if (strcmp (list[i], key) == 0)
      return true;
  return false;
}

static size_t
foreign_at (const char *key)
{
  size_t i = 0;
  while (foreign[i].key && strcmp (foreign[i].key, key) != 0)
    i++;
  return i;
}

/* NULL for a type that is not in the table: ropewalk's own, or one that is refused.  */
static const char *const *
keys_of (const rw_lint_rope *r)
{
  for (size_t i = 0; types[i].type; i++)
    if (rw_lint_is (r, types[i].type))
      return types[i].keys;
  return NULL;
}

static bool
is_known (const rw_lint_rope *r, const char *key)
{
  const char *const *keys = keys_of (r);
  return !keys || in_list (common, 8, key) || in_list (keys, 8, key)
         || foreign[foreign_at (key)].key || key[0] == '_' || strcmp (key, "label") == 0;
}

/* The i-th key that the type reads and the block does not have.  */
static const char *
absent_key (size_t i, const void *data)
{
  const rw_lint_rope *r = data;
  const char *const *keys = keys_of (r);
  for (size_t k = 0; k < 8 && keys[k]; k++)
    if (!rw_json_get (r->block, keys[k]) && i-- == 0)
      return keys[k];
  for (size_t k = 1; common[k]; k++)
    if (!rw_json_get (r->block, common[k]) && i-- == 0)
      return common[k];
  return NULL;
}

/* Calls for every key of the block that its type does not read, with the key it may have meant.  */
static void
each_unknown (rw_lint *l, const rw_lint_rope *r,
              void (*call) (rw_lint *, const rw_lint_rope *, const char *, const char *))
{
  for (const cJSON *item = r->block ? r->block->child : NULL; item; item = item->next)
    if (!is_known (r, item->string) && !cJSON_IsObject (item))
      call (l, r, item->string, rw_nearest (item->string, absent_key, r));
}

static void
misspelt (rw_lint *l, const rw_lint_rope *r, const char *key, const char *meant)
{
  if (!meant || rw_block_is_hf_key (key))
    return;
  rw_finding *f = rw_lint_add (l, r, key, RW_LINT_ALL);
  rw_lint_found_key (f, r, key);
  rw_lint_effect (f, "no stack reads it, and %s keeps its default", meant);
  rw_lint_fix (f, "rename it: \"%s\"", meant);
}

static void
unknown (rw_lint *l, const rw_lint_rope *r, const char *key, const char *meant)
{
  if (meant || rw_block_is_hf_key (key))
    return;
  rw_finding *f = rw_lint_add (l, r, key, RW_LINT_ALL);
  rw_lint_found_key (f, r, key);
  rw_lint_effect (f, "no stack reads it in a %.40s block", r->type);
}

static void
of_other_type (rw_lint *l, const rw_lint_rope *r, const char *key, const char *meant)
{
  (void) meant;
  if (!rw_block_is_hf_key (key) || cJSON_IsNull (rw_json_get (r->block, key)))
    return;
  rw_finding *f = rw_lint_add (l, r, key, RW_LINT_ALL);
  rw_lint_found_key (f, r, key);
  rw_lint_effect (f, "rope_type \"%.40s\" does not read it: the table is the same without it",
                  r->type);
}

static void
find_misspelt (rw_lint *l, const rw_lint_rope *r)
{
  each_unknown (l, r, misspelt);
}

static void
find_unknown (rw_lint *l, const rw_lint_rope *r)
{
  each_unknown (l, r, unknown);
}

static void
find_other_type (rw_lint *l, const rw_lint_rope *r)
{
  each_unknown (l, r, of_other_type);
}

static void
find_foreign (rw_lint *l, const rw_lint_rope *r)
{
  for (const cJSON *item = r->block ? r->block->child : NULL; item; item = item->next)
    {
      const size_t i = foreign_at (item->string);
      if (!foreign[i].key || !foreign[i].loud || cJSON_IsNull (item))
        continue;
      rw_finding *f = rw_lint_add (l, r, item->string, foreign[i].deaf);
      rw_lint_found_key (f, r, item->string);
      rw_lint_effect (f, "read by %s alone; the others pass it over", foreign[i].reader);
    }
}

/* Keys of the top level about rotation that the newest transformers passes over: its notes.  */
static void
find_top (rw_lint *l, const rw_lint_rope *r)
{
  static const char *const others[] = { "rotary_dim", "rope_scaling", "rope_parameters" };
  const rw_model *model = rw_lint_read_as (l, RW_LINT_EXACT);
  (void) r;
  for (size_t i = 0; model && i < model->rope[0].notes.n; i++)
    {
      const rw_note *note = &model->rope[0].notes.note[i];
      const size_t n = strlen (l->prefix);
      const char *key = note->text + n;
      if (note->kind != RW_NOTE_IGNORED || strncmp (note->text, l->prefix, n) != 0
          || strchr (key, '.') || in_list (others, 3, key))
        continue;
      rw_finding *f = rw_lint_add (l, NULL, key, RW_LINT_ALL);
      rw_lint_found (f, "\"%.80s\"", key);
      rw_lint_effect (f, "not part of the table in any stack");
    }
}

/* ---- two words for one thing ---- */

static bool
same_type (const char *a, const char *b)
{
  static const char *const pairs[][2] = { { "mrope", "default" }, { "su", "longrope" } };
  if (strcmp (a, b) == 0)
    return true;
  for (size_t i = 0; i < 2; i++)
    for (size_t k = 0; k < 2; k++)
      if (strcmp (a, pairs[i][k]) == 0 && strcmp (b, pairs[i][1 - k]) == 0)
        return true;
  return false;
}

static void
find_two_types (rw_lint *l, const rw_lint_rope *r)
{
  const cJSON *a = rw_json_get (r->block, "rope_type"), *b = rw_json_get (r->block, "type");
  if (!cJSON_IsString (a) || !cJSON_IsString (b) || same_type (a->valuestring, b->valuestring))
    return;
  rw_finding *f = rw_lint_add (l, r, "type", RW_LINT_ALL);
  rw_lint_found_key (f, r, "rope_type");
  rw_lint_found_key (f, r, "type");
  rw_lint_effect (f, "transformers since 4.43 takes rope_type, older readers take type");
  rw_lint_fix (f, "\"type\": \"%.40s\", or leave type out", a->valuestring);
}

static void
find_two_blocks (rw_lint *l, const rw_lint_rope *r)
{
  const cJSON *a = rw_json_get (l->c.text, "rope_scaling");
  const cJSON *b = rw_json_get (l->c.text, "rope_parameters");
  rw_text left = { 0 }, right = { 0 };
  (void) r;
  if (!cJSON_IsObject (a) || !cJSON_IsObject (b) || !a->child || !b->child)
    return;
  rw_json_normal (a, &left);
  rw_json_normal (b, &right);
  if (strcmp (rw_text_get (&left), rw_text_get (&right)) != 0)
    {
      rw_finding *f = rw_lint_add (l, NULL, "rope_parameters", RW_LINT_ALL);
      rw_lint_found (f, "rope_scaling and rope_parameters, which differ");
      rw_lint_effect (f,
                      "transformers 5 takes rope_scaling and drops rope_parameters; transformers "
                      "4 never reads rope_parameters");
      rw_lint_fix (f, "keep rope_parameters alone (transformers 5), or make both say the same");
    }
  rw_text_free (&left);
  rw_text_free (&right);
}

static void
find_su (rw_lint *l, const rw_lint_rope *r)
{
  const bool phi = strcmp (rw_lint_family (l), "phi3") == 0;
  rw_finding *f = rw_lint_is (r, "su") ? rw_lint_add (l, r, rw_lint_type_key (r),
                                                      RW_LINT_ALL & ~(unsigned) RW_LINT_LLAMA)
                                       : NULL;
  rw_lint_found (f, "\"su\"");
  rw_lint_effect (f, phi ? "Phi-3's class renames it where the length stands in the block; "
                           "elsewhere transformers stops with a KeyError"
                         : "only Phi-3's class renames it; transformers stops with a KeyError");
}

/* ---- refusals ---- */

static unsigned
refusing (rw_lint *l, unsigned stacks)
{
  unsigned mask = 0;
  for (size_t k = 0; k < RW_LINT_STACKS; k++)
    if (stacks >> k & 1 && l->by[k].stack && !rw_lint_read_as (l, 1U << k))
      mask |= 1U << k;
  return mask;
}

static void
say_refusals (rw_lint *l, unsigned mask)
{
  for (size_t k = 0; k < RW_LINT_STACKS; k++)
    {
      if (!(mask >> k & 1))
        continue;
      unsigned alike = 0;
      for (size_t i = k; i < RW_LINT_STACKS; i++)
        if (mask >> i & 1 && strcmp (l->by[i].err.text, l->by[k].err.text) == 0)
          alike |= 1U << i;
      mask &= ~alike;
      rw_finding *f = rw_lint_add (l, NULL, NULL, alike);
      rw_lint_effect (f, "%s", l->by[k].err.text);
      if (l->by[k].err.hint[0])
        rw_lint_fix (f, "%s", l->by[k].err.hint);
    }
}

/* Without --stack what counts is that the newest reads it; the rest is in refused-elsewhere.  */
static void
find_refused (rw_lint *l, const rw_lint_rope *r)
{
  (void) r;
  say_refusals (l, refusing (l, l->ask->stack ? l->wanted : (unsigned) RW_LINT_HF));
}

static void
find_refused_elsewhere (rw_lint *l, const rw_lint_rope *r)
{
  (void) r;
  if (!l->ask->stack && !refusing (l, RW_LINT_HF))
    say_refusals (l, refusing (l, RW_LINT_ALL & ~(unsigned) RW_LINT_HF));
}

const rw_lint_rule rw_lint_keys[] = {
  { "refused", RW_LINT_ERROR, RW_LINT_ALL, RW_LINT_CONFIG,
    "the stack stops at this config (the newest transformers, where none is named)",
    "correct what the message names", "transformers modeling_rope_utils.py, validate_rope",
    find_refused },
  { "misspelt-key", RW_LINT_ERROR, RW_LINT_ALL, RW_LINT_BLOCKS,
    "a key that no stack reads, one slip away from one that the rope type has",
    "rename the key as proposed", "Unrecognized keys: huggingface/trl#6961", find_misspelt },
  { "unknown-key", RW_LINT_WARNING, RW_LINT_ALL, RW_LINT_BLOCKS,
    "a key of the block that no stack reads", "leave it out",
    "Unrecognized keys: huggingface/trl#6961", find_unknown },
  { "key-of-other-type", RW_LINT_WARNING, RW_LINT_ALL, RW_LINT_BLOCKS,
    "a key that another rope type has, and this one does not read",
    "leave it out, or check rope_type", "transformers modeling_rope_utils.py, validate_rope",
    find_other_type },
  { "key-of-one-stack", RW_LINT_WARNING, RW_LINT_ALL, RW_LINT_BLOCKS,
    "a key that one stack reads and the others pass over",
    "serve with that stack, or compare the tables: ropewalk diff", "vllm-project/vllm#46280",
    find_foreign },
  { "ignored-key", RW_LINT_WARNING, RW_LINT_ALL, RW_LINT_CONFIG,
    "a key of the config's top level that is about rotation and is not read",
    "leave it out, or move its meaning to the block", "QwenLM/Qwen3#1424", find_top },
  { "two-types", RW_LINT_ERROR, RW_LINT_ALL, RW_LINT_BLOCKS,
    "type and rope_type stand there both and differ", "keep rope_type",
    "transformers modeling_rope_utils.py, standardize_rope_params", find_two_types },
  { "two-blocks", RW_LINT_ERROR, RW_LINT_ALL, RW_LINT_CONFIG,
    "rope_scaling and rope_parameters stand there both and differ", "keep one of them",
    "transformers modeling_rope_utils.py, convert_rope_params_to_dict", find_two_blocks },
  { "su-type", RW_LINT_WARNING, RW_LINT_ALL & ~(unsigned) RW_LINT_LLAMA, RW_LINT_BLOCKS,
    "the old name \"su\" of longrope", "\"rope_type\": \"longrope\"",
    "transformers configuration_phi3.py", find_su },
  { "refused-elsewhere", RW_LINT_INFO, RW_LINT_ALL & ~(unsigned) RW_LINT_HF, RW_LINT_CONFIG,
    "stacks other than the newest transformers stop at this config",
    "serve with a stack that reads it: ropewalk export MODEL --to STACK",
    "ComfyUI_ChatterBox_Voice#1", find_refused_elsewhere },
  { 0 },
};
