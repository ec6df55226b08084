/* llama: the stack `llama.cpp`; see llama.h.

   A config is read for its shape like everywhere, its rope block by the converter's rules; keys of
   the object "llama.cpp" stand in for what the converter writes.  All layers share one schedule,
   but for the sliding ones' base and, in some architectures, their scaling.  */
#include "stack/llama.h"
#include "schedule/schedule.h"
#include "stack/hf.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char OBJECT[] = "llama.cpp";

static bool
is_sliding (const rw_source_of_rope *s)
{
  return strcmp (s->layer_type, "sliding_attention") == 0;
}

/* The rope that the file is about: the first that does not slide.  */
static const rw_source_of_rope *
main_source (const rw_sources_of_rope *sources)
{
  for (size_t i = 0; i < sources->n; i++)
    if (!is_sliding (&sources->at[i]))
      return &sources->at[i];
  return &sources->at[0];
}

static const cJSON *
block_of (const rw_source_of_rope *s)
{
  return s->over ? s->over : s->block;
}

static const char *
path_of (const rw_source_of_rope *s)
{
  return s->over ? "--rope" : s->path;
}

/* ---- geometry ---- */

static rw_status
take_number (const rw_rope_site *t, const rw_source_of_rope *s, const cJSON *block, const char *key,
             double lo, double hi, double *out)
{
  const cJSON *item = rw_json_get (block, key);
  const char *path = block == s->over ? "--rope" : s->path;
  if (!item || cJSON_IsNull (item))
    return RW_OK;
  if (!cJSON_IsNumber (item) || !(item->valuedouble >= lo && item->valuedouble <= hi))
    return rw_fail (t->c->err, RW_EINVAL, "%s.%s: expected a number from %g to %g", path, key, lo,
                    hi);
  *out = item->valuedouble;
  rw_note_add (&t->out->notes, RW_NOTE_USED, "%s.%s", path, key);
  return RW_OK;
}

static bool
is_proportional (const cJSON *block)
{
  const cJSON *name = rw_json_get (block, "rope_type");
  name = name ? name : rw_json_get (block, "type");
  return cJSON_IsString (name) && strcmp (name->valuestring, "proportional") == 0;
}

/* Base, head and length of one source; a base that only --rope says is the schedule's.  */
static rw_status
read_geometry (const rw_rope_site *t, const rw_source_of_rope *s, rw_geometry *g)
{
  double theta = s->theta, partial = NAN, original = NAN;
  rw_status st = take_number (t, s, s->block, "rope_theta", 1e-6, 1e30, &theta);
  if (!st)
    st = take_number (t, s, s->block, "partial_rotary_factor", 1e-6, 1, &partial);
  const cJSON *length = rw_json_get (s->block, "original_max_position_embeddings");
  if (cJSON_IsNumber (length) && length->valuedouble >= 1 && length->valuedouble <= RW_LENGTH_MAX)
    original = length->valuedouble;
  *g = t->shape->geometry;
  g->rope_theta = theta;
  if (t->shape->global_head_dim && strcmp (s->layer_type, "full_attention") == 0)
    g->head_dim = t->shape->global_head_dim;
  g->rotary_dim = is_proportional (s->block)
                      ? g->head_dim
                      : rw_shape_rotary (t->shape, t->c->family, g->head_dim, partial);
  if (!isnan (original) && (isnan (t->shape->top_original) || s->nested))
    g->original_length = original;
  else if (s->nested)
    g->original_length = g->max_length;
  return st;
}

/* ---- the file ---- */

/* What the file would hold for the base of sliding layers, and what it would lose of their block.
 */
static rw_status
read_sliding (const rw_rope_site *t, const rw_llama_arch *arch, rw_llama_rope *rope)
{
  const bool plain = arch->flags & RW_LLAMA_PLAIN_SWA;
  for (size_t i = 0; i < t->sources->n && t->sources->n > 1; i++)
    {
      const rw_source_of_rope *s = &t->sources->at[i];
      const cJSON *block = block_of (s), *theta = rw_json_get (block, "rope_theta");
      const cJSON *factor = rw_json_get (block, "factor");
      if (!is_sliding (s))
        continue;
      rope->freq_base_swa = cJSON_IsNumber (theta) ? theta->valuedouble : s->theta;
      if (cJSON_IsNumber (factor) && factor->valuedouble != 1 && plain)
        rw_note_add (&t->out->notes, RW_NOTE_WARNING,
                     "%s.factor: llama.cpp does not scale the sliding layers of '%s' "
                     "(freq_scale_swa = 1)",
                     path_of (s), arch->name);
      if (!plain && rope->type != RW_LLAMA_UNSAID && rope->type != RW_LLAMA_NONE)
        rw_note_add (&t->out->notes, RW_NOTE_WARNING,
                     "sliding_attention: llama.cpp scales these layers like the others, only "
                     "their base is their own (rope.freq_base_swa)");
      if (!(rope->freq_base_swa >= 1e-6 && rope->freq_base_swa <= 1e30))
        return rw_fail (t->c->err, RW_EINVAL, "%s.rope_theta: %g is outside its range", path_of (s),
                        rope->freq_base_swa);
    }
  return RW_OK;
}

static rw_status
read_over (const rw_rope_site *t, const rw_source_of_rope *s, rw_geometry *g)
{
  rw_status st = take_number (t, s, s->over, "rope_theta", 1e-6, 1e30, &g->rope_theta);
  double partial = NAN;
  if (!st)
    st = take_number (t, s, s->over, "partial_rotary_factor", 1e-6, 1, &partial);
  if (is_proportional (s->over))
    g->rotary_dim = g->head_dim;
  else if (!isnan (partial))
    g->rotary_dim = rw_shape_rotary (t->shape, t->c->family, g->head_dim, partial);
  return st;
}

/* g is the geometry of the main source; it takes the lengths and channels that the object says.  */
static rw_status
read_file (const rw_rope_site *t, rw_geometry *g, rw_llama_rope *rope)
{
  const rw_source_of_rope *s = main_source (t->sources);
  const cJSON *object = rw_json_get (t->c->root, OBJECT);
  rw_status st = s->over ? read_over (t, s, g) : RW_OK;
  if (!st)
    st = rw_llama_of_block (t->c, g, block_of (s), path_of (s), rope, &t->out->notes);
  if (!st)
    st = read_sliding (t, rope->arch, rope);
  if (!st && object && !cJSON_IsNull (object) && !s->over)
    st = rw_llama_of_object (t->c, g, object, rope, &t->out->notes);
  return st;
}

static const rw_llama_arch *
arch_of (const rw_config *c)
{
  return c->llama ? c->llama->arch : rw_llama_arch_of_family (rw_config_model_type (c));
}

/* What the file's keys say of the geometry wins over the config's.  */
static rw_status
apply_keys (const rw_rope_site *t, const rw_llama_rope *rope, bool own_head, rw_geometry *g)
{
  if (!isnan (rope->dimension_count) && !own_head)
    g->rotary_dim = (int64_t) rope->dimension_count;
  if (!isnan (rope->context_length))
    g->max_length = rope->context_length;
  return rw_geometry_check (g, t->c->err);
}

static void
note_arch (const rw_rope_site *t, const rw_llama_arch *arch)
{
  const char *type = rw_config_model_type (t->c);
  if (arch->flags & RW_LLAMA_UNKNOWN && *type)
    rw_note_add (&t->out->notes, RW_NOTE_WARNING,
                 "model_type: '%.40s' is not in ropewalk's table of llama.cpp's architectures; it "
                 "is read as if every key and tensor had an effect",
                 type);
}

static rw_status
make_schedule (const rw_rope_site *t, const rw_llama_rope *rope, bool sliding, bool own_head)
{
  rw_rope *out = t->out;
  rw_geometry *g = &out->geometry;
  rw_status s = apply_keys (t, rope, own_head, g);
  if (!s && !(rope->arch->flags & RW_LLAMA_UNKNOWN))
    g->layout = rope->arch->flags & RW_LLAMA_NORM ? RW_INTERLEAVED : RW_HALF;
  if (!s)
    s = rw_llama_schedule (rope, g, sliding, &out->schedule, &out->notes, t->c->err);
  return s ? s : rw_schedule_check (out->schedule, g, &out->notes, t->c->err);
}

static rw_status
make (const rw_rope_site *t)
{
  const rw_source_of_rope *source = &t->sources->at[t->i], *main = main_source (t->sources);
  const bool sliding = t->sources->n > 1 && is_sliding (source);
  const rw_llama_arch *arch = arch_of (t->c);
  rw_llama_rope rope;
  rw_geometry g;
  snprintf (t->out->layer_type, sizeof t->out->layer_type, "%s", source->layer_type);
  rw_llama_rope_init (&rope, arch);
  rw_status s = read_geometry (t, source, &t->out->geometry);
  if (!s && main != source)
    s = read_geometry (t, main, &g);
  else
    g = t->out->geometry;
  if (!s)
    s = rw_rope_window (t->c, t->layers, t->out);
  note_arch (t, arch);
  const bool from_file = t->c->llama && !main->over;
  if (!s && !from_file)
    s = read_file (t, &g, &rope);
  if (!s)
    s = make_schedule (t, from_file ? t->c->llama : &rope, sliding,
                       g.head_dim != t->out->geometry.head_dim);
  rw_llama_rope_free (&rope);
  return t->c->file && !main->over ? rw_within (t->c->err, s, "%s", t->c->file) : s;
}

const rw_hf_rules rw_llama_rules = { .name = "llama.cpp", .make = make };

static rw_status
read_llama (const char *name, const cJSON *config, const cJSON *rope, rw_model *out, rw_error *err)
{
  rw_config c;
  rw_notes notes = { 0 };
  char prefix[48];
  *out = (rw_model){ 0 };
  rw_status s = rw_config_open (&c, name, config, prefix, &notes, err);
  c.rules = &rw_llama_rules;
  if (!s)
    s = rw_hf_read (&c, name, rope, out);
  rw_notes_free (&notes);
  return s;
}

const rw_stack rw_stack_llama
    = { .name = "llama.cpp",
        .text = "llama.cpp of August 2026: its converter, its keys, its run-time",
        .cite = "ggml-org/llama.cpp: conversion/base.py, src/llama-context.cpp, pull 17945",
        .planned = true,
        .read = read_llama,
        .arithmetic = rw_llama_float,
        .write = rw_llama_write };
