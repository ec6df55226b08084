/* gguf_rope: what a GGUF file says of its ropes, as the struct of llama.h; see gguf_model.h.

   llama.cpp of August 2026, llama_model::load_hparams, and the llama3 rule in divisors that look
   like it.  A type that is missing is linear; a factor of 0 is none.  */
#include "base/mem.h"
#include "stack/gguf_model.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* A tensor of d/2 divisors; it stays NULL where it is not there.  */
static rw_status
read_divisors (rw_gguf_source *r, const rw_llama_tensor *tensor, rw_llama_rope *out)
{
  const char *name = tensor->name;
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
  out->pairs = n;
  float *x = rw_new (n, sizeof *x);
  double *v = rw_llama_divisors_new (out, tensor);
  if (!x || !v)
    {
      rw_free (x);
      return rw_nomem (r->err, n * sizeof *v);
    }
  rw_quant_reader_of (t->type, RW_SIMD_PLAIN) (t->data, n, x);
  rw_status s = RW_OK;
  for (size_t i = 0; i < n && !s; i++)
    if (!(v[i] = (double) x[i], x[i] > 0) || !isfinite (x[i]))
      s = rw_fail (r->err, RW_EINVAL, "%s: tensor '%s': value %zu is %g; expected divisors above 0",
                   path, name, i, (double) x[i]);
  rw_free (x);
  rw_note_add (&r->notes, RW_NOTE_USED, "%s", name);
  return s;
}

/* ---- keys ---- */

static rw_status
read_type (rw_gguf_source *r, rw_llama_rope *out)
{
  char key[96], *text = NULL;
  snprintf (key, sizeof key, "%s.rope.scaling.type", r->hyper.arch->name);
  rw_status s = rw_gguf_may_text (r->g, key, &text, r->err);
  if (!s && text && rw_llama_type_find (text, &out->type, NULL))
    s = rw_gguf_model_refuse (r, "rope.scaling.type", "expected none, linear, yarn or longrope");
  if (!s && text)
    rw_note_add (&r->notes, RW_NOTE_USED, "%s", key);
  rw_free (text);
  return s;
}

/* Keys that the loader of this architecture passes over, where the stack is llama.cpp's.  */
static const char *
why_ignored (const rw_gguf_source *r, const rw_llama_rope *rope, const char *tail)
{
  const unsigned flags = rope->arch->flags;
  if (rope->type == RW_LLAMA_NONE && strcmp (tail, "rope.scaling.factor") == 0)
    return "";
  if (!r->as_llama)
    return strstr (tail, "yarn_log") || strstr (tail, "yarn_attn") ? "" : NULL;
  if (strcmp (tail, "rope.scaling.yarn_log_multiplier") == 0)
    return flags & RW_LLAMA_LOG ? NULL : "the loader of this architecture does not read it";
  if (strcmp (tail, "rope.scaling.yarn_attn_factor") == 0 && rope->type == RW_LLAMA_YARN)
    return "with yarn the run-time overwrites it (llama.cpp#17945): rope.scaling.attn_factor has "
           "an effect";
  if (strncmp (tail, "rope.scaling.yarn_", 18) == 0 && !(flags & RW_LLAMA_BETAS))
    return "the loader of this architecture does not read it; the flag of its name has an effect";
  return NULL;
}

static rw_status
read_keys (rw_gguf_source *r, rw_llama_rope *out)
{
  char path[96];
  rw_status s = RW_OK;
  for (const rw_llama_key *k = rw_llama_keys; k->tail && !s; k++)
    {
      double x = NAN;
      if (strncmp (k->tail, "rope.", 5) != 0 || strcmp (k->tail, "rope.dimension_count") == 0)
        continue; /* of the shape, or a flag */
      snprintf (path, sizeof path, "%s.%s", r->hyper.arch->name, k->tail);
      const char *why = why_ignored (r, out, k->tail);
      const bool there = rw_gguf_find (r->g, path);
      if (why && *why && there)
        rw_note_add (&r->notes, RW_NOTE_WARNING, "%s: %s", path, why);
      if (!why)
        s = rw_gguf_model_number (r, k->tail, fmin (k->lo, 0), k->hi, &x);
      rw_llama_set (out, k, x == 0 && k->lo > 0 ? NAN : x); /* 0: not set */
    }
  if (!s && isnan (out->factor) && out->type != RW_LLAMA_NONE) /* its name of 2023 */
    s = rw_gguf_model_number (r, "rope.scale_linear", 0, 1e6, &out->factor);
  if (out->factor == 0)
    out->factor = NAN;
  return s;
}

/* ---- llama3 ---- */

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

static void
recognise (rw_gguf_source *r, rw_llama_rope *out)
{
  const double base = isnan (out->freq_base) ? RW_LLAMA_BASE : out->freq_base;
  const bool scaled = out->type == RW_LLAMA_YARN || !isnan (out->factor);
  if (!out->freqs || scaled || !is_llama3 (out->freqs, out->pairs, base))
    return;
  out->llama3_factor = out->freqs[out->pairs - 1];
  out->llama3_low = LLAMA3_LOW;
  out->llama3_high = LLAMA3_HIGH;
  out->llama3_length = LLAMA3_LENGTH;
  rw_note_add (&r->notes, RW_NOTE_WARNING,
               "rope_freqs.weight: recognised as llama3 with factor %g over a trained length of %g",
               out->llama3_factor, LLAMA3_LENGTH);
}

rw_status
rw_gguf_model_rope (rw_gguf_source *r, rw_llama_rope *out)
{
  rw_llama_rope_init (out, rw_llama_arch_find (r->hyper.arch->name));
  out->context_length = r->hyper.context_length;
  rw_status s = read_type (r, out);
  if (!s)
    s = read_keys (r, out);
  for (const rw_llama_tensor *t = rw_llama_tensors; t->name && !s; t++)
    s = read_divisors (r, t, out);
  if (!s)
    recognise (r, out);
  return s;
}
