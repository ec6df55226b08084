/* lint_layers: rules about blocks by layer type, and about which layers a block stretches.  */
#include "stack/lint_part.h"

#include <string.h>

/* ---- nested blocks ---- */

static const cJSON *
block_of (const rw_lint *l, const char **key)
{
  static const char *const keys[] = { "rope_scaling", "rope_parameters" };
  for (size_t i = 0; i < 2; i++)
    {
      const cJSON *block = rw_json_get (l->c.text, keys[i]);
      *key = keys[i];
      if (cJSON_IsObject (block) && block->child)
        return block;
    }
  return NULL;
}

/* transformers 5.17 asks that all keys be layer types, 5.23 that one be; in between nobody says. */
static void
find_misread (rw_lint *l, const rw_lint_rope *r)
{
  const char *key;
  const cJSON *block = block_of (l, &key);
  size_t objects = 0, known = 0;
  rw_text names = { 0 };
  (void) r;
  for (const cJSON *item = block ? block->child : NULL; item; item = item->next)
    if (cJSON_IsObject (item))
      {
        objects++;
        known += rw_layers_has (&l->layers, item->string);
        if (!rw_layers_has (&l->layers, item->string) && names.n < 200)
          rw_text_addf (&names, "%s\"%.48s\"", names.n ? ", " : "", item->string);
      }
  const bool compressed = l->c.family && l->c.family->flags & RW_COMPRESSED;
  if (objects && known < objects && !compressed)
    {
      rw_finding *f = rw_lint_add (l, NULL, key, RW_LINT_HF_NEW);
      rw_lint_found (f, "%s: not in layer_types", rw_text_get (&names));
      rw_lint_effect (f,
                      known ? "transformers up to 5.17 reads the whole as a flat block and ignores "
                              "it; newer ones leave these layers' blocks unused"
                            : "transformers reads the whole as a flat block: nothing of it is "
                              "used, every layer is plain");
      rw_lint_fix (f, "\"layer_types\": [...] that names each of them, one entry a layer");
    }
  rw_text_free (&names);
}

static void
find_shadowed (rw_lint *l, const rw_lint_rope *r)
{
  const cJSON *top = rw_json_get (l->c.text, "rope_parameters");
  const cJSON *old = rw_json_get (l->c.text, "rope_scaling");
  const cJSON *block = cJSON_IsObject (old) && old->child ? old : top;
  size_t objects = 0;
  (void) r;
  for (const cJSON *item = cJSON_IsObject (block) ? block->child : NULL; item; item = item->next)
    objects += cJSON_IsObject (item) && rw_layers_has (&l->layers, item->string);
  for (const cJSON *item = objects ? block->child : NULL; item; item = item->next)
    {
      if (cJSON_IsObject (item) || cJSON_IsNull (item) || item->string[0] == '_')
        continue;
      char key[128];
      rw_finding *f = NULL;
      if (strlen (item->string) < sizeof key - 24)
        {
          strcpy (key, block->string);
          strcat (strcat (key, "."), item->string);
          f = rw_lint_add (l, NULL, key, RW_LINT_ALL);
        }
      rw_lint_found (f, "\"%.64s\" beside blocks by layer type", item->string);
      rw_lint_effect (f,
                      "transformers up to 5.17 then reads the whole as flat; newer ones read only "
                      "the blocks (and truncate)");
      rw_lint_fix (f, "move it into the block of each layer type");
    }
}

/* ---- sliding layers ---- */

static bool
is_scaled (const rw_lint_rope *r)
{
  return r->block && r->exact && strcmp (r->exact->module->name, "default") != 0;
}

static void
find_scaled (rw_lint *l, const rw_lint_rope *r)
{
  const rw_model *model = rw_lint_read_as (l, RW_LINT_EXACT);
  size_t sliding = 0, full = 0;
  int64_t window = 0;
  for (size_t i = 0; model && i < model->n_layers; i++)
    {
      const bool slides = model->window_of_layer[i] > 0;
      sliding += slides;
      full += !slides;
      window = slides ? model->window_of_layer[i] : window;
    }
  if (!is_scaled (r) || !model || model->n_ropes != 1 || !sliding || !full
      || (double) window > r->m.original_length)
    return;
  rw_finding *f = rw_lint_add (l, r, NULL, RW_LINT_ALL);
  rw_lint_found (f, "one %.32s block; %zu sliding layers (window %lld), %zu full ones", r->type,
                 sliding, (long long) window, full);
  rw_lint_effect (f,
                  "the sliding layers are stretched too, though their window fits in the %.0f "
                  "tokens of training; right where the model was trained so",
                  r->m.original_length);
}

static void
find_plain (rw_lint *l, const rw_lint_rope *r)
{
  const rw_model *model = rw_lint_read_as (l, RW_LINT_EXACT);
  const rw_rope *local = NULL;
  for (size_t i = 0; model && i < model->n_ropes; i++)
    if (strcmp (model->rope[i].layer_type, "sliding_attention") == 0)
      local = &model->rope[i];
  if (!is_scaled (r) || !local || r->nested || strcmp (r->layer_type, "full_attention") != 0
      || strcmp (local->schedule->module->name, "default") != 0)
    return;
  rw_finding *f = rw_lint_add (l, r, NULL, RW_LINT_ALL);
  rw_lint_found (f, "a flat %.32s block", r->type);
  rw_lint_effect (f,
                  "full_attention layers only: the sliding ones are plain with a base of %.6g; "
                  "engines have stretched all layers, or none, and the text stays fluent",
                  local->geometry.rope_theta);
  rw_lint_fix (f,
               "\"rope_parameters\" by layer type, which says it: ropewalk export MODEL --to hf");
}

const rw_lint_rule rw_lint_layers[] = {
  { "nested-misread", RW_LINT_ERROR, RW_LINT_HF_NEW, RW_LINT_CONFIG,
    "a block by layer type whose keys are not the config's layer types is read as a flat one",
    "layer_types that names them", "huggingface/trl#6961", find_misread },
  { "nested-mixed", RW_LINT_WARNING, RW_LINT_ALL, RW_LINT_CONFIG,
    "a plain key stands beside blocks by layer type", "move it into each block",
    "huggingface/trl#6961", find_shadowed },
  { "sliding-scaled", RW_LINT_INFO, RW_LINT_ALL, RW_LINT_BLOCKS,
    "the block stretches the sliding layers too", "nothing, where the model was trained so",
    "huggingface/transformers#45945", find_scaled },
  { "sliding-plain", RW_LINT_INFO, RW_LINT_ALL, RW_LINT_BLOCKS,
    "the block stretches the full_attention layers only, by rule of the class",
    "say it by layer type", "vllm-project/vllm#29111", find_plain },
  { 0 },
};
