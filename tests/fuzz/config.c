/* config: a fuzz target (libFuzzer): any bytes as a config.json, and after a NUL as a --rope block.

   Reads them with every stack and fills every rope at two lengths; nothing may crash, leak, or run
   into undefined behaviour.  scripts/fuzz builds and runs it.  */
#include "base/mem.h"
#include "schedule/schedule.h"
#include "stack/stack.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static void
fill (const rw_model *model)
{
  static const double lengths[] = { 0, 70001 };
  rw_freqs freqs = { 0 };
  for (size_t i = 0; i < model->n_ropes; i++)
    for (size_t k = 0; k < 2; k++)
      {
        const rw_rope *r = &model->rope[i];
        rw_schedule_fill (r->schedule, &r->geometry, lengths[k], &freqs, NULL);
        rw_stack_hf_float (r->schedule, &r->geometry, lengths[k], &freqs, NULL);
      }
  rw_freqs_free (&freqs);
}

static void
write (const rw_model *model)
{
  cJSON *config = NULL;
  rw_notes notes = { 0 };
  rw_error err;
  rw_stack_write_hf (model, &config, &notes, &err);
  cJSON_Delete (config);
  rw_notes_free (&notes);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  const char *text = (const char *) data;
  const char *nul = size ? memchr (text, 0, size) : NULL;
  const size_t n = nul ? (size_t) (nul - text) : size;
  cJSON *config = NULL, *rope = NULL;
  rw_error err;
  if (nul)
    rw_json_parse ("--rope", nul + 1, size - n - 1, &rope, &err);
  if (!rw_json_parse ("fuzz.json", text, n, &config, &err))
    {
      const rw_stack *stack;
      for (size_t i = 0; (stack = rw_stack_at (i)); i++)
        {
          rw_model model = { 0 };
          if (!stack->read ("fuzz", config, rope, &model, &err))
            {
              fill (&model);
              write (&model);
            }
          rw_model_free (&model);
          if (!rw_stack_config_model (stack, config, "model", NULL, &model, &err))
            fill (&model);
          rw_model_free (&model);
        }
    }
  cJSON_Delete (config);
  cJSON_Delete (rope);
  return 0;
}
