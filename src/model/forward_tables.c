/* forward_tables: the frequency table of every layer; see forward.h.  */
#include "base/mem.h"
#include "model/forward.h"
#include "schedule/schedule.h"

#include <string.h>

void
rw_forward_tables_free (rw_forward_tables *t)
{
  if (!t)
    return;
  for (size_t i = 0; t->own && i < t->n_own; i++)
    rw_freqs_free (&t->own[i]);
  rw_free (t->own);
  rw_free (t->layer);
  *t = (rw_forward_tables){ 0 };
}

static rw_status
copy (const rw_freqs *from, rw_freqs *to, rw_error *err)
{
  const rw_status s = rw_freqs_size (to, from->n, err);
  if (s)
    return s;
  if (from->n)
    memcpy (to->inv_freq, from->inv_freq, from->n * sizeof *to->inv_freq);
  to->attention_factor = from->attention_factor;
  to->softmax_factor = from->softmax_factor;
  memcpy (to->ramp, from->ramp, sizeof to->ramp);
  return RW_OK;
}

static rw_status
fill (const rw_model *model, size_t rope, const rw_freqs *f, double length, rw_forward_tables *out,
      rw_error *err)
{
  rw_status s = RW_OK;
  for (size_t i = 0; !s && i < model->n_ropes; i++)
    {
      const rw_rope *own = &model->rope[i];
      s = f && i == rope
              ? copy (f, &out->own[i], err)
              : rw_schedule_fill (own->schedule, &own->geometry, length, &out->own[i], err);
      if (f)
        {
          out->own[i].rule = f->rule;
          out->own[i].query_scale = f->query_scale;
        }
    }
  return s ? s : rw_freqs_size (&out->own[model->n_ropes], 0, err);
}

rw_status
rw_forward_tables_make (const rw_model *model, size_t layers, size_t rope, const rw_freqs *f,
                        double length, rw_forward_tables *out, rw_error *err)
{
  const size_t ropes = model->n_ropes;
  *out = (rw_forward_tables){ .n = layers, .n_own = ropes + 1 };
  out->own = rw_new (ropes + 1, sizeof *out->own);
  out->layer = rw_new (layers, sizeof *out->layer);
  rw_status s = out->own && out->layer ? RW_OK : rw_nomem (err, layers * sizeof *out->layer);
  s = s ? s : fill (model, rope, f, length, out, err);
  for (size_t l = 0; !s && l < layers; l++)
    {
      const size_t of = model->rope_of_layer && l < model->n_layers ? model->rope_of_layer[l] : 0;
      out->layer[l] = &out->own[of < ropes ? of : ropes];
    }
  if (s)
    rw_forward_tables_free (out);
  return s;
}
