/* model: the ropes of a model; see model.h.  */
#include "rope/model.h"
#include "base/mem.h"
#include "base/text.h"

#include <string.h>

void
rw_model_free (rw_model *model)
{
  if (!model)
    return;
  for (size_t i = 0; i < model->n_ropes; i++)
    {
      rw_object_free (model->rope[i].schedule);
      rw_notes_free (&model->rope[i].notes);
    }
  rw_free (model->name);
  rw_free (model->sha256);
  rw_free (model->weights);
  rw_free (model->rope);
  rw_free (model->rope_of_layer);
  rw_free (model->window_of_layer);
  *model = (rw_model){ 0 };
}

static const char *
type_name (size_t i, const void *data)
{
  const rw_model *model = data;
  return i < model->n_ropes ? model->rope[i].layer_type : NULL;
}

rw_status
rw_model_rope (const rw_model *model, const char *layer_type, const rw_rope **out, rw_error *err)
{
  rw_text known = { 0 };
  char near[96];
  if (!layer_type)
    {
      *out = &model->rope[0];
      return RW_OK;
    }
  for (size_t i = 0; i < model->n_ropes; i++)
    {
      const char *type = model->rope[i].layer_type;
      if (strcmp (type, layer_type) == 0)
        {
          *out = &model->rope[i];
          rw_text_free (&known);
          return RW_OK;
        }
      rw_text_addf (&known, "%s%s", i ? ", " : "", *type ? type : "(one rope for all layers)");
    }
  rw_fail (err, RW_EINVAL, "layer_type: %s has no '%s'; known: %s%s",
           model->name ? model->name : "the model", layer_type, rw_text_get (&known),
           rw_did_you_mean (near, sizeof near, layer_type, type_name, model));
  rw_text_free (&known);
  return RW_EINVAL;
}
