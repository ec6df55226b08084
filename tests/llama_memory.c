/* llama_memory: every allocation of reading, of telling and of the float32 table fails once; see
   memory_help.h.  */
#include "json/json.h"
#include "llama_help.h"
#include "memory_help.h"

#define LIST "[1, 2, 3, 4]"

static const char *const configs[] = {
  "{\"model_type\": \"phi3\", \"head_dim\": 8, \"max_position_embeddings\": 131072, "
  "\"original_max_position_embeddings\": 4096, \"rope_scaling\": {\"type\": \"su\", "
  "\"long_factor\": " LIST ", \"short_factor\": [1, 1, 1, 1.5]}}",
  "{\"model_type\": \"llama\", \"head_dim\": 8, \"max_position_embeddings\": 131072, "
  "\"rope_scaling\": {\"type\": \"llama3\"}}",
  "{\"model_type\": \"deepseek_v3\", \"head_dim\": 8, \"max_position_embeddings\": 131072, "
  "\"rope_scaling\": {\"type\": \"yarn\", \"factor\": 4, \"mscale_all_dim\": 1, "
  "\"original_max_position_embeddings\": 4096}}",
  "{\"model_type\": \"gemma3\", \"head_dim\": 8, \"num_hidden_layers\": 6, "
  "\"max_position_embeddings\": 131072, \"rope_local_base_freq\": 20000, \"rope_scaling\": "
  "{\"type\": \"linear\", \"factor\": 8}}",
  "{\"model_type\": \"llama\", \"head_dim\": 8, \"max_position_embeddings\": 131072, "
  "\"llama.cpp\": {\"rope_freqs.weight\": " LIST ", \"rope.scaling.type\": \"yarn\", "
  "\"rope.scaling.factor\": 4, \"rope.freq_base\": 777}}",
  NULL,
};

/* One config read, told and made a table; the first lack of memory ends it.  */
static int
run_once (const void *data)
{
  rw_model model = { 0 };
  rw_words words = { 0 };
  rw_freqs f = { 0 };
  rw_error err = { 0 };
  cJSON *config = NULL;
  rw_status s = rw_json_parse ("config.json", data, strlen (data), &config, &err);
  if (!s)
    s = rw_stack_llama.read ("config.json", config, NULL, &model, &err);
  if (!s)
    s = rw_stack_llama.write (&model, &words, &err);
  if (!s)
    s = rw_stack_llama.arithmetic (model.rope[0].schedule, &model.rope[0].geometry, 131072, &f,
                                   &err);
  rw_freqs_free (&f);
  rw_words_free (&words);
  rw_model_free (&model);
  cJSON_Delete (config);
  return outcome (s, &err);
}

int
main (void)
{
  enum
  {
    ALLOCATIONS = 400 /* more than any of these makes */
  };
  for (const char *const *config = configs; *config; config++)
    {
      char name[40];
      snprintf (name, sizeof name, "%.38s", *config);
      starve (name, run_once, *config, 1, ALLOCATIONS, 20);
    }
  return tap_end ();
}
