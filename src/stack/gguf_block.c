/* gguf_block: the schedule that a GGUF file brings, as a rope block; see gguf_model.h.

   The definitions of what the file says: the angle of pair i is p f_i / (s c_i) with the factor s
   of rope.scaling.* and the divisor c_i of rope_freqs or rope_factors_*, f_i / s mixed with f_i
   where the type is yarn; cos and sin are multiplied by rope.scaling.attn_factor, and by 0.1 ln s +
   1 where the type is yarn.  What llama.cpp makes of the same keys is llama_rope.c.  */
#include "base/mem.h"
#include "json/block.h"
#include "schedule/schedule.h"
#include "stack/gguf_model.h"

#include <math.h>
#include <string.h>

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

static double
factor_of (const rw_llama_rope *o)
{
  return isnan (o->factor) ? 1 : o->factor;
}

/* On cos and sin; 0 in the file says nothing.  */
static double
attention_of (const rw_llama_rope *o)
{
  return o->attn_factor > 0 ? o->attn_factor : 1;
}

static rw_status
put_longrope (const rw_gguf_source *r, const rw_llama_rope *o, cJSON *block)
{
  if (!o->factors_short || !o->factors_long)
    return rw_gguf_model_refuse (r, "rope.scaling.type",
                                 "longrope needs the tensors rope_factors_short.weight and "
                                 "rope_factors_long.weight");
  set_type (block, "longrope");
  add_divisors (block, "short_factor", o->factors_short, o->pairs);
  add_divisors (block, "long_factor", o->factors_long, o->pairs);
  if (o->attn_factor > 0)
    cJSON_AddNumberToObject (block, "attention_factor", o->attn_factor);
  return RW_OK;
}

/* The run-time divides by both: yarn's mixture over the divisors, as a table.  */
static rw_status
put_compound (const rw_gguf_source *r, const rw_llama_rope *o, cJSON *block)
{
  const rw_geometry g = { .head_dim = (int64_t) r->hyper.head_dim,
                          .rotary_dim = (int64_t) r->hyper.rotary_dim,
                          .rope_theta = RW_LLAMA_BASE,
                          .original_length = r->hyper.context_length,
                          .max_length = r->hyper.context_length };
  rw_llama_rope all = *o; /* borrows its tensors */
  rw_object *table = NULL;
  all.arch = rw_llama_arch_find (NULL);
  all.beta_fast = o->yarn_beta_fast;
  all.beta_slow = o->yarn_beta_slow;
  const rw_status s = rw_llama_schedule (&all, &g, false, &table, NULL, r->err);
  if (s)
    return s;
  cJSON *written = rw_block_write (table, &rw_schedules, true);
  for (cJSON *item = written->child, *next; item; item = next)
    {
      next = item->next;
      if (strcmp (item->string, "rope_theta") != 0)
        cJSON_AddItemToObject (block, item->string, cJSON_DetachItemViaPointer (written, item));
    }
  cJSON_Delete (written);
  rw_object_free (table);
  return RW_OK;
}

static rw_status
put_yarn (const rw_gguf_source *r, const rw_llama_rope *o, cJSON *block)
{
  const double ext = o->yarn_ext_factor, s = factor_of (o), attention = attention_of (o);
  if (!isnan (ext) && ext != 1 && ext != -1) /* -1: llama.cpp's word for the default */
    return rw_gguf_model_refuse (r, "rope.scaling.yarn_ext_factor", "only 1 is read");
  if (o->freqs)
    return put_compound (r, o, block);
  set_type (block, "yarn");
  cJSON_AddNumberToObject (block, "factor", s);
  if (!isnan (o->yarn_beta_fast))
    cJSON_AddNumberToObject (block, "beta_fast", o->yarn_beta_fast);
  if (!isnan (o->yarn_beta_slow))
    cJSON_AddNumberToObject (block, "beta_slow", o->yarn_beta_slow);
  if (attention != 1)
    cJSON_AddNumberToObject (block, "attention_factor",
                             attention * (s > 1 ? 0.1 * log (s) + 1 : 1));
  return RW_OK;
}

/* Divisors c_i s, or s alone.  */
static rw_status
put_linear (const rw_gguf_source *r, const rw_llama_rope *o, cJSON *block, double *original)
{
  const double s = factor_of (o), attention = attention_of (o);
  const size_t n = r->hyper.rotary_dim / 2;
  if (!o->freqs && attention == 1)
    {
      set_type (block, s == 1 ? "default" : "linear");
      if (s != 1)
        cJSON_AddNumberToObject (block, "factor", s);
      return RW_OK;
    }
  if (!isnan (o->llama3_factor) && attention == 1)
    {
      set_type (block, "llama3");
      cJSON_AddNumberToObject (block, "factor", o->llama3_factor);
      cJSON_AddNumberToObject (block, "low_freq_factor", o->llama3_low);
      cJSON_AddNumberToObject (block, "high_freq_factor", o->llama3_high);
      *original = isnan (*original) ? o->llama3_length : *original;
      return RW_OK;
    }
  double *divisors = rw_new (n, sizeof *divisors);
  if (!divisors)
    return rw_nomem (r->err, n * sizeof *divisors);
  for (size_t i = 0; i < n; i++)
    divisors[i] = s * (o->freqs ? o->freqs[i] : 1);
  set_type (block, "table");
  add_divisors (block, "factors", divisors, n);
  cJSON_AddNumberToObject (block, "attention_factor", attention);
  rw_free (divisors);
  return RW_OK;
}

rw_status
rw_gguf_model_block (const rw_gguf_source *r, const rw_llama_rope *o, cJSON **block,
                     double *original)
{
  *original = o->original_context_length;
  *block = cJSON_CreateObject ();
  rw_status s;
  if (o->type == RW_LLAMA_LONGROPE || o->factors_short || o->factors_long)
    s = put_longrope (r, o, *block);
  else if (o->type == RW_LLAMA_YARN)
    s = put_yarn (r, o, *block);
  else
    s = put_linear (r, o, *block, original);
  cJSON_AddNumberToObject (*block, "rope_theta",
                           isnan (o->freq_base) ? RW_LLAMA_BASE : o->freq_base);
  return s;
}
