/* write_hf: a model's ropes in the words of transformers 5, which vLLM shares; see stack.h.

   rope_parameters, nested by layer type where there are several ropes.  original_max_position_-
   embeddings stands in the block and, where there is one rope, at the top level too, whose word
   transformers prefers (a class may have one by default).  */
#include "stack/words.h"

#include <math.h>
#include <string.h>

static const rw_tongue tongue = { .name = "transformers 5",
                                  .flags = RW_SAYS_NESTED | RW_SAYS_GROWTH | RW_SAYS_TRUNCATE
                                           | RW_SAYS_ATTENTION | RW_SAYS_PROPORTIONAL };
static const rw_tongue exact
    = { .name = "ropewalk's reader",
        .flags = RW_SAYS_NESTED | RW_SAYS_GROWTH | RW_SAYS_TRUNCATE | RW_SAYS_TRUNCATE_IN
                 | RW_SAYS_ATTENTION | RW_SAYS_PROPORTIONAL };

/* DeepSeek-V4 has names of its own for the two blocks of its three layer types.  */
static const char *
key_of (const rw_model *model, const rw_rope *rope)
{
  const char *type = rope->layer_type;
  for (size_t i = 0; i < model->n_ropes; i++)
    if (strcmp (model->rope[i].layer_type, "compressed_sparse_attention") == 0)
      return strcmp (type, "sliding_attention") == 0 ? "main" : "compress";
  return type;
}

/* The block of each rope in `parameters`; *said is that of the first.  */
static rw_status
say_ropes (const rw_tongue *t, const rw_model *model, cJSON *parameters, rw_said *first,
           rw_notes *lost, rw_error *err)
{
  for (size_t i = 0; i < model->n_ropes; i++)
    {
      rw_said said;
      const char *key = key_of (model, &model->rope[i]);
      if (rw_json_get (parameters, key))
        continue;
      const rw_status s = rw_say_rope (t, &model->rope[i], true, &said, lost, err);
      if (s)
        return s;
      cJSON_AddItemToObject (parameters, key, said.block);
      if (i == 0)
        *first = said;
    }
  return RW_OK;
}

static rw_status
say_parameters (const rw_tongue *t, const rw_model *model, cJSON *config, rw_notes *lost,
                rw_error *err)
{
  const bool nested = model->n_ropes > 1 || model->rope[0].layer_type[0];
  cJSON *parameters = nested ? cJSON_CreateObject () : NULL;
  rw_said first = { 0 };
  const rw_status s = nested ? say_ropes (t, model, parameters, &first, lost, err)
                             : rw_say_rope (t, &model->rope[0], false, &first, lost, err);
  cJSON_AddItemToObject (config, "rope_parameters", nested ? parameters : first.block);
  if (s)
    return s;
  const double M = model->rope[0].geometry.max_length;
  cJSON_AddNumberToObject (config, "max_position_embeddings",
                           isnan (first.max_length) ? M : first.max_length);
  if (!nested && !isnan (first.original))
    cJSON_AddNumberToObject (config, "original_max_position_embeddings", first.original);
  return RW_OK;
}

/* Nothing of the blocks that were there is to be read.  */
static void
clear_rest (const rw_tongue *t, const rw_model *model, cJSON *config)
{
  cJSON *parameters = cJSON_GetObjectItemCaseSensitive (config, "rope_parameters");
  cJSON_AddNullToObject (config, "rope_scaling");
  if (model->n_ropes == 1 && !model->rope[0].layer_type[0])
    {
      rw_say_nothing_else (t, parameters);
      return;
    }
  for (cJSON *block = parameters ? parameters->child : NULL; block; block = block->next)
    rw_say_nothing_else (t, block);
  cJSON_AddNullToObject (config, "original_max_position_embeddings");
}

rw_status
rw_say_parameters (const rw_tongue *t, const rw_model *model, rw_words *out, rw_error *err)
{
  *out = (rw_words){ .patch = cJSON_CreateObject () };
  const rw_status s = say_parameters (t, model, out->patch, &out->lost, err);
  if (s)
    rw_words_free (out);
  else
    clear_rest (t, model, out->patch);
  return s;
}

rw_status
rw_hf_write (const rw_model *model, rw_words *out, rw_error *err)
{
  return rw_say_parameters (&tongue, model, out, err);
}

rw_status
rw_exact_write (const rw_model *model, rw_words *out, rw_error *err)
{
  return rw_say_parameters (&exact, model, out, err);
}

rw_status
rw_stack_write_hf (const rw_model *model, cJSON **out, rw_notes *notes, rw_error *err)
{
  cJSON *config = cJSON_CreateObject ();
  const rw_status s = say_parameters (&tongue, model, config, notes, err);
  *out = s ? NULL : config;
  if (s)
    cJSON_Delete (config);
  else
    rw_say_shape (model, config, notes);
  return s;
}
