/* rope_make: one rope of a model; see ropes.h.

   Base, partial factor and trained length of the model's own block become its geometry; those of a
   --rope block stay with the schedule.  */
#include "stack/rope_block.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* A number of the block, NaN where it is not there.  transformers before 5 has none of them from
   its block but a length, which it may not use: its note is made with the other keys.  */
static rw_status
take_number (const rw_rope_maker *m, const cJSON *block, const char *path, const char *key,
             double lo, double hi, double *out)
{
  const cJSON *item = rw_json_get (block, key);
  *out = NAN;
  if (!item || cJSON_IsNull (item))
    return RW_OK;
  if (!cJSON_IsNumber (item))
    return rw_fail (m->c->err, RW_EINVAL, "%s.%s: expected a number, got %s", path, key,
                    rw_json_kind (item));
  if (!(item->valuedouble >= lo && item->valuedouble <= hi))
    return rw_fail (m->c->err, RW_EINVAL, "%s.%s: %g is outside its range (from %g to %g)", path,
                    key, item->valuedouble, lo, hi);
  *out = item->valuedouble;
  if (!m->c->rules->top_level)
    rw_note_add (&m->out->notes, RW_NOTE_USED, "%s.%s", path, key);
  return RW_OK;
}

/* Its partial_rotary_factor is a share of the pairs, not of the channels: the whole head rotates.
 */
static bool
is_proportional (const cJSON *block)
{
  const cJSON *name = rw_json_get (block, "rope_type");
  name = name ? name : rw_json_get (block, "type");
  return cJSON_IsString (name) && strcmp (name->valuestring, "proportional") == 0;
}

/* What the model's own block says of its geometry, also where --rope replaces the block.  */
static rw_status
read_geometry (const rw_rope_maker *m, const rw_source_of_rope *source)
{
  static const char *const tops[] = { "rope_theta", NULL };
  rw_geometry *g = &m->out->geometry;
  double theta = NAN, partial = NAN, original;
  rw_status s = RW_OK;
  const bool above = m->c->rules->top_level;
  if (!above)
    s = take_number (m, source->block, source->path, "rope_theta", 1e-6, 1e30, &theta);
  if (!s && !above)
    s = take_number (m, source->block, source->path, "partial_rotary_factor", 1e-6, 1, &partial);
  if (!s)
    s = take_number (m, source->block, source->path, "original_max_position_embeddings", 1,
                     RW_LENGTH_MAX, &original);
  if (s)
    return s;
  if (!isnan (theta) && theta != source->theta && rw_config_find (m->c, tops))
    rw_note_add (&m->out->notes, RW_NOTE_WARNING,
                 "%s.rope_theta: used instead of the %g of the top level", source->path,
                 source->theta);
  *g = m->shape->geometry;
  g->rope_theta = isnan (theta) ? source->theta : theta;
  if (m->shape->global_head_dim && strcmp (source->layer_type, "full_attention") == 0)
    g->head_dim = m->shape->global_head_dim;
  g->rotary_dim = is_proportional (source->block)
                      ? g->head_dim
                      : rw_shape_rotary (m->shape, m->c->family, g->head_dim, partial);
  /* A flat block yields to the top level's length; a nested one has the first word.  */
  if (!isnan (original) && (isnan (m->shape->top_original) || source->nested))
    g->original_length = original;
  else if (!isnan (original) && original != m->shape->top_original && !above)
    rw_note_add (&m->out->notes, RW_NOTE_WARNING,
                 "%s.original_max_position_embeddings: the %g of the top level is used",
                 source->path, m->shape->top_original);
  if (source->nested && isnan (original))
    g->original_length = g->max_length;
  return RW_OK;
}

/* transformers gives yarn, longrope and llama3 a length: the top level's, else the block's, else
   max_position_embeddings.  */
static rw_status
give_length (const rw_rope_maker *m)
{
  rw_object *schedule = m->out->schedule;
  const rw_geometry *g = &m->out->geometry;
  double length = g->original_length;
  if (!m->type || !m->type->needs_length || (m->c->reading == RW_STRICT && !m->c->rules->types))
    return RW_OK;
  if (!m->own && (isnan (m->shape->top_original) || m->nested))
    {
      if (rw_object_given (schedule, "original_max_position_embeddings"))
        return RW_OK;
      length = g->max_length;
    }
  else if (!m->own && rw_object_given (schedule, "original_max_position_embeddings"))
    rw_note_add (&m->out->notes, RW_NOTE_WARNING,
                 "%s.original_max_position_embeddings: transformers prefers the config's own at "
                 "the top level, %g",
                 m->path, length);
  return rw_object_set (schedule, "original_max_position_embeddings", &RW_NUMBER_VALUE (length),
                        NULL, m->c->err);
}

/* p-RoPE takes the top level's partial_rotary_factor where its block has none.  */
static rw_status
give_share (const rw_rope_maker *m)
{
  rw_object *schedule = m->out->schedule;
  if (strcmp (m->module->name, "proportional") != 0 || isnan (m->shape->partial)
      || rw_object_given (schedule, "partial_rotary_factor"))
    return RW_OK;
  return rw_object_set (schedule, "partial_rotary_factor", &RW_NUMBER_VALUE (m->shape->partial),
                        NULL, m->c->err);
}

/* DeepSeek-V2 and its kin multiply the scores by the square of mscale_all_dim's magnitude.  */
static rw_status
give_softmax (const rw_rope_maker *m)
{
  rw_object *schedule = m->out->schedule;
  if (!(m->c->family->flags & RW_SOFTMAX_MSCALE) || strcmp (m->module->name, "yarn") != 0
      || !rw_object_given (schedule, "mscale_all_dim")
      || rw_object_given (schedule, "softmax_mscale"))
    return RW_OK;
  for (const char *const *type = m->c->rules->no_softmax; type && *type; type++)
    if (strcmp (*type, m->c->family->model_type) == 0)
      {
        rw_rope_warn (m, "mscale_all_dim",
                      "'%s' does not scale its scores by it before transformers#47435 (July 2026)",
                      *type);
        return RW_OK;
      }
  const rw_value yes = { .kind = RW_VALUE_BOOL, .number = 1 };
  return rw_object_set (schedule, "softmax_mscale", &yes, NULL, m->c->err);
}

/* DeepSeek-V4 has no magnitude on cos and sin (DeepseekV4Config.__post_init__).  */
static rw_status
give_magnitude (const rw_rope_maker *m)
{
  rw_object *schedule = m->out->schedule;
  if (!(m->c->family->flags & RW_COMPRESSED) || strcmp (m->module->name, "yarn") != 0
      || rw_object_given (schedule, "attention_factor"))
    return RW_OK;
  return rw_object_set (schedule, "attention_factor", &RW_NUMBER_VALUE (1), NULL, m->c->err);
}

rw_status
rw_ropes_window (const rw_config *c, int64_t *window)
{
  static const char *const windows[] = { "sliding_window", "local_attention", NULL };
  bool slides = true;
  *window = 0;
  rw_status s = rw_config_bool (c, "use_sliding_window", &slides);
  if (!s && rw_config_find (c, windows))
    s = rw_config_whole (c, windows, 0, INT64_C (1) << 40, window);
  if (!slides)
    *window = 0;
  return s;
}

rw_status
rw_rope_window (const rw_config *c, const rw_layers *layers, rw_rope *rope)
{
  const char *type = rope->layer_type;
  bool slides = true;
  int64_t window = 0;
  const rw_status s = rw_ropes_window (c, &window);
  for (size_t i = 0; i < layers->n; i++)
    if ((!*type || strcmp (type, layers->layer[i].type) == 0) && layers->layer[i].type[0]
        && strcmp (layers->layer[i].type, "sliding_attention") != 0)
      slides = false;
  if (*type && strcmp (type, "sliding_attention") != 0)
    slides = false;
  rope->geometry.sliding_window = slides ? window : 0;
  return s;
}

static rw_status
fail (const rw_rope_maker *m, rw_status s)
{
  return m->c->file && m->own ? rw_within (m->c->err, s, "%s", m->c->file) : s;
}

rw_status
rw_rope_make (const rw_config *c, const rw_shape *shape, const rw_layers *layers,
              const rw_source_of_rope *source, rw_rope *out)
{
  rw_rope_maker m = { .c = c,
                      .shape = shape,
                      .out = out,
                      .own = !source->over,
                      .block = source->over ? source->over : source->block,
                      .path = source->over ? "--rope" : source->path,
                      .nested = source->nested };
  *out = (rw_rope){ 0 };
  snprintf (out->layer_type, sizeof out->layer_type, "%s", source->layer_type);
  rw_status s = rw_rope_block_type (&m);
  if (!s)
    s = read_geometry (&m, source);
  if (!s)
    s = rw_rope_block_read (&m);
  if (!s)
    s = rw_rope_window (c, layers, out);
  if (!s)
    s = give_length (&m);
  if (!s)
    s = give_share (&m);
  if (!s)
    s = give_magnitude (&m);
  if (!s && m.type && m.type->settle)
    s = m.type->settle (&m);
  if (!s)
    s = give_softmax (&m);
  if (!s)
    s = rw_schedule_check (out->schedule, &out->geometry, &out->notes, c->err);
  return fail (&m, s);
}
