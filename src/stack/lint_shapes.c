/* lint_shapes: rules about how many channels rotate, and the lists that must fit them.

   d = int (head_dim partial_rotary_factor), even; a longrope list has d / 2 entries.  */
#include "stack/lint_part.h"

#include <math.h>
#include <string.h>

/* Classes that read rotary_dim themselves.  */
static bool
reads_rotary_dim (const rw_lint *l)
{
  static const char *const families[] = { "gptj", "codegen", "phi-msft", NULL };
  for (const char *const *f = families; *f; f++)
    if (strcmp (rw_lint_family (l), *f) == 0)
      return true;
  return false;
}

/* partial_rotary_factor as the rope sees it; NaN where nobody says one.  */
static double
partial_of (const rw_lint *l, const rw_lint_rope *r)
{
  const double own = rw_lint_number (r->block, "partial_rotary_factor");
  return isnan (own) ? l->shape.partial : own;
}

static bool
splits_head (const rw_lint *l)
{
  return l->shape.qk_rope_head_dim > 0;
}

static void
find_ignored (rw_lint *l, const rw_lint_rope *r)
{
  const double d = rw_lint_number (l->c.text, "rotary_dim");
  const double hd = (double) (r ? r->m.head_dim : 0);
  if (!r || isnan (d) || d == hd || !isnan (partial_of (l, r)) || !rw_lint_family (l)[0]
      || reads_rotary_dim (l) || splits_head (l))
    return;
  const bool mended = strcmp (rw_lint_family (l), "minimax_m2") == 0; /* #48486 */
  rw_finding *f = rw_lint_add (l, NULL, "rotary_dim",
                               mended ? RW_LINT_HF_V4 : RW_LINT_HF_NEW | RW_LINT_HF_V4);
  rw_lint_found (f, "\"rotary_dim\": %.0f, head_dim %.0f, no partial_rotary_factor", d, hd);
  rw_lint_effect (f,
                  "%s does not read it: all %.0f channels rotate instead of %.0f, and every "
                  "frequency is another",
                  mended ? "transformers' class before September 2026" : "transformers' class", hd,
                  d);
  rw_lint_fix (f, "\"partial_rotary_factor\": %.10g", d / hd);
}

static void
find_conflict (rw_lint *l, const rw_lint_rope *r)
{
  const double d = rw_lint_number (l->c.text, "rotary_dim");
  const double p = r ? partial_of (l, r) : NAN;
  if (isnan (d) || isnan (p) || splits_head (l) || trunc ((double) r->m.head_dim * p) == d)
    return;
  rw_finding *f = rw_lint_add (l, NULL, "rotary_dim", RW_LINT_ALL);
  rw_lint_found (f, "\"rotary_dim\": %.0f, \"partial_rotary_factor\": %.6g of head_dim %lld", d, p,
                 (long long) r->m.head_dim);
  rw_lint_effect (f, "transformers rotates %.0f channels; who reads rotary_dim rotates %.0f",
                  trunc ((double) r->m.head_dim * p), d);
  rw_lint_fix (f, "\"partial_rotary_factor\": %.10g", d / (double) r->m.head_dim);
}

static void
find_twice (rw_lint *l, const rw_lint_rope *r)
{
  const double d = rw_lint_number (l->c.text, "rotary_dim");
  const double p = r ? partial_of (l, r) : NAN;
  if (isnan (d) || isnan (p) || p >= 1 || splits_head (l)
      || trunc ((double) r->m.head_dim * p) != d)
    return;
  rw_finding *f = rw_lint_add (l, NULL, "rotary_dim", RW_LINT_VLLM_OLD);
  rw_lint_found (f, "\"rotary_dim\": %.0f and \"partial_rotary_factor\": %.6g", d, p);
  rw_lint_effect (f, "vLLM before December 2025 applies both: %.0f of %lld channels rotate",
                  trunc (d * p), (long long) r->m.head_dim);
}

static void
find_odd (rw_lint *l, const rw_lint_rope *r)
{
  const double p = partial_of (l, r);
  if (isnan (p) || splits_head (l) || rw_lint_is (r, "proportional"))
    return;
  const double d = trunc ((double) r->m.head_dim * p);
  if (fmod (d, 2) == 0 && d >= 2)
    return;
  rw_finding *f = rw_lint_add (l, r, "partial_rotary_factor", RW_LINT_ALL);
  rw_lint_found (f, "%.6g of head_dim %lld: %.0f channels", p, (long long) r->m.head_dim, d);
  rw_lint_effect (f, "channels rotate in pairs: transformers' plain table gets an entry too many, "
                     "its YaRN stops");
  rw_lint_fix (f, "\"partial_rotary_factor\": %.10g",
               fmax (2, d - fmod (d, 2)) / (double) r->m.head_dim);
}

static void
find_list (rw_lint *l, const rw_lint_rope *r)
{
  static const char *const keys[] = { "short_factor", "long_factor" };
  const int64_t pairs = r->m.rotary_dim / 2;
  for (size_t k = 0; k < 2; k++)
    {
      const cJSON *list = rw_json_get (r->block, keys[k]);
      const int n = cJSON_IsArray (list) ? cJSON_GetArraySize (list) : 0;
      if (!cJSON_IsArray (list) || n == pairs)
        continue;
      rw_finding *f = rw_lint_add (l, r, keys[k], RW_LINT_ALL);
      rw_lint_found (f, "%d entries", n);
      rw_lint_effect (f,
                      "one a pair is needed: %lld, half of the %lld channels of head_dim %lld that "
                      "rotate; transformers warns and then stops, llama.cpp reads past the end",
                      (long long) pairs, (long long) r->m.rotary_dim, (long long) r->m.head_dim);
      if (n == r->m.head_dim / 2)
        rw_lint_fix (f, "the first %lld entries, or leave partial_rotary_factor out",
                     (long long) pairs);
      else if (2 * n < r->m.head_dim)
        rw_lint_fix (f, "\"partial_rotary_factor\": %.10g, if the list is right",
                     2.0 * n / (double) r->m.head_dim);
    }
}

static void
find_default (rw_lint *l, const rw_lint_rope *r)
{
  const double p = l->c.family ? l->c.family->partial : 0;
  if (!(p > 0) || p == 1 || !isnan (partial_of (l, r)) || l->shape.rotary_dim || splits_head (l))
    return;
  rw_finding *f = rw_lint_add (l, NULL, "partial_rotary_factor", RW_LINT_ALL);
  rw_lint_found (f, "not there");
  rw_lint_effect (f,
                  "transformers' class has %.6g: %lld of %lld channels rotate; engines without "
                  "that default rotate all",
                  p, (long long) r->m.rotary_dim, (long long) r->m.head_dim);
  rw_lint_fix (f, "\"partial_rotary_factor\": %.6g", p);
}

const rw_lint_rule rw_lint_shapes[] = {
  { "rotary-dim-ignored", RW_LINT_ERROR, RW_LINT_HF_NEW | RW_LINT_HF_V4, RW_LINT_CONFIG,
    "transformers does not read rotary_dim in this class", "say it as partial_rotary_factor",
    "huggingface/transformers#48241", find_ignored },
  { "rotary-dim-conflict", RW_LINT_ERROR, RW_LINT_ALL, RW_LINT_CONFIG,
    "rotary_dim and partial_rotary_factor say different numbers of channels", "make them agree",
    "huggingface/transformers#48241", find_conflict },
  { "rotary-dim-twice", RW_LINT_WARNING, RW_LINT_VLLM_OLD, RW_LINT_CONFIG,
    "older vLLM applies rotary_dim and partial_rotary_factor one after the other",
    "leave rotary_dim out", "vllm-project/vllm#30384", find_twice },
  { "rotary-dim-odd", RW_LINT_ERROR, RW_LINT_ALL, RW_LINT_BLOCKS,
    "an odd number of channels rotates", "an even one",
    "transformers modeling_rope_utils.py, _compute_yarn_parameters", find_odd },
  { "longrope-list-length", RW_LINT_ERROR, RW_LINT_ALL, RW_LINT_BLOCKS,
    "a list of longrope factors has not one entry a rotary pair", "one factor for every pair",
    "mlc-ai/mlc-llm#3268", find_list },
  { "partial-default", RW_LINT_INFO, RW_LINT_ALL, RW_LINT_BLOCKS,
    "the share of channels that rotate stands in the class, not in the config",
    "write partial_rotary_factor", "ml-explore/mlx-lm#1698", find_default },
  { 0 },
};
