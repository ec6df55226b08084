/* llama_help: configs as text, read by the stack llama.cpp, and their tables.  */
#ifndef RW_TESTS_LLAMA_HELP_H
#define RW_TESTS_LLAMA_HELP_H

#include "schedule/schedule.h"
#include "stack/llama.h"
#include "stack/stack.h"
#include "tap.h"

/* `rope` is NULL or a block's text.  */
__attribute__ ((unused)) static bool
read_text (const char *text, const char *rope, rw_model *out, rw_error *err)
{
  cJSON *config = NULL, *block = NULL;
  rw_status s = rw_json_parse ("config.json", text, strlen (text), &config, err);
  if (!s && rope)
    s = rw_json_parse ("--rope", rope, strlen (rope), &block, err);
  if (!s)
    s = rw_stack_llama.read ("config.json", config, block, out, err);
  cJSON_Delete (config);
  cJSON_Delete (block);
  return !s;
}

/* The table of a layer type (NULL: the first) at max_position_embeddings.  */
__attribute__ ((unused)) static bool
fill_text (const char *text, const char *layer_type, rw_freqs *out)
{
  rw_model model = { 0 };
  rw_error err = { 0 };
  const rw_rope *rope = NULL;
  bool good = read_text (text, NULL, &model, &err)
              && !rw_model_rope (&model, layer_type, &rope, &err)
              && !rw_schedule_fill (rope->schedule, &rope->geometry, rope->geometry.max_length, out,
                                    &err);
  if (!good)
    printf ("# %s\n", err.text);
  rw_model_free (&model);
  return good;
}

/* Whether a note of this kind holds the text.  */
__attribute__ ((unused)) static bool
noted (const rw_rope *rope, rw_note_kind kind, const char *text)
{
  for (size_t i = 0; i < rope->notes.n; i++)
    if (rope->notes.note[i].kind == kind && strstr (rope->notes.note[i].text, text))
      return true;
  return false;
}

#endif
