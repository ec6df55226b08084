/* write_vllm: a model's ropes as vLLM's command line; see words.h.

   vLLM reads rope_parameters as transformers 5 does; --hf-overrides puts them in place of the
   config's, as a whole.  It makes one table, for --max-model-len.  Up to vllm#56446 its yarn
   does not read attention_factor, but multiplies YaRN's magnitude by attn_factor.  longrope (class
   Phi3LongRoPEScaledRotaryEmbedding) takes its magnitude from short_mscale and long_mscale, and
   turns half-split pairs only.  */
#include "base/mem.h"
#include "stack/words.h"

#include <math.h>
#include <string.h>

#define TONGUE                                                                                     \
  RW_SAYS_NESTED | RW_SAYS_TRUNCATE | RW_SAYS_TRUNCATE_IN | RW_SAYS_PROPORTIONAL                   \
      | RW_SAYS_PLAIN_SHARE | RW_SAYS_MSCALES | RW_SAYS_HALF_ONLY

static const rw_tongue newest = { .name = "vLLM", .flags = TONGUE | RW_SAYS_ATTENTION };
static const rw_tongue before = { .name = "vLLM before #56446", .flags = TONGUE };

/* vLLM lets a yarn model have no more tokens than factor times its trained length.  */
static void
note_room (const rw_model *model, const cJSON *patch, rw_notes *lost)
{
  const cJSON *block = rw_json_get (patch, "rope_parameters");
  const cJSON *type = rw_json_get (block, "rope_type"), *factor = rw_json_get (block, "factor");
  const cJSON *length = rw_json_get (block, "original_max_position_embeddings");
  const double M = model->rope[0].geometry.max_length;
  if (!cJSON_IsString (type) || strcmp (type->valuestring, "yarn") != 0 || !factor || !length)
    return;
  if (factor->valuedouble * length->valuedouble < M)
    rw_note_add (lost, RW_NOTE_WARNING,
                 "--max-model-len: with this block vLLM allows %g x %.0f tokens; %.0f need "
                 "VLLM_ALLOW_LONG_MAX_MODEL_LEN=1, or a larger factor",
                 factor->valuedouble, length->valuedouble, M);
}

static rw_status
write_line (const rw_model *model, rw_words *out, rw_error *err)
{
  rw_text json = { 0 };
  cJSON *said = rw_words_said (out->patch);
  rw_words_print (said, false, &json);
  if (!json.failed)
    out->line = rw_format ("--hf-overrides '%s' --max-model-len %.0f", rw_text_get (&json),
                           model->rope[0].geometry.max_length);
  cJSON_Delete (said);
  rw_text_free (&json);
  return out->line ? RW_OK : rw_nomem (err, 0);
}

static rw_status
say (const rw_tongue *t, const rw_model *model, rw_words *out, rw_error *err)
{
  rw_status s = rw_say_parameters (t, model, out, err);
  if (s)
    return s;
  note_room (model, out->patch, &out->lost);
  s = write_line (model, out, err);
  if (s)
    rw_words_free (out);
  return s;
}

rw_status
rw_vllm_write (const rw_model *model, rw_words *out, rw_error *err)
{
  return say (&newest, model, out, err);
}

rw_status
rw_vllm_old_write (const rw_model *model, rw_words *out, rw_error *err)
{
  return say (&before, model, out, err);
}
