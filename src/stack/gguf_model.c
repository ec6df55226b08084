/* gguf_model: a GGUF file as a model; see gguf_model.h.  */
#include "stack/gguf_model.h"
#include "base/mem.h"
#include "stack/hf.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* Gemma 3's sliding layers have a base of their own: arXiv 2503.19786, section 2.  */
static const double GEMMA_LOCAL_BASE = 10000;

bool
rw_gguf_model_is (const char *path)
{
  char magic[4] = "";
  struct stat st;
  if (stat (path, &st) != 0 || !S_ISREG (st.st_mode)) /* what a pipe gives is read once */
    return false;
  FILE *file = fopen (path, "rb");
  if (!file)
    return false;
  const size_t n = fread (magic, 1, sizeof magic, file);
  fclose (file);
  return n == sizeof magic && memcmp (magic, "GGUF", sizeof magic) == 0;
}

/* ---- the config ---- */

static void
add_number (cJSON *config, const char *key, double x)
{
  cJSON_AddNumberToObject (config, key, x);
}

/* Two kinds of layers: the full ones have the file's block.  */
static void
add_kinds (const rw_gguf_source *r, const rw_llama_rope *rope, cJSON *config, cJSON *block)
{
  const rw_hyper *h = &r->hyper;
  const bool gemma = strcmp (h->arch->name, "gemma3") == 0;
  const double otherwise
      = gemma ? GEMMA_LOCAL_BASE : rw_json_get (block, "rope_theta")->valuedouble;
  const double base = isnan (rope->freq_base_swa) ? otherwise : rope->freq_base_swa;
  cJSON *sliding = gemma ? cJSON_CreateObject () : cJSON_Duplicate (block, true);
  if (gemma)
    cJSON_AddStringToObject (sliding, "rope_type", "default");
  cJSON_DeleteItemFromObjectCaseSensitive (sliding, "rope_theta");
  add_number (sliding, "rope_theta", base);
  cJSON *types = cJSON_AddArrayToObject (config, "layer_types");
  for (size_t l = 0; l < h->layers; l++)
    cJSON_AddItemToArray (types, cJSON_CreateString (rw_hyper_window (h, l) ? "sliding_attention"
                                                                            : "full_attention"));
  cJSON *both = cJSON_AddObjectToObject (config, "rope_parameters");
  cJSON_AddItemToObject (both, "full_attention", block);
  cJSON_AddItemToObject (both, "sliding_attention", sliding);
}

/* The words of a Hugging Face config for what the file says.  */
static rw_status
write_config (const rw_gguf_source *r, const rw_llama_rope *rope, cJSON *config)
{
  const rw_hyper *h = &r->hyper;
  cJSON *block = NULL;
  double original = NAN;
  rw_status s = RW_OK;
  if (r->as_llama) /* rw_llama_rules takes the struct itself */
    cJSON_AddNumberToObject (block = cJSON_CreateObject (), "rope_theta",
                             isnan (rope->freq_base) ? RW_LLAMA_BASE : rope->freq_base);
  else
    s = rw_gguf_model_block (r, rope, &block, &original);
  if (s)
    {
      cJSON_Delete (block);
      return s;
    }
  add_number (config, "head_dim", (double) h->head_dim);
  add_number (config, "rotary_dim", (double) h->rotary_dim);
  add_number (config, "num_attention_heads", (double) h->heads);
  add_number (config, "num_key_value_heads", (double) h->kv_heads);
  add_number (config, "num_hidden_layers", (double) h->layers);
  add_number (config, "max_position_embeddings", h->context_length);
  if (!isnan (original))
    add_number (config, "original_max_position_embeddings", original);
  cJSON_AddBoolToObject (config, "rope_interleave", h->arch->layout == RW_INTERLEAVED);
  if (h->logit_scale > 0)
    add_number (config, "attention_multiplier", h->logit_scale);
  if (h->window && h->window_period != 1)
    add_number (config, "sliding_window", (double) h->window);
  if (h->window && h->window_period > 1)
    add_kinds (r, rope, config, block);
  else
    cJSON_AddItemToObject (config, "rope_parameters", block);
  return RW_OK;
}

/* ---- notes ---- */

/* The keys that the hyperparameters came from, where the file has them.  */
static void
note_shape (rw_gguf_source *r)
{
  static const char *const tails[] = { "context_length",
                                       "block_count",
                                       "embedding_length",
                                       "attention.head_count",
                                       "attention.head_count_kv",
                                       "attention.key_length",
                                       "attention.scale",
                                       "attention.sliding_window",
                                       "attention.sliding_window_pattern",
                                       "rope.dimension_count",
                                       NULL };
  char key[96];
  rw_note_add (&r->notes, RW_NOTE_USED, "general.architecture");
  for (const char *const *t = tails; *t; t++)
    {
      snprintf (key, sizeof key, "%s.%s", r->hyper.arch->name, *t);
      if (rw_gguf_find (r->g, key))
        rw_note_add (&r->notes, RW_NOTE_USED, "%s", key);
    }
}

static bool
is_noted (const rw_notes *notes, rw_gguf_text key)
{
  for (size_t i = 0; i < notes->n; i++)
    if (strlen (notes->note[i].text) == key.n && memcmp (notes->note[i].text, key.s, key.n) == 0)
      return true;
  return false;
}

/* Keys about rotation that took no part.  */
static void
note_rest (rw_gguf_source *r)
{
  char prefix[64];
  const int n = snprintf (prefix, sizeof prefix, "%s.rope.", r->hyper.arch->name);
  for (size_t i = 0; i < rw_gguf_values (r->g); i++)
    {
      const rw_gguf_text key = rw_gguf_value_at (r->g, i)->key;
      if (key.n > (size_t) n && key.n < 96 && memcmp (key.s, prefix, (size_t) n) == 0
          && !is_noted (&r->notes, key))
        rw_note_add (&r->notes, RW_NOTE_IGNORED, "%.*s", (int) key.n, key.s);
    }
}

/* Every rope has the file's notes; of those about the config in between, warnings and what --rope
   says stay.  */
static void
replace_notes (const rw_gguf_source *r, rw_model *out)
{
  for (size_t i = 0; i < out->n_ropes; i++)
    {
      rw_notes *old = &out->rope[i].notes, all = { 0 };
      rw_notes_copy (&all, &r->notes);
      for (size_t n = 0; n < old->n; n++)
        if (old->note[n].kind == RW_NOTE_WARNING
            || strncmp (old->note[n].text, "--rope", strlen ("--rope")) == 0)
          rw_note_add (&all, old->note[n].kind, "%s", old->note[n].text);
      rw_notes_free (old);
      *old = all;
    }
}

/* ---- the model ---- */

/* The digest of the file, and of --rope where there is one.  */
static rw_status
write_digest (const rw_gguf_source *r, const cJSON *rope, rw_model *out)
{
  rw_text text = { 0 };
  char hex[65];
  rw_gguf_digest (r->g, hex);
  if (rope)
    {
      rw_text_addf (&text, "%s\n", hex);
      rw_json_normal (rope, &text);
      rw_json_sha256 (rw_text_get (&text), text.n, hex);
    }
  rw_free (out->sha256);
  out->sha256 = text.failed ? NULL : rw_strdup (hex);
  rw_text_free (&text);
  return out->sha256 ? RW_OK : rw_nomem (r->err, sizeof hex);
}

static rw_status
read_model (rw_gguf_source *r, const char *path, const cJSON *rope, rw_model *out)
{
  rw_config c;
  rw_notes notes = { 0 };
  char prefix[48];
  rw_llama_rope own;
  cJSON *config = cJSON_CreateObject ();
  rw_status s = rw_gguf_model_rope (r, &own);
  if (!s)
    s = write_config (r, &own, config);
  if (!s)
    s = rw_config_open (&c, path, config, prefix, &notes, r->err);
  if (!s)
    {
      c.rules = r->as_llama ? &rw_llama_rules : rw_hf_rules_of ("exact");
      c.llama = r->as_llama ? &own : NULL;
      s = rw_hf_read (&c, path, rope, out);
    }
  rw_llama_rope_free (&own);
  rw_notes_free (&notes);
  cJSON_Delete (config);
  if (s)
    return s;
  snprintf (out->family, sizeof out->family, "%s", r->hyper.arch->name);
  note_shape (r);
  note_rest (r);
  replace_notes (r, out);
  s = write_digest (r, rope, out);
  if (!s && !(out->weights = rw_strdup (path)))
    s = rw_nomem (r->err, strlen (path));
  return s;
}

rw_status
rw_gguf_model_read (const rw_stack *stack, const char *path, const cJSON *rope, rw_model *out,
                    rw_error *err)
{
  rw_gguf *g = NULL;
  const bool as_llama = strcmp (stack->name, "llama.cpp") == 0;
  if (strcmp (stack->name, "exact") != 0 && !as_llama)
    {
      rw_fail (err, RW_EINVAL, "%s: the stack '%s' reads no GGUF files", path, stack->name);
      return rw_hint (err, "leave --stack out, or give the config.json of the model");
    }
  rw_status s = rw_gguf_open (path, &g, err);
  if (s)
    return s;
  rw_gguf_source r = { .g = g, .as_llama = as_llama, .err = err };
  s = rw_hyper_read (g, &r.hyper, err);
  if (!s)
    s = read_model (&r, path, rope, out);
  if (s)
    rw_model_free (out);
  rw_notes_free (&r.notes);
  rw_gguf_close (g);
  return s;
}
