/* say_part: the parts that all words for a rope share; see say_part.h.  */
#include "schedule/schedule.h"
#include "stack/say_part.h"

#include <math.h>
#include <string.h>

bool
rw_say_has (const rw_saying *w, unsigned flag)
{
  return w->tongue->flags & flag;
}

void
rw_say_put (const rw_saying *w, const char *key, double x)
{
  cJSON_AddNumberToObject (w->out->block, key, x);
}

rw_value
rw_say_value (const rw_saying *w, const char *name)
{
  const rw_param *p = rw_module_find (w->schedule->module, name, NULL);
  return p ? rw_param_get (p, w->schedule->self) : (rw_value){ 0 };
}

/* A number or truth of the schedule; NaN where it has none of this name.  */
double
rw_say_number (const rw_saying *w, const char *name)
{
  const rw_value v = rw_say_value (w, name);
  return v.kind == RW_VALUE_NUMBER || v.kind == RW_VALUE_BOOL ? v.number : NAN;
}

/* A share p with int (head_dim p) = d, as all stacks count.  */
double
rw_say_share (int64_t d, int64_t head_dim)
{
  double p = (double) d / (double) head_dim;
  while ((int64_t) ((double) head_dim * p) < d)
    p = nextafter (p, 2);
  return p;
}

/* rope_type, rope_theta, and the share where it is not the whole head.  */
void
rw_say_begin (const rw_saying *w, const char *type, double theta, int64_t d)
{
  const rw_geometry *own = &w->rope->geometry;
  cJSON_AddStringToObject (w->out->block, "rope_type", type);
  rw_say_put (w, "rope_theta", theta);
  if (d != own->head_dim || own->rotary_dim != own->head_dim)
    rw_say_put (w, "partial_rotary_factor", rw_say_share (d, own->head_dim));
}

void
rw_say_original (const rw_saying *w, double length)
{
  rw_say_put (w, "original_max_position_embeddings", length);
  w->out->original = length;
}

void
rw_say_longrope_factor (const rw_saying *w)
{
  const bool two = rw_say_has (w, RW_SAYS_MSCALES);
  rw_say_put (w, two ? "short_mscale" : "attention_factor", w->freqs.attention_factor);
  if (two)
    rw_say_put (w, "long_mscale", w->freqs.attention_factor);
}

void
rw_say_nothing_else (const rw_tongue *tongue, cJSON *block)
{
  static const char *const keys[]
      = { "type",   "partial_rotary_factor", "factor",   "attention_factor",
          "mscale", "mscale_all_dim",        "truncate", "original_max_position_embeddings",
          NULL };
  static const char *const of_vllm[]
      = { "attn_factor", "extrapolation_factor", "apply_yarn_scaling", NULL };
  for (const char *const *k = keys; *k; k++)
    if (!rw_json_get (block, *k))
      cJSON_AddNullToObject (block, *k);
  for (const char *const *k = of_vllm; *k && tongue->flags & RW_SAYS_MSCALES; k++)
    if (!rw_json_get (block, *k))
      cJSON_AddNullToObject (block, *k);
}
