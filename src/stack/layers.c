/* layers: which layer is of which type, and which do not rotate; see shape.h.  */
#include "base/mem.h"
#include "rope/model.h"
#include "stack/shape.h"

#include <stdio.h>
#include <string.h>

void
rw_layers_free (rw_layers *layers)
{
  rw_free (layers->layer);
  *layers = (rw_layers){ 0 };
}

bool
rw_layers_has (const rw_layers *layers, const char *type)
{
  for (size_t i = 0; i < layers->n; i++)
    if (strcmp (layers->layer[i].type, type) == 0)
      return true;
  return false;
}

/* Types that hold no attention over positions: linear attention, state spaces, convolutions.  */
static bool
type_rotates (const char *type)
{
  static const char *const still[]
      = { "linear_attention", "mamba", "mamba2", "conv", "recurrent", "nope", "moe", "mlp", NULL };
  for (const char *const *s = still; *s; s++)
    if (strcmp (type, *s) == 0)
      return false;
  return true;
}

static rw_status
make_room (const rw_config *c, int64_t n, rw_layers *out)
{
  out->layer = rw_new ((size_t) n, sizeof *out->layer);
  if (!out->layer)
    return rw_nomem (c->err, (size_t) n * sizeof *out->layer);
  out->n = (size_t) n;
  for (size_t i = 0; i < out->n; i++)
    out->layer[i].rotates = true;
  return RW_OK;
}

static rw_status
set_type (const rw_config *c, struct rw_layer *layer, const cJSON *item, const char *key)
{
  if (cJSON_IsNull (item)) /* an inline model's layer without rope */
    {
      layer->rotates = false;
      return RW_OK;
    }
  if (!cJSON_IsString (item) || !item->valuestring[0]
      || strlen (item->valuestring) >= RW_LAYER_TYPE_MAX)
    return rw_config_fail (c, key, "expected the name of a layer type, got %s",
                           cJSON_IsString (item) ? "an empty or long text" : rw_json_kind (item));
  snprintf (layer->type, sizeof layer->type, "%s", item->valuestring);
  layer->rotates = type_rotates (layer->type);
  return RW_OK;
}

static rw_status
read_list (const rw_config *c, const cJSON *list, rw_layers *out)
{
  size_t i = 0;
  rw_status s = RW_OK;
  for (const cJSON *item = list->child; item && i < out->n && !s; item = item->next, i++)
    s = set_type (c, &out->layer[i], item, list->string);
  if (!s && i < out->n)
    s = rw_config_fail (c, list->string, "%zu types for %zu layers", i, out->n);
  if (!s)
    rw_config_used (c, list->string);
  return s;
}

/* DeepSeek-V4: the compression ratio of a layer names its type.  */
static rw_status
read_ratios (const rw_config *c, const cJSON *list, rw_layers *out)
{
  static const struct
  {
    double ratio;
    const char *type;
  } rows[] = { { 0, "sliding_attention" },
               { 4, "compressed_sparse_attention" },
               { 128, "heavily_compressed_attention" } };
  size_t i = 0;
  for (const cJSON *item = list->child; item && i < out->n; item = item->next, i++)
    for (size_t r = 0; r < 3; r++)
      if (cJSON_IsNumber (item) && item->valuedouble == rows[r].ratio)
        snprintf (out->layer[i].type, RW_LAYER_TYPE_MAX, "%s", rows[r].type);
  for (i = 0; i < out->n; i++)
    if (!out->layer[i].type[0])
      return rw_config_fail (c, list->string, "layer %zu: expected a ratio 0, 4 or 128", i);
  rw_config_used (c, list->string);
  return RW_OK;
}

/* EXAONE's "LLLG": local layers and a global one, over and over.  */
static void
fill_letters (const rw_config *c, const cJSON *letters, rw_layers *out)
{
  const char *text = letters->valuestring;
  const size_t n = strlen (text);
  for (size_t i = 0; i < out->n && n; i++)
    snprintf (out->layer[i].type, RW_LAYER_TYPE_MAX, "%s",
              text[i % n] == 'G' ? "full_attention" : "sliding_attention");
  rw_config_used (c, letters->string);
}

/* Every pattern-th layer is full_attention.  */
static rw_status
fill_pattern (const rw_config *c, rw_layers *out)
{
  static const char *const keys[]
      = { "sliding_window_pattern", "_sliding_window_pattern", "global_attn_every_n_layers",
          "full_attention_interval", NULL };
  const unsigned flags = c->family->flags;
  const char *other = flags & RW_LINEAR_LAYERS ? "linear_attention" : "sliding_attention";
  int64_t every = c->family->pattern;
  const cJSON *item = rw_config_find (c, keys);
  if (cJSON_IsString (item))
    {
      fill_letters (c, item, out);
      return RW_OK;
    }
  rw_status s = rw_config_whole (c, keys, 1, RW_LAYERS_MAX, &every);
  for (size_t i = 0; i < out->n && every && !s; i++)
    {
      const bool full = (int64_t) (flags & RW_FULL_FIRST ? i : i + 1) % every == 0;
      snprintf (out->layer[i].type, RW_LAYER_TYPE_MAX, "%s", full ? "full_attention" : other);
      out->layer[i].rotates = full || !(flags & RW_LINEAR_LAYERS);
    }
  return s;
}

/* no_rope_layers[i] = 1 means that layer i DOES rotate: the name reads backwards.  */
static rw_status
fill_nope (const rw_config *c, rw_layers *out)
{
  static const char *const list_keys[] = { "no_rope_layers", NULL };
  static const char *const interval_keys[] = { "no_rope_layer_interval", NULL };
  const cJSON *list = rw_config_find (c, list_keys);
  int64_t every = c->family->flags & RW_NOPE_INTERVAL ? 4 : 0;
  if (cJSON_IsArray (list) && list->child)
    {
      size_t i = 0;
      for (const cJSON *item = list->child; item && i < out->n; item = item->next, i++)
        if (!cJSON_IsNumber (item) && !cJSON_IsBool (item))
          return rw_config_fail (c, "no_rope_layers", "[%zu]: expected 0 or 1, got %s", i,
                                 rw_json_kind (item));
        else if (cJSON_IsFalse (item) || (cJSON_IsNumber (item) && item->valuedouble == 0))
          out->layer[i].rotates = false;
      if (i < out->n)
        return rw_config_fail (c, "no_rope_layers", "%zu entries for %zu layers", i, out->n);
      rw_config_used (c, "no_rope_layers");
      return RW_OK;
    }
  rw_status s = rw_config_whole (c, interval_keys, 1, RW_LAYERS_MAX, &every);
  for (size_t i = 0; i < out->n && every && !s; i++)
    if ((int64_t) (i + 1) % every == 0)
      out->layer[i].rotates = false;
  return s;
}

rw_status
rw_layers_read (const rw_config *c, rw_layers *out)
{
  static const char *const counts[] = {
    "num_hidden_layers", "n_layer", "num_layers", "n_layers", "num_transformer_layers", NULL
  };
  static const char *const types[] = { "layer_types", NULL };
  static const char *const ratios[] = { "compress_ratios", NULL };
  const cJSON *list = rw_config_find (c, types), *ratio = rw_config_find (c, ratios);
  int64_t n = 0;
  *out = (rw_layers){ 0 };
  rw_status s = rw_config_whole (c, counts, 1, RW_LAYERS_MAX, &n);
  if (!s && list && !cJSON_IsArray (list))
    s = rw_config_fail (c, "layer_types", "expected a list, got %s", rw_json_kind (list));
  if (!s && !n && list)
    n = cJSON_GetArraySize (list);
  if (!s && n > RW_LAYERS_MAX)
    s = rw_config_fail (c, "layer_types", "more than %d layers", RW_LAYERS_MAX);
  if (s || !n)
    return s;
  s = make_room (c, n, out);
  if (!s && list)
    s = read_list (c, list, out);
  else if (!s && ratio && cJSON_IsArray (ratio) && c->family->flags & RW_COMPRESSED)
    s = read_ratios (c, ratio, out);
  else if (!s)
    s = fill_pattern (c, out);
  if (!s)
    s = fill_nope (c, out);
  for (size_t i = 0; i < out->n && !s; i++)
    if (c->family->flags & RW_NO_ROTATION
        || (c->family->flags & RW_NOPE_FULL && strcmp (out->layer[i].type, "full_attention") == 0))
      out->layer[i].rotates = false;
  if (s)
    rw_layers_free (out);
  return s;
}
