/* ropes: which ropes a model has, and the block of each; see ropes.h.

   transformers 5, modeling_rope_utils.py: rope_scaling, else rope_parameters; nested by layer type
   where its keys are layer types.  Gemma 3, OLMo 3 and ModernBERT (their
   convert_rope_params_to_dict): a flat block is that of the full_attention layers, the sliding ones
   are plain with a base of their own.  DeepSeek-V4: the compressed layers have the block and
   compress_rope_theta, the sliding ones are plain.  */
#include "stack/ropes.h"

#include <stdio.h>
#include <string.h>

static rw_source_of_rope *
add (rw_sources_of_rope *s, const char *type, const cJSON *block, const char *path, double theta)
{
  if (s->n == RW_SOURCES_MAX)
    return NULL;
  rw_source_of_rope *r = &s->at[s->n++];
  *r = (rw_source_of_rope){ .block = block, .theta = theta };
  snprintf (r->layer_type, sizeof r->layer_type, "%s", type);
  snprintf (r->path, sizeof r->path, "%s", path);
  return r;
}

static rw_source_of_rope *
find_type (rw_sources_of_rope *s, const char *type)
{
  for (size_t i = 0; i < s->n; i++)
    if (strcmp (s->at[i].layer_type, type) == 0)
      return &s->at[i];
  return NULL;
}

/* Nested: objects by layer type, and nothing else but notes.  */
static bool
looks_nested (const cJSON *block)
{
  size_t objects = 0;
  for (const cJSON *item = block->child; item; item = item->next)
    if (cJSON_IsObject (item))
      objects++;
    else if (!cJSON_IsNull (item) && item->string[0] != '_')
      return false;
  return objects > 0;
}

/* transformers' own question, as of 5.23; in 5.17 all keys had to be layer types.  A nested block
   that fails it is read as a flat one there.  */
static bool
has_key_of_type (const cJSON *block, const rw_layers *layers)
{
  for (const cJSON *item = block ? block->child : NULL; item; item = item->next)
    if (cJSON_IsObject (item) && rw_layers_has (layers, item->string))
      return true;
  return false;
}

static bool
is_nested (const rw_config *c, const cJSON *block, const char *key, const rw_layers *layers)
{
  if (c->rules->top_level)
    return false; /* a nested block has no rope_type there: an error */
  if (has_key_of_type (block, layers))
    return true;
  if (!looks_nested (block))
    return false;
  if (c->rules->nested_by_types && c->reading == RW_LENIENT)
    {
      rw_config_ignored (c, key,
                         "transformers reads this block as a flat one, because none of its keys "
                         "is in layer_types (trl#6961): nothing of it is used");
      return false;
    }
  return true;
}

static rw_status
add_nested (const rw_config *c, const cJSON *block, const char *key, const rw_shape *shape,
            rw_sources_of_rope *out)
{
  for (const cJSON *item = block->child; item; item = item->next)
    {
      char path[96];
      if (!cJSON_IsObject (item))
        continue;
      if (!item->string[0] || strlen (item->string) >= RW_LAYER_TYPE_MAX)
        return rw_config_fail (c, key, "'%.60s' is not the name of a layer type", item->string);
      snprintf (path, sizeof path, "%.24s%.16s.%.47s", c->prefix, key, item->string);
      const bool local = strcmp (item->string, "sliding_attention") == 0;
      rw_source_of_rope *r
          = add (out, item->string, item, path, local ? shape->local_theta : shape->theta);
      if (!r)
        return rw_config_fail (c, key, "more than %d layer types", RW_SOURCES_MAX);
      r->nested = true;
    }
  if (c->family->flags & RW_LOCAL_ROPE && !find_type (out, "full_attention"))
    add (out, "full_attention", NULL, "", shape->theta);
  if (c->family->flags & RW_LOCAL_ROPE && !find_type (out, "sliding_attention"))
    add (out, "sliding_attention", NULL, "", shape->local_theta);
  return RW_OK;
}

/* A flat block, or the two that transformers writes, "main" and "compress".  */
static rw_status
add_compressed (const rw_config *c, const cJSON *block, const char *path, const rw_shape *shape,
                rw_sources_of_rope *out)
{
  static const char *const keys[] = { "compress_rope_theta", NULL };
  const cJSON *main = rw_json_get (block, "main"), *compress = rw_json_get (block, "compress");
  double theta = 160000; /* DeepseekV4Config */
  char main_path[96] = "", compress_path[96];
  rw_status s = rw_config_number (c, keys, 1e-6, 1e30, &theta);
  if (s)
    return s;
  snprintf (compress_path, sizeof compress_path, "%.80s%s", path, compress ? ".compress" : "");
  if (main)
    snprintf (main_path, sizeof main_path, "%.80s.main", path);
  add (out, "compressed_sparse_attention", compress ? compress : block, compress_path, theta);
  add (out, "heavily_compressed_attention", compress ? compress : block, compress_path, theta);
  add (out, "sliding_attention", main, main_path, shape->theta);
  return RW_OK;
}

/* The config's block and its key; NULL where there is none.  */
static rw_status
find_block (const rw_config *c, const cJSON **block, const char **key)
{
  static const char *const keys[] = { "rope_scaling", "rope_parameters" };
  *block = NULL;
  *key = "rope_parameters";
  for (size_t i = 0; i < 2; i++)
    {
      const cJSON *item = rw_json_get (c->text, keys[i]);
      if (!item || cJSON_IsNull (item))
        continue;
      if (c->rules->top_level && i > 0)
        {
          rw_config_ignored (c, keys[i],
                             "transformers before 5 reads rope_scaling and rope_theta at the top "
                             "level; nothing of this block is used");
          continue;
        }
      if (!cJSON_IsObject (item))
        return rw_config_fail (c, keys[i], "expected an object, got %s", rw_json_kind (item));
      if (*block)
        rw_config_ignored (c, keys[i], "rope_scaling is there too and is used");
      else if (item->child) /* an empty one counts as none */
        {
          *block = item;
          *key = keys[i];
        }
    }
  return RW_OK;
}

/* full_attention first, where there is one.  */
static void
put_full_first (rw_sources_of_rope *s)
{
  for (size_t i = 1; i < s->n; i++)
    if (strcmp (s->at[i].layer_type, "full_attention") == 0)
      {
        const rw_source_of_rope full = s->at[i];
        memmove (&s->at[1], &s->at[0], i * sizeof s->at[0]);
        s->at[0] = full;
      }
}

rw_status
rw_ropes_find (const rw_config *c, const rw_shape *shape, const rw_layers *layers,
               rw_sources_of_rope *out)
{
  const cJSON *block = NULL;
  const char *key = NULL;
  char path[96];
  out->n = 0;
  rw_status s = find_block (c, &block, &key);
  if (s)
    return s;
  snprintf (path, sizeof path, "%s%s", c->prefix, key);
  static const char *const locals[] = { "rope_local_base_freq", "local_rope_theta", NULL };
  if (c->family->flags & RW_COMPRESSED)
    s = add_compressed (c, block, path, shape, out);
  else if (block && is_nested (c, block, key, layers))
    s = add_nested (c, block, key, shape, out);
  else if (c->family->flags & RW_LOCAL_ROPE || rw_config_find (c, locals))
    {
      add (out, "full_attention", block, path, shape->theta);
      add (out, "sliding_attention", NULL, "", shape->local_theta);
    }
  else
    add (out, "", block, path, shape->theta);
  put_full_first (out);
  return s;
}

static rw_status
replace_nested (const rw_config *c, const cJSON *rope, rw_sources_of_rope *sources)
{
  for (const cJSON *item = rope->child; item; item = item->next)
    {
      if (!cJSON_IsObject (item))
        continue;
      rw_source_of_rope *r = find_type (sources, item->string);
      if (!r && sources->n == 1 && !sources->at[0].layer_type[0]
          && strcmp (item->string, "full_attention") == 0)
        r = &sources->at[0]; /* the only rope is every layer's */
      if (!r)
        {
          rw_text known = { 0 };
          for (size_t i = 0; i < sources->n; i++)
            rw_text_addf (&known, "%s%s", i ? ", " : "", sources->at[i].layer_type);
          rw_fail (c->err, RW_EINVAL, "--rope: '%.60s' is not a layer type of the model; %s%s",
                   item->string, known.n ? "known: " : "it has one rope for all layers",
                   rw_text_get (&known));
          rw_text_free (&known);
          return RW_EINVAL;
        }
      r->over = item;
    }
  return RW_OK;
}

rw_status
rw_ropes_replace (const rw_config *c, const cJSON *rope, rw_sources_of_rope *sources)
{
  if (!rope || cJSON_IsNull (rope))
    return RW_OK;
  if (!cJSON_IsObject (rope))
    return rw_fail (c->err, RW_EINVAL, "--rope: expected an object, got %s", rw_json_kind (rope));
  if (looks_nested (rope))
    return replace_nested (c, rope, sources);
  rw_source_of_rope *full = find_type (sources, "full_attention");
  if (full)
    full->over = rope;
  /* No full_attention: the only rope, or those that are not the sliding layers'.  */
  for (size_t i = 0; i < sources->n && !full; i++)
    if (sources->n == 1 || strcmp (sources->at[i].layer_type, "sliding_attention") != 0)
      sources->at[i].over = rope;
  return RW_OK;
}
