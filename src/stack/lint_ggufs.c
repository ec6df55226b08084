/* lint_ggufs: rules about the keys and tensors of a GGUF file itself.

   What llama.cpp's common loader reads is ARCH.rope.*: scaling.type, factor, attn_factor,
   original_context_length, finetuned, yarn_log_multiplier; the yarn_beta and yarn_ext keys are read
   by few architectures' loaders.  */
#include "base/mem.h"
#include "stack/lint_part.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ARCH of the file; "" where it says none.  */
static void
architecture (const rw_lint *l, char arch[64])
{
  char *text = NULL;
  arch[0] = 0;
  if (!rw_gguf_may_text (l->gguf, "general.architecture", &text, NULL) && text)
    snprintf (arch, 64, "%.63s", text);
  rw_free (text);
}

static void
full_key (const rw_lint *l, const char *tail, char key[128])
{
  char arch[64];
  architecture (l, arch);
  snprintf (key, 128, "%s.%.60s", arch, tail);
}

/* ARCH.TAIL; NaN where it is not there.  */
static double
number (const rw_lint *l, const char *tail)
{
  char key[128];
  double x = NAN;
  full_key (l, tail, key);
  const rw_gguf_value *v = rw_gguf_find (l->gguf, key);
  return v && rw_gguf_number (v, 0, &x) ? x : NAN;
}

static bool
scaling_is (const rw_lint *l, const char *type)
{
  char key[128], *text = NULL;
  full_key (l, "rope.scaling.type", key);
  const bool is = !rw_gguf_may_text (l->gguf, key, &text, NULL) && text && strcmp (text, type) == 0;
  rw_free (text);
  return is;
}

static bool
has_tensor (const rw_lint *l, const char *name)
{
  return rw_gguf_tensor_find (l->gguf, name) != NULL;
}

static rw_finding *
add (rw_lint *l, const char *tail)
{
  char key[128];
  full_key (l, tail, key);
  return rw_lint_add (l, NULL, key, RW_LINT_LLAMA | RW_LINT_EXACT);
}

/* ---- rope_freqs ---- */

/* Llama 3.1, 3.2 and 3.3: layers and width; all have base 500000 and 131072 tokens.  */
static const struct
{
  double layers, width, factor;
} llamas[]
    = { { 16, 2048, 32 }, { 28, 3072, 32 }, { 32, 4096, 8 }, { 80, 8192, 8 }, { 126, 16384, 8 } };

static void
find_missing (rw_lint *l, const rw_lint_rope *r)
{
  char arch[64];
  architecture (l, arch);
  if (strcmp (arch, "llama") != 0 || has_tensor (l, "rope_freqs.weight")
      || number (l, "rope.freq_base") != 500000 || number (l, "context_length") != 131072
      || !isnan (number (l, "rope.scaling.factor")))
    return;
  for (size_t i = 0; i < sizeof llamas / sizeof *llamas; i++)
    {
      if (number (l, "block_count") != llamas[i].layers
          || number (l, "embedding_length") != llamas[i].width)
        continue;
      rw_finding *f = rw_lint_add (l, NULL, "rope_freqs.weight", RW_LINT_LLAMA | RW_LINT_EXACT);
      rw_lint_found (f, "no such tensor; base 500000, 131072 tokens, %.0f layers of %.0f",
                     llamas[i].layers, llamas[i].width);
      rw_lint_effect (
          f,
          "a Llama 3.1 or later by its shape: its llama3 schedule (factor %.0f) lives "
          "in that tensor alone, and without it all %zu frequencies are unscaled; short "
          "prompts do not show it",
          llamas[i].factor, rw_geometry_pairs (&r->m));
    }
}

static void
find_unlike (rw_lint *l, const rw_lint_rope *r)
{
  char arch[64];
  architecture (l, arch);
  if (strcmp (arch, "llama") != 0 || !has_tensor (l, "rope_freqs.weight") || !r->exact || !r->own
      || strcmp (r->exact->module->name, "table") != 0)
    return;
  rw_finding *f = rw_lint_add (l, NULL, "rope_freqs.weight", RW_LINT_LLAMA | RW_LINT_EXACT);
  const cJSON *factors = rw_json_get (r->block, "factors");
  const int n = cJSON_GetArraySize (factors);
  const cJSON *last = n ? cJSON_GetArrayItem (factors, n - 1) : NULL;
  rw_lint_found (f, "divisors from %.6g to %.6g", n ? factors->child->valuedouble : 1.0,
                 last ? last->valuedouble : 1.0);
  rw_lint_effect (f,
                  "not those of llama3 with a trained length of 8192 and any factor: a converter "
                  "that read another length, or another schedule");
}

/* ---- YaRN ---- */

static void
find_factor (rw_lint *l, const rw_lint_rope *r)
{
  const double factor = number (l, "rope.scaling.factor");
  (void) r;
  if (!(scaling_is (l, "yarn") || scaling_is (l, "linear")) || factor > 0)
    return;
  rw_finding *f = add (l, "rope.scaling.factor");
  rw_lint_found (f, isnan (factor) ? "not there" : "0");
  rw_lint_effect (f, "llama.cpp then scales by 1: no stretch, only the ramp's bookkeeping");
  rw_lint_fix (f, "--rope-scale N, or write the key");
}

static void
find_length (rw_lint *l, const rw_lint_rope *r)
{
  const double M = number (l, "context_length"), s = number (l, "rope.scaling.factor");
  const double L = number (l, "rope.scaling.original_context_length");
  rw_lint_change change;
  if (!scaling_is (l, "yarn") || L > 0)
    return;
  rw_finding *f = add (l, "rope.scaling.original_context_length");
  rw_lint_found (f, "not there");
  rw_lint_effect (f, "llama.cpp takes context_length, %.0f", M);
  if (s > 1 && r && r->own
      && rw_lint_compare_set (l, r, "original_max_position_embeddings", floor (M / s), &change))
    rw_lint_effect (f, "; if that is stretched already, with %.0f %s", floor (M / s), change.text);
  if (s > 1)
    rw_lint_fix (f, "--yarn-orig-ctx %.0f", floor (M / s));
}

static void
find_context (rw_lint *l, const rw_lint_rope *r)
{
  const double M = number (l, "context_length"), s = number (l, "rope.scaling.factor");
  const double L = number (l, "rope.scaling.original_context_length");
  (void) r;
  if (!scaling_is (l, "yarn") || !(L > 0) || !(s > 1) || M != L)
    return;
  rw_finding *f = add (l, "context_length");
  rw_lint_found (f, "%.0f, the same as original_context_length, with a factor of %.6g", M, s);
  rw_lint_effect (f, "llama.cpp caps the context at %.0f, though the table reaches %.0f", M, L * s);
  rw_lint_fix (f, "--override-kv ARCH.context_length=int:%.0f, with the file's architecture",
               L * s);
}

static void
find_unread (rw_lint *l, const rw_lint_rope *r)
{
  static const struct
  {
    const char *tail;
    double plain;
    const char *flag;
  } rows[] = { { "rope.scaling.yarn_beta_fast", 32, "--yarn-beta-fast" },
               { "rope.scaling.yarn_beta_slow", 1, "--yarn-beta-slow" },
               { "rope.scaling.yarn_attn_factor", 1, NULL },
               { "rope.scaling.yarn_ext_factor", 1, "--yarn-ext-factor" } };
  char arch[64];
  (void) r;
  architecture (l, arch);
  const bool reads = rw_llama_arch_find (arch)->flags & RW_LLAMA_BETAS;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    {
      const double x = number (l, rows[i].tail);
      if ((reads && rows[i].flag) || isnan (x) || x == rows[i].plain || (x == -1 && i == 3)
          || x == 0)
        continue;
      rw_finding *f = add (l, rows[i].tail);
      rw_lint_found (f, "%.6g", x);
      rw_lint_effect (f,
                      rows[i].flag ? "most architectures' loaders do not read it and keep %.6g"
                                   : "overwritten where YaRN is on: it has no effect; %.6g stays",
                      rows[i].plain);
      if (rows[i].flag)
        rw_lint_fix (f, "%s %.6g", rows[i].flag, x);
      else
        rw_lint_fix (f, "--override-kv ARCH.rope.scaling.attn_factor=float:%.10g", x);
    }
}

/* ---- LongRoPE ---- */

static void
find_magnitude (rw_lint *l, const rw_lint_rope *r)
{
  const double M = number (l, "context_length");
  const double L = number (l, "rope.scaling.original_context_length");
  (void) r;
  if (!has_tensor (l, "rope_factors_long.weight") || !isnan (number (l, "rope.scaling.attn_factor"))
      || !(M > L) || !(L > 1))
    return;
  rw_finding *f = add (l, "rope.scaling.attn_factor");
  const double a = sqrt (1 + log (M / L) / log (L));
  rw_lint_found (f, "not there, with LongRoPE factors for %.0f over %.0f tokens", M, L);
  rw_lint_effect (f, "cos and sin are multiplied by 1; LongRoPE's own rule gives %.6g", a);
  rw_lint_fix (f,
               "--override-kv ARCH.rope.scaling.attn_factor=float:%.10g, unless the model was "
               "trained without",
               a);
}

/* ---- the order of channels ---- */

static void
find_layout (rw_lint *l, const rw_lint_rope *r)
{
  char arch[64];
  architecture (l, arch);
  const double heads = number (l, "attention.head_count");
  const double kv = number (l, "attention.head_count_kv");
  if (!r || !(rw_llama_arch_find (arch)->flags & RW_LLAMA_NORM) || !(kv < heads))
    return;
  rw_finding *f = add (l, "attention.head_count_kv");
  rw_lint_found (f, "%.0f heads, %.0f of keys and values", heads, kv);
  rw_lint_effect (
      f,
      "pairs are channels 2i and 2i + 1 in this architecture: q must have been permuted "
      "with %.0f heads and k with %.0f, which the file does not say; text that falls "
      "apart after some 20 tokens is the sign of the wrong number",
      heads, kv);
}

const rw_lint_rule rw_lint_ggufs[] = {
  { "gguf-rope-freqs-missing", RW_LINT_ERROR, RW_LINT_LLAMA | RW_LINT_EXACT, RW_LINT_GGUF,
    "a Llama 3.1 by its shape, without the tensor that holds its schedule",
    "convert again with llama.cpp of July 2024 or later, or ropewalk export MODEL --to gguf",
    "ggml-org/llama.cpp#8676", find_missing },
  { "gguf-rope-freqs-unlike", RW_LINT_WARNING, RW_LINT_LLAMA | RW_LINT_EXACT, RW_LINT_GGUF,
    "rope_freqs is not a llama3 schedule of Meta's", "compare it with the config: ropewalk diff",
    "ikawrakow/ik_llama.cpp#402", find_unlike },
  { "gguf-factor-missing", RW_LINT_ERROR, RW_LINT_LLAMA | RW_LINT_EXACT, RW_LINT_GGUF,
    "a scaling type without a factor does not scale", "write rope.scaling.factor",
    "ggml-org/llama.cpp#13322", find_factor },
  { "gguf-original-length-missing", RW_LINT_ERROR, RW_LINT_LLAMA | RW_LINT_EXACT, RW_LINT_GGUF,
    "YaRN without original_context_length takes context_length for the trained length",
    "--yarn-orig-ctx N", "ggml-org/llama.cpp#17459", find_length },
  { "gguf-context-capped", RW_LINT_WARNING, RW_LINT_LLAMA | RW_LINT_EXACT, RW_LINT_GGUF,
    "context_length is the trained length although YaRN stretches it", "write both lengths",
    "ggml-org/llama.cpp#28030", find_context },
  { "gguf-yarn-key-unread", RW_LINT_WARNING, RW_LINT_LLAMA | RW_LINT_EXACT, RW_LINT_GGUF,
    "a YaRN key that most loaders pass over", "give it as a flag", "ggml-org/llama.cpp#17945",
    find_unread },
  { "gguf-longrope-magnitude", RW_LINT_WARNING, RW_LINT_LLAMA | RW_LINT_EXACT, RW_LINT_GGUF,
    "LongRoPE factors without a factor on cos and sin", "write rope.scaling.attn_factor",
    "ggml-org/llama.cpp#8995", find_magnitude },
  { "gguf-layout", RW_LINT_INFO, RW_LINT_LLAMA | RW_LINT_EXACT, RW_LINT_GGUF,
    "grouped heads in an architecture whose q and k are permuted",
    "convert with convert_hf_to_gguf.py, which permutes k by its own heads",
    "ggml-org/llama.cpp#3018", find_layout },
  { 0 },
};
