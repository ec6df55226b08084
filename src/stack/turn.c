/* turn: where a config says one thing of a rope, and the patch that says another; see stack.h.  */
#include "stack/config.h"
#include "stack/stack.h"

#include <string.h>

static const char *
block_key (const cJSON *text)
{
  static const char *const keys[] = { "rope_scaling", "rope_parameters", NULL };
  for (const char *const *k = keys; *k; k++)
    {
      const cJSON *block = rw_json_get (text, *k);
      if (cJSON_IsObject (block) && block->child)
        return *k;
    }
  return NULL;
}

/* The layer type's own block among those of a nested one, or NULL.  */
static const cJSON *
nested_block (const cJSON *block, const char *layer_type)
{
  const cJSON *own = *layer_type ? rw_json_get (block, layer_type) : NULL;
  return cJSON_IsObject (own) ? own : NULL;
}

const cJSON *
rw_config_block (const cJSON *config, const char *layer_type)
{
  char prefix[48];
  const cJSON *text = rw_config_text (config, prefix);
  const char *key = block_key (text);
  const cJSON *block = key ? rw_json_get (text, key) : NULL;
  const cJSON *own = nested_block (block, layer_type);
  return own ? own : block;
}

/* Keys that stand beside the block too, in configs of transformers 4 and where there is none.  */
static bool
may_stand_above (const char *key)
{
  static const char *const keys[]
      = { "rope_theta", "partial_rotary_factor", "original_max_position_embeddings", NULL };
  for (const char *const *k = keys; *k; k++)
    if (strcmp (*k, key) == 0)
      return true;
  return false;
}

/* {key: inner}; NULL where memory ends, and inner is freed.  */
static cJSON *
around (const char *key, cJSON *inner)
{
  cJSON *outer = cJSON_CreateObject ();
  if (inner && outer && cJSON_AddItemToObject (outer, key, inner))
    return outer;
  cJSON_Delete (inner);
  cJSON_Delete (outer);
  return NULL;
}

cJSON *
rw_config_turn (const cJSON *config, const char *layer_type, const char *key, cJSON *value)
{
  char prefix[48];
  const cJSON *text = rw_config_text (config, prefix);
  const char *where = block_key (text);
  const cJSON *block = rw_config_block (config, layer_type);
  const bool nested = where && block != rw_json_get (text, where);
  const bool above
      = may_stand_above (key) && !rw_json_get (block, key) && (rw_json_get (text, key) || !nested);
  cJSON *patch = around (key, value);
  if (!above && nested)
    patch = around (layer_type, patch);
  if (!above)
    patch = around (where ? where : "rope_parameters", patch);
  for (size_t n = strlen (prefix); n; n = strlen (prefix)) /* "a.b." is {a: {b: patch}} */
    {
      prefix[n - 1] = 0;
      char *part = strrchr (prefix, '.') ? strrchr (prefix, '.') + 1 : prefix;
      patch = around (part, patch);
      *part = 0;
    }
  return patch;
}
