/* llama_of: from a model to the keys of its GGUF file; see llama.h.

   The full layers' schedule decides; sliding layers have a base of their own and nothing else.  */
#include "base/mem.h"
#include "schedule/schedule.h"
#include "stack/llama.h"

#include <math.h>
#include <string.h>

static const double SAME = 1e-9; /* of tables that are to be the same */

const rw_llama_arch *
rw_llama_arch_of_model (const rw_model *model)
{
  const rw_llama_arch *arch = rw_llama_arch_find (model->family);
  return arch->flags & RW_LLAMA_UNKNOWN ? rw_llama_arch_of_family (model->family) : arch;
}

static bool
is_sliding (const rw_model *model, size_t i)
{
  return model->n_ropes > 1 && strcmp (model->rope[i].layer_type, "sliding_attention") == 0;
}

static size_t
main_rope (const rw_model *model)
{
  for (size_t i = 0; i < model->n_ropes; i++)
    if (!is_sliding (model, i))
      return i;
  return 0;
}

static const char *
name_of (const rw_rope *rope)
{
  return rope->layer_type[0] ? rope->layer_type : "rope";
}

/* The base whose plain frequencies the sliding layers have, else that of their schedule.  */
static rw_status
sliding_base (const rw_rope *rope, double *base, rw_error *err)
{
  rw_llama_rope r;
  rw_llama_rope_init (&r, rw_llama_arch_find (NULL));
  *base = rw_schedule_geometry (rope->schedule, &rope->geometry).rope_theta;
  const rw_status s = rw_llama_fit (rope->schedule, &rope->geometry, rope->geometry.max_length,
                                    true, &r, NULL, err);
  if (!s && r.type != RW_LLAMA_YARN)
    *base = r.freq_base;
  rw_llama_rope_free (&r);
  return s == RW_ENOMEM ? s : RW_OK;
}

static void
tell (const rw_rope *rope, double worst, const rw_freqs *want, const rw_freqs *got, rw_notes *lost)
{
  if (!(worst <= SAME))
    rw_note_add (lost, RW_NOTE_WARNING,
                 "%s: llama.cpp cannot give these layers a schedule of their own; their "
                 "frequencies differ by up to %.3g",
                 name_of (rope), worst);
  else if (fabs (got->attention_factor / want->attention_factor - 1) > SAME)
    rw_note_add (lost, RW_NOTE_WARNING,
                 "%s: attention_factor %g becomes %g: llama.cpp has one rope.scaling.attn_factor "
                 "for all layers",
                 name_of (rope), want->attention_factor, got->attention_factor);
}

/* Another rope, read back from the same keys.  */
static rw_status
judge (const rw_model *model, size_t i, const rw_llama_rope *r, rw_notes *lost, rw_error *err)
{
  const rw_rope *rope = &model->rope[i];
  rw_freqs want = { 0 }, got = { 0 };
  double worst = INFINITY;
  const rw_status s = rw_llama_misfit (r, rope->schedule, &rope->geometry, is_sliding (model, i),
                                       rope->geometry.max_length, &want, &got, &worst, err);
  if (!s)
    tell (rope, worst, &want, &got, lost);
  rw_freqs_free (&want);
  rw_freqs_free (&got);
  return s;
}

rw_status
rw_llama_rope_of (const rw_model *model, const rw_llama_arch *arch, bool flags, rw_llama_rope *out,
                  rw_notes *lost, rw_error *err)
{
  const size_t full = main_rope (model);
  const rw_rope *rope = &model->rope[full];
  rw_llama_rope_init (out, arch ? arch : rw_llama_arch_of_model (model));
  rw_status s = rw_llama_fit (rope->schedule, &rope->geometry, rope->geometry.max_length, flags,
                              out, lost, err);
  for (size_t i = 0; i < model->n_ropes && !s; i++)
    if (is_sliding (model, i))
      s = sliding_base (&model->rope[i], &out->freq_base_swa, err);
  for (size_t i = 0; i < model->n_ropes && !s; i++)
    if (i != full)
      s = judge (model, i, out, lost, err);
  if (s)
    {
      rw_llama_rope_free (out);
      return rope->layer_type[0] ? rw_within (err, s, "%s", rope->layer_type) : s;
    }
  return RW_OK;
}
