/* lint_attention: rules about the factor on cos and sin, and its companion on the softmax.

   YaRN (arXiv 2309.00071), section 3.4: a = 0.1 ln s + 1; the scores of the rotated part grow by
   a^2.  Who reads which key: transformers attention_factor, then mscale with mscale_all_dim; vLLM
   attn_factor as a multiplier, and since vllm#56446 what transformers reads; llama.cpp
   rope.scaling.attn_factor alone (its yarn_attn_factor is overwritten with YaRN on).  */
#include "schedule/ramp.h"
#include "stack/lint_part.h"

#include <math.h>
#include <string.h>

/* Factors nearer than this are the same.  */
static const double SAME = 1e-6;

static bool
same (double a, double b)
{
  return fabs (a - b) <= SAME * fmax (fabs (a), fabs (b));
}

/* What a stack computes that reads none of the keys.  */
static double
plain_factor (const rw_lint_rope *r)
{
  return rw_mscale (rw_lint_stretch (r), 1);
}

/* DeepSeek's readers, whose code knows the pair.  */
static bool
reads_pair (const rw_lint *l)
{
  static const char *const families[]
      = { "deepseek_v2", "deepseek_v3", "deepseek_v32", "kimi_k2", "mistral4", NULL };
  for (const char *const *f = families; *f; f++)
    if (strcmp (rw_lint_family (l), *f) == 0)
      return true;
  return false;
}

static void
say_factors (rw_lint *l, const rw_lint_rope *r, rw_finding *f)
{
  rw_text factors = { 0 };
  rw_lint_factors (l, r, f ? RW_LINT_ALL & ~1U : 0, &factors);
  if (factors.n)
    rw_lint_effect (f, "; effective: %s", rw_text_get (&factors));
  rw_text_free (&factors);
}

static bool
has_pair (const rw_lint_rope *r, double *one, double *all)
{
  *one = rw_lint_number (r->block, "mscale");
  *all = rw_lint_number (r->block, "mscale_all_dim");
  return rw_lint_is (r, "yarn") && !isnan (*one) && *one != 0 && !isnan (*all) && *all != 0
         && isnan (rw_lint_number (r->block, "attention_factor"));
}

/* What transformers has.  */
static double
hf_factor (const rw_lint_rope *r)
{
  const double given = rw_lint_number (r->block, "attention_factor"), s = rw_lint_stretch (r);
  double one, all;
  if (!isnan (given))
    return given;
  return has_pair (r, &one, &all) ? rw_mscale (s, one) / rw_mscale (s, all) : plain_factor (r);
}

/* ---- attn_factor and attention_factor ---- */

static void
find_attn_factor (rw_lint *l, const rw_lint_rope *r)
{
  const double attn = rw_lint_number (r->block, "attn_factor");
  const double given = rw_lint_number (r->block, "attention_factor");
  const double meant = plain_factor (r) * attn;
  if (!rw_lint_is (r, "yarn") || isnan (attn) || (isnan (given) && attn == 1)
      || (!isnan (given) && same (given, meant)))
    return;
  rw_finding *f = rw_lint_add (l, r, "attn_factor", RW_LINT_ALL);
  rw_lint_found_key (f, r, "attn_factor");
  rw_lint_found_key (f, r, "attention_factor");
  rw_lint_effect (f,
                  "transformers ignores attn_factor and has %.6g on cos and sin, vLLM multiplies: "
                  "%.6g; the scores differ by %.4g times",
                  hf_factor (r), meant, pow (hf_factor (r) / meant, 2));
  say_factors (l, r, f);
  rw_lint_fix (f, "\"attention_factor\": %.10g, beside attn_factor, which older vLLM reads", meant);
}

static void
find_dropped (rw_lint *l, const rw_lint_rope *r)
{
  const double given = rw_lint_number (r->block, "attention_factor");
  const double attn = rw_lint_number (r->block, "attn_factor");
  const double plain = plain_factor (r);
  if (!rw_lint_is (r, "yarn") || isnan (given) || same (given, plain))
    return;
  const bool told = !isnan (attn) && same (attn * plain, given);
  rw_finding *f
      = rw_lint_add (l, r, "attention_factor", RW_LINT_LLAMA | (told ? 0U : RW_LINT_VLLM_OLD));
  rw_lint_found_key (f, r, "attention_factor");
  rw_lint_effect (f, "dropped: cos and sin are multiplied by %.6g instead of %.6g, scores by %.4g",
                  plain, given, pow (plain / given, 2));
  rw_lint_fix (f,
               "vLLM before 56446: \"attn_factor\": %.10g; llama.cpp: --override-kv "
               "ARCH.rope.scaling.attn_factor=float:%.10g, with the file's architecture for ARCH",
               given / plain, given / plain);
}

static void
find_integer (rw_lint *l, const rw_lint_rope *r)
{
  const cJSON *item = rw_json_get (r->block, "attention_factor");
  if (!rw_lint_is (r, "yarn") || !item || !rw_lint_is_integer (l, item))
    return;
  rw_finding *f = rw_lint_add (l, r, "attention_factor", RW_LINT_HF | RW_LINT_HF_V4);
  rw_lint_found (f, "\"attention_factor\": %.0f, an integer", item->valuedouble);
  rw_lint_effect (f, "transformers warns that it wants a float, and uses it");
  rw_lint_fix (f, "\"attention_factor\": %.1f", item->valuedouble);
}

/* LongRoPE: vLLM takes sqrt (1 + ln s / ln L) with s = M / L, whatever the block says.  */
static void
find_longrope (rw_lint *l, const rw_lint_rope *r)
{
  const double given = rw_lint_number (r->block, "attention_factor");
  const double ratio = r->m.max_length / r->m.original_length;
  const double plain = ratio <= 1 ? 1 : sqrt (1 + log (ratio) / log (r->m.original_length));
  if (!(rw_lint_is (r, "longrope") || rw_lint_is (r, "su")) || isnan (given) || same (given, plain)
      || !isnan (rw_lint_number (r->block, "short_mscale")))
    return;
  rw_finding *f = rw_lint_add (l, r, "attention_factor", RW_LINT_VLLM);
  rw_lint_found_key (f, r, "attention_factor");
  rw_lint_effect (f, "vLLM has %.6g, from max_position_embeddings, instead of %.6g", plain, given);
  rw_lint_fix (f, "\"short_mscale\": %.10g, \"long_mscale\": %.10g for vLLM, beside it", given,
               given);
}

/* ---- mscale ---- */

static void
find_alone (rw_lint *l, const rw_lint_rope *r)
{
  const double one = rw_lint_number (r->block, "mscale");
  const double all = rw_lint_number (r->block, "mscale_all_dim");
  const double s = rw_lint_stretch (r);
  const bool alone = !isnan (one) && one != 0 && (isnan (all) || all == 0);
  if (!rw_lint_is (r, "yarn") || !alone || !isnan (rw_lint_number (r->block, "attention_factor"))
      || same (rw_mscale (s, one), plain_factor (r)))
    return;
  rw_finding *f = rw_lint_add (l, r, "mscale", RW_LINT_ALL);
  rw_lint_found_key (f, r, "mscale");
  rw_lint_found_key (f, r, "mscale_all_dim");
  rw_lint_effect (f,
                  "transformers wants both or neither and has %.6g on cos and sin; vLLM's "
                  "deepseek_yarn honours it: %.6g",
                  plain_factor (r), rw_mscale (s, one));
  say_factors (l, r, f);
  rw_lint_fix (f, "\"attention_factor\": %.10g", rw_mscale (s, one));
}

static void
find_cancels (rw_lint *l, const rw_lint_rope *r)
{
  double one, all;
  const bool companion = l->c.family && l->c.family->flags & RW_SOFTMAX_MSCALE;
  if (!has_pair (r, &one, &all) || one != all || companion || !(rw_lint_stretch (r) > 1))
    return;
  rw_finding *f = rw_lint_add (l, r, "mscale_all_dim", RW_LINT_ALL);
  rw_lint_found_key (f, r, "mscale");
  rw_lint_found_key (f, r, "mscale_all_dim");
  rw_lint_effect (f,
                  "the pair cancels: 1 on cos and sin instead of %.6g, and this class has no "
                  "softmax factor in its place (%.6g in DeepSeek's)",
                  plain_factor (r), pow (rw_mscale (rw_lint_stretch (r), all), 2));
  rw_lint_fix (f, "\"attention_factor\": 1.0 where that is meant, else leave the pair out");
}

/* The generic readers: vLLM before 56446, llama.cpp outside of DeepSeek's and Mistral's graphs.  */
static void
find_pair_unread (rw_lint *l, const rw_lint_rope *r)
{
  double one, all;
  if (!has_pair (r, &one, &all) || reads_pair (l))
    return;
  const double s = rw_lint_stretch (r), pair = rw_mscale (s, one) / rw_mscale (s, all);
  const double attn = rw_lint_number (r->block, "attn_factor");
  const bool told = rw_lint_arch (l)->flags & RW_LLAMA_LOG;
  if (same (pair, plain_factor (r)) || (!isnan (attn) && same (attn * plain_factor (r), pair)))
    return;
  rw_finding *f = rw_lint_add (l, r, "mscale", RW_LINT_VLLM_OLD | (told ? 0U : RW_LINT_LLAMA));
  rw_lint_found_key (f, r, "mscale");
  rw_lint_found_key (f, r, "mscale_all_dim");
  rw_lint_effect (f, "not read there: cos and sin are multiplied by %.6g instead of %.6g",
                  plain_factor (r), pair);
  rw_lint_fix (f,
               "\"attention_factor\": %.10g, \"attn_factor\": %.10g; llama.cpp: --override-kv "
               "ARCH.rope.scaling.attn_factor=float:%.10g",
               pair, pair / plain_factor (r), pair / plain_factor (r));
}

static void
find_companion (rw_lint *l, const rw_lint_rope *r)
{
  const double all = rw_lint_number (r->block, "mscale_all_dim");
  const bool has = l->c.family && l->c.family->flags & RW_SOFTMAX_MSCALE;
  if (!rw_lint_is (r, "yarn") || !has || isnan (all) || all == 0 || !(rw_lint_stretch (r) > 1))
    return;
  rw_finding *f = rw_lint_add (l, r, "mscale_all_dim", RW_LINT_ALL);
  const double m = rw_mscale (rw_lint_stretch (r), all);
  rw_lint_found_key (f, r, "mscale_all_dim");
  rw_lint_effect (f,
                  "all scores are multiplied by %.6g beside the table; at position 0 nothing shows "
                  "it",
                  m * m);
}

/* DeepSeek-V4: no factor on cos and sin, though generic YaRN has one.  */
static void
find_family (rw_lint *l, const rw_lint_rope *r)
{
  if (!rw_lint_is (r, "yarn") || !l->c.family || !(l->c.family->flags & RW_COMPRESSED)
      || !isnan (rw_lint_number (r->block, "attention_factor")))
    return;
  rw_finding *f = rw_lint_add (l, r, "factor", RW_LINT_ALL);
  rw_lint_found_key (f, r, "factor");
  rw_lint_effect (f, "DeepSeek-V4's class has 1 on cos and sin; generic YaRN code would have %.6g",
                  plain_factor (r));
  rw_lint_fix (f, "\"attention_factor\": 1.0");
}

const rw_lint_rule rw_lint_attention[] = {
  { "attn-factor-key", RW_LINT_ERROR, RW_LINT_ALL, RW_LINT_BLOCKS,
    "attn_factor is another stack's word: transformers reads attention_factor",
    "\"attention_factor\": get_mscale(factor) * attn_factor", "deepseek-ai/DeepSeek-R1#684",
    find_attn_factor },
  { "attention-factor-dropped", RW_LINT_ERROR, RW_LINT_VLLM_OLD | RW_LINT_LLAMA, RW_LINT_BLOCKS,
    "an explicit attention_factor that the stack does not read", "tell each stack in its own words",
    "vllm-project/vllm#46280", find_dropped },
  { "attention-factor-integer", RW_LINT_INFO, RW_LINT_HF | RW_LINT_HF_V4, RW_LINT_BLOCKS,
    "transformers wants a float for attention_factor", "write 1.0, not 1",
    "transformers modeling_rope_utils.py, validate_yarn", find_integer },
  { "attention-factor-longrope", RW_LINT_ERROR, RW_LINT_VLLM, RW_LINT_BLOCKS,
    "vLLM does not read the attention_factor of a longrope block",
    "short_mscale and long_mscale for vLLM", "vllm phi3_long_rope_scaled_rope.py", find_longrope },
  { "mscale-alone", RW_LINT_WARNING, RW_LINT_ALL, RW_LINT_BLOCKS,
    "mscale without mscale_all_dim: some stacks honour it, others do not",
    "give attention_factor instead", "turboderp-org/exllamav3#259", find_alone },
  { "mscale-cancels", RW_LINT_WARNING, RW_LINT_ALL, RW_LINT_BLOCKS,
    "mscale and mscale_all_dim cancel, and nothing stands in the softmax for them",
    "say attention_factor", "turboderp-org/exllamav3#259", find_cancels },
  { "mscale-unread", RW_LINT_ERROR, RW_LINT_VLLM_OLD | RW_LINT_LLAMA, RW_LINT_BLOCKS,
    "a generic YaRN reader passes over mscale and mscale_all_dim",
    "tell each stack in its own words", "vllm-project/vllm#48621", find_pair_unread },
  { "softmax-companion", RW_LINT_INFO, RW_LINT_ALL, RW_LINT_BLOCKS,
    "the class multiplies the scores by mscale_all_dim's magnitude squared: not in the table",
    "check that the engine has it: transformers has it for DeepSeek-V2 since July 2026",
    "huggingface/transformers#47435", find_companion },
  { "family-magnitude", RW_LINT_INFO, RW_LINT_ALL, RW_LINT_BLOCKS,
    "the class overrides YaRN's factor on cos and sin", "say it: \"attention_factor\": 1.0",
    "Avarok-Cybersecurity/atlas#342", find_family },
  { 0 },
};
