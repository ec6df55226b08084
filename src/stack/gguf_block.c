/* gguf_block: the schedule that a GGUF file brings, as a rope block; see gguf_model.h.

   llama.cpp (2026), llama-model.cpp and ggml's rope: the angle of pair i is p f_i / (s c_i) with
   the factor s of rope.scaling.* and the divisor c_i of rope_freqs or rope_factors_*; cos and sin
   are multiplied by rope.scaling.attn_factor, and by 0.1 ln s + 1 where the type is yarn.  A type
   that is missing is linear.  */
#include "base/mem.h"
#include "stack/gguf_model.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const double BASE = 10000; /* llama.cpp's default */

/* What the file says of its scaling.  */
typedef struct
{
  char type[16]; /* "linear", "yarn", ... */
  double factor; /* 1: none */
  double attention;
  bool says_attention;
  double *freqs, *factor_short, *factor_long; /* (d/2,) divisors; NULL: none */
} scaling;

static void
free_scaling (scaling *s)
{
  rw_free (s->freqs);
  rw_free (s->factor_short);
  rw_free (s->factor_long);
}

/* A tensor of d/2 divisors; *out stays NULL where it is not there.  */
static rw_status
read_divisors (rw_gguf_source *r, const char *name, double **out)
{
  const rw_gguf_tensor *t = rw_gguf_tensor_find (r->g, name);
  const size_t n = r->hyper.rotary_dim / 2;
  const char *path = rw_gguf_path (r->g);
  if (!t)
    return RW_OK;
  if (t->type == RW_QUANTS || rw_quant_block (t->type) != 1)
    return rw_fail (r->err, RW_EINVAL, "%s: tensor '%s': type %s; expected F32", path, name,
                    rw_quant_ggml_text (t->ggml_type));
  if (t->shape[0] != n || t->bytes != n * rw_quant_bytes (t->type))
    return rw_fail (r->err, RW_EINVAL, "%s: tensor '%s': expected %zu divisors, one a pair", path,
                    name, n);
  float *x = rw_new (n, sizeof *x);
  *out = rw_new (n, sizeof **out);
  if (!x || !*out)
    {
      rw_free (x);
      return rw_nomem (r->err, n * sizeof **out);
    }
  rw_quant_reader_of (t->type, RW_SIMD_PLAIN) (t->data, n, x);
  rw_status s = RW_OK;
  for (size_t i = 0; i < n && !s; i++)
    if (!((*out)[i] = (double) x[i], x[i] > 0) || !isfinite (x[i]))
      s = rw_fail (r->err, RW_EINVAL, "%s: tensor '%s': value %zu is %g; expected divisors above 0",
                   path, name, i, (double) x[i]);
  rw_free (x);
  rw_note_add (&r->notes, RW_NOTE_USED, "%s", name);
  return s;
}

static rw_status
read_type (rw_gguf_source *r, scaling *s)
{
  char key[64], *text = NULL;
  snprintf (key, sizeof key, "%s.rope.scaling.type", r->hyper.arch->name);
  const rw_status st = rw_gguf_may_text (r->g, key, &text, r->err);
  snprintf (s->type, sizeof s->type, "%.15s", text ? text : "linear");
  if (text)
    rw_note_add (&r->notes, RW_NOTE_USED, "%s", key);
  rw_free (text);
  return st;
}

static rw_status
read_scaling (rw_gguf_source *r, scaling *s)
{
  double factor = 0, attention = 0;
  rw_status st = read_type (r, s);
  if (!st && strcmp (s->type, "none") != 0)
    st = rw_gguf_model_number (r, "rope.scale_linear", 0, 1e6, &factor); /* its name of 2023 */
  if (!st && strcmp (s->type, "none") != 0)
    st = rw_gguf_model_number (r, "rope.scaling.factor", 0, 1e6, &factor);
  if (!st)
    st = rw_gguf_model_number (r, "rope.scaling.attn_factor", 0, 1e3, &attention);
  s->factor = factor > 0 ? factor : 1;
  s->says_attention = attention > 0;
  s->attention = s->says_attention ? attention : 1;
  if (!st)
    st = read_divisors (r, "rope_freqs.weight", &s->freqs);
  if (!st)
    st = read_divisors (r, "rope_factors_short.weight", &s->factor_short);
  return st ? st : read_divisors (r, "rope_factors_long.weight", &s->factor_long);
}

/* ---- blocks ---- */

static void
add_divisors (cJSON *block, const char *key, const double *x, size_t n)
{
  cJSON_AddItemToObject (block, key, cJSON_CreateDoubleArray (x, (int) n));
}

static void
set_type (cJSON *block, const char *type)
{
  cJSON_AddStringToObject (block, "rope_type", type);
}

/* The divisors of Llama 3.1 to 3.3 are those of its rule (transformers 5, rope_type llama3) with
   these numbers; float32 keeps them to 6e-8.  */
static const double LLAMA3_LENGTH = 8192, LLAMA3_LOW = 1, LLAMA3_HIGH = 4;

static bool
is_llama3 (const double *divisors, size_t n, double base)
{
  const double s = divisors[n - 1];
  for (size_t i = 0; i < n; i++)
    {
      const double f = pow (base, -(double) i / (double) n);
      const double turns = LLAMA3_LENGTH * f / (2 * M_PI);
      const double kept = fmin (1, fmax (0, (turns - LLAMA3_LOW) / (LLAMA3_HIGH - LLAMA3_LOW)));
      if (fabs (divisors[i] * ((1 - kept) / s + kept) - 1) > 1e-5)
        return false;
    }
  return s > 1;
}

static rw_status
put_longrope (rw_gguf_source *r, const scaling *s, cJSON *block)
{
  const size_t n = r->hyper.rotary_dim / 2;
  if (!s->factor_short || !s->factor_long)
    return rw_gguf_model_refuse (r, "rope.scaling.type",
                                 "longrope needs the tensors rope_factors_short.weight and "
                                 "rope_factors_long.weight");
  set_type (block, "longrope");
  add_divisors (block, "short_factor", s->factor_short, n);
  add_divisors (block, "long_factor", s->factor_long, n);
  if (s->says_attention)
    cJSON_AddNumberToObject (block, "attention_factor", s->attention);
  return RW_OK;
}

static rw_status
put_yarn (rw_gguf_source *r, const scaling *s, cJSON *block)
{
  double fast = 0, slow = 0, extrapolation = 1;
  rw_status st = rw_gguf_model_number (r, "rope.scaling.yarn_beta_fast", 0, 1e6, &fast);
  if (!st)
    st = rw_gguf_model_number (r, "rope.scaling.yarn_beta_slow", 0, 1e6, &slow);
  if (!st)
    st = rw_gguf_model_number (r, "rope.scaling.yarn_ext_factor", -1, 1, &extrapolation);
  if (st)
    return st;
  if (extrapolation != 1 && extrapolation != -1) /* -1: llama.cpp's word for the default */
    return rw_gguf_model_refuse (r, "rope.scaling.yarn_ext_factor", "only 1 is read");
  if (s->freqs)
    return rw_gguf_model_refuse (r, "rope.scaling.type",
                                 "yarn together with rope_freqs.weight is not "
                                 "read");
  set_type (block, "yarn");
  cJSON_AddNumberToObject (block, "factor", s->factor);
  if (fast > 0)
    cJSON_AddNumberToObject (block, "beta_fast", fast);
  if (slow > 0)
    cJSON_AddNumberToObject (block, "beta_slow", slow);
  if (s->attention != 1)
    cJSON_AddNumberToObject (block, "attention_factor",
                             s->attention * (s->factor > 1 ? 0.1 * log (s->factor) + 1 : 1));
  return RW_OK;
}

/* Divisors c_i s, or s alone.  */
static rw_status
put_linear (rw_gguf_source *r, const scaling *s, double base, cJSON *block, double *original)
{
  const size_t n = r->hyper.rotary_dim / 2;
  const bool plain = s->attention == 1 && s->factor == 1;
  if (!s->freqs && s->attention == 1)
    {
      set_type (block, plain ? "default" : "linear");
      if (!plain)
        cJSON_AddNumberToObject (block, "factor", s->factor);
      return RW_OK;
    }
  if (s->freqs && plain && is_llama3 (s->freqs, n, base))
    {
      set_type (block, "llama3");
      cJSON_AddNumberToObject (block, "factor", s->freqs[n - 1]);
      cJSON_AddNumberToObject (block, "low_freq_factor", LLAMA3_LOW);
      cJSON_AddNumberToObject (block, "high_freq_factor", LLAMA3_HIGH);
      *original = isnan (*original) ? LLAMA3_LENGTH : *original;
      rw_note_add (&r->notes, RW_NOTE_WARNING,
                   "rope_freqs.weight: recognised as llama3 with factor %g over a trained length "
                   "of %g",
                   s->freqs[n - 1], LLAMA3_LENGTH);
      return RW_OK;
    }
  double *divisors = rw_new (n, sizeof *divisors);
  if (!divisors)
    return rw_nomem (r->err, n * sizeof *divisors);
  for (size_t i = 0; i < n; i++)
    divisors[i] = s->factor * (s->freqs ? s->freqs[i] : 1);
  set_type (block, "table");
  add_divisors (block, "factors", divisors, n);
  cJSON_AddNumberToObject (block, "attention_factor", s->attention);
  rw_free (divisors);
  return RW_OK;
}

static rw_status
put_block (rw_gguf_source *r, const scaling *s, double base, cJSON *block, double *original)
{
  const char *type = s->type;
  if (strcmp (type, "longrope") == 0 || s->factor_short || s->factor_long)
    return put_longrope (r, s, block);
  if (strcmp (type, "yarn") == 0)
    return put_yarn (r, s, block);
  if (strcmp (type, "linear") == 0 || strcmp (type, "none") == 0)
    return put_linear (r, s, base, block, original);
  return rw_gguf_model_refuse (r, "rope.scaling.type", "expected none, linear, yarn or longrope");
}

rw_status
rw_gguf_model_block (rw_gguf_source *r, cJSON **block, double *original)
{
  double base = BASE;
  scaling s = { 0 };
  *block = NULL;
  *original = NAN;
  rw_status st = rw_gguf_model_number (r, "rope.freq_base", 1e-6, 1e30, &base);
  if (!st)
    st = rw_gguf_model_number (r, "rope.scaling.original_context_length", 0, RW_LENGTH_MAX,
                               original);
  if (*original == 0)
    *original = NAN;
  if (!st)
    st = read_scaling (r, &s);
  *block = cJSON_CreateObject ();
  if (!st)
    st = put_block (r, &s, base, *block, original);
  cJSON_AddNumberToObject (*block, "rope_theta", base);
  free_scaling (&s);
  return st;
}
