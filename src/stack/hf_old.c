/* hf_old: the stacks hf-4.45, hf-4.50 and hf-4.56: a config by the rules of transformers 4.

   One table of rope types and one of ignored keys a stack; what a table cannot say is in the
   settling functions.  Common to all three: base and partial factor stand at the top level, one
   flat rope_scaling is read and rope_parameters is not, yarn and llama3 know no length but the
   block's, longrope none but the top level's.  Sources: transformers, modeling_rope_utils.py of the
   versions named below, and the issues and pull requests in the warnings.  */
#include "schedule/ramp.h"
#include "schedule/schedule.h"
#include "stack/hf.h"
#include "stack/rope_block.h"
#include "stack/words.h"

#include <math.h>
#include <string.h>

static const char *const original = "original_max_position_embeddings";

/* The config's word for a trained length that the stack passes over, wherever it stands.  */
static double
any_original (const rw_rope_maker *m)
{
  const double inner = rw_rope_block_number (m, original);
  return isnan (inner) ? m->shape->top_original : inner;
}

/* Without a length of its own yarn takes M, whatever the top level says.  */
static rw_status
settle_yarn_length (const rw_rope_maker *m)
{
  const double max = m->out->geometry.max_length;
  if (rw_object_given (m->out->schedule, original))
    return RW_OK;
  if (!isnan (m->shape->top_original) && m->shape->top_original != max)
    rw_rope_warn (m, original,
                  "transformers before 5 reads it in the block only: yarn's ramp is that of "
                  "max_position_embeddings %g, not of the top level's %g",
                  max, m->shape->top_original);
  return rw_rope_set (m, original, max);
}

/* ---- 4.45 ---- */

/* L is M, always; a is 0.1 ln s + 1 also below s = 1.  */
static rw_status
settle_yarn_445 (const rw_rope_maker *m)
{
  const double max = m->out->geometry.max_length, s = rw_rope_number (m, "factor");
  const double inner = any_original (m);
  if (!isnan (inner) && inner != max)
    rw_rope_warn (m, original,
                  "transformers before 4.50 does not read it: yarn's ramp is that of "
                  "max_position_embeddings %g, not of %g",
                  max, inner);
  rw_status status = rw_rope_set (m, original, max);
  if (status || !(s < 1) || rw_object_given (m->out->schedule, "attention_factor"))
    return status;
  rw_rope_warn (m, "factor",
                "below 1, and transformers before 4.50 has no clamp: the magnitude is "
                "0.1 ln %g + 1",
                s);
  return rw_rope_set (m, "attention_factor", 0.1 * log (s) + 1);
}

/* DeepSeek's own code, beside its weights: its quotient also where mscale stands alone.  */
static rw_status
settle_yarn_deepseek (const rw_rope_maker *m)
{
  static const double LENGTH = 4096; /* its default */
  const double s = rw_rope_number (m, "factor");
  const double over = rw_rope_number (m, "mscale"), under = rw_rope_number (m, "mscale_all_dim");
  rw_rope_warn (m, "",
                "yarn: transformers before 4.51 has no class for '%s'; the code beside its "
                "weights computes it",
                m->c->family->model_type);
  const rw_status status
      = rw_object_given (m->out->schedule, original) ? RW_OK : rw_rope_set (m, original, LENGTH);
  return status ? status
                : rw_rope_set (m, "attention_factor",
                               rw_mscale (s, isnan (over) ? 1 : over)
                                   / rw_mscale (s, isnan (under) ? 0 : under));
}

/* A top level's length makes the stretch; without it L is M, and factor is needed.  */
static rw_status
settle_longrope (const rw_rope_maker *m)
{
  const double max = m->out->geometry.max_length, top = m->shape->top_original;
  const double factor = rw_rope_number (m, "factor");
  const double inner = rw_rope_block_number (m, original);
  if (isnan (top) && isnan (factor))
    return rw_fail (m->c->err, RW_EINVAL,
                    "%s.factor: longrope needs it where the top level has no "
                    "original_max_position_embeddings (transformers before 5)",
                    m->path);
  if (isnan (top) && !isnan (inner) && inner != max)
    rw_rope_warn (m, original,
                  "transformers before 5 reads it at the top level only: longrope's length is "
                  "max_position_embeddings %g, not %g",
                  max, inner);
  const double length = isnan (top) ? max : top;
  const double s = isnan (top) ? factor : max / top;
  if (!isnan (factor) && factor != s)
    rw_rope_warn (m, "factor",
                  "%g: transformers before 5 takes max_position_embeddings / "
                  "original_max_position_embeddings = %g instead",
                  factor, s);
  const rw_status status = rw_rope_set (m, original, length);
  return status ? status : rw_rope_set (m, "factor", s);
}

/* MiniCPM's own code, beside its weights, has the length in the block.  */
static rw_status
settle_longrope_minicpm (const rw_rope_maker *m)
{
  const double max = m->out->geometry.max_length, length = rw_rope_block_number (m, original);
  rw_rope_warn (m, "",
                "longrope: transformers before 5 would stop without a length at the top "
                "level; MiniCPM's own code reads the block's");
  const rw_status s = rw_rope_set (m, original, isnan (length) ? max : length);
  return s ? s : rw_rope_set (m, "factor", isnan (length) ? 1 : max / length);
}

/* The shared function of 4.45 picks the list once, by the stretch.  */
static rw_status
settle_longrope_445 (const rw_rope_maker *m)
{
  const rw_status s = settle_longrope (m);
  if (s || !(rw_rope_number (m, "factor") > 1))
    return s;
  const rw_param *list = rw_module_find (m->module, "long_factor", NULL);
  const rw_value longer = rw_param_get (list, m->out->schedule->self);
  rw_rope_warn (m, "long_factor",
                "used at every length: before 4.48 the shared function picks the list by the "
                "stretch, not by the sequence (Phi-3's own class does not)");
  return rw_object_set (m->out->schedule, "short_factor", &longer, NULL, m->c->err);
}

/* ---- 4.50 ---- */

/* A length in the block makes the stretch, whatever factor says.  */
static rw_status
settle_yarn_450 (const rw_rope_maker *m)
{
  const double max = m->out->geometry.max_length, factor = rw_rope_number (m, "factor");
  const double length = rw_rope_block_number (m, original);
  if (isnan (length))
    return settle_yarn_length (m);
  const double s = max / length;
  if (s != factor)
    rw_rope_warn (m, "factor",
                  "%g: transformers 4.50 to 4.55 takes max_position_embeddings / "
                  "original_max_position_embeddings = %g instead (transformers#38224)",
                  factor, s);
  return rw_rope_set (m, "factor", s);
}

/* ---- 4.56 ---- */

static rw_status
settle_yarn_456 (const rw_rope_maker *m)
{
  const double max = m->out->geometry.max_length, factor = rw_rope_number (m, "factor");
  const double length = rw_rope_block_number (m, original);
  if (!isnan (length) && max / length != factor)
    rw_rope_warn (m, "factor",
                  "%g is used, though max_position_embeddings / original_max_position_embeddings "
                  "is %g (transformers#40320)",
                  factor, max / length);
  return settle_yarn_length (m);
}

/* ---- the tables ---- */

#define PLAIN_TYPES                                                                                \
  { .name = "default" }, { .name = "linear", .must = { "factor" } },                               \
      { .name = "dynamic", .must = { "factor" } },                                                 \
  {                                                                                                \
    .name = "llama3", .must = { "factor", original_key, "low_freq_factor", "high_freq_factor" }    \
  }

/* Phi3Config renames "su"; without a model_type the config may be Phi-3's.  */
#define LONGROPE_TYPE(word, model, function)                                                       \
  {                                                                                                \
    .name = (word), .schedule = "longrope", .family = (model), .settle = (function),               \
    .must = { "short_factor", "long_factor" },                                                     \
    .may                                                                                           \
        = { "attention_factor",                                                                    \
            "factor" }                                                                             \
  }

#define original_key "original_max_position_embeddings"

#define MINICPM_TYPE(model)                                                                        \
  {                                                                                                \
    .name = "longrope", .family = (model), .settle = settle_longrope_minicpm,                      \
    .must = { "short_factor", "long_factor" },                                                     \
    .may                                                                                           \
        = { "attention_factor",                                                                    \
            original_key }                                                                         \
  }

static const rw_hf_type types_445[] = {
  PLAIN_TYPES,
  { .name = "yarn",
    .flags = RW_SOFTMAX_MSCALE,
    .must = { "factor" },
    .may = { original_key, "beta_fast", "beta_slow", "mscale", "mscale_all_dim" },
    .settle = settle_yarn_deepseek },
  { .name = "yarn",
    .must = { "factor" },
    .may = { "attention_factor", "beta_fast", "beta_slow" },
    .settle = settle_yarn_445 },
  LONGROPE_TYPE ("longrope", "phi3", settle_longrope),
  MINICPM_TYPE ("minicpm"),
  MINICPM_TYPE ("minicpm3"),
  LONGROPE_TYPE ("longrope", NULL, settle_longrope_445),
  LONGROPE_TYPE ("su", "phi3", settle_longrope),
  LONGROPE_TYPE ("su", "", settle_longrope),
  { 0 },
};

static const rw_hf_type types_450[] = {
  PLAIN_TYPES,
  { .name = "yarn",
    .null_factor = true,
    .must = { "factor" },
    .may
    = { original_key, "attention_factor", "beta_fast", "beta_slow", "mscale", "mscale_all_dim" },
    .settle = settle_yarn_450 },
  MINICPM_TYPE ("minicpm"),
  MINICPM_TYPE ("minicpm3"),
  LONGROPE_TYPE ("longrope", NULL, settle_longrope),
  LONGROPE_TYPE ("su", "phi3", settle_longrope),
  LONGROPE_TYPE ("su", "", settle_longrope),
  { 0 },
};

static const rw_hf_type types_456[] = {
  PLAIN_TYPES,
  { .name = "yarn",
    .must = { "factor" },
    .may = { original_key, "attention_factor", "beta_fast", "beta_slow", "mscale", "mscale_all_dim",
             "truncate" },
    .settle = settle_yarn_456 },
  MINICPM_TYPE ("minicpm"),
  MINICPM_TYPE ("minicpm3"),
  LONGROPE_TYPE ("longrope", NULL, settle_longrope),
  LONGROPE_TYPE ("su", "phi3", settle_longrope),
  LONGROPE_TYPE ("su", "", settle_longrope),
  { 0 },
};

#define ABOVE "transformers before 5 reads it at the top level only"

static const rw_key_why whys_445[] = {
  { "rope_theta", ABOVE },
  { "partial_rotary_factor", ABOVE },
  { original_key, "this rope type does not read it in transformers before 4.50" },
  { "mscale", "transformers reads it from 4.50 on" },
  { "mscale_all_dim", "transformers reads it from 4.50 on" },
  { "truncate", "transformers reads it from 4.55 on: the ramp's ends are whole pairs" },
  { NULL, NULL },
};

static const rw_key_why whys_450[] = {
  { "rope_theta", ABOVE },
  { "partial_rotary_factor", ABOVE },
  { original_key, "this rope type does not read it in the block before transformers 5" },
  { "truncate", "transformers reads it from 4.55 on: the ramp's ends are whole pairs" },
  { NULL, NULL },
};

static const rw_key_why whys_456[] = {
  { "rope_theta", ABOVE },
  { "partial_rotary_factor", ABOVE },
  { original_key, "this rope type does not read it in the block before transformers 5" },
  { NULL, NULL },
};

static const char *const no_softmax[] = { "deepseek_v2", "mistral4", NULL };

#define RULES(version, table, keys, unscaled)                                                      \
  {                                                                                                \
    .name = "hf-" version, .who = "transformers", .unknown = "unknown to transformers",            \
    .types = (table), .whys = (keys), .hf_types_only = true, .top_level = true,                    \
    .no_softmax = (unscaled)                                                                       \
  }

const rw_hf_rules rw_hf_445_rules = RULES ("4.45", types_445, whys_445, NULL);
const rw_hf_rules rw_hf_450_rules = RULES ("4.50", types_450, whys_450, no_softmax);
const rw_hf_rules rw_hf_456_rules = RULES ("4.56", types_456, whys_456, no_softmax);

static rw_status
read_445 (const char *name, const cJSON *config, const cJSON *rope, rw_model *out, rw_error *err)
{
  return rw_hf_read_by (&rw_hf_445_rules, name, config, rope, out, err);
}

static rw_status
read_450 (const char *name, const cJSON *config, const cJSON *rope, rw_model *out, rw_error *err)
{
  return rw_hf_read_by (&rw_hf_450_rules, name, config, rope, out, err);
}

static rw_status
read_456 (const char *name, const cJSON *config, const cJSON *rope, rw_model *out, rw_error *err)
{
  return rw_hf_read_by (&rw_hf_456_rules, name, config, rope, out, err);
}

const rw_stack rw_stack_hf_445
    = { .name = "hf-4.45",
        .text = "transformers 4.45 to 4.49: yarn's ramp is that of max_position_embeddings",
        .cite = "transformers 4.45, modeling_rope_utils.py",
        .read = read_445,
        .arithmetic = rw_stack_hf_float,
        .write = rw_hf_4_45_write };
const rw_stack rw_stack_hf_450
    = { .name = "hf-4.50",
        .text = "transformers 4.50 to 4.55: yarn's factor is max over original length",
        .cite = "transformers 4.50, modeling_rope_utils.py; transformers#38224",
        .read = read_450,
        .arithmetic = rw_stack_hf_float,
        .write = rw_hf_4_50_write };
const rw_stack rw_stack_hf_456
    = { .name = "hf-4.56",
        .text = "transformers 4.56 and 4.57: yarn as in 5, keys where 4 has them",
        .cite = "transformers 4.56, modeling_rope_utils.py; transformers#40320",
        .read = read_456,
        .arithmetic = rw_stack_hf_float,
        .write = rw_hf_4_56_write };
