/* llama_rest: the keys of a rope block that do nothing in llama.cpp, and why; see llama_block.h. */
#include "stack/llama_block.h"

#include <stdio.h>
#include <string.h>

static bool
was_used (const rw_llama_block *r, const char *key)
{
  char path[160];
  snprintf (path, sizeof path, "%.95s.%.60s", r->path, key);
  for (size_t i = 0; i < r->notes->n; i++)
    if (r->notes->note[i].kind == RW_NOTE_USED && strcmp (r->notes->note[i].text, path) == 0)
      return true;
  return false;
}

/* Keys that reach the file and change nothing there, and those that do not reach it.  */
static const char *
why_without_effect (const rw_llama_block *r, const char *key)
{
  static const struct
  {
    const char *key, *why;
  } rows[] = {
    { "attention_factor",
      "written as yarn_attn_factor, which the run-time overwrites (llama.cpp#17945): the key "
      "rope.scaling.attn_factor = a / (0.1 ln s + 1) has it" },
    { "attn_factor",
      "written as yarn_attn_factor, which the run-time overwrites (llama.cpp#17945): the key "
      "rope.scaling.attn_factor = a / (0.1 ln s + 1) has it" },
    { "beta_fast", "written to the file, where the loader of this architecture does not look: 32 "
                   "is used, unless --yarn-beta-fast says otherwise" },
    { "beta_slow", "written to the file, where the loader of this architecture does not look: 1 is "
                   "used, unless --yarn-beta-slow says otherwise" },
    { "extrapolation_factor", "written to the file, where the loader of this architecture does not "
                              "look: 1 is used, unless --yarn-ext-factor says otherwise" },
    { NULL, NULL },
  };
  const bool reads = r->out->arch->flags & RW_LLAMA_BETAS;
  for (size_t i = 0; rows[i].key; i++)
    if (strcmp (rows[i].key, key) == 0 && !(reads && i >= 2))
      return rows[i].why;
  return NULL;
}

static bool
is_longrope (const rw_llama_block *r)
{
  return strcmp (r->type, "longrope") == 0 || strcmp (r->type, "su") == 0;
}

static const char *
why_ignored (const rw_llama_block *r, const char *key)
{
  static const char from_lengths[] = "the converter takes the stretch and the magnitude from "
                                     "max_position_embeddings / original_max_position_embeddings";
  static const struct
  {
    const char *key, *why;
    bool longrope; /* there only */
  } rows[] = {
    { "truncate",
      "ggml always rounds the correction range to whole pairs (ggml_rope_yarn_corr_dims)", false },
    { "mscale", "the converter does not read it", false },
    { "mscale_all_dim", "the converter of this architecture does not read it", false },
    { "factor", from_lengths, true },
    { "attention_factor", from_lengths, true },
    { NULL, NULL, false },
  };
  for (size_t i = 0; rows[i].key; i++)
    if (strcmp (rows[i].key, key) == 0 && (!rows[i].longrope || is_longrope (r)))
      return rows[i].why;
  return NULL;
}

/* A key that says what llama.cpp does anyway needs no words.  */
static bool
is_harmless (const cJSON *item)
{
  static const struct
  {
    const char *key;
    double value;
  } rows[]
      = { { "beta_fast", 32 }, { "beta_slow", 1 }, { "extrapolation_factor", 1 }, { NULL, 0 } };
  for (size_t i = 0; rows[i].key; i++)
    if (strcmp (item->string, rows[i].key) == 0 && cJSON_IsNumber (item)
        && item->valuedouble == rows[i].value)
      return true;
  return strcmp (item->string, "truncate") == 0 && cJSON_IsTrue (item);
}

void
rw_llama_block_rest (const rw_llama_block *r)
{
  static const char *const spoken[]
      = { "rope_type", "type", "rope_theta", "partial_rotary_factor", "label", NULL };
  for (const cJSON *item = r->block ? r->block->child : NULL; item; item = item->next)
    {
      const char *key = item->string;
      bool skip = cJSON_IsNull (item) || key[0] == '_';
      for (const char *const *k = spoken; *k && !skip; k++)
        skip = strcmp (*k, key) == 0;
      if (skip)
        continue;
      const bool reached = was_used (r, key);
      const char *why = reached ? why_without_effect (r, key) : why_ignored (r, key);
      if (reached && !why)
        continue;
      for (size_t i = 0; i < r->notes->n && reached; i++) /* it took no part after all */
        if (r->notes->note[i].kind == RW_NOTE_USED
            && strcmp (r->notes->note[i].text + strlen (r->path) + 1, key) == 0
            && strncmp (r->notes->note[i].text, r->path, strlen (r->path)) == 0)
          r->notes->note[i].kind = RW_NOTE_IGNORED;
      if (!reached)
        rw_note_add (r->notes, RW_NOTE_IGNORED, "%s.%s", r->path, key);
      if (why && !is_harmless (item))
        rw_note_add (r->notes, RW_NOTE_WARNING, "%s.%s: %s", r->path, key, why);
    }
}
