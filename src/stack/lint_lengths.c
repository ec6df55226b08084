/* lint_lengths: rules about the trained length L, the length M and the factor s.

   Which L and which s a reader takes is section by section in doc/lint.md; transformers 4.45 to
   4.49 took L = M, 4.50 to 4.55 took s = M / L (transformers#38224, mended by #40320).  */
#include "stack/lint_part.h"

#include <math.h>
#include <string.h>

/* Lengths written with whole numbers differ by more where they differ.  */
static const double SAME = 1e-3;

static const double LLAMA3_LENGTH = 8192; /* llama.cpp's converter, where the top level says none */

static bool
needs_length (const rw_lint_rope *r)
{
  return rw_lint_is (r, "yarn") || rw_lint_is (r, "longrope") || rw_lint_is (r, "su")
         || rw_lint_is (r, "llama3");
}

/* L as anybody wrote it; NaN where nobody did.  */
static double
written_length (const rw_lint *l, const rw_lint_rope *r)
{
  return isnan (r->block_original) ? l->shape.top_original : r->block_original;
}

static double
ratio_of (const rw_lint_rope *r)
{
  return r->m.max_length / r->m.original_length;
}

static bool
fits (const rw_lint_rope *r)
{
  return fabs (ratio_of (r) / r->factor - 1) <= SAME;
}

static void
find_missing (rw_lint *l, const rw_lint_rope *r)
{
  if (!needs_length (r) || !isnan (written_length (l, r)))
    return;
  rw_finding *f = rw_lint_add (l, r, "original_max_position_embeddings", RW_LINT_ALL);
  const double M = l->shape.geometry.max_length;
  rw_lint_change change;
  rw_lint_found (f, "not there");
  const bool stops = !rw_lint_read_as (l, RW_LINT_VLLM_NEW);
  rw_lint_effect (
      f, "transformers takes max_position_embeddings, %.0f; vLLM %s; llama.cpp takes %.0f", M,
      stops ? "stops" : "takes the same", rw_lint_is (r, "llama3") ? LLAMA3_LENGTH : M);
  if (!(r->factor > 1))
    return;
  const double L = floor (M / r->factor);
  if (L >= 1 && rw_lint_compare_set (l, r, "original_max_position_embeddings", L, &change)
      && change.changed)
    rw_lint_effect (f, "; with %.0f %s", L, change.text);
  rw_lint_fix (f,
               "\"original_max_position_embeddings\": %.0f if that was the length before the "
               "stretch, else %.0f",
               L, M);
}

static void
find_conflict (rw_lint *l, const rw_lint_rope *r)
{
  const double top = l->shape.top_original, own = r->block_original;
  if (isnan (top) || isnan (own) || top == own || !needs_length (r))
    return;
  rw_finding *f = rw_lint_add (l, r, "original_max_position_embeddings", RW_LINT_ALL);
  rw_lint_change change;
  rw_lint_found (f, "%.0f in the block, %.0f at the top level", own, top);
  rw_lint_effect (f, "transformers takes %.0f, vLLM %.0f", r->nested ? own : top, own);
  if (rw_lint_compare_set (l, r, "original_max_position_embeddings", r->nested ? top : own,
                           &change))
    rw_lint_effect (f, "; %s", change.text);
  rw_lint_fix (f, "\"original_max_position_embeddings\": %.0f in both places", own);
}

static void
find_ratio (rw_lint *l, const rw_lint_rope *r)
{
  if (!rw_lint_is (r, "yarn") || isnan (written_length (l, r)) || !(r->factor > 0) || fits (r)
      || ratio_of (r) == 1)
    return;
  rw_finding *f = rw_lint_add (l, r, "factor", RW_LINT_HF | RW_LINT_HF_456 | RW_LINT_VLLM);
  rw_lint_found (f, "\"factor\": %.6g; max_position_embeddings %.0f / %.0f = %.6g", r->factor,
                 r->m.max_length, r->m.original_length, ratio_of (r));
  rw_lint_effect (f,
                  "factor is what counts: the table reaches %.0f tokens, the config says %.0f; "
                  "transformers warns, vLLM plans for one of the two",
                  r->factor * r->m.original_length, r->m.max_length);
  rw_lint_fix (f, "\"max_position_embeddings\": %.0f, or \"factor\": %.10g",
               r->factor * r->m.original_length, ratio_of (r));
}

static void
find_overridden (rw_lint *l, const rw_lint_rope *r)
{
  rw_lint_change change;
  if (!rw_lint_is (r, "yarn") || isnan (written_length (l, r)) || !(r->factor > 0) || fits (r)
      || !rw_lint_compare_set (l, r, "factor", fmax (ratio_of (r), 1e-3), &change))
    return;
  rw_finding *f = rw_lint_add (l, r, "factor", RW_LINT_HF_450);
  rw_lint_found_key (f, r, "factor");
  rw_lint_effect (f,
                  "transformers 4.50 to 4.55 takes max_position_embeddings / "
                  "original_max_position_embeddings = %.6g instead of %.6g: %s; cos and sin times "
                  "%.6g instead of %.6g",
                  ratio_of (r), r->factor, change.text, change.factor[1], change.factor[0]);
  rw_lint_fix (f, "\"max_position_embeddings\": %.0f", r->factor * r->m.original_length);
}

static void
find_unread (rw_lint *l, const rw_lint_rope *r)
{
  rw_lint_change change;
  if (!rw_lint_is (r, "yarn") || isnan (written_length (l, r))
      || r->m.original_length == r->m.max_length
      || !rw_lint_compare_set (l, r, "original_max_position_embeddings", r->m.max_length, &change)
      || !change.changed)
    return;
  rw_finding *f = rw_lint_add (l, r, "original_max_position_embeddings", RW_LINT_HF_445);
  rw_lint_found (f, "%.0f", r->m.original_length);
  rw_lint_effect (f,
                  "transformers 4.45 to 4.49 takes max_position_embeddings, %.0f, in its place: %s",
                  r->m.max_length, change.text);
}

static void
find_null (rw_lint *l, const rw_lint_rope *r)
{
  const cJSON *item = rw_json_get (r->block, "factor");
  if (!cJSON_IsNull (item) || !rw_lint_is (r, "yarn"))
    return;
  rw_finding *f = rw_lint_add (l, r, "factor", RW_LINT_ALL & ~(unsigned) RW_LINT_HF);
  rw_lint_found (f, "\"factor\": null");
  rw_lint_effect (f,
                  "transformers 5 takes max_position_embeddings / original_max_position_embeddings "
                  "= %.6g; vLLM and transformers 4 stop, llama.cpp's converter writes no scaling",
                  ratio_of (r));
  rw_lint_fix (f, "\"factor\": %.10g", ratio_of (r));
}

/* vLLM asks isinstance (factor, float), and takes anything else for a list of factors.  */
static void
find_integer (rw_lint *l, const rw_lint_rope *r)
{
  const cJSON *item = rw_json_get (r->block, "factor");
  if (!rw_lint_is (r, "linear") || !item || !rw_lint_is_integer (l, item))
    return;
  rw_finding *f = rw_lint_add (l, r, "factor", RW_LINT_VLLM);
  rw_lint_found (f, "\"factor\": %.0f, an integer", item->valuedouble);
  rw_lint_effect (f, "vLLM takes what is no float for a list of factors, and stops");
  rw_lint_fix (f, "\"factor\": %.1f", item->valuedouble);
}

static void
find_below_one (rw_lint *l, const rw_lint_rope *r)
{
  if (isnan (r->factor) || r->factor >= 1 || rw_lint_is (r, "default"))
    return;
  rw_finding *f = rw_lint_add (l, r, "factor", RW_LINT_ALL);
  rw_lint_found_key (f, r, "factor");
  rw_lint_effect (f,
                  "frequencies are raised, not lowered: the table reaches %.0f tokens, less than "
                  "the %.0f that the model was trained on",
                  r->factor * r->m.original_length, r->m.original_length);
  if (r->factor > 0)
    rw_lint_fix (f, "\"factor\": %.6g if the inverse was meant, else leave the block out",
                 1 / r->factor);
}

static void
find_beyond (rw_lint *l, const rw_lint_rope *r)
{
  const double s = isnan (r->factor) ? 1 : r->factor;
  const bool stretched = rw_lint_is (r, "yarn") || rw_lint_is (r, "linear");
  const double reach = fmax (r->m.max_length, stretched ? s * r->m.original_length : 0);
  if (!l->planned || l->length <= reach || r->m.sliding_window || rw_lint_is (r, "dynamic"))
    return;
  rw_finding *f = rw_lint_add (l, r, NULL, RW_LINT_ALL);
  const double need = ceil (l->length / r->m.original_length * 100) / 100;
  rw_lint_found (f, "--length %.0f; the config reaches %.0f", l->length, reach);
  rw_lint_effect (f,
                  "the slowest pairs turn further than they did in training or as stretched, by "
                  "%.4g times",
                  l->length / reach);
  rw_lint_fix (f,
               "{\"rope_type\": \"yarn\", \"factor\": %.6g, \"original_max_position_embeddings\": "
               "%.0f, \"rope_theta\": %.10g}",
               need, r->m.original_length, r->m.rope_theta);
}

/* Names of vLLM's YaRN that its length arithmetic did not know.  */
static bool
is_alias (const rw_lint_rope *r)
{
  return rw_lint_is (r, "deepseek_yarn") || rw_lint_is (r, "deepseek_llama_scaling")
         || rw_lint_is (r, "telechat3-yarn");
}

static void
find_twice (rw_lint *l, const rw_lint_rope *r)
{
  const double M = l->shape.geometry.max_length, L = written_length (l, r);
  const bool simple = rw_lint_is (r, "linear") || rw_lint_is (r, "dynamic");
  if (isnan (L) || !(r->factor > 1) || !(M >= r->factor * L * (1 - SAME))
      || !(simple || is_alias (r)) || strcmp (rw_lint_family (l), "gemma3") == 0)
    return;
  rw_finding *f = rw_lint_add (l, r, "factor", simple ? RW_LINT_VLLM : (unsigned) RW_LINT_VLLM_OLD);
  rw_lint_found (f, "\"factor\": %.6g, max_position_embeddings %.0f, which is stretched already",
                 r->factor, M);
  rw_lint_effect (f, "vLLM multiplies again and plans for max_model_len %.0f", M * r->factor);
  rw_lint_fix (f, "--max-model-len %.0f", M);
}

static void
find_llama3 (rw_lint *l, const rw_lint_rope *r)
{
  rw_lint_change change;
  const double L = r->block_original;
  if (!rw_lint_is (r, "llama3") || isnan (L) || L == LLAMA3_LENGTH
      || !(rw_lint_arch (l)->flags & RW_LLAMA_BAKES) || !isnan (l->shape.top_original))
    return;
  rw_finding *f = rw_lint_add (l, r, "original_max_position_embeddings", RW_LINT_LLAMA);
  rw_lint_found (f, "%.0f in the block, nothing at the top level", L);
  rw_lint_effect (f,
                  "llama.cpp's converter looks at the top level only and bakes rope_freqs for "
                  "%.0f",
                  LLAMA3_LENGTH);
  if (rw_lint_compare_set (l, r, "original_max_position_embeddings", LLAMA3_LENGTH, &change))
    rw_lint_effect (f, ": %s", change.text);
  rw_lint_fix (f, "\"original_max_position_embeddings\": %.0f at the top level too", L);
}

static void
find_llama3_order (rw_lint *l, const rw_lint_rope *r)
{
  if (!rw_lint_is (r, "llama3") || isnan (written_length (l, r))
      || r->m.original_length < r->m.max_length)
    return;
  rw_finding *f = rw_lint_add (l, r, "original_max_position_embeddings", RW_LINT_HF);
  rw_lint_found (f, "%.0f; max_position_embeddings is %.0f", r->m.original_length, r->m.max_length);
  rw_lint_effect (f, "transformers warns: the model would be stretched to no more than it was "
                     "trained on");
  rw_lint_fix (f, "\"max_position_embeddings\": %.0f", r->factor * r->m.original_length);
}

const rw_lint_rule rw_lint_lengths[] = {
  { "original-length-missing", RW_LINT_ERROR, RW_LINT_ALL, RW_LINT_BLOCKS,
    "the rope type needs original_max_position_embeddings, and each stack fills it otherwise",
    "add original_max_position_embeddings to the block", "NVIDIA/Megatron-LM#1418", find_missing },
  { "original-length-conflict", RW_LINT_ERROR, RW_LINT_ALL, RW_LINT_BLOCKS,
    "original_max_position_embeddings differs between block and top level",
    "the same number in both places", "modelscope/ms-swift#5146", find_conflict },
  { "length-ratio", RW_LINT_WARNING, RW_LINT_HF | RW_LINT_HF_456 | RW_LINT_VLLM, RW_LINT_BLOCKS,
    "max_position_embeddings / original_max_position_embeddings is not the factor",
    "make the three agree", "QwenLM/Qwen3#1424", find_ratio },
  { "factor-overridden", RW_LINT_ERROR, RW_LINT_HF_450, RW_LINT_BLOCKS,
    "transformers 4.50 to 4.55 takes the ratio of the lengths in place of factor",
    "max_position_embeddings = factor * original_max_position_embeddings",
    "huggingface/transformers#38224", find_overridden },
  { "original-length-unread", RW_LINT_WARNING, RW_LINT_HF_445, RW_LINT_BLOCKS,
    "transformers 4.45 to 4.49 takes max_position_embeddings as YaRN's trained length",
    "transformers 4.56 or newer", "huggingface/transformers#38224", find_unread },
  { "factor-null", RW_LINT_WARNING, RW_LINT_ALL & ~(unsigned) RW_LINT_HF, RW_LINT_BLOCKS,
    "factor is null: only transformers 5 works it out", "write the number",
    "transformers modeling_rope_utils.py, _compute_yarn_parameters", find_null },
  { "linear-integer", RW_LINT_ERROR, RW_LINT_VLLM, RW_LINT_BLOCKS,
    "vLLM's linear scaling wants a float for factor", "write 2.0, not 2",
    "vllm linear_scaling_rope.py, LinearScalingRotaryEmbedding.__init__", find_integer },
  { "factor-below-one", RW_LINT_WARNING, RW_LINT_ALL, RW_LINT_BLOCKS,
    "a factor below 1 shortens the reach", "leave the block out",
    "transformers modeling_rope_utils.py, validate_rope", find_below_one },
  { "length-beyond", RW_LINT_WARNING, RW_LINT_ALL, RW_LINT_ROPES,
    "the planned length is beyond what the config reaches", "stretch, or plan for less",
    "vllm-project/vllm#2565", find_beyond },
  { "length-multiplied", RW_LINT_WARNING, RW_LINT_VLLM, RW_LINT_BLOCKS,
    "vLLM multiplies max_position_embeddings by a factor that it already holds",
    "--max-model-len with the length that is meant", "vllm-project/vllm#56446", find_twice },
  { "llama3-length", RW_LINT_ERROR, RW_LINT_LLAMA, RW_LINT_BLOCKS,
    "llama.cpp's converter takes 8192 as llama3's trained length unless the top level says another",
    "original_max_position_embeddings at the top level too",
    "ggml-org/llama.cpp convert_hf_to_gguf.py, generate_extra_tensors", find_llama3 },
  { "llama3-length-order", RW_LINT_WARNING, RW_LINT_HF, RW_LINT_BLOCKS,
    "llama3's trained length is not below max_position_embeddings", "raise max_position_embeddings",
    "transformers modeling_rope_utils.py, validate_llama3", find_llama3_order },
  { 0 },
};
