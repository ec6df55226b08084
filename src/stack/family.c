/* family: the table of model families.

   Sources: transformers 5, models/MODEL_TYPE/configuration_MODEL_TYPE.py, for defaults and layer
   patterns; the `apply_rotary` of models/MODEL_TYPE/modeling_MODEL_TYPE.py, for the layout (also
   mlx-lm's `traditional=True`).  chatglm, baichuan, internlm, internlm2, minicpm and qwen are the
   published remote code.  A member left out is 0: the plain value of family.h.  */
#include "stack/family.h"

#include <string.h>

static const rw_family plain = { .model_type = "" };

static const rw_family families[] = {
  { .model_type = "baichuan", .max_length = 4096 },
  { .model_type = "chatglm", .flags = RW_INTERLEAVES | RW_HALF_HEAD, .max_length = 2048 },
  { .model_type = "codegen", .flags = RW_INTERLEAVES, .max_length = 2048 },
  { .model_type = "cohere", .flags = RW_INTERLEAVES, .max_length = 8192 },
  { .model_type = "cohere2",
    .flags = RW_INTERLEAVES | RW_NOPE_FULL,
    .max_length = 8192,
    .pattern = 4 },
  { .model_type = "deepseek_v2", .flags = RW_INTERLEAVES | RW_SOFTMAX_MSCALE, .max_length = 2048 },
  { .model_type = "deepseek_v3", .flags = RW_INTERLEAVES | RW_SOFTMAX_MSCALE, .max_length = 4096 },
  { .model_type = "deepseek_v32", .flags = RW_INTERLEAVES | RW_SOFTMAX_MSCALE, .max_length = 4096 },
  { .model_type = "deepseek_v4",
    .flags = RW_INTERLEAVES | RW_COMPRESSED,
    .max_length = 1048576,
    .heads = 64,
    .kv_heads = 1,
    .head_dim = 512 },
  { .model_type = "ernie4_5", .flags = RW_INTERLEAVES, .theta = 500000, .max_length = 131072 },
  { .model_type = "ernie4_5_moe", .flags = RW_INTERLEAVES, .theta = 500000, .max_length = 131072 },
  { .model_type = "falcon", .max_length = 2048 },
  { .model_type = "gemma", .max_length = 8192, .head_dim = 256 },
  { .model_type = "gemma2",
    .max_length = 8192,
    .heads = 8,
    .kv_heads = 4,
    .head_dim = 256,
    .pattern = 2 },
  { .model_type = "gemma3",
    .flags = RW_LOCAL_ROPE,
    .theta = 1000000,
    .local_theta = 10000,
    .max_length = 131072,
    .heads = 8,
    .kv_heads = 4,
    .head_dim = 256,
    .pattern = 6 },
  { .model_type = "gemma3n",
    .flags = RW_LOCAL_ROPE,
    .theta = 1000000,
    .local_theta = 10000,
    .max_length = 32768,
    .heads = 8,
    .kv_heads = 2,
    .head_dim = 256,
    .pattern = 5 },
  { .model_type = "glm",
    .flags = RW_INTERLEAVES,
    .partial = 0.5,
    .max_length = 131072,
    .head_dim = 128 },
  { .model_type = "glm4",
    .flags = RW_INTERLEAVES,
    .partial = 0.5,
    .max_length = 131072,
    .head_dim = 128 },
  { .model_type = "glm4_moe", .partial = 0.5, .max_length = 131072, .head_dim = 128 },
  { .model_type = "glm4v", .flags = RW_INTERLEAVES, .partial = 0.5, .max_length = 32768 },
  { .model_type = "glm_moe_dsa", .flags = RW_INTERLEAVES, .max_length = 202752 },
  { .model_type = "gpt_neox", .partial = 0.25, .max_length = 2048 },
  { .model_type = "gpt_oss",
    .theta = 150000,
    .max_length = 131072,
    .heads = 64,
    .kv_heads = 8,
    .head_dim = 64,
    .pattern = 2 },
  { .model_type = "gptj", .flags = RW_INTERLEAVES, .max_length = 2048 },
  { .model_type = "helium", .flags = RW_INTERLEAVES, .max_length = 4096, .head_dim = 128 },
  { .model_type = "kimi_k2", .flags = RW_INTERLEAVES | RW_SOFTMAX_MSCALE, .max_length = 131072 },
  { .model_type = "llama", .max_length = 2048 },
  { .model_type = "llama4",
    .flags = RW_INTERLEAVES | RW_NOPE_INTERVAL,
    .theta = 500000,
    .max_length = 131072,
    .heads = 40,
    .kv_heads = 8,
    .head_dim = 128 },
  { .model_type = "minimax_m2",
    .flags = RW_ROTARY_DIM_LOST,
    .theta = 5000000,
    .max_length = 196608,
    .head_dim = 128 },
  { .model_type = "mistral", .max_length = 131072 },
  { .model_type = "mistral4", .flags = RW_INTERLEAVES | RW_SOFTMAX_MSCALE },
  { .model_type = "mixtral", .theta = 1000000, .max_length = 131072 },
  { .model_type = "mllama", .theta = 500000, .max_length = 131072 },
  { .model_type = "modernbert",
    .flags = RW_LOCAL_ROPE | RW_FULL_FIRST,
    .theta = 160000,
    .local_theta = 10000,
    .max_length = 8192,
    .pattern = 3 },
  { .model_type = "nemotron", .partial = 0.5, .max_length = 4096 },
  { .model_type = "nemotron_h", .flags = RW_NO_ROTATION, .max_length = 4096 },
  { .model_type = "olmo", .max_length = 2048 },
  { .model_type = "olmo2", .max_length = 2048 },
  { .model_type = "olmo3",
    .flags = RW_LOCAL_ROPE,
    .theta = 500000,
    .max_length = 2048,
    .pattern = 4 },
  { .model_type = "persimmon", .partial = 0.5, .max_length = 16384 },
  { .model_type = "phi", .partial = 0.5, .max_length = 2048 },
  { .model_type = "phi3", .max_length = 4096 },
  { .model_type = "phi-msft", .max_length = 2048 },
  { .model_type = "qwen", .max_length = 8192 },
  { .model_type = "qwen2", .max_length = 32768 },
  { .model_type = "qwen3", .max_length = 32768, .head_dim = 128 },
  { .model_type = "qwen3_5",
    .flags = RW_LINEAR_LAYERS,
    .partial = 0.25,
    .max_length = 32768,
    .head_dim = 256,
    .pattern = 4 },
  { .model_type = "qwen3_5_moe",
    .flags = RW_LINEAR_LAYERS,
    .partial = 0.25,
    .max_length = 32768,
    .head_dim = 256,
    .pattern = 4 },
  { .model_type = "qwen3_moe", .max_length = 32768, .head_dim = 128 },
  { .model_type = "qwen3_next",
    .flags = RW_LINEAR_LAYERS,
    .partial = 0.25,
    .max_length = 32768,
    .head_dim = 256,
    .pattern = 4 },
  { .model_type = "smollm3", .flags = RW_NOPE_INTERVAL, .theta = 2000000, .max_length = 32768 },
  { .model_type = "stablelm", .partial = 0.25, .max_length = 4096 },
  { .model_type = "starcoder2", .max_length = 4096 },
  /* Other positions than rotary ones.  */
  { .model_type = "bert", .flags = RW_NOT_ROTARY },
  { .model_type = "bloom", .flags = RW_NOT_ROTARY },
  { .model_type = "gpt2", .flags = RW_NOT_ROTARY },
  { .model_type = "gpt_bigcode", .flags = RW_NOT_ROTARY },
  { .model_type = "gpt_neo", .flags = RW_NOT_ROTARY },
  { .model_type = "mamba", .flags = RW_NOT_ROTARY },
  { .model_type = "mamba2", .flags = RW_NOT_ROTARY },
  { .model_type = "mpt", .flags = RW_NOT_ROTARY },
  { .model_type = "opt", .flags = RW_NOT_ROTARY },
  { .model_type = "roberta", .flags = RW_NOT_ROTARY },
  { .model_type = "rwkv", .flags = RW_NOT_ROTARY },
  { .model_type = "t5", .flags = RW_NOT_ROTARY },
  { .model_type = "whisper", .flags = RW_NOT_ROTARY },
  { 0 },
};

/* gemma3_text, mllama_text_model: the same family as gemma3, mllama.  */
static int
same_family (const char *family, const char *model_type)
{
  const size_t n = strlen (family);
  if (strncmp (family, model_type, n) != 0)
    return 0;
  const char *rest = model_type + n;
  return !*rest || strcmp (rest, "_text") == 0 || strcmp (rest, "_text_model") == 0;
}

const rw_family *
rw_family_find (const char *model_type)
{
  for (const rw_family *f = families; model_type && f->model_type; f++)
    if (same_family (f->model_type, model_type))
      return f;
  return &plain;
}
