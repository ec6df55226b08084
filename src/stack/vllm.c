/* vllm: the stacks vllm and vllm-pre-56446.

   vLLM loads a config with transformers 5, so base, partial factor and length are found as there;
   what each rope type then reads stands in vllm_types.c.  Its tables are made once, for
   max_model_len.  */
#include "stack/hf.h"
#include "stack/vllm_types.h"
#include "stack/words.h"

static const rw_key_why whys_old[] = {
  { "attention_factor", "vLLM reads it from pull request 56446 on (September 2026)" },
  { "mscale", "vLLM's yarn reads it from pull request 56446 on (September 2026; vllm#48621)" },
  { "mscale_all_dim",
    "vLLM's yarn reads it from pull request 56446 on (September 2026; vllm#48621)" },
  { "factor", "vLLM does not read it for this rope type" },
  { "truncate", "vLLM reads it for yarn only" },
  { "apply_yarn_scaling", "vLLM's M-RoPE class does not read it" },
  { "attn_factor", "vLLM reads it for yarn only" },
  { NULL, NULL },
};

static const rw_key_why whys[] = {
  { "attention_factor", "vLLM reads it for yarn only" },
  { "factor", "vLLM does not read it for this rope type" },
  { "attn_factor", "vLLM reads it for yarn only" },
  { NULL, NULL },
};

const rw_hf_rules rw_vllm_old_rules = { .name = "vllm-pre-56446",
                                        .who = "vLLM",
                                        .unknown = "dropped by vLLM without a word",
                                        .types = rw_vllm_old_types,
                                        .whys = whys_old,
                                        .hf_types_only = true };
const rw_hf_rules rw_vllm_rules = { .name = "vllm",
                                    .who = "vLLM",
                                    .unknown = "dropped by vLLM without a word",
                                    .types = rw_vllm_types,
                                    .whys = whys,
                                    .hf_types_only = true };

static rw_status
read_new (const char *name, const cJSON *config, const cJSON *rope, rw_model *out, rw_error *err)
{
  return rw_hf_read_by (&rw_vllm_rules, name, config, rope, out, err);
}

static rw_status
read_old (const char *name, const cJSON *config, const cJSON *rope, rw_model *out, rw_error *err)
{
  return rw_hf_read_by (&rw_vllm_old_rules, name, config, rope, out, err);
}

const rw_stack rw_stack_vllm
    = { .name = "vllm",
        .text = "vLLM from September 2026 on: yarn's magnitude as in transformers",
        .cite = "vllm, model_executor/layers/rotary_embedding; vllm#56446",
        .planned = true,
        .read = read_new,
        .arithmetic = rw_vllm_float,
        .write = rw_vllm_write };
const rw_stack rw_stack_vllm_old
    = { .name = "vllm-pre-56446",
        .text
        = "vLLM before September 2026: yarn reads attn_factor, not attention_factor or mscale",
        .cite = "vllm, model_executor/layers/rotary_embedding; vllm#56446",
        .planned = true,
        .read = read_old,
        .arithmetic = rw_vllm_float,
        .write = rw_vllm_old_write };
