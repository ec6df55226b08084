/* rope_types: the rope types of transformers 5, and looking one up; see rope_types.h.

   transformers 5, modeling_rope_utils.py: what each type must have and may have.  */
#include "stack/rope_types.h"

#include <string.h>

const rw_hf_type rw_hf_types[] = {
  { .name = "default" },
  { .name = "linear", .must = { "factor" } },
  { .name = "dynamic", .must = { "factor" } },
  { .name = "yarn",
    .needs_length = true,
    .must = { "factor" },
    .may = { "attention_factor", "beta_fast", "beta_slow", "mscale", "mscale_all_dim", "truncate" },
    .own = { "ramp", "softmax_mscale" } },
  { .name = "longrope",
    .needs_length = true,
    .must = { "short_factor", "long_factor" },
    .may = { "attention_factor", "factor" },
    .own = { "magnitude", "interpolate" } },
  { .name = "llama3",
    .needs_length = true,
    .must = { "factor", "low_freq_factor", "high_freq_factor" } },
  { .name = "proportional", .may = { "factor" } },
  { 0 },
};

const rw_hf_type *
rw_hf_type_find (const rw_hf_type *types, const char *name, const cJSON *block,
                 const rw_family *family)
{
  for (const rw_hf_type *t = types; t->name; t++)
    if (strcmp (t->name, name) == 0 && (!t->when || rw_json_get (block, t->when))
        && (!t->family || strcmp (t->family, family->model_type) == 0)
        && (!t->flags || family->flags & t->flags))
      return t;
  return NULL;
}

static bool
in_list (const char *key, const char *const *list, size_t n)
{
  for (size_t i = 0; i < n && list[i]; i++)
    if (strcmp (list[i], key) == 0)
      return true;
  return false;
}

bool
rw_hf_type_reads (const rw_hf_type *type, const char *key)
{
  return in_list (key, type->must, 4) || in_list (key, type->may, 8)
         || in_list (key, type->also, 4);
}
