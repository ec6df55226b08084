/* lint_ranges: rules about the ramp of YaRN and llama3: where it begins, ends and is rounded.

   YaRN (arXiv 2309.00071), section 3.2, as all code has it: lo = corr (beta_fast), hi = corr
   (beta_slow), corr (r) = d ln (L / (2 pi r)) / (2 ln b).  Where hi < lo transformers and vLLM
   divide by a negative number (a mirrored ramp); ggml's ramp has a width of at least 0.001 (a
   step at lo).  */
#include "schedule/ramp.h"
#include "stack/lint_part.h"

#include <math.h>
#include <string.h>

enum
{
  BETA_FAST = 32, /* the defaults of all stacks */
  BETA_SLOW = 1
};

/* transformers' `or`: null and 0 are the default.  */
static double
beta (const rw_lint_rope *r, const char *key, double otherwise)
{
  const double x = rw_lint_number (r->block, key);
  return isnan (x) || x == 0 ? otherwise : x;
}

static bool
rounds (const rw_lint_rope *r)
{
  return !cJSON_IsFalse (rw_json_get (r->block, "truncate"));
}

static void
find_theta (rw_lint *l, const rw_lint_rope *r)
{
  if (r->m.rope_theta > 1)
    return;
  rw_finding *f = rw_lint_add (l, r, "rope_theta", RW_LINT_ALL);
  rw_lint_found (f, "%.6g", r->m.rope_theta);
  rw_lint_effect (f, r->m.rope_theta == 1
                         ? "every pair turns one radian a token: no pair is slow; YaRN divides by "
                           "ln 1 = 0 and transformers stops"
                         : "frequencies grow with the pair instead of falling");
}

static void
find_order (rw_lint *l, const rw_lint_rope *r)
{
  const double fast = beta (r, "beta_fast", BETA_FAST), slow = beta (r, "beta_slow", BETA_SLOW);
  if (!rw_lint_is (r, "yarn") || fast >= slow)
    return;
  rw_finding *f = rw_lint_add (l, r, "beta_fast", RW_LINT_ALL);
  rw_lint_found (f, "\"beta_fast\": %.6g, \"beta_slow\": %.6g", fast, slow);
  rw_lint_effect (f, "transformers and vLLM mirror the ramp (fast pairs are stretched, slow ones "
                     "kept), llama.cpp steps");
  rw_lint_fix (f, "\"beta_fast\": %.6g, \"beta_slow\": %.6g", slow, fast);
}

/* Pairs whose share differs between the mirrored ramp and ggml's step.  */
static size_t
opposite (const rw_ramp *ramp, size_t pairs)
{
  const rw_ramp step = { ramp->lo, ramp->lo + 0.001 };
  size_t n = 0;
  for (size_t i = 0; i < pairs; i++)
    n += fabs (rw_ramp_at (ramp, (double) i) - rw_ramp_at (&step, (double) i)) > 1e-9;
  return n;
}

static void
find_degenerate (rw_lint *l, const rw_lint_rope *r)
{
  const double fast = beta (r, "beta_fast", BETA_FAST), slow = beta (r, "beta_slow", BETA_SLOW);
  if (!rw_lint_is (r, "yarn") || fast < slow || !(slow > 0) || !(r->m.rope_theta > 1)
      || !(r->m.original_length > 0))
    return;
  const rw_ramp ramp = rw_ramp_range (&r->m, fast, slow, rounds (r));
  if (!(ramp.hi < ramp.lo))
    return;
  rw_finding *f = rw_lint_add (l, r, "original_max_position_embeddings", RW_LINT_ALL);
  const size_t pairs = rw_geometry_pairs (&r->m);
  rw_lint_found (f,
                 "%.0f tokens, \"beta_fast\": %.6g, \"beta_slow\": %.6g: the range is %.4g..%.4g",
                 r->m.original_length, fast, slow, ramp.lo, ramp.hi);
  rw_lint_effect (f,
                  "an upside-down range: transformers and vLLM mirror the ramp, llama.cpp steps at "
                  "%.4g; %zu of %zu pairs come out opposite",
                  ramp.lo, opposite (&ramp, pairs), pairs);
  rw_lint_fix (f,
               "an original_max_position_embeddings above 2 pi beta_slow = %.0f tokens, or a "
               "smaller beta_slow",
               2 * M_PI * slow);
}

static void
find_truncate (rw_lint *l, const rw_lint_rope *r)
{
  rw_lint_change change;
  if (!rw_lint_is (r, "yarn") || rounds (r) || !rw_lint_compare_set (l, r, "truncate", 1, &change)
      || !change.changed)
    return;
  rw_finding *f = rw_lint_add (l, r, "truncate", RW_LINT_LLAMA | RW_LINT_HF_445 | RW_LINT_HF_450);
  rw_lint_found_key (f, r, "truncate");
  rw_lint_effect (
      f,
      "llama.cpp always rounds the range, and so did transformers before 4.55 and vLLM before November 2025: %s",
      change.text);
  rw_lint_fix (f, "bake the table into the file: ropewalk export FILE.gguf --to gguf, which says "
                  "so where the architecture loads no divisors; else another stack");
}

static void
find_truncate_nested (rw_lint *l, const rw_lint_rope *r)
{
  rw_lint_change change = { 0 };
  if (!rw_lint_is (r, "yarn") || rounds (r) || !r->nested)
    return;
  const bool known = rw_lint_compare_set (l, r, "truncate", 1, &change);
  if (known && !change.changed)
    return;
  rw_finding *f = rw_lint_add (l, r, "truncate", RW_LINT_HF_NEW);
  rw_lint_found_key (f, r, "truncate");
  rw_lint_effect (f, "transformers looks for it in the outer block only: the range is rounded%s%s",
                  known ? "; " : "", known ? change.text : "");
}

/* The block with llama.cpp's betas.  */
static bool
with_defaults (const rw_lint *l, const rw_lint_rope *r, rw_lint_change *change)
{
  rw_object *other = NULL;
  if (!r->exact || rw_object_copy (r->exact, &other, NULL))
    return false;
  const bool good = !rw_object_set (other, "beta_fast", &RW_NUMBER_VALUE (BETA_FAST), NULL, NULL)
                    && !rw_object_set (other, "beta_slow", &RW_NUMBER_VALUE (BETA_SLOW), NULL, NULL)
                    && rw_lint_compare (r->exact, &r->m, other, &r->m, l->length, change);
  rw_object_free (other);
  return good;
}

static void
find_betas (rw_lint *l, const rw_lint_rope *r)
{
  rw_lint_change change;
  if (!rw_lint_is (r, "yarn") || rw_lint_arch (l)->flags & RW_LLAMA_BETAS
      || !with_defaults (l, r, &change) || !change.changed)
    return;
  rw_finding *f = rw_lint_add (l, r, "beta_fast", RW_LINT_LLAMA);
  rw_lint_found_key (f, r, "beta_fast");
  rw_lint_found_key (f, r, "beta_slow");
  rw_lint_effect (f, "written to the GGUF file, but most architectures' loaders keep 32 and 1: %s",
                  change.text);
  rw_lint_fix (f, "--yarn-beta-fast %.6g --yarn-beta-slow %.6g", beta (r, "beta_fast", BETA_FAST),
               beta (r, "beta_slow", BETA_SLOW));
}

/* vLLM's M-RoPE class hands 4 L to the base class, and then counts rotations in it.  */
static void
find_mrope (rw_lint *l, const rw_lint_rope *r)
{
  enum
  {
    VLLM_MROPE_LENGTHS = 4 /* vllm mrope.py */
  };
  rw_lint_change change;
  const double L = r->m.original_length;
  if (!rw_lint_is (r, "yarn") || !cJSON_IsArray (rw_json_get (r->block, "mrope_section"))
      || !rw_lint_compare_set (l, r, "original_max_position_embeddings", VLLM_MROPE_LENGTHS * L,
                               &change)
      || !change.changed)
    return;
  rw_finding *f = rw_lint_add (l, r, "mrope_section", RW_LINT_VLLM);
  rw_lint_found (f, "yarn with mrope_section");
  rw_lint_effect (f, "vLLM's M-RoPE class reckons the range with %.0f in place of %.0f: %s",
                  VLLM_MROPE_LENGTHS * L, L, change.text);
  rw_lint_fix (f, "\"original_max_position_embeddings\": %.6g for vLLM alone",
               L / VLLM_MROPE_LENGTHS);
}

static void
find_band (rw_lint *l, const rw_lint_rope *r)
{
  const double low = rw_lint_number (r->block, "low_freq_factor");
  const double high = rw_lint_number (r->block, "high_freq_factor");
  if (!rw_lint_is (r, "llama3") || !(high < low))
    return;
  rw_finding *f = rw_lint_add (l, r, "high_freq_factor", RW_LINT_ALL);
  rw_lint_found_key (f, r, "low_freq_factor");
  rw_lint_found_key (f, r, "high_freq_factor");
  rw_lint_effect (f, "the band between them is upside down: pairs inside it are kept whole or "
                     "stretched by whichever bound is asked first; transformers only warns");
  rw_lint_fix (f, "\"low_freq_factor\": %.6g, \"high_freq_factor\": %.6g", high, low);
}

static void
find_step (rw_lint *l, const rw_lint_rope *r)
{
  const double low = rw_lint_number (r->block, "low_freq_factor");
  const double high = rw_lint_number (r->block, "high_freq_factor");
  if (!rw_lint_is (r, "llama3") || high != low)
    return;
  rw_finding *f = rw_lint_add (l, r, "high_freq_factor", RW_LINT_ALL);
  rw_lint_found_key (f, r, "low_freq_factor");
  rw_lint_found_key (f, r, "high_freq_factor");
  rw_lint_effect (f,
                  "no band: a step, the same in all stacks; transformers warns, and a wavelength "
                  "that is the bound itself would be NaN there");
}

const rw_lint_rule rw_lint_ranges[] = {
  { "theta-one", RW_LINT_ERROR, RW_LINT_ALL, RW_LINT_ROPES, "a base of 1 or less has no slow pairs",
    "\"rope_theta\": the base of the model's training", "arXiv 2104.09864, section 3.2.2",
    find_theta },
  { "beta-order", RW_LINT_ERROR, RW_LINT_ALL, RW_LINT_ROPES,
    "beta_fast is below beta_slow: opposite results in different stacks", "exchange the two",
    "arXiv 2309.00071, section 3.2", find_order },
  { "degenerate-range", RW_LINT_ERROR, RW_LINT_ALL, RW_LINT_ROPES,
    "YaRN's range ends before it begins: opposite results in different stacks",
    "a longer original_max_position_embeddings", "ggml ops.cpp, rope_yarn_ramp", find_degenerate },
  { "truncate-lost", RW_LINT_WARNING, RW_LINT_LLAMA | RW_LINT_HF_445 | RW_LINT_HF_450,
    RW_LINT_BLOCKS, "the stack cannot leave YaRN's range unrounded", "bake the table into the file",
    "vllm-project/vllm#28244", find_truncate },
  { "truncate-nested", RW_LINT_ERROR, RW_LINT_HF_NEW, RW_LINT_BLOCKS,
    "transformers does not see truncate in a block nested by layer type",
    "one flat block, where all layers share it", "huggingface/transformers#42189",
    find_truncate_nested },
  { "betas-lost", RW_LINT_ERROR, RW_LINT_LLAMA, RW_LINT_BLOCKS,
    "beta_fast and beta_slow other than 32 and 1 are lost in llama.cpp",
    "--yarn-beta-fast and --yarn-beta-slow", "ggml-org/llama.cpp#17945", find_betas },
  { "mrope-range", RW_LINT_ERROR, RW_LINT_VLLM, RW_LINT_BLOCKS,
    "vLLM reckons YaRN's range with four times the trained length where there is M-RoPE",
    "a fourth of the length for vLLM", "vllm mrope.py, MRotaryEmbedding.__init__", find_mrope },
  { "llama3-band", RW_LINT_ERROR, RW_LINT_ALL, RW_LINT_BLOCKS,
    "high_freq_factor is below low_freq_factor", "exchange the two",
    "transformers modeling_rope_utils.py, validate_llama3", find_band },
  { "llama3-step", RW_LINT_INFO, RW_LINT_ALL, RW_LINT_BLOCKS,
    "high_freq_factor equals low_freq_factor: a step in place of a band",
    "nothing, where that is meant (Llama-4-Scout)",
    "transformers modeling_rope_utils.py, validate_llama3", find_step },
  { 0 },
};
