/* write_hf4: a model's ropes in the words of transformers 4: rope_theta, rope_scaling and
   partial_rotary_factor at the top level of the config; see words.h.

   Several ropes: Gemma 3's rope_local_base_freq only, the plain rope of the sliding layers.  Two
   versions take max_position_embeddings for a part of yarn's block (4.45 for the trained length;
   4.50, transformers#38224, for the factor): it is written so that they compute what is asked.  */
#include "schedule/schedule.h"
#include "stack/words.h"

#include <math.h>
#include <string.h>

static const rw_tongue v4_45 = { .name = "transformers 4.45",
                                 .flags = RW_SAYS_GROWTH | RW_SAYS_ATTENTION | RW_LENGTH_IS_MAX };
static const rw_tongue v4_50 = { .name = "transformers 4.50",
                                 .flags = RW_SAYS_GROWTH | RW_SAYS_ATTENTION | RW_FACTOR_IS_RATIO };
static const rw_tongue v4_56 = { .name = "transformers 4.56",
                                 .flags = RW_SAYS_GROWTH | RW_SAYS_ATTENTION | RW_SAYS_TRUNCATE };

static const rw_rope *
sliding_rope (const rw_model *model)
{
  for (size_t i = 1; i < model->n_ropes; i++)
    if (strcmp (model->rope[i].layer_type, "sliding_attention") == 0)
      return &model->rope[i];
  return NULL;
}

/* The base of the sliding layers, whose rope is plain in transformers 4.  */
static rw_status
say_sliding (const rw_tongue *t, const rw_model *model, cJSON *config, rw_notes *lost,
             rw_error *err)
{
  const rw_rope *rope = sliding_rope (model);
  rw_said said = { 0 };
  if (model->n_ropes == 1)
    return RW_OK;
  const rw_status s = rope ? rw_say_rope (t, rope, false, &said, lost, err) : RW_OK;
  if (s)
    return s;
  const cJSON *type = rw_json_get (said.block, "rope_type");
  const bool plain = model->n_ropes == 2 && type && strcmp (type->valuestring, "default") == 0
                     && rope->geometry.head_dim == model->rope[0].geometry.head_dim;
  if (plain)
    cJSON_AddNumberToObject (config, "rope_local_base_freq",
                             rw_json_get (said.block, "rope_theta")->valuedouble);
  cJSON_Delete (said.block);
  if (plain)
    return RW_OK;
  rw_fail (err, RW_EINVAL,
           "%s has words for a plain rope in the sliding layers only, beside that of the others",
           t->name);
  return rw_hint (err, "transformers 5 has a block for each layer type: --to hf");
}

/* Takes a number of the block to the top level, where this version reads it.  */
static void
lift (cJSON *config, cJSON *block, const char *key)
{
  cJSON *item = cJSON_DetachItemFromObjectCaseSensitive (block, key);
  if (item)
    cJSON_AddItemToObject (config, key, item);
}

/* `block` becomes rope_scaling, null where there is nothing to scale.  */
static void
place_block (const rw_tongue *t, cJSON *config, cJSON *block)
{
  const bool plain = strcmp (rw_json_get (block, "rope_type")->valuestring, "default") == 0;
  lift (config, block, "rope_theta");
  lift (config, block, "partial_rotary_factor");
  if (plain)
    {
      cJSON_Delete (block);
      block = cJSON_CreateNull ();
    }
  else
    {
      rw_say_nothing_else (t, block);
      cJSON_DeleteItemFromObjectCaseSensitive (block, "partial_rotary_factor");
    }
  cJSON_AddItemToObject (config, "rope_scaling", block);
  cJSON_AddNullToObject (config, "rope_parameters");
}

static void
place_lengths (const rw_tongue *t, const rw_model *model, const rw_said *said, cJSON *config,
               rw_notes *lost)
{
  const double M = model->rope[0].geometry.max_length;
  const double needed = isnan (said->max_length) ? M : said->max_length;
  cJSON_AddNumberToObject (config, "max_position_embeddings", needed);
  if (needed != M)
    rw_note_add (lost, RW_NOTE_WARNING,
                 "max_position_embeddings: %s takes it for %s, so %.0f is written; the model is "
                 "meant for %.0f tokens",
                 t->name,
                 t->flags & RW_LENGTH_IS_MAX ? "yarn's trained length" : "a part of yarn's factor",
                 needed, M);
  if (!isnan (said->original) && rw_json_get (rw_json_get (config, "rope_scaling"), "long_factor"))
    cJSON_AddNumberToObject (config, "original_max_position_embeddings", said->original);
}

/* In transformers 4 DeepSeek-V2's class lacks what V3's has (transformers#47435).  */
static void
note_softmax (const rw_tongue *t, const rw_model *model, rw_notes *lost)
{
  rw_freqs f = { 0 };
  const rw_rope *r = &model->rope[0];
  if (!rw_schedule_fill (r->schedule, &r->geometry, 0, &f, NULL) && f.softmax_factor != 1)
    rw_note_add (lost, RW_NOTE_WARNING,
                 "softmax_factor: %g on the scores is the model's class's to apply; in %s "
                 "DeepSeek-V2's does not (transformers#47435)",
                 f.softmax_factor, t->name);
  rw_freqs_free (&f);
}

static rw_status
say_config (const rw_tongue *t, const rw_model *model, rw_words *out, rw_error *err)
{
  rw_said said;
  *out = (rw_words){ .patch = cJSON_CreateObject () };
  rw_status s = rw_say_rope (t, &model->rope[0], false, &said, &out->lost, err);
  if (!s)
    {
      place_block (t, out->patch, said.block);
      place_lengths (t, model, &said, out->patch, &out->lost);
      note_softmax (t, model, &out->lost);
      s = say_sliding (t, model, out->patch, &out->lost, err);
    }
  if (s)
    rw_words_free (out);
  return s;
}

rw_status
rw_hf_4_45_write (const rw_model *model, rw_words *out, rw_error *err)
{
  return say_config (&v4_45, model, out, err);
}

rw_status
rw_hf_4_50_write (const rw_model *model, rw_words *out, rw_error *err)
{
  return say_config (&v4_50, model, out, err);
}

rw_status
rw_hf_4_56_write (const rw_model *model, rw_words *out, rw_error *err)
{
  return say_config (&v4_56, model, out, err);
}
