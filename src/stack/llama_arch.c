/* llama_arch: what llama.cpp knows about each architecture's ropes; see llama.h.

   llama.cpp of August 2026.  Layout: llama_model_rope_type.  Which tensors an architecture loads
   and hands to its rope, which keys it reads: src/models/ARCH.cpp; a file with a tensor that the
   loader did not ask for is refused (llama_model_loader::done_getting_tensors).  What the converter
   writes: the files of conversion/.  Architectures left out are loaded without any of it.  */
#include "stack/llama.h"

#include <string.h>

/* LlamaModel of conversion/llama.py and src/models/llama.cpp, and those made like it.  */
#define LIKE_LLAMA (RW_LLAMA_FREQS | RW_LLAMA_LISTS | RW_LLAMA_BAKES)
/* DeepSeek's MLA, src/models/deepseek2.cpp [TAG_DEEPSEEK2_YARN_LOG_MUL_FIX].  */
#define LIKE_DEEPSEEK (RW_LLAMA_NORM | RW_LLAMA_LOG | RW_LLAMA_TENTH | RW_LLAMA_SCORES)

static const rw_llama_arch archs[] = {
  { "llama", " llama mistral mixtral internlm3 ", RW_LLAMA_NORM | LIKE_LLAMA },
  { "llama4", " llama4 llama4_text ", RW_LLAMA_NORM | RW_LLAMA_FREQS | RW_LLAMA_BAKES },
  { "mistral3", " ministral3 mistral3 ",
    RW_LLAMA_NORM | LIKE_LLAMA | RW_LLAMA_BETAS | RW_LLAMA_LOG },
  { "mistral4", " mistral4 ", LIKE_DEEPSEEK },
  { "deepseek2", " deepseek_v2 deepseek_v3 kimi_k2 ", LIKE_DEEPSEEK | RW_LLAMA_SAME_SLOPE },
  { "deepseek32", " deepseek_v32 ", LIKE_DEEPSEEK },
  { "glm-dsa", " glm_moe_dsa ", LIKE_DEEPSEEK },
  { "longcat-flash", " longcat_flash ", LIKE_DEEPSEEK },
  { "deci", " nemotron-nas deci ", RW_LLAMA_NORM | LIKE_LLAMA },
  { "granite", " granite ", RW_LLAMA_NORM | LIKE_LLAMA },
  { "granitemoe", " granitemoe granitemoeshared ", RW_LLAMA_NORM | LIKE_LLAMA },
  { "arcee", " arcee ", RW_LLAMA_NORM | LIKE_LLAMA },
  { "apertus", " apertus ", LIKE_LLAMA },
  { "minicpm", " minicpm ", RW_LLAMA_NORM | RW_LLAMA_FREQS | RW_LLAMA_LISTS | RW_LLAMA_PUTS },
  { "minicpm3", " minicpm3 ", RW_LLAMA_LISTS | RW_LLAMA_PUTS },
  { "phi3", " phi3 ", RW_LLAMA_LISTS | RW_LLAMA_PUTS | RW_LLAMA_SU | RW_LLAMA_NO_TYPE },
  { "phimoe", " phimoe ", RW_LLAMA_LISTS | RW_LLAMA_PUTS | RW_LLAMA_SU | RW_LLAMA_NO_TYPE },
  { "phi2", " phi phi-msft ", RW_LLAMA_NO_TYPE },
  { "exaone", " exaone ", RW_LLAMA_FREQS | RW_LLAMA_BAKES },
  { "exaone4", " exaone4 ", RW_LLAMA_FREQS | RW_LLAMA_BAKES },
  { "gemma3", " gemma3 ", RW_LLAMA_PLAIN_SWA },
  { "gemma3n", " gemma3n ", RW_LLAMA_PLAIN_SWA },
  { "gemma4", " gemma4 ", RW_LLAMA_PLAIN_SWA | RW_LLAMA_FREQS | RW_LLAMA_ZEROES },
  { "gemma2", " gemma2 ", 0 },
  { "gemma", " gemma ", 0 },
  { "olmo2", " olmo2 olmo3 ", RW_LLAMA_PLAIN_SWA },
  { "modern-bert", " modernbert ", RW_LLAMA_PLAIN_SWA },
  { "hunyuan-moe", " hunyuan_v1_moe ", RW_LLAMA_ALPHA },
  { "hunyuan-dense", " hunyuan_v1_dense ", RW_LLAMA_ALPHA },
  { "grok", " grok grok-1 ", RW_LLAMA_BETAS },
  { "laguna", " laguna ", RW_LLAMA_BETAS | RW_LLAMA_PLAIN_SWA },
  { "baichuan", " baichuan ", RW_LLAMA_NORM },
  { "bailingmoe", " bailing_moe ", RW_LLAMA_NORM },
  { "chatglm", " chatglm glm ", RW_LLAMA_NORM },
  { "cohere2", " cohere2 ", RW_LLAMA_NORM },
  { "command-r", " cohere ", RW_LLAMA_NORM },
  { "ernie4_5", " ernie4_5 ", RW_LLAMA_NORM },
  { "ernie4_5-moe", " ernie4_5_moe ", RW_LLAMA_NORM },
  { "glm4", " glm4 glm4v ", RW_LLAMA_NORM },
  { "internlm2", " internlm2 ", RW_LLAMA_NORM },
  { "olmo", " olmo ", RW_LLAMA_NORM },
  { "orion", " orion ", RW_LLAMA_NORM },
  { "smollm3", " smollm3 ", RW_LLAMA_NORM },
  { "xverse", " xverse ", RW_LLAMA_NORM },
  { "bitnet", " bitnet ", 0 },
  { "codeshell", " codeshell ", 0 },
  { "dbrx", " dbrx ", 0 },
  { "falcon", " falcon ", 0 },
  { "glm4moe", " glm4_moe ", 0 },
  { "gpt-oss", " gpt_oss ", 0 },
  { "gptneox", " gpt_neox ", 0 },
  { "minimax-m2", " minimax_m2 ", 0 },
  { "nemotron", " nemotron ", 0 },
  { "qwen", " qwen ", 0 },
  { "qwen2", " qwen2 ", 0 },
  { "qwen2moe", " qwen2_moe ", 0 },
  { "qwen2vl", " qwen2_vl qwen2_5_vl ", 0 },
  { "qwen3", " qwen3 ", 0 },
  { "qwen3moe", " qwen3_moe ", 0 },
  { "qwen3next", " qwen3_next ", 0 },
  { "qwen3vl", " qwen3_vl ", 0 },
  { "qwen35", " qwen3_5 ", 0 },
  { "qwen35moe", " qwen3_5_moe ", 0 },
  { "seed_oss", " seed_oss ", 0 },
  { "stablelm", " stablelm ", 0 },
  { "starcoder2", " starcoder2 ", 0 },
  { NULL, NULL, 0 },
};

static const rw_llama_arch unknown
    = { "llama", "", LIKE_LLAMA | RW_LLAMA_PUTS | RW_LLAMA_SU | RW_LLAMA_UNKNOWN };

const rw_llama_arch *
rw_llama_arch_find (const char *name)
{
  for (const rw_llama_arch *a = archs; name && a->name; a++)
    if (strcmp (a->name, name) == 0)
      return a;
  return &unknown;
}

/* Whether `word` (n bytes) stands between spaces in the list.  */
static bool
holds (const char *list, const char *word, size_t n)
{
  for (const char *at = list; (at = strstr (at, " ")) && at[1]; at++)
    if (strncmp (at + 1, word, n) == 0 && at[1 + n] == ' ')
      return true;
  return false;
}

const rw_llama_arch *
rw_llama_arch_of_family (const char *model_type)
{
  static const char tail[] = "_text"; /* of the language part of a multimodal config */
  if (!model_type || !*model_type)
    return &unknown;
  size_t n = strlen (model_type);
  for (int cut = 0; cut < 2; cut++)
    {
      for (const rw_llama_arch *a = archs; a->name; a++)
        if (holds (a->families, model_type, n))
          return a;
      if (n < sizeof tail || strcmp (model_type + n - (sizeof tail - 1), tail) != 0)
        break;
      n -= sizeof tail - 1;
    }
  return &unknown;
}
