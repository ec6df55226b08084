/* llama_keys: the struct of llama.h and the tables of its keys and tensors.

   Names: gguf-py's constants.py and llama.cpp's llama-arch.cpp; types in the file: gguf_writer.py;
   flags: llama.cpp's common/arg.cpp.  */
#include "base/mem.h"
#include "stack/llama.h"

#include <math.h>
#include <string.h>

#define AT(member) offsetof (rw_llama_rope, member)

/* A factor so far off is a slip, and 1 + 0.1 ln s stays above 0 from the lower end on.  */
#define FACTOR_MIN 1e-4
#define FACTOR_MAX 1e6

const rw_llama_key rw_llama_keys[] = {
  { "context_length", AT (context_length), RW_LLAMA_UINT32, 1, RW_LENGTH_MAX, NULL },
  { "rope.dimension_count", AT (dimension_count), RW_LLAMA_UINT32, 2, RW_HEAD_DIM_MAX, NULL },
  { "rope.freq_base", AT (freq_base), RW_LLAMA_FLOAT32, 1e-6, 1e30, "--rope-freq-base" },
  { "rope.freq_base_swa", AT (freq_base_swa), RW_LLAMA_FLOAT32, 1e-6, 1e30, NULL },
  { "rope.scaling.factor", AT (factor), RW_LLAMA_FLOAT32, FACTOR_MIN, FACTOR_MAX, "--rope-scale" },
  { "rope.scaling.original_context_length", AT (original_context_length), RW_LLAMA_UINT32, 1,
    RW_LENGTH_MAX, "--yarn-orig-ctx" },
  { "rope.scaling.attn_factor", AT (attn_factor), RW_LLAMA_FLOAT32, 0, 1e3, NULL },
  { "rope.scaling.yarn_log_multiplier", AT (yarn_log_multiplier), RW_LLAMA_FLOAT32, 0, 1e3, NULL },
  { "rope.scaling.yarn_ext_factor", AT (yarn_ext_factor), RW_LLAMA_FLOAT32, -1, 1, NULL },
  { "rope.scaling.yarn_attn_factor", AT (yarn_attn_factor), RW_LLAMA_FLOAT32, 0, 1e3, NULL },
  { "rope.scaling.yarn_beta_fast", AT (yarn_beta_fast), RW_LLAMA_FLOAT32, 1e-6, 1e6, NULL },
  { "rope.scaling.yarn_beta_slow", AT (yarn_beta_slow), RW_LLAMA_FLOAT32, 1e-6, 1e6, NULL },
  { "yarn_ext_factor", AT (ext_factor), RW_LLAMA_FLAG, 0, 1, "--yarn-ext-factor" },
  { "yarn_beta_fast", AT (beta_fast), RW_LLAMA_FLAG, 1e-6, 1e6, "--yarn-beta-fast" },
  { "yarn_beta_slow", AT (beta_slow), RW_LLAMA_FLAG, 1e-6, 1e6, "--yarn-beta-slow" },
  { NULL, 0, RW_LLAMA_FLAG, 0, 0, NULL },
};

const rw_llama_tensor rw_llama_tensors[] = {
  { "rope_freqs.weight", AT (freqs) },
  { "rope_factors_long.weight", AT (factors_long) },
  { "rope_factors_short.weight", AT (factors_short) },
  { NULL, 0 },
};

double
rw_llama_get (const rw_llama_rope *r, const rw_llama_key *key)
{
  double x;
  memcpy (&x, (const char *) r + key->at, sizeof x);
  return x;
}

void
rw_llama_set (rw_llama_rope *r, const rw_llama_key *key, double x)
{
  memcpy ((char *) r + key->at, &x, sizeof x);
}

const double *
rw_llama_divisors (const rw_llama_rope *r, const rw_llama_tensor *tensor)
{
  const double *v;
  memcpy (&v, (const char *) r + tensor->at, sizeof v);
  return v;
}

static void
replace (rw_llama_rope *r, const rw_llama_tensor *tensor, double *v)
{
  double *old;
  memcpy (&old, (char *) r + tensor->at, sizeof old);
  rw_free (old);
  memcpy ((char *) r + tensor->at, &v, sizeof v);
}

double *
rw_llama_divisors_new (rw_llama_rope *r, const rw_llama_tensor *tensor)
{
  double *v = rw_new (r->pairs, sizeof *v);
  replace (r, tensor, v);
  return v;
}

void
rw_llama_divisors_drop (rw_llama_rope *r, const rw_llama_tensor *tensor)
{
  replace (r, tensor, NULL);
}

void
rw_llama_rope_init (rw_llama_rope *r, const rw_llama_arch *arch)
{
  *r = (rw_llama_rope){
    .arch = arch, .llama3_factor = NAN, .llama3_low = NAN, .llama3_high = NAN, .llama3_length = NAN
  };
  for (const rw_llama_key *k = rw_llama_keys; k->tail; k++)
    rw_llama_set (r, k, NAN);
}

void
rw_llama_rope_free (rw_llama_rope *r)
{
  if (!r)
    return;
  rw_free (r->freqs);
  rw_free (r->factors_long);
  rw_free (r->factors_short);
  r->freqs = r->factors_long = r->factors_short = NULL;
}

static const char *const types[RW_LLAMA_TYPES] = { NULL, "none", "linear", "yarn", "longrope" };

const char *
rw_llama_type_text (rw_llama_type type)
{
  return types[type];
}

rw_status
rw_llama_type_find (const char *text, rw_llama_type *out, rw_error *err)
{
  for (int i = RW_LLAMA_NONE; i < RW_LLAMA_TYPES; i++)
    if (strcmp (types[i], text) == 0)
      {
        *out = (rw_llama_type) i;
        return RW_OK;
      }
  return rw_fail (err, RW_EINVAL, "expected none, linear, yarn or longrope");
}
