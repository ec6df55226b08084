/* write_hf: a model as a Hugging Face config (transformers 5); see stack.h.

   What is written is what differs from a plain class: rope_parameters, nested by layer type where
   there are several ropes, the head's shape, the lengths and the layers.  What the format cannot
   say is refused by name.  */
#include "base/mem.h"
#include "json/block.h"
#include "schedule/schedule.h"
#include "stack/stack.h"

#include <math.h>
#include <string.h>

/* transformers 5, modeling_rope_utils.py: the keys of each type beside those all have.  */
static const struct
{
  const char *name;
  const char *keys[7];
} types[] = {
  { "default", { NULL } },
  { "linear", { "factor" } },
  { "dynamic", { "factor" } },
  { "yarn",
    { "factor", "attention_factor", "beta_fast", "beta_slow", "mscale", "mscale_all_dim",
      "truncate" } },
  { "longrope", { "short_factor", "long_factor", "factor", "attention_factor" } },
  { "llama3", { "factor", "low_freq_factor", "high_freq_factor" } },
  { "proportional", { "factor", "partial_rotary_factor" } },
  { NULL, { NULL } },
};

static rw_status
no_such_type (const char *name, rw_error *err)
{
  rw_fail (err, RW_EINVAL, "rope_type: a Hugging Face config cannot say '%s'", name);
  return rw_hint (err, "export its frequencies: `ropewalk table MODEL --rope JSON --format npy -o "
                       "t.npy`, then {\"rope_type\": \"table\", \"file\": \"t.npy\"}");
}

/* Whether a parameter of ours has a key there.  */
static bool
has_key (size_t type, const char *name)
{
  for (size_t i = 0; i < 7 && types[type].keys[i]; i++)
    if (strcmp (types[type].keys[i], name) == 0)
      return true;
  return false;
}

/* softmax_mscale belongs to the model's class there, and the head to the geometry.  */
static bool
is_elsewhere (const char *name)
{
  static const char *const names[] = { "softmax_mscale", "rope_theta", "partial_rotary_factor",
                                       "original_max_position_embeddings", NULL };
  for (const char *const *n = names; *n; n++)
    if (strcmp (*n, name) == 0)
      return true;
  return false;
}

static rw_status
check_params (const rw_object *schedule, size_t type, rw_notes *notes, rw_error *err)
{
  const rw_param *p;
  for (size_t i = 0; (p = rw_module_param (schedule->module, i)); i++)
    {
      if (!(schedule->given >> i & 1) || has_key (type, p->name))
        continue;
      if (strcmp (p->name, "softmax_mscale") == 0)
        rw_note_add (
            notes, RW_NOTE_WARNING,
            "softmax_mscale: transformers applies it by model class (DeepSeek-V2, V3), not "
            "by a key");
      if (!is_elsewhere (p->name))
        {
          rw_fail (err, RW_EINVAL, "%s: a Hugging Face '%s' block has no such key", p->name,
                   types[type].name);
          return rw_hint (err, "leave it out, or export the frequencies with `ropewalk table "
                               "--format npy`");
        }
    }
  return RW_OK;
}

static bool
needs_length (const char *name)
{
  return strcmp (name, "yarn") == 0 || strcmp (name, "longrope") == 0
         || strcmp (name, "llama3") == 0;
}

/* One rope as a rope_parameters block.  */
static rw_status
write_block (const rw_rope *rope, rw_notes *notes, cJSON **out, rw_error *err)
{
  const rw_object *schedule = rope->schedule;
  const rw_geometry g = rw_schedule_geometry (schedule, &rope->geometry);
  const char *name = schedule->module->name;
  size_t type = 0;
  while (types[type].name && strcmp (types[type].name, name) != 0)
    type++;
  if (!types[type].name)
    return no_such_type (name, err);
  rw_status s = check_params (schedule, type, notes, err);
  if (s)
    return s;
  cJSON *given = rw_block_write (schedule, &rw_schedules, true);
  cJSON *block = cJSON_CreateObject ();
  cJSON_AddStringToObject (block, "rope_type", name);
  cJSON_AddNumberToObject (block, "rope_theta", g.rope_theta);
  for (size_t i = 0; i < 7 && types[type].keys[i]; i++)
    if (rw_json_get (given, types[type].keys[i]))
      cJSON_AddItemToObject (block, types[type].keys[i],
                             cJSON_Duplicate (rw_json_get (given, types[type].keys[i]), true));
  if (needs_length (name))
    cJSON_AddNumberToObject (block, "original_max_position_embeddings", g.original_length);
  if (g.rotary_dim != g.head_dim && !has_key (type, "partial_rotary_factor"))
    cJSON_AddNumberToObject (block, "partial_rotary_factor",
                             (double) g.rotary_dim / (double) g.head_dim);
  cJSON_Delete (given);
  *out = block;
  return RW_OK;
}

static rw_status
write_ropes (const rw_model *model, cJSON *config, rw_notes *notes, rw_error *err)
{
  cJSON *nested = model->n_ropes > 1 ? cJSON_CreateObject () : NULL, *block = NULL;
  rw_status s = RW_OK;
  for (size_t i = 0; i < model->n_ropes && !s; i++)
    {
      s = write_block (&model->rope[i], notes, &block, err);
      if (s && nested)
        rw_within (err, s, "%s", model->rope[i].layer_type);
      else if (!s)
        cJSON_AddItemToObject (nested ? nested : config,
                               nested ? model->rope[i].layer_type : "rope_parameters", block);
    }
  if (nested)
    cJSON_AddItemToObject (config, "rope_parameters", nested);
  return s;
}

/* layer_types where ropes differ by type; no_rope_layers where some layers do not rotate.  */
static void
write_layers (const rw_model *model, cJSON *config)
{
  bool still = false;
  if (!model->n_layers)
    return;
  cJSON_AddNumberToObject (config, "num_hidden_layers", (double) model->n_layers);
  cJSON *types_list = cJSON_CreateArray (), *rotate = cJSON_CreateArray ();
  for (size_t i = 0; i < model->n_layers; i++)
    {
      const uint16_t r = model->rope_of_layer[i];
      still |= r == RW_NO_ROPE;
      cJSON_AddItemToArray (rotate, cJSON_CreateNumber (r != RW_NO_ROPE));
      cJSON_AddItemToArray (
          types_list,
          cJSON_CreateString (r == RW_NO_ROPE ? "linear_attention" : model->rope[r].layer_type));
    }
  if (model->n_ropes > 1)
    cJSON_AddItemToObject (config, "layer_types", types_list);
  else
    cJSON_Delete (types_list);
  if (still && model->n_ropes == 1)
    cJSON_AddItemToObject (config, "no_rope_layers", rotate);
  else
    cJSON_Delete (rotate);
}

static void
add_count (cJSON *config, const char *key, int64_t n)
{
  if (n > 0)
    cJSON_AddNumberToObject (config, key, (double) n);
}

rw_status
rw_stack_write_hf (const rw_model *model, cJSON **out, rw_notes *notes, rw_error *err)
{
  const rw_geometry *g = &model->rope[0].geometry;
  cJSON *config = cJSON_CreateObject ();
  size_t sliding = 0;
  *out = NULL;
  rw_status s = write_ropes (model, config, notes, err);
  if (s)
    {
      cJSON_Delete (config);
      return s;
    }
  for (size_t i = 1; i < model->n_ropes; i++) /* Gemma 4: another head in full_attention */
    if (model->rope[i].geometry.head_dim != g->head_dim)
      sliding = i;
  if (sliding)
    add_count (config, "global_head_dim", g->head_dim);
  add_count (config, "head_dim", model->rope[sliding].geometry.head_dim);
  add_count (config, "num_attention_heads", g->heads);
  add_count (config, "num_key_value_heads", g->kv_heads);
  cJSON_AddNumberToObject (config, "max_position_embeddings", g->max_length);
  write_layers (model, config);
  if (g->layout == RW_INTERLEAVED)
    cJSON_AddBoolToObject (config, "rope_interleave", true);
  const double plain_scale = 1 / sqrt ((double) g->head_dim);
  if (g->logit_scale > 0 && fabs (g->logit_scale - plain_scale) > 1e-12)
    rw_note_add (notes, RW_NOTE_WARNING,
                 "the logit scale %g belongs to the model's class; keep its own keys for it",
                 g->logit_scale);
  *out = config;
  return RW_OK;
}
