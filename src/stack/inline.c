/* inline: the `model` of a sweep config, a name or an object; see stack.h.

   An inline object is checked strictly, put into the words of a Hugging Face config, and read like
   one.  `exact` reads its schedule blocks strictly too, every other stack as it reads blocks.  */
#include "base/mem.h"
#include "stack/hf.h"
#include "stack/presets.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* The keys an inline model may have, and what each is called in a Hugging Face config.  */
static const struct
{
  const char *key, *hf;
} keys[] = {
  { "name", NULL },
  { "head_dim", "head_dim" },
  { "rotary_dim", "rotary_dim" },
  { "partial_rotary_factor", "partial_rotary_factor" },
  { "rope_theta", "rope_theta" },
  { "base", "rope_theta" },
  { "original_length", "original_max_position_embeddings" },
  { "original_max_position_embeddings", "original_max_position_embeddings" },
  { "max_length", "max_position_embeddings" },
  { "max_position_embeddings", "max_position_embeddings" },
  { "layout", NULL },
  { "rope", "rope_parameters" },
  { "rope_parameters", "rope_parameters" },
  { "rope_scaling", "rope_parameters" },
  { "layers", "layer_types" },
  { "layer_types", "layer_types" },
  { "num_hidden_layers", "num_hidden_layers" },
  { "hidden_size", "hidden_size" },
  { "num_attention_heads", "num_attention_heads" },
  { "num_key_value_heads", "num_key_value_heads" },
  { "qk_rope_head_dim", "qk_rope_head_dim" },
  { "qk_nope_head_dim", "qk_nope_head_dim" },
  { "global_head_dim", "global_head_dim" },
  { "rope_local_base_freq", "rope_local_base_freq" },
  { "sliding_window", "sliding_window" },
  { "query_pre_attn_scalar", "query_pre_attn_scalar" },
  { "attention_multiplier", "attention_multiplier" },
  { "no_rope_layers", "no_rope_layers" },
  { "model_type", "model_type" },
  { NULL, NULL },
};

static const char *
key_name (size_t i, const void *data)
{
  (void) data;
  return keys[i].key;
}

static rw_status
unknown_key (const char *path, const char *key, rw_error *err)
{
  rw_text known = { 0 };
  char near[96];
  for (size_t i = 0; keys[i].key; i++)
    rw_text_addf (&known, "%s%s", i ? ", " : "", keys[i].key);
  rw_fail (err, RW_EINVAL, "%s.%.60s: not a key of a model; known: %s%s", path, key,
           rw_text_get (&known), rw_did_you_mean (near, sizeof near, key, key_name, NULL));
  rw_text_free (&known);
  return RW_EINVAL;
}

static rw_status
set_layout (const cJSON *item, const char *path, cJSON *out, rw_error *err)
{
  const char *text = cJSON_IsString (item) ? item->valuestring : "";
  if (strcmp (text, "half") != 0 && strcmp (text, "interleaved") != 0)
    return rw_fail (err, RW_EINVAL, "%s.layout: expected \"half\" or \"interleaved\"", path);
  cJSON_AddBoolToObject (out, "rope_interleave", strcmp (text, "interleaved") == 0);
  return RW_OK;
}

/* A bare schedule name stands for a block.  */
static cJSON *
value_for (const cJSON *item, const char *hf)
{
  if (strcmp (hf, "rope_parameters") != 0 || !cJSON_IsString (item))
    return cJSON_Duplicate (item, true);
  cJSON *block = cJSON_CreateObject ();
  cJSON_AddStringToObject (block, "rope_type", item->valuestring);
  return block;
}

static rw_status
translate_key (const cJSON *item, const char *path, cJSON *out, rw_error *err)
{
  size_t i = 0;
  while (keys[i].key && strcmp (keys[i].key, item->string) != 0)
    i++;
  if (!keys[i].key)
    return unknown_key (path, item->string, err);
  if (strcmp (item->string, "layout") == 0)
    return set_layout (item, path, out, err);
  if (!keys[i].hf)
    return cJSON_IsString (item) ? RW_OK
                                 : rw_fail (err, RW_EINVAL, "%s.%s: expected a text, got %s", path,
                                            item->string, rw_json_kind (item));
  if (rw_json_get (out, keys[i].hf))
    return rw_fail (err, RW_EINVAL, "%s.%s: stands there under two names", path, item->string);
  cJSON_AddItemToObject (out, keys[i].hf, value_for (item, keys[i].hf));
  return RW_OK;
}

/* The trained length and the largest one: each defaults to the other.  */
static rw_status
fill_lengths (const char *path, cJSON *config, rw_error *err)
{
  static const char *const original = "original_max_position_embeddings";
  static const char *const largest = "max_position_embeddings";
  const cJSON *a = rw_json_get (config, original), *b = rw_json_get (config, largest);
  if (!a && !b)
    {
      rw_fail (err, RW_EINVAL, "%s.original_length: a model needs its trained length", path);
      return rw_hint (err, "add \"original_length\": 4096 or what it was trained on");
    }
  if (a && !(cJSON_IsNumber (a) && a->valuedouble >= 1 && a->valuedouble <= RW_LENGTH_MAX))
    return rw_fail (err, RW_EINVAL, "%s.original_length: expected a number from 1 to 2^40 tokens",
                    path);
  if (!b)
    cJSON_AddItemToObject (config, largest, cJSON_Duplicate (a, true));
  return RW_OK;
}

static rw_status
translate (const cJSON *model, const char *path, cJSON *out, rw_error *err)
{
  rw_status s = RW_OK;
  for (const cJSON *item = model->child; item && !s; item = item->next)
    s = translate_key (item, path, out, err);
  const cJSON *dim = rw_json_get (out, "rotary_dim"), *head = rw_json_get (out, "head_dim");
  if (!s && cJSON_IsNumber (dim) && cJSON_IsNumber (head) && dim->valuedouble > head->valuedouble)
    s = rw_fail (err, RW_EINVAL, "%s.rotary_dim: %g is above head_dim %g", path, dim->valuedouble,
                 head->valuedouble);
  if (!s)
    s = fill_lengths (path, out, err);
  return s;
}

/* By `exact`: every key has to be known.  */
static rw_status
read_inline (const cJSON *model, const char *path, rw_model *out, rw_error *err)
{
  rw_config c;
  rw_notes notes = { 0 };
  char prefix[64];
  const cJSON *name = rw_json_get (model, "name");
  cJSON *config = cJSON_CreateObject ();
  *out = (rw_model){ 0 };
  rw_status s = translate (model, path, config, err);
  if (!s)
    s = rw_config_open (&c, NULL, config, prefix, &notes, err);
  if (!s)
    {
      snprintf (prefix, sizeof prefix, "%.60s.", path);
      c.prefix = prefix;
      c.rules = rw_hf_rules_of ("exact");
      c.reading = RW_STRICT;
      s = rw_hf_read (&c, cJSON_IsString (name) ? name->valuestring : "inline", NULL, out);
    }
  rw_notes_free (&notes);
  cJSON_Delete (config);
  return s;
}

/* A path is looked for beside the config first.  */
static char *
beside (const char *model, const char *folder)
{
  struct stat st;
  if (!folder || model[0] == '/' || strcmp (model, "-") == 0)
    return NULL;
  char *path = rw_format ("%s/%s", folder, model);
  if (path && stat (path, &st) == 0)
    return path;
  rw_free (path);
  return NULL;
}

static rw_status
open_inline (const cJSON *model, const char *path, rw_origin *out, rw_error *err)
{
  const cJSON *name = rw_json_get (model, "name");
  out->config = cJSON_CreateObject ();
  const rw_status s = translate (model, path, out->config, err);
  if (!s && !(out->name = rw_strdup (cJSON_IsString (name) ? name->valuestring : "inline")))
    return rw_nomem (err, sizeof *out);
  return s;
}

static rw_status
open_named (const char *text, const char *path, const char *folder, rw_origin *out, rw_error *err)
{
  char *preset = NULL;
  rw_status s = rw_preset_path (text, &preset, err);
  char *file = preset || s ? NULL : beside (text, folder);
  if (!s)
    s = rw_stack_open (file ? file : text, out, err);
  rw_free (preset);
  rw_free (file);
  return rw_within (err, s, "%s", path);
}

rw_status
rw_stack_origin (const cJSON *model, const char *path, const char *folder, rw_origin *out,
                 rw_error *err)
{
  *out = (rw_origin){ 0 };
  if (!cJSON_IsObject (model) && !cJSON_IsString (model))
    return rw_fail (err, RW_EINVAL, "%s: expected a preset, a path or an object, got %s", path,
                    rw_json_kind (model));
  const rw_status s = cJSON_IsObject (model)
                          ? open_inline (model, path, out, err)
                          : open_named (model->valuestring, path, folder, out, err);
  if (s)
    rw_origin_free (out);
  return s;
}

rw_status
rw_stack_config_model (const rw_stack *stack, const cJSON *model, const char *path,
                       const char *folder, rw_model *out, rw_error *err)
{
  rw_origin o;
  *out = (rw_model){ 0 };
  if (cJSON_IsObject (model) && strcmp (stack->name, "exact") == 0)
    return read_inline (model, path, out, err);
  rw_status s = rw_stack_origin (model, path, folder, &o, err);
  if (s)
    return s;
  s = rw_origin_read (&o, stack, NULL, out, err);
  rw_origin_free (&o);
  return rw_within (err, s, "%s", path);
}
