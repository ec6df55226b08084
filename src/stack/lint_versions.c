/* lint_versions: rules about what older readers lose, what the dtype does, and the order of
   channels.

   transformers 4 reads rope_theta at the top level and rope_scaling; transformers 5 reads
   rope_parameters, which holds the base, and takes the old words in.  */
#include "base/dtype.h"
#include "stack/lint_part.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- the base ---- */

static double
class_theta (const rw_lint *l)
{
  return l->c.family && l->c.family->theta > 0 ? l->c.family->theta : 10000;
}

/* The top level's words for the base.  */
static double
top_theta (const rw_lint *l)
{
  static const char *const keys[]
      = { "rope_theta", "rotary_emb_base", "global_rope_theta", "rope_embedding_base", NULL };
  double x = NAN;
  for (const char *const *k = keys; *k && isnan (x); k++)
    x = rw_lint_number (l->c.text, *k);
  return x;
}

static void
find_nested (rw_lint *l, const rw_lint_rope *r)
{
  const double theta = rw_lint_number (r->block, "rope_theta");
  const bool local = strcmp (r->layer_type, "sliding_attention") == 0;
  const double read = local ? l->shape.local_theta : class_theta (l);
  rw_lint_change change;
  if (!r->own || isnan (theta) || !isnan (top_theta (l)) || theta == read)
    return;
  rw_finding *f = rw_lint_add (l, r, "rope_theta", RW_LINT_HF_V4);
  rw_lint_found_key (f, r, "rope_theta");
  rw_lint_effect (f,
                  "not at the top level: transformers 4, and code that asks for "
                  "config.rope_theta, takes %.6g",
                  read);
  if (rw_lint_compare_set (l, r, "rope_theta", read, &change))
    rw_lint_effect (f, ": %s", change.text);
  rw_lint_fix (f, "\"%s\": %.10g at the top level too",
               local ? "rope_local_base_freq" : "rope_theta", theta);
}

static void
find_conflict (rw_lint *l, const rw_lint_rope *r)
{
  const double theta = rw_lint_number (r->block, "rope_theta");
  const double top = rw_lint_number (l->c.text, "rope_theta");
  rw_lint_change change;
  if (!r->own || r->nested || isnan (theta) || isnan (top) || theta == top)
    return;
  rw_finding *f = rw_lint_add (l, r, "rope_theta", RW_LINT_ALL);
  rw_lint_found (f, "%.6g in the block, %.6g at the top level", theta, top);
  rw_lint_effect (f, "transformers 5 takes the block's, transformers 4 and older engines the top "
                     "level's");
  if (rw_lint_compare_set (l, r, "rope_theta", top, &change))
    rw_lint_effect (f, ": %s", change.text);
  rw_lint_fix (f, "the same \"rope_theta\" in both places");
}

/* A base of 10000 does not carry this far: arXiv 2405.14591, table 2 (its bound for 16k tokens is
   above 10000 many times).  */
static const double SHORT_OF_BASE = 16384;

static void
find_default (rw_lint *l, const rw_lint_rope *r)
{
  const bool named = l->c.family && l->c.family->model_type[0];
  if (!r->own || named || !isnan (rw_lint_number (r->block, "rope_theta"))
      || l->shape.theta != 10000 || !isnan (top_theta (l))
      || !(l->shape.geometry.max_length > SHORT_OF_BASE))
    return;
  rw_finding *f = rw_lint_add (l, NULL, "rope_theta", RW_LINT_ALL);
  rw_lint_found (f, "not there; max_position_embeddings %.0f", l->shape.geometry.max_length);
  rw_lint_effect (f, "10000 is used, as everywhere a base is missing; models of that length have "
                     "larger ones");
  rw_lint_fix (f, "\"rope_theta\": the base that the model was trained with");
}

/* ---- versions ---- */

/* transformers' first version that knows the type: before it, "rope_scaling must be a dictionary
   with two fields".  */
static const struct
{
  const char *type;
  int major, minor;
} since[] = {
  { "linear", 4, 31 }, { "dynamic", 4, 31 },     { "yarn", 4, 43 }, { "longrope", 4, 43 },
  { "llama3", 4, 43 }, { "proportional", 5, 0 }, { NULL, 0, 0 },
};

static void
find_version (rw_lint *l, const rw_lint_rope *r)
{
  const cJSON *item = rw_json_get (l->c.root, "transformers_version");
  if (!cJSON_IsString (item))
    return;
  char *end;
  const long major = strtol (item->valuestring, &end, 10);
  const long minor = *end == '.' ? strtol (end + 1, NULL, 10) : 0;
  for (size_t i = 0; since[i].type && major > 0; i++)
    {
      const int from = r->nested && since[i].major < 5 ? 5 : since[i].major;
      const int least = r->nested ? 0 : since[i].minor;
      if (!rw_lint_is (r, since[i].type) || major > from || (major == from && minor >= least))
        continue;
      rw_finding *f = rw_lint_add (l, r, rw_lint_type_key (r), RW_LINT_HF | RW_LINT_HF_V4);
      rw_lint_found (f, "%.40s%s, \"transformers_version\": \"%.24s\"", r->type,
                     r->nested ? " by layer type" : "", item->valuestring);
      rw_lint_effect (f,
                      "transformers knows it since %d.%d; an older one stops (\"must be a "
                      "dictionary with two fields\") or takes a plain table",
                      from, least);
      rw_lint_fix (f, "pip install 'transformers>=%d.%d'", from, least);
    }
}

/* ---- bfloat16 ---- */

static void
find_bfloat (rw_lint *l, const rw_lint_rope *r)
{
  static const char *const keys[] = { "torch_dtype", "dtype" };
  const char *dtype = "";
  const cJSON *parts[] = { l->c.text, l->c.root };
  for (size_t p = 0; p < 2; p++)
    for (size_t i = 0; i < 2 && !*dtype; i++)
      if (cJSON_IsString (rw_json_get (parts[p], keys[i])))
        dtype = rw_json_get (parts[p], keys[i])->valuestring;
  rw_freqs f = { 0 };
  if (strcmp (dtype, "bfloat16") != 0 || !r || !r->exact
      || rw_schedule_fill (r->exact, &r->m, l->length, &f, NULL))
    {
      rw_freqs_free (&f);
      return;
    }
  const double last = fmax (0, l->length - 1);
  double table = 0;
  for (size_t i = 0; i < f.n; i++)
    table = fmax (table, last * fabs (rw_dtype_round (RW_BFLOAT16, f.inv_freq[i]) - f.inv_freq[i]));
  /* Half the distance of neighbours near the last position: 8 bits of mantissa.  */
  const double position = last >= 1 ? ldexp (1, ilogb (last) - 8) : 0;
  rw_finding *x = rw_lint_add (l, NULL, "torch_dtype", RW_LINT_ALL);
  rw_lint_found (x, "bfloat16");
  rw_lint_effect (
      x,
      "where an engine keeps inv_freq in bfloat16 the phase is off by up to %.3g rad at "
      "position %.0f, where it keeps positions so by up to %.0f rad",
      table, last, position * (f.n ? f.inv_freq[0] : 1));
  rw_freqs_free (&f);
}

/* ---- float32 ---- */

/* The product m g of two float32 is rounded by half a unit in its last of 24 bits.  ggml's CPU
   kernel multiplies pair by pair instead: four times that at position 131071, measured.  */
static void
find_float (rw_lint *l, const rw_lint_rope *r)
{
  static const double LONG = 262144, ITERATED = 4;
  if (!r || !(l->length > LONG))
    return;
  const double error = ldexp (1, ilogb (l->length - 1) - 24);
  rw_finding *f = rw_lint_add (l, NULL, "max_position_embeddings", RW_LINT_ALL);
  rw_lint_found (f, "%.0f tokens are planned", l->length);
  rw_lint_effect (f,
                  "angles in float32, as all stacks have them, are off by up to %.3g rad at the "
                  "last position, in llama.cpp's CPU kernel by about %.2g",
                  error, ITERATED * error);
}

/* ---- the order of channels ---- */

/* llama.cpp pairs 2i and 2i + 1 here and transformers does not: the converter permutes q and k.  */
static void
find_layout (rw_lint *l, const rw_lint_rope *r)
{
  const rw_geometry *g = r ? &r->m : NULL;
  const rw_llama_arch *arch = rw_lint_arch (l);
  if (!g || g->layout != RW_HALF || !(arch->flags & RW_LLAMA_NORM) || arch->flags & RW_LLAMA_UNKNOWN
      || g->heads == g->kv_heads || !g->kv_heads)
    return;
  rw_finding *f = rw_lint_add (l, NULL, "num_key_value_heads", RW_LINT_LLAMA);
  rw_lint_found (f, "%lld heads, %lld of keys and values; layout %s", (long long) g->heads,
                 (long long) g->kv_heads, rw_layout_text (g->layout));
  rw_lint_effect (
      f,
      "transformers and vLLM pair channels i and i + %lld; GGUF files of %s pair 2i and "
      "2i + 1, so the rows of q are permuted with %lld heads and those of k with %lld",
      (long long) g->rotary_dim / 2, arch->name, (long long) g->heads, (long long) g->kv_heads);
}

const rw_lint_rule rw_lint_versions[] = {
  { "theta-conflict", RW_LINT_ERROR, RW_LINT_ALL, RW_LINT_BLOCKS,
    "rope_theta differs between block and top level", "the same base in both places",
    "vllm-project/vllm#28542", find_conflict },
  { "theta-in-block-only", RW_LINT_ERROR, RW_LINT_HF_V4, RW_LINT_BLOCKS,
    "rope_theta stands in the block only: readers of transformers 4 take the class's default",
    "rope_theta at the top level too", "deepspeedai/DeepSpeed#8345", find_nested },
  { "theta-default", RW_LINT_WARNING, RW_LINT_ALL, RW_LINT_BLOCKS,
    "no rope_theta anywhere: 10000 is used", "write the base", "sgl-project/sglang#14745",
    find_default },
  { "minimum-version", RW_LINT_INFO, RW_LINT_HF | RW_LINT_HF_V4, RW_LINT_BLOCKS,
    "the rope type is newer than the transformers that the config names", "a newer transformers",
    "ComfyUI_ChatterBox_Voice#1", find_version },
  { "bfloat16-table", RW_LINT_INFO, RW_LINT_ALL, RW_LINT_CONFIG,
    "a bfloat16 model: frequencies and positions must not be kept in it",
    "float32 for inv_freq, positions and angles", "huggingface/transformers#29285", find_bfloat },
  { "float32-angle", RW_LINT_INFO, RW_LINT_ALL, RW_LINT_CONFIG,
    "at this length even float32 angles are coarse", "rotate in float32 or better, never below",
    "ml-explore/mlx-lm#1076", find_float },
  { "layout-permuted", RW_LINT_INFO, RW_LINT_LLAMA, RW_LINT_CONFIG,
    "stacks order the channels of a head differently, and grouped heads are permuted by their own "
    "number",
    "convert with num_key_value_heads for k: convert_hf_to_gguf.py does",
    "huggingface/transformers#31788", find_layout },
  { 0 },
};
