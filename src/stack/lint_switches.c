/* lint_switches: rules about tables that depend on the length, or should: static stretch on short
   prompts, dynamic NTK with a cache, LongRoPE's switch from short to long factors.

   A key that was cached at position p with frequency g and meets a query rotated with g' carries a
   phase error of p (g - g') radians.  */
#include "stack/lint_part.h"

#include <math.h>
#include <string.h>

static bool
is_dynamic (const rw_lint_rope *r)
{
  return rw_lint_is (r, "dynamic") && r->exact && strcmp (r->exact->module->name, "dynamic") == 0;
}

static bool
is_longrope (const rw_lint_rope *r)
{
  return r->exact && strcmp (r->exact->module->name, "longrope") == 0;
}

/* ---- static stretch ---- */

static void
find_static (rw_lint *l, const rw_lint_rope *r)
{
  enum
  {
    NEAR = 64 /* tokens: a distance that every prompt has */
  };
  rw_lint_change change;
  const double s = r->factor, L = r->m.original_length, n = l->length;
  if (!l->planned || !(rw_lint_is (r, "yarn") || rw_lint_is (r, "linear")) || !(s > 1)
      || r->m.sliding_window)
    return;
  const double need = fmax (1, ceil (n / L * 100) / 100);
  if (need >= s || !rw_lint_compare_set (l, r, "factor", need, &change))
    return;
  rw_finding *f = rw_lint_add (l, r, "factor", RW_LINT_ALL);
  rw_lint_found (f, "\"factor\": %.6g over %.0f tokens; --length %.0f", s, L, n);
  rw_lint_effect (
      f,
      "every prompt is stretched by %.6g, where %.6g would do: %s, %.3g rad at distance "
      "%d",
      s, need, change.text, n > 1 ? change.phase / (n - 1) * NEAR : 0.0, NEAR);
  if (need > 1)
    rw_lint_fix (f, "\"factor\": %.6g, unless the model was trained with %.6g", need, s);
  else
    rw_lint_fix (f, "leave the block out below %.0f tokens, unless the model was trained with it",
                 L);
}

/* ---- dynamic NTK ---- */

static void
find_cache (rw_lint *l, const rw_lint_rope *r)
{
  rw_lint_change change;
  const double M = r->m.max_length, s = r->factor;
  const double n = l->planned ? l->length : s * M;
  if (!is_dynamic (r) || !(n > M) || !rw_lint_compare_lengths (r, M, n, M - 1, &change))
    return;
  rw_finding *f = rw_lint_add (l, r, rw_lint_type_key (r), RW_LINT_HF | RW_LINT_HF_V4);
  rw_lint_found (f, "dynamic, \"factor\": %.6g, max_position_embeddings %.0f", s, M);
  rw_lint_effect (f,
                  "keys cached below %.0f tokens keep the old base while queries take the new one: "
                  "at %.0f tokens %s",
                  M, n, change.text);
  rw_lint_fix (f,
               "{\"rope_type\": \"yarn\", \"factor\": %.6g, \"original_max_position_embeddings\": "
               "%.0f}, or no cache across %.0f tokens",
               ceil (n / M * 100) / 100, M, M);
}

static void
find_vllm (rw_lint *l, const rw_lint_rope *r)
{
  rw_lint_change change;
  const double M = r->m.max_length, s = r->factor;
  const double n = l->planned ? l->length : M;
  if (!is_dynamic (r) || !(s > 1) || !rw_lint_compare_lengths (r, n, s * M, n - 1, &change)
      || !change.changed)
    return;
  rw_finding *f = rw_lint_add (l, r, rw_lint_type_key (r), RW_LINT_VLLM);
  rw_lint_found (f, "dynamic, \"factor\": %.6g", s);
  rw_lint_effect (f,
                  "vLLM's table is static, the one of %.0f tokens (its base is multiplied as by "
                  "%.6g), for every prompt: beside transformers at %.0f tokens %s",
                  s * M, s * s - (s - 1), n, change.text);
  rw_lint_fix (f,
               "a static type that all stacks have: {\"rope_type\": \"yarn\", \"factor\": %.6g, "
               "\"original_max_position_embeddings\": %.0f}",
               s, M);
}

static void
find_llama (rw_lint *l, const rw_lint_rope *r)
{
  rw_lint_change change;
  const double M = r->m.max_length, s = r->factor;
  const double n = l->planned ? l->length : s * M;
  if (!is_dynamic (r) || !rw_lint_compare_lengths (r, 0, n, n - 1, &change) || !change.changed)
    return;
  rw_finding *f = rw_lint_add (l, r, rw_lint_type_key (r), RW_LINT_LLAMA);
  rw_lint_found (f, "dynamic, \"factor\": %.6g", s);
  rw_lint_effect (f,
                  "llama.cpp's converter writes nothing for it: plain frequencies; at %.0f tokens "
                  "%s",
                  n, change.text);
  rw_lint_fix (f, "--rope-scaling yarn --rope-scale %.6g --yarn-orig-ctx %.0f", s, M);
}

/* ---- LongRoPE ---- */

static void
find_switch (rw_lint *l, const rw_lint_rope *r)
{
  rw_lint_change change;
  const double L = r->m.original_length;
  if (!is_longrope (r) || !(l->length > L) || !rw_lint_compare_lengths (r, L, L + 1, L - 1, &change)
      || !change.changed)
    return;
  rw_finding *f = rw_lint_add (l, r, "long_factor", RW_LINT_ALL);
  rw_lint_found (f, "short and long factors, switched at %.0f tokens; planned: %.0f", L, l->length);
  rw_lint_effect (
      f,
      "transformers switches in the middle: keys cached with the short factors meet "
      "queries with the long ones, %s; vLLM and llama.cpp choose the long ones from the "
      "first token, for short prompts too",
      change.text);
  rw_lint_fix (f,
               "max_model_len or n_ctx of at most %.0f for short prompts; beyond it, prefill again "
               "at the switch",
               L);
}

static double
longrope_factor (double s, double L)
{
  return s <= 1 ? 1 : sqrt (1 + log (s) / log (L));
}

static void
find_scale (rw_lint *l, const rw_lint_rope *r)
{
  const double L = r->m.original_length, ratio = r->m.max_length / L, s = r->factor;
  const double one = longrope_factor (s, L), other = longrope_factor (ratio, L);
  if (!is_longrope (r) || isnan (s) || !isnan (rw_lint_number (r->block, "attention_factor"))
      || fabs (one - other) <= 1e-6)
    return;
  rw_finding *f = rw_lint_add (l, r, "factor", RW_LINT_ALL);
  rw_lint_found (f,
                 "\"factor\": %.6g; max_position_embeddings / original_max_position_embeddings = "
                 "%.6g",
                 s, ratio);
  rw_lint_effect (f,
                  "transformers 5 has %.6g on cos and sin from the factor; vLLM, llama.cpp and "
                  "transformers 4 with a length at the top level %.6g from the lengths",
                  one, other);
  rw_lint_fix (f, "\"factor\": %.10g, or leave it out", ratio);
}

const rw_lint_rule rw_lint_switches[] = {
  { "static-short", RW_LINT_WARNING, RW_LINT_ALL, RW_LINT_ROPES,
    "a static factor larger than --length needs: short prompts pay for it",
    "factor = length / original_max_position_embeddings", "vllm-project/vllm#18728", find_static },
  { "dynamic-cache", RW_LINT_WARNING, RW_LINT_HF | RW_LINT_HF_V4, RW_LINT_ROPES,
    "dynamic NTK changes the base as the text grows, and cached keys are not rotated again",
    "a static type", "huggingface/transformers#25104", find_cache },
  { "dynamic-static", RW_LINT_WARNING, RW_LINT_VLLM, RW_LINT_ROPES, "vLLM's dynamic NTK is static",
    "a static type that all stacks have", "vllm-project/vllm#3488", find_vllm },
  { "dynamic-dropped", RW_LINT_ERROR, RW_LINT_LLAMA, RW_LINT_BLOCKS,
    "llama.cpp has no dynamic NTK, and its converter says nothing",
    "--rope-scaling yarn with the factor",
    "ggml-org/llama.cpp convert_hf_to_gguf.py, set_gguf_parameters", find_llama },
  { "longrope-switch", RW_LINT_WARNING, RW_LINT_ALL, RW_LINT_ROPES,
    "the planned length goes past LongRoPE's switch from short to long factors",
    "plan for one side of the switch", "vllm-project/vllm#27414", find_switch },
  { "longrope-scale", RW_LINT_ERROR, RW_LINT_ALL, RW_LINT_BLOCKS,
    "longrope's factor is not the ratio of the lengths: the factor on cos and sin differs",
    "leave factor out", "transformers modeling_rope_utils.py, _compute_longrope_parameters",
    find_scale },
  { 0 },
};
