/* hf: the stacks `exact` and `hf`: a Hugging Face config by the rules of transformers 5.

   One reader and a table of differences: `exact` also knows ropewalk's own schedules and honours
   what transformers loses by oversight; `hf` is transformers, and refuses what it would stop at. */
#include "stack/hf.h"
#include "base/mem.h"
#include "schedule/schedule.h"
#include "stack/ropes.h"
#include "stack/words.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const rw_hf_rules rw_exact_rules
    = { .name = "exact", .who = "transformers", .unknown = "unknown to transformers" };
const rw_hf_rules rw_hf5_rules = { .name = "hf",
                                   .who = "transformers",
                                   .unknown = "unknown to transformers",
                                   .hf_types_only = true,
                                   .truncate_flat_only = true,
                                   .nested_by_types = true };

/* The rope of a layer type; the first where it has none of its own.  */
static uint16_t
rope_of_type (const rw_model *model, const char *type)
{
  for (size_t i = 0; i < model->n_ropes; i++)
    if (strcmp (model->rope[i].layer_type, type) == 0)
      return (uint16_t) i;
  return model->n_ropes == 1 && !model->rope[0].layer_type[0] ? 0 : RW_NO_ROPE;
}

static rw_status
place_layers (const rw_config *c, const rw_layers *layers, rw_model *out)
{
  if (!layers->n)
    return RW_OK;
  out->rope_of_layer = rw_new (layers->n, sizeof *out->rope_of_layer);
  if (!out->rope_of_layer)
    return rw_nomem (c->err, layers->n * sizeof *out->rope_of_layer);
  out->window_of_layer = rw_new (layers->n, sizeof *out->window_of_layer);
  if (!out->window_of_layer)
    return rw_nomem (c->err, layers->n * sizeof *out->window_of_layer);
  int64_t window = 0;
  const rw_status s = rw_ropes_window (c, &window);
  if (s)
    return s;
  out->n_layers = layers->n;
  for (size_t i = 0; i < layers->n; i++)
    {
      const struct rw_layer *l = &layers->layer[i];
      const bool slides = !l->type[0] || strcmp (l->type, "sliding_attention") == 0;
      out->window_of_layer[i] = slides ? window : 0;
      out->rope_of_layer[i] = l->rotates ? rope_of_type (out, l->type) : RW_NO_ROPE;
      if (l->rotates && out->rope_of_layer[i] == RW_NO_ROPE)
        return rw_config_fail (c, "rope_parameters", "no block for layer %zu, a %s layer", i,
                               l->type[0] ? l->type : "nameless");
    }
  for (size_t r = 0; r < out->n_ropes; r++)
    for (size_t i = 0; i < layers->n; i++)
      out->rope[r].geometry.layers += out->rope_of_layer[i] == r;
  return RW_OK;
}

/* Plain ropes beside a stretched one were trained on the length that its block names.  */
static void
share_length (const rw_sources_of_rope *sources, rw_model *out)
{
  double length = INFINITY;
  for (size_t i = 0; i < out->n_ropes; i++)
    if (sources->at[i].block)
      length = fmin (length, out->rope[i].geometry.original_length);
  for (size_t i = 0; i < out->n_ropes; i++)
    if (!sources->at[i].block && isfinite (length))
      out->rope[i].geometry.original_length = length;
}

static rw_status
make_ropes (const rw_config *c, const cJSON *rope, rw_model *out)
{
  rw_shape shape;
  rw_layers layers = { 0 };
  rw_sources_of_rope sources = { 0 };
  rw_status s = rw_shape_read (c, &shape);
  if (!s)
    s = rw_layers_read (c, &layers);
  if (!s)
    s = rw_ropes_find (c, &shape, &layers, &sources);
  if (!s)
    s = rw_ropes_replace (c, rope, &sources);
  if (!s && !(out->rope = rw_new (sources.n, sizeof *out->rope)))
    s = rw_nomem (c->err, sources.n * sizeof *out->rope);
  for (size_t i = 0; i < sources.n && !s; i++)
    {
      out->n_ropes = i + 1;
      const rw_rope_site site = { c, &shape, &layers, &sources, i, &out->rope[i] };
      s = c->rules->make ? c->rules->make (&site)
                         : rw_rope_make (c, &shape, &layers, &sources.at[i], &out->rope[i]);
    }
  if (!s)
    {
      share_length (&sources, out);
      rw_config_leftovers (c);
    }
  if (!s && c->family->flags & RW_NO_ROTATION)
    rw_note_add (c->notes, RW_NOTE_WARNING,
                 "'%s' applies no rope in any layer, whatever its config says",
                 c->family->model_type);
  if (!s)
    s = place_layers (c, &layers, out);
  rw_layers_free (&layers);
  return s;
}

rw_status
rw_hf_digest (const cJSON *config, const cJSON *rope, char **out, rw_error *err)
{
  rw_text text = { 0 };
  char hex[65];
  rw_json_normal (config, &text);
  if (rope)
    {
      rw_text_add (&text, "\n");
      rw_json_normal (rope, &text);
    }
  rw_status s = text.failed ? rw_nomem (err, text.n) : RW_OK;
  if (!s)
    {
      rw_json_sha256 (rw_text_get (&text), text.n, hex);
      *out = rw_strdup (hex);
      s = *out ? RW_OK : rw_nomem (err, sizeof hex);
    }
  rw_text_free (&text);
  return s;
}

/* Notes of the whole config stand before those of each rope.  */
static void
share_notes (const rw_notes *common, rw_model *out)
{
  for (size_t i = 0; i < out->n_ropes; i++)
    {
      rw_notes all = { 0 };
      rw_notes_copy (&all, common);
      rw_notes_copy (&all, &out->rope[i].notes);
      rw_notes_free (&out->rope[i].notes);
      out->rope[i].notes = all;
    }
}

rw_status
rw_hf_read (rw_config *c, const char *name, const cJSON *rope, rw_model *out)
{
  out->stack = c->rules->name;
  snprintf (out->family, sizeof out->family, "%s", rw_config_model_type (c));
  rw_status s = make_ropes (c, rope, out);
  if (!s)
    s = rw_hf_digest (c->root, rope, &out->sha256, c->err);
  if (!s && !(out->name = rw_strdup (name)))
    s = rw_nomem (c->err, strlen (name));
  share_notes (c->notes, out);
  if (s)
    rw_model_free (out);
  return s;
}

rw_status
rw_hf_read_by (const rw_hf_rules *r, const char *name, const cJSON *config, const cJSON *rope,
               rw_model *out, rw_error *err)
{
  rw_config c;
  rw_notes notes = { 0 };
  char prefix[48];
  *out = (rw_model){ 0 };
  rw_status s = rw_config_open (&c, name, config, prefix, &notes, err);
  c.rules = r;
  if (!s)
    s = rw_hf_read (&c, name, rope, out);
  rw_notes_free (&notes);
  return s;
}

static rw_status
read_exact (const char *name, const cJSON *config, const cJSON *rope, rw_model *out, rw_error *err)
{
  return rw_hf_read_by (&rw_exact_rules, name, config, rope, out, err);
}

static rw_status
read_hf (const char *name, const cJSON *config, const cJSON *rope, rw_model *out, rw_error *err)
{
  return rw_hf_read_by (&rw_hf5_rules, name, config, rope, out, err);
}

const rw_stack rw_stack_exact
    = { .name = "exact",
        .text = "configs by the rules of transformers 5, definitions in double",
        .cite = "transformers 5.23, modeling_rope_utils.py; the papers of the schedules",
        .read = read_exact,
        .arithmetic = rw_stack_hf_float,
        .write = rw_exact_write };
const rw_stack rw_stack_hf = { .name = "hf",
                               .text = "transformers 5 itself",
                               .cite = "transformers 5.23, modeling_rope_utils.py",
                               .read = read_hf,
                               .arithmetic = rw_stack_hf_float,
                               .write = rw_hf_write };
