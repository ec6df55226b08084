/* llama_config: what llama.cpp's converter makes of a rope block; see llama.h.

   llama.cpp of August 2026, conversion/base.py, TextModel.set_gguf_parameters: linear and yarn with
   a factor are written, su and longrope as a type alone, dynamic not at all (HunYuan's own class
   puts alpha into the base), llama3 as a tensor (conversion/llama.py, generate_extra_tensors);
   anything else is a warning in its log.  A row a key, then a small function a type.  */
#include "base/mem.h"
#include "stack/llama_block.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* conversion/llama.py: the length that llama3 begins with, its other defaults.  */
static const double LLAMA3_LENGTH = 8192, LLAMA3_FACTOR = 8, LLAMA3_LOW = 1, LLAMA3_HIGH = 4;
/* conversion/hunyuan.py: alpha where the block has none, and the context it writes.  */
static const double ALPHA = 1000, ALPHA_CONTEXT = 262144;
static const double UNROTATED
    = 1e30; /* conversion/gemma.py: the divisor of pairs that stand still */

typedef rw_llama_block reader;

/* ---- reading ---- */

static void
used (const reader *r, const char *key)
{
  rw_note_add (r->notes, RW_NOTE_USED, "%s.%s", r->path, key);
}

static void
warn (const reader *r, const char *key, const char *why)
{
  rw_note_add (r->notes, RW_NOTE_WARNING, "%s.%s: %s", r->path, key, why);
}

/* Not there and null are the same to the converter.  */
static const cJSON *
find (const reader *r, const char *key)
{
  const cJSON *item = rw_json_get (r->block, key);
  return cJSON_IsNull (item) ? NULL : item;
}

static rw_status
number (const reader *r, const char *key, double lo, double hi, double *out)
{
  const cJSON *item = find (r, key);
  if (!item)
    return RW_OK;
  if (!cJSON_IsNumber (item))
    return rw_fail (r->c->err, RW_EINVAL, "%s.%s: expected a number, got %s", r->path, key,
                    rw_json_kind (item));
  if (!(item->valuedouble >= lo && item->valuedouble <= hi))
    return rw_fail (r->c->err, RW_EINVAL, "%s.%s: %g is outside its range (from %g to %g)", r->path,
                    key, item->valuedouble, lo, hi);
  *out = item->valuedouble;
  used (r, key);
  return RW_OK;
}

static rw_status
factor (const reader *r, double *out)
{
  return number (r, "factor", 1e-4, 1e6, out);
}

static rw_status
list (const reader *r, const char *key, const char *tensor)
{
  const cJSON *items = find (r, key), *item;
  const size_t n = rw_geometry_pairs (r->g);
  const rw_llama_tensor *t = rw_llama_tensors;
  if (!cJSON_IsArray (items) || (size_t) cJSON_GetArraySize (items) != n)
    return rw_fail (r->c->err, RW_EINVAL, "%s.%s: expected a list of %zu numbers, one a pair",
                    r->path, key, n);
  while (strcmp (t->name, tensor) != 0)
    t++;
  r->out->pairs = n;
  double *v = rw_llama_divisors_new (r->out, t);
  if (!v)
    return rw_nomem (r->c->err, n * sizeof *v);
  size_t i = 0;
  cJSON_ArrayForEach (item, items)
  {
    if (!cJSON_IsNumber (item) || !(item->valuedouble > 0))
      return rw_fail (r->c->err, RW_EINVAL, "%s.%s[%zu]: expected a number above 0", r->path, key,
                      i);
    v[i++] = item->valuedouble;
  }
  used (r, key);
  return RW_OK;
}

/* ---- types ---- */

static rw_status
read_linear (const reader *r)
{
  r->out->type = RW_LLAMA_LINEAR;
  return factor (r, &r->out->factor);
}

/* The block's length, else the top level's.  */
static rw_status
read_original (const reader *r, double *out)
{
  static const char key[] = "original_max_position_embeddings";
  static const char *const tops[] = { key, NULL };
  double top = NAN;
  rw_status s = number (r, key, 1, RW_LENGTH_MAX, out);
  if (!s)
    s = rw_config_number (r->c, tops, 1, RW_LENGTH_MAX, &top);
  if (!s && !isnan (top) && !isnan (*out) && top != *out)
    warn (r, key, "the converter prefers the block's, transformers the top level's");
  if (isnan (*out))
    *out = top;
  return s;
}

static rw_status
read_yarn (const reader *r)
{
  rw_llama_rope *o = r->out;
  double attn = NAN;
  o->type = RW_LLAMA_YARN;
  rw_status s = factor (r, &o->factor);
  if (!s)
    s = read_original (r, &o->original_context_length);
  if (!s && isnan (o->original_context_length))
    {
      o->original_context_length = r->g->max_length;
      warn (r, "original_max_position_embeddings",
            "not there: max_position_embeddings is used, which transformers 5 fills in before the "
            "converter sees it; alone the converter stops with a KeyError");
    }
  if (!s)
    s = number (r, "extrapolation_factor", -1, 1, &o->yarn_ext_factor);
  if (!s)
    s = number (r, "beta_fast", 1e-6, 1e6, &o->yarn_beta_fast);
  if (!s)
    s = number (r, "beta_slow", 1e-6, 1e6, &o->yarn_beta_slow);
  if (!s)
    s = number (r, find (r, "attention_factor") ? "attention_factor" : "attn_factor", 0, 1e3,
                &attn);
  o->yarn_attn_factor = attn;
  return s;
}

/* a of phi3's class: sqrt (1 + ln s / ln L), s = M / L.  */
static rw_status
read_longrope (const reader *r)
{
  rw_llama_rope *o = r->out;
  const unsigned flags = o->arch->flags;
  rw_status s = RW_OK;
  o->type = flags & RW_LLAMA_NO_TYPE ? RW_LLAMA_UNSAID : RW_LLAMA_LONGROPE;
  if (!(flags & RW_LLAMA_PUTS))
    {
      warn (r, "rope_type",
            "only the converters of phi3, phimoe and minicpm write longrope's "
            "factors; the file of another architecture has none and rotates "
            "unscaled (conversion/base.py)");
      return RW_OK;
    }
  s = list (r, "long_factor", "rope_factors_long.weight");
  if (!s)
    s = list (r, "short_factor", "rope_factors_short.weight");
  if (s)
    return s;
  if (!(flags & RW_LLAMA_SU))
    {
      warn (r, "rope_type",
            "the converter writes neither the magnitude nor the original length: "
            "the long factors begin above max_position_embeddings");
      return RW_OK;
    }
  s = read_original (r, &o->original_context_length);
  if (!s && isnan (o->original_context_length))
    o->original_context_length = r->g->original_length;
  const double L = o->original_context_length, scale = r->g->max_length / L;
  if (!s && L <= 1 && scale > 1)
    return rw_fail (r->c->err, RW_EDOMAIN,
                    "%s.original_max_position_embeddings: 1 leaves ln s / ln L without a value",
                    r->path);
  o->attn_factor = scale > 1 ? sqrt (1 + log (scale) / log (L)) : 1;
  return s;
}

static void
bake_llama3 (const reader *r, double *v)
{
  const rw_llama_rope *o = r->out;
  const double L = o->llama3_length, s = o->llama3_factor, l = o->llama3_low, h = o->llama3_high;
  for (size_t i = 0; i < o->pairs; i++)
    {
      const double f = pow (r->g->rope_theta, -2 * (double) i / (double) r->g->rotary_dim);
      const double wave = 2 * M_PI / f;
      const double t = h == l ? 0 : (L / wave - l) / (h - l);
      v[i] = (double) (float) (wave < L / h ? 1 : wave > L / l ? s : 1 / ((1 - t) / s + t));
    }
}

static rw_status
read_llama3 (const reader *r)
{
  static const char key[] = "original_max_position_embeddings";
  static const char *const tops[] = { key, NULL };
  rw_llama_rope *o = r->out;
  double own = NAN;
  if (!(o->arch->flags & RW_LLAMA_BAKES))
    {
      warn (r, "rope_type",
            "the converter of this architecture bakes no rope_freqs tensor: llama3 "
            "is dropped and the model rotates unscaled (conversion/base.py)");
      return RW_OK;
    }
  o->llama3_length = LLAMA3_LENGTH;
  o->llama3_factor = LLAMA3_FACTOR;
  o->llama3_low = LLAMA3_LOW;
  o->llama3_high = LLAMA3_HIGH;
  rw_status s = factor (r, &o->llama3_factor);
  if (!s)
    s = number (r, "low_freq_factor", 1e-6, 1e6, &o->llama3_low);
  if (!s)
    s = number (r, "high_freq_factor", 1e-6, 1e6, &o->llama3_high);
  if (!s)
    s = rw_config_number (r->c, tops, 1, RW_LENGTH_MAX, &o->llama3_length);
  const cJSON *in_block = find (r, key);
  own = cJSON_IsNumber (in_block) ? in_block->valuedouble : own;
  if (!s && !isnan (own) && own != o->llama3_length)
    rw_note_add (r->notes, RW_NOTE_WARNING,
                 "%s.%s: %g is ignored, the divisors are baked for %g: the converter reads this "
                 "key from the top level only (conversion/llama.py, generate_extra_tensors)",
                 r->path, key, own, o->llama3_length);
  if (s)
    return s;
  o->pairs = rw_geometry_pairs (r->g);
  double *v = rw_llama_divisors_new (o, &rw_llama_tensors[0]);
  if (!v)
    return rw_nomem (r->c->err, o->pairs * sizeof *v);
  bake_llama3 (r, v);
  return RW_OK;
}

/* HunYuan's class bakes alpha; no other does anything.  */
static rw_status
read_dynamic (const reader *r)
{
  rw_llama_rope *o = r->out;
  const double d = (double) r->g->rotary_dim;
  double alpha = ALPHA;
  if (!(o->arch->flags & RW_LLAMA_ALPHA) || d <= 2)
    {
      warn (r, "rope_type",
            "llama.cpp has no dynamic NTK and its converter drops it without a "
            "word: the model rotates unscaled (conversion/base.py)");
      return RW_OK;
    }
  const rw_status s = number (r, "alpha", 1e-4, 1e9, &alpha);
  o->type = RW_LLAMA_NONE;
  o->freq_base = r->g->rope_theta * pow (alpha, d / (d - 2));
  if (strcmp (o->arch->name, "hunyuan-moe") == 0)
    o->context_length = o->original_context_length = ALPHA_CONTEXT;
  return s;
}

/* Gemma 4: pairs beyond the rotating share are divided until they stand still.  */
static rw_status
read_proportional (const reader *r)
{
  rw_llama_rope *o = r->out;
  double share = 1, s = 1;
  if (!(o->arch->flags & RW_LLAMA_ZEROES))
    {
      warn (r, "rope_type", "llama.cpp does not know proportional: every pair rotates, unscaled");
      return RW_OK;
    }
  rw_status st = number (r, "partial_rotary_factor", 1e-6, 1, &share);
  if (!st && find (r, "factor"))
    {
      st = factor (r, &s);
      if (!st && s != 1)
        warn (r, "factor", "conversion/gemma.py does not read it: 1 is used");
    }
  if (st)
    return st;
  o->pairs = rw_geometry_pairs (r->g);
  double *v = rw_llama_divisors_new (o, &rw_llama_tensors[0]);
  if (!v)
    return rw_nomem (r->c->err, o->pairs * sizeof *v);
  const size_t turning = (size_t) ((double) r->g->head_dim * share / 2);
  for (size_t i = 0; i < o->pairs; i++)
    v[i] = i < turning ? 1 : UNROTATED;
  return RW_OK;
}

static rw_status
read_default (const reader *r)
{
  (void) r;
  return RW_OK;
}

static rw_status
read_unknown (const reader *r)
{
  rw_note_add (r->notes, RW_NOTE_WARNING,
               "%s.rope_type: llama.cpp does not know '%.40s': its converter logs \"Unknown RoPE "
               "type\" and the model rotates unscaled (conversion/base.py)",
               r->path, r->type);
  return RW_OK;
}

static const struct
{
  const char *name;
  bool needs_factor; /* nothing is written without it */
  rw_status (*read) (const reader *r);
} types[] = {
  { "default", false, read_default },
  { "mrope", false, read_default },
  { "linear", true, read_linear },
  { "yarn", true, read_yarn },
  { "su", false, read_longrope },
  { "longrope", false, read_longrope },
  { "llama3", false, read_llama3 },
  { "dynamic", false, read_dynamic },
  { "proportional", false, read_proportional },
  { NULL, false, read_unknown },
};

/* ---- the block ---- */

static rw_status
read_type (reader *r)
{
  static const char *const keys[] = { "rope_type", "type", NULL };
  r->type = "default";
  for (const char *const *k = keys; *k; k++)
    {
      const cJSON *item = find (r, *k);
      if (!item)
        continue;
      if (!cJSON_IsString (item))
        return rw_fail (r->c->err, RW_EINVAL, "%s.%s: expected a text, got %s", r->path, *k,
                        rw_json_kind (item));
      r->type = item->valuestring;
      used (r, *k);
      break;
    }
  return RW_OK;
}

static rw_status
read_log_multiplier (const reader *r)
{
  double x = NAN;
  if (!(r->out->arch->flags & RW_LLAMA_LOG))
    return RW_OK;
  const rw_status s = number (r, "mscale_all_dim", 0, 1e3, &x);
  r->out->yarn_log_multiplier = r->out->arch->flags & RW_LLAMA_TENTH ? 0.1 * x : x;
  return s;
}

rw_status
rw_llama_of_block (const rw_config *c, const rw_geometry *g, const cJSON *block, const char *path,
                   rw_llama_rope *out, rw_notes *notes)
{
  reader r = { .c = c, .g = g, .block = block, .path = path, .out = out, .notes = notes };
  size_t t = 0;
  rw_status s = read_type (&r);
  if (s)
    return s;
  out->context_length = g->max_length;
  out->freq_base = g->rope_theta;
  while (types[t].name && strcmp (types[t].name, r.type) != 0)
    t++;
  const bool silent = out->arch->flags & RW_LLAMA_NO_TYPE && types[t].read != read_longrope;
  if (silent && types[t].read != read_default)
    warn (&r, "rope_type",
          "the converter of this architecture writes longrope only: the model "
          "rotates unscaled (conversion/phi.py)");
  else if (types[t].needs_factor && !find (&r, "factor"))
    warn (&r, "factor", "without a factor the converter writes no scaling at all");
  else
    s = types[t].read (&r);
  if (!s)
    s = read_log_multiplier (&r);
  if (!s)
    rw_llama_block_rest (&r);
  return s;
}
