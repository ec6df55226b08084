/* schedule: the shared parameters and the one door to every schedule; see schedule.h.  */
#include "schedule/schedule.h"
#include "base/text.h"

#include <math.h>

const rw_param rw_schedule_shared[] = {
  { .name = "rope_theta",
    .alias = "base",
    .type = RW_REAL,
    .value = NAN,
    .at = offsetof (rw_schedule_head, rope_theta),
    .defined = RW_ABOVE (0),
    .sensible = RW_BETWEEN (100, 1e12),
    .text = "base b of the frequencies; the model's where left out" },
  { .name = "partial_rotary_factor",
    .type = RW_REAL,
    .value = NAN,
    .at = offsetof (rw_schedule_head, partial_rotary_factor),
    .defined = { .lo = 0, .hi = 1, .open_lo = true },
    .text = "share of the head that rotates, d = int(head_dim p); the model's where left out" },
  { .name = "original_max_position_embeddings",
    .alias = "original_length",
    .type = RW_REAL,
    .value = NAN,
    .at = offsetof (rw_schedule_head, original_length),
    .unit = "tokens",
    .defined = RW_BETWEEN (1, RW_LENGTH_MAX),
    .text = "trained length L that the scaling starts from; the model's where left out" },
  { 0 },
};

rw_geometry
rw_schedule_geometry (const rw_object *block, const rw_geometry *m)
{
  const rw_schedule_head *head = block->self;
  rw_geometry g = *m;
  if (!isnan (head->rope_theta))
    g.rope_theta = head->rope_theta;
  if (!isnan (head->partial_rotary_factor))
    g.rotary_dim = (int64_t) ((double) m->head_dim * head->partial_rotary_factor);
  if (!isnan (head->original_length))
    g.original_length = head->original_length;
  return g;
}

static const rw_schedule *
type_of (const rw_object *block)
{
  return (const rw_schedule *) block->module; /* rw_module is the first member */
}

size_t
rw_schedule_pairs (const rw_object *block, const rw_geometry *m)
{
  const rw_geometry g = rw_schedule_geometry (block, m);
  const rw_schedule *type = type_of (block);
  return type->pairs ? type->pairs (block->self, &g) : rw_geometry_pairs (&g);
}

rw_status
rw_schedule_check (const rw_object *block, const rw_geometry *m, rw_notes *notes, rw_error *err)
{
  const rw_geometry g = rw_schedule_geometry (block, m);
  const rw_schedule *type = type_of (block);
  rw_status s = rw_object_check (block, "", err);
  if (!s)
    s = rw_geometry_check (&g, err);
  if (!s && type->check)
    s = type->check (block->self, &g, err);
  if (!s && type->warn)
    type->warn (block->self, &g, notes);
  return s;
}

rw_status
rw_schedule_fill (const rw_object *block, const rw_geometry *m, double length, rw_freqs *out,
                  rw_error *err)
{
  const rw_geometry g = rw_schedule_geometry (block, m);
  const rw_schedule *type = type_of (block);
  rw_status s = rw_schedule_check (block, m, NULL, err);
  if (!s)
    s = rw_freqs_size (out, rw_schedule_pairs (block, m), err);
  if (!s)
    s = type->fill (block->self, &g, length, out, err);
  for (size_t i = 0; !s && i < out->n; i++)
    if (!isfinite (out->inv_freq[i]))
      s = rw_fail (err, RW_EDOMAIN, "inv_freq[%zu] is not finite", i);
  if (!s && (!isfinite (out->attention_factor) || !isfinite (out->softmax_factor)))
    s = rw_fail (err, RW_EDOMAIN, "attention_factor or softmax_factor is not finite");
  return rw_within (err, s, "schedule '%s'", type->as.name);
}
