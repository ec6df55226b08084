/* vllm_types: the rope types of vLLM; see vllm_types.h.

   vLLM, model_executor/layers/rotary_embedding/__init__.py (get_rope): each type reads the keys of
   a list and drops the rest without a word.  Tables are made once, for max_model_len.  What our
   schedules call otherwise: `dynamic` is a static ntk, `ntk` is Su's fixed or mixed one, the yarns
   differ in their magnitude, which is therefore given as a number.  */
#include "stack/vllm_types.h"
#include "schedule/ramp.h"
#include "schedule/schedule.h"
#include "stack/rope_block.h"

#include <math.h>

/* ---- yarn ---- */

static bool
truthy (double x)
{
  return !isnan (x) && x != 0;
}

static double
block_number (const rw_rope_maker *m, const char *key, double missing)
{
  const double x = rw_rope_block_number (m, key);
  return isnan (x) ? missing : x;
}

static bool
applies_scaling (const rw_rope_maker *m)
{
  return !cJSON_IsFalse (rw_json_get (m->block, "apply_yarn_scaling"));
}

static rw_status
set_magnitude (const rw_rope_maker *m, double computed)
{
  const double factor = block_number (m, "attn_factor", 1);
  if (factor != 1)
    rw_rope_warn (m, "attn_factor",
                  "vLLM multiplies the magnitude by it, to %g (transformers does not read it; "
                  "deepseek-ai/DeepSeek-R1#684)",
                  computed * factor);
  return rw_rope_set (m, "attention_factor", computed * factor);
}

/* a = (0.1 ln s + 1) attn_factor, or attn_factor alone.  */
static rw_status
settle_yarn_old (const rw_rope_maker *m)
{
  const double s = rw_rope_number (m, "factor");
  if (!applies_scaling (m))
    rw_rope_warn (m, "apply_yarn_scaling", "false: vLLM leaves the magnitude out");
  return set_magnitude (m, applies_scaling (m) ? rw_mscale (s, 1) : 1);
}

/* DeepSeek's quotient, where mscale alone is honoured.  */
static rw_status
settle_deepseek (const rw_rope_maker *m)
{
  const double s = rw_rope_number (m, "factor");
  const double mscale = block_number (m, "mscale", 1), all = block_number (m, "mscale_all_dim", 0);
  if (m->c->family->flags & RW_COMPRESSED) /* DeepSeek-V4's attention sets both to 0 */
    return set_magnitude (m, 1);
  if (truthy (rw_rope_block_number (m, "mscale")) && !truthy (all))
    rw_rope_warn (m, "mscale",
                  "vLLM's deepseek_yarn honours it without mscale_all_dim; transformers does not");
  return set_magnitude (m, rw_mscale (s, mscale) / rw_mscale (s, all));
}

/* Without yarn scaling DeepSeek's attention does not square the magnitude into its scores.  */
static rw_status
settle_deepseek_llama (const rw_rope_maker *m)
{
  const rw_value no = { .kind = RW_VALUE_BOOL };
  const rw_status s = settle_deepseek (m);
  return s ? s : rw_object_set (m->out->schedule, "softmax_mscale", &no, NULL, m->c->err);
}

static rw_status
settle_deepseek_old (const rw_rope_maker *m)
{
  return applies_scaling (m) ? settle_deepseek (m) : settle_deepseek_llama (m);
}

/* The slope is 0.07 instead of 0.1.  */
static rw_status
settle_telechat (const rw_rope_maker *m)
{
  const double s = rw_rope_number (m, "factor");
  if (rw_object_given (m->out->schedule, "attention_factor"))
    return RW_OK;
  rw_rope_warn (m, "", "telechat3-yarn: the magnitude is 0.07 ln s + 1");
  return set_magnitude (m, s <= 1 ? 1 : 0.07 * log (s) + 1);
}

/* transformers' rule, from pull request 56446 on.  */
static rw_status
settle_yarn (const rw_rope_maker *m)
{
  const double s = rw_rope_number (m, "factor");
  const double mscale = rw_rope_number (m, "mscale"), all = rw_rope_number (m, "mscale_all_dim");
  if (rw_object_given (m->out->schedule, "attention_factor"))
    return RW_OK;
  if (!applies_scaling (m))
    {
      const rw_value no = { .kind = RW_VALUE_BOOL };
      const rw_status status
          = rw_object_set (m->out->schedule, "softmax_mscale", &no, NULL, m->c->err);
      rw_rope_warn (m, "apply_yarn_scaling", "false: vLLM leaves the magnitude out (vllm#57563)");
      return status ? status : set_magnitude (m, 1);
    }
  return set_magnitude (m, truthy (mscale) && truthy (all)
                               ? rw_mscale (s, mscale) / rw_mscale (s, all)
                               : rw_mscale (s, 1));
}

/* MRotaryEmbedding makes its table four times as long, and the ramp takes that for L.  */
static rw_status
widen (const rw_rope_maker *m)
{
  const char *key = "original_max_position_embeddings";
  const double length = rw_rope_number (m, key);
  rw_rope_warn (m, "mrope_section",
                "vLLM's M-RoPE class computes yarn's ramp with four times the length, %g "
                "(vllm, rotary_embedding/mrope.py; vllm#25384)",
                4 * length);
  return rw_rope_set (m, key, 4 * length);
}

static rw_status
settle_mrope_old (const rw_rope_maker *m)
{
  const rw_status s = set_magnitude (m, rw_mscale (rw_rope_number (m, "factor"), 1));
  return s ? s : widen (m);
}

static rw_status
settle_mrope (const rw_rope_maker *m)
{
  const rw_status s = settle_yarn (m);
  return s ? s : widen (m);
}

/* ---- the others ---- */

/* Static: the table of s M tokens, at every length.  */
static rw_status
settle_dynamic (const rw_rope_maker *m)
{
  const double s = rw_rope_number (m, "factor"), max = m->out->geometry.max_length;
  rw_rope_warn (m, "factor",
                "vLLM's dynamic is static: at every length the table that transformers has at %g "
                "tokens (vllm#3488)",
                s * max);
  return rw_rope_set (m, "factor", s * s - (s - 1));
}

/* LinearScalingRotaryEmbedding asks isinstance (factor, float).  */
static rw_status
settle_linear (const rw_rope_maker *m)
{
  const double s = rw_rope_number (m, "factor");
  if (s == floor (s))
    rw_rope_warn (m, "factor",
                  "write it as %g.0: vLLM takes a whole number for a list of factors and stops "
                  "(vllm, rotary_embedding/linear_scaling_rope.py, as read)",
                  s);
  return RW_OK;
}

/* Chosen once, for max_model_len; magnitudes of their own for the two lists.  */
static rw_status
settle_longrope (const rw_rope_maker *m)
{
  const double shorter = rw_rope_block_number (m, "short_mscale");
  const double longer = rw_rope_block_number (m, "long_mscale");
  const rw_geometry *g = &m->out->geometry;
  const bool is_long = g->max_length > rw_rope_number (m, "original_max_position_embeddings");
  const double used = is_long ? longer : shorter;
  if (g->layout == RW_INTERLEAVED)
    return rw_fail (m->c->err, RW_EINVAL,
                    "%s: vLLM's longrope rotates halves only, and this model's pairs are "
                    "neighbours: it stops with a ValueError",
                    m->path);
  rw_rope_warn (m, "",
                "longrope: vLLM picks one list for all sequences, the long one where "
                "max_model_len is above the original length (vllm#27431)");
  if (isnan (used) && !isnan (is_long ? shorter : longer))
    return RW_OK;
  if (!isnan (shorter) && shorter != longer)
    rw_rope_warn (m, "short_mscale",
                  "%g is the magnitude where max_model_len is not above the "
                  "original length",
                  shorter);
  return isnan (used) ? RW_OK : rw_rope_set (m, "attention_factor", used);
}

/* ---- the tables ---- */

#define LENGTH "original_max_position_embeddings"
#define YARN_KEYS "beta_fast", "beta_slow", "extrapolation_factor"

#define OTHER_TYPES                                                                                \
  { .name = "default" }, { .name = "linear", .must = { "factor" }, .settle = settle_linear },      \
      { .name = "llama3",                                                                          \
        .needs_length = true,                                                                      \
        .must = { "factor", "low_freq_factor", "high_freq_factor" } },                             \
      { .name = "ntk",                                                                             \
        .schedule = "ntk_mixed",                                                                   \
        .when = "mixed_b",                                                                         \
        .must = { "factor", "mixed_b" } },                                                         \
      { .name = "ntk", .schedule = "ntk_fixed", .must = { "factor" } },                            \
      { .name = "dynamic", .schedule = "ntk", .when = "alpha", .must = { "alpha" } },              \
      { .name = "dynamic", .schedule = "ntk", .must = { "factor" }, .settle = settle_dynamic },    \
      { .name = "xdrope",                                                                          \
        .schedule = "ntk",                                                                         \
        .must = { "alpha", "xdrope_section" },                                                     \
        .also = { "xdrope_section" } },                                                            \
      { .name = "longrope",                                                                        \
        .needs_length = true,                                                                      \
        .must = { "short_factor", "long_factor" },                                                 \
        .also = { "short_mscale", "long_mscale" },                                                 \
        .settle = settle_longrope },                                                               \
      { .name = "su",                                                                              \
        .schedule = "longrope",                                                                    \
        .needs_length = true,                                                                      \
        .must = { "short_factor", "long_factor" },                                                 \
        .also = { "short_mscale", "long_mscale" },                                                 \
        .settle = settle_longrope },                                                               \
  {                                                                                                \
    .name = "proportional"                                                                         \
  }

#define DEEPSEEK_KEYS YARN_KEYS, "mscale", "mscale_all_dim"
#define HF_KEYS YARN_KEYS, "truncate", "attention_factor", "mscale", "mscale_all_dim"

const rw_hf_type rw_vllm_old_types[] = {
  OTHER_TYPES,
  { .name = "yarn",
    .flags = RW_SOFTMAX_MSCALE | RW_COMPRESSED, /* DeepSeek's attention renames it */
    .needs_length = true,
    .must = { "factor" },
    .may = { DEEPSEEK_KEYS },
    .also = { "attn_factor", "apply_yarn_scaling" },
    .settle = settle_deepseek_old },
  { .name = "yarn",
    .when = "mrope_section",
    .needs_length = true,
    .must = { "factor" },
    .may = { YARN_KEYS, "truncate" },
    .also = { "attn_factor", "mrope_section" },
    .settle = settle_mrope_old },
  { .name = "yarn",
    .needs_length = true,
    .must = { "factor" },
    .may = { YARN_KEYS, "truncate" },
    .also = { "attn_factor", "apply_yarn_scaling" },
    .settle = settle_yarn_old },
  { .name = "deepseek_yarn",
    .schedule = "yarn",
    .needs_length = true,
    .must = { "factor", LENGTH },
    .may = { DEEPSEEK_KEYS },
    .also = { "attn_factor" },
    .settle = settle_deepseek },
  { .name = "deepseek_llama_scaling",
    .schedule = "yarn",
    .needs_length = true,
    .must = { "factor", LENGTH },
    .may = { DEEPSEEK_KEYS },
    .also = { "attn_factor" },
    .settle = settle_deepseek_llama },
  { .name = "telechat3-yarn",
    .schedule = "yarn",
    .needs_length = true,
    .must = { "factor" },
    .may = { YARN_KEYS, "truncate" },
    .also = { "attn_factor" },
    .settle = settle_telechat },
  { 0 },
};

const rw_hf_type rw_vllm_types[] = {
  OTHER_TYPES,
  { .name = "yarn",
    .when = "mrope_section",
    .needs_length = true,
    .must = { "factor" },
    .may = { HF_KEYS },
    .also = { "attn_factor", "mrope_section", "apply_yarn_scaling" },
    .settle = settle_mrope },
  { .name = "yarn",
    .needs_length = true,
    .must = { "factor" },
    .may = { HF_KEYS },
    .also = { "attn_factor", "apply_yarn_scaling" },
    .settle = settle_yarn },
  { .name = "deepseek_yarn",
    .schedule = "yarn",
    .needs_length = true,
    .must = { "factor", LENGTH },
    .may = { HF_KEYS },
    .also = { "attn_factor", "apply_yarn_scaling" },
    .settle = settle_yarn },
  { .name = "telechat3-yarn",
    .schedule = "yarn",
    .needs_length = true,
    .must = { "factor" },
    .may = { HF_KEYS },
    .also = { "attn_factor" },
    .settle = settle_telechat },
  { 0 },
};
