/* lint_open: the model that is linted: its text, its tree, its ropes, and how each stack reads it;
   see lint_part.h.

   The words are taken as they stand, so that a block that a stack refuses can still be linted; only
   what has no shape (no head, no length) is refused here.  */
#include "base/mem.h"
#include "json/block.h"
#include "stack/hf.h"
#include "stack/lint_part.h"
#include "stack/presets.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const char *
rw_lint_stack_name (size_t i)
{
  static const char *const names[]
      = { "exact", "hf", "hf-4.45", "hf-4.50", "hf-4.56", "vllm", "vllm-pre-56446", "llama.cpp" };
  return i < RW_LINT_STACKS ? names[i] : NULL;
}

/* ---- texts ---- */

static rw_status
read_tree (rw_lint *l, rw_error *err)
{
  rw_status s = rw_json_text (l->path, &l->text, err);
  if (!s)
    s = rw_json_parse (strcmp (l->path, "-") == 0 ? "stdin" : l->path, rw_text_get (&l->text),
                       l->text.n, &l->tree, err);
  return s;
}

static rw_status
read_rope (rw_lint *l, rw_error *err)
{
  const char *given = l->ask->rope;
  if (!given)
    return RW_OK;
  if (given[0] != '@')
    {
      rw_text_add (&l->override, given);
      return rw_json_argument (given, "--rope", &l->rope, err);
    }
  rw_status s = rw_json_text (given + 1, &l->override, err);
  return s ? s
           : rw_json_parse (given + 1, rw_text_get (&l->override), l->override.n, &l->rope, err);
}

/* ---- ropes ---- */

static void
set_type (rw_lint_rope *r)
{
  const cJSON *type = rw_json_get (r->block, "rope_type");
  type = type ? type : rw_json_get (r->block, "type");
  r->type = cJSON_IsString (type) ? type->valuestring : "default";
  r->factor = rw_lint_number (r->block, "factor");
  r->block_original = rw_lint_number (r->block, "original_max_position_embeddings");
}

/* What exact makes of it, or the nearest that can be said without it.  */
static void
set_geometry (rw_lint *l, rw_lint_rope *r, double theta)
{
  const rw_rope *exact = rw_lint_rope_as (l, RW_LINT_EXACT, r);
  if (exact)
    {
      r->exact = exact->schedule;
      r->m = rw_schedule_geometry (exact->schedule, &exact->geometry);
      return;
    }
  const double b = rw_lint_number (r->block, "rope_theta");
  const double partial = rw_lint_number (r->block, "partial_rotary_factor");
  r->m = l->shape.geometry;
  r->m.rope_theta = isnan (b) ? theta : b;
  r->m.rotary_dim = rw_shape_rotary (&l->shape, l->c.family, r->m.head_dim,
                                     partial > 0 && partial <= 1 ? partial : NAN);
  if (isnan (l->shape.top_original) && r->block_original >= 1)
    r->m.original_length = r->block_original;
}

static void
make_ropes (rw_lint *l)
{
  l->n_ropes = l->sources.n;
  for (size_t i = 0; i < l->n_ropes; i++)
    {
      const rw_source_of_rope *source = &l->sources.at[i];
      rw_lint_rope *r = &l->ropes[i];
      snprintf (r->layer_type, sizeof r->layer_type, "%s", source->layer_type);
      snprintf (r->path, sizeof r->path, "%s", source->over ? "--rope" : source->path);
      r->block = source->over ? source->over : source->block;
      r->own = !source->over;
      r->nested = source->nested;
      set_type (r);
      set_geometry (l, r, source->theta);
    }
}

static rw_status
open_config (rw_lint *l, rw_error *err)
{
  const char *file = strcmp (l->path, "-") == 0 ? "stdin" : l->path;
  rw_error late = { 0 };
  rw_status s = read_tree (l, err);
  if (!s)
    s = rw_config_open (&l->c, file, l->tree, l->prefix, &l->notes, err);
  l->c.rules = rw_hf_rules_of ("exact");
  if (!s)
    s = rw_shape_read (&l->c, &l->shape);
  if (s)
    return s;
  /* From here on what is wrong is a finding.  */
  l->c.err = &late;
  s = rw_layers_read (&l->c, &l->layers);
  if (!s)
    s = rw_ropes_find (&l->c, &l->shape, &l->layers, &l->sources);
  if (s == RW_ENOMEM)
    return rw_nomem (err, 0);
  if (s)
    l->sources.n = 0;
  l->c.err = err;
  if (!s)
    s = rw_ropes_replace (&l->c, l->rope, &l->sources);
  else
    s = RW_OK;
  l->length = l->shape.geometry.max_length;
  if (!s)
    make_ropes (l);
  l->c.err = NULL;
  return s;
}

/* ---- GGUF files: the ropes are those that `exact` reads, their blocks its schedules ---- */

static rw_status
open_gguf (rw_lint *l, rw_error *err)
{
  rw_status s = rw_gguf_open (l->path, &l->gguf, err);
  const rw_model *model = s ? NULL : rw_lint_read_as (l, RW_LINT_EXACT);
  if (!s && !model)
    {
      rw_fail (err, l->by[0].status, "%s", l->by[0].err.text);
      return rw_hint (err, "%s", l->by[0].err.hint);
    }
  if (s)
    return s;
  l->length = model->rope[0].geometry.max_length;
  for (size_t i = 0; i < model->n_ropes && i < RW_SOURCES_MAX; i++)
    {
      const rw_rope *rope = &model->rope[i];
      rw_lint_rope *r = &l->ropes[l->n_ropes];
      l->written[l->n_ropes++] = rw_block_write (rope->schedule, &rw_schedules, true);
      snprintf (r->layer_type, sizeof r->layer_type, "%s", rope->layer_type);
      snprintf (r->path, sizeof r->path, "%s", l->rope ? "--rope" : "rope.scaling");
      r->block = l->written[i];
      r->own = !l->rope;
      set_type (r);
      r->exact = rope->schedule;
      r->m = rw_schedule_geometry (rope->schedule, &rope->geometry);
    }
  return RW_OK;
}

static void
list_stacks (rw_lint *l)
{
  const rw_stack *stack;
  l->wanted = l->ask->stack ? 0 : RW_LINT_ALL;
  for (size_t i = 0; (stack = rw_stack_at (i)); i++)
    for (size_t k = 0; k < RW_LINT_STACKS; k++)
      if (strcmp (stack->name, rw_lint_stack_name (k)) == 0)
        {
          l->by[k].stack = stack;
          if (stack == l->ask->stack)
            l->wanted |= 1U << k;
        }
}

rw_status
rw_lint_open (rw_lint *l, const rw_lint_request *ask, rw_error *err)
{
  const char *name = NULL;
  l->ask = ask;
  list_stacks (l);
  rw_status s = rw_stack_file (ask->model, &l->path, &name, err);
  if (!s)
    s = read_rope (l, err);
  const bool gguf = !s && strcmp (l->path, "-") != 0 && rw_gguf_model_is (l->path);
  if (!s)
    s = gguf ? open_gguf (l, err) : open_config (l, err);
  l->planned = !isnan (ask->length);
  if (l->planned)
    l->length = ask->length;
  return s;
}

void
rw_lint_close (rw_lint *l)
{
  for (size_t i = 0; i < RW_LINT_STACKS; i++)
    rw_model_free (&l->by[i].model);
  for (size_t i = 0; i < RW_SOURCES_MAX; i++)
    cJSON_Delete (l->written[i]);
  rw_layers_free (&l->layers);
  rw_notes_free (&l->notes);
  rw_gguf_close (l->gguf);
  cJSON_Delete (l->tree);
  cJSON_Delete (l->rope);
  rw_text_free (&l->text);
  rw_text_free (&l->override);
  rw_free (l->path);
}

/* ---- readings ---- */

const rw_model *
rw_lint_read_as (rw_lint *l, unsigned bit)
{
  size_t k = 0;
  while (k < RW_LINT_STACKS && bit != 1U << k)
    k++;
  rw_lint_reading *by = k < RW_LINT_STACKS ? &l->by[k] : NULL;
  if (!by || !by->stack)
    return NULL;
  if (!by->tried)
    {
      by->tried = true;
      by->status = l->gguf ? rw_stack_model (by->stack, l->path, l->ask->rope, &by->model, &by->err)
                           : by->stack->read (l->c.file, l->tree, l->rope, &by->model, &by->err);
    }
  l->failed = l->failed || by->status == RW_ENOMEM;
  return by->status ? NULL : &by->model;
}

const rw_rope *
rw_lint_rope_as (rw_lint *l, unsigned bit, const rw_lint_rope *r)
{
  const rw_model *model = rw_lint_read_as (l, bit);
  for (size_t i = 0; model && i < model->n_ropes; i++)
    if (strcmp (model->rope[i].layer_type, r->layer_type) == 0)
      return &model->rope[i];
  return model && (model->n_ropes == 1 || !r->layer_type[0]) ? &model->rope[0] : NULL;
}
