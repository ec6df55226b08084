/* say_shape: head, layers and layout of a model in the words of a Hugging Face config; see
   words.h.  */
#include "stack/words.h"

#include <math.h>

static void
add_count (cJSON *config, const char *key, int64_t n)
{
  if (n > 0)
    cJSON_AddNumberToObject (config, key, (double) n);
}

/* layer_types where ropes differ by type; no_rope_layers where some layers do not rotate.  */
static void
add_layers (const rw_model *model, cJSON *config)
{
  bool still = false;
  if (!model->n_layers)
    return;
  cJSON_AddNumberToObject (config, "num_hidden_layers", (double) model->n_layers);
  cJSON *types = cJSON_CreateArray (), *rotate = cJSON_CreateArray ();
  for (size_t i = 0; i < model->n_layers; i++)
    {
      const uint16_t r = model->rope_of_layer[i];
      still |= r == RW_NO_ROPE;
      cJSON_AddItemToArray (rotate, cJSON_CreateNumber (r != RW_NO_ROPE));
      cJSON_AddItemToArray (
          types,
          cJSON_CreateString (r == RW_NO_ROPE ? "linear_attention" : model->rope[r].layer_type));
    }
  if (model->n_ropes > 1)
    cJSON_AddItemToObject (config, "layer_types", types);
  else
    cJSON_Delete (types);
  if (still && model->n_ropes == 1)
    cJSON_AddItemToObject (config, "no_rope_layers", rotate);
  else
    cJSON_Delete (rotate);
}

void
rw_say_shape (const rw_model *model, cJSON *config, rw_notes *notes)
{
  const rw_geometry *g = &model->rope[0].geometry;
  size_t sliding = 0;
  for (size_t i = 1; i < model->n_ropes; i++) /* Gemma 4: another head in full_attention */
    if (model->rope[i].geometry.head_dim != g->head_dim)
      sliding = i;
  if (sliding)
    add_count (config, "global_head_dim", g->head_dim);
  add_count (config, "head_dim", model->rope[sliding].geometry.head_dim);
  add_count (config, "num_attention_heads", g->heads);
  add_count (config, "num_key_value_heads", g->kv_heads);
  add_layers (model, config);
  if (g->layout == RW_INTERLEAVED)
    cJSON_AddBoolToObject (config, "rope_interleave", true);
  const double plain_scale = 1 / sqrt ((double) g->head_dim);
  if (g->logit_scale > 0 && fabs (g->logit_scale - plain_scale) > 1e-12)
    rw_note_add (notes, RW_NOTE_WARNING,
                 "the logit scale %g belongs to the model's class; keep its own keys for it",
                 g->logit_scale);
}
