/* arch: the table of architectures; see hyper.h.

   Facts: llama.cpp (2026), src/models/ARCH.cpp for the graph, conversion for what is folded into
   the weights (Gemma's norms are stored with their 1 added; Llama's q and k with their channels
   reordered to interleaved pairs); transformers 5 for activations, where llama.cpp's gelu is the
   tanh form for all.  */
#include "model/arch.h"

static const rw_arch archs[] = {
  { .name = "llama",
    .text = "Llama 1 to 3, Mistral, SmolLM, TinyLlama and others of their shape",
    .cite = "Touvron et al., arXiv 2302.13971",
    .layout = RW_INTERLEAVED,
    .norm = RW_NORM_RMS,
    .act = RW_ACT_SILU,
    .gated = true },
  { .name = "qwen2",
    .text = "Qwen1.5, Qwen2, Qwen2.5: q, k and v have biases",
    .cite = "Yang et al., arXiv 2407.10671",
    .layout = RW_HALF,
    .norm = RW_NORM_RMS,
    .act = RW_ACT_SILU,
    .gated = true,
    .qkv_bias = true },
  { .name = "qwen3",
    .text = "Qwen3 (dense): q and k are normed head by head",
    .cite = "Yang et al., arXiv 2505.09388",
    .layout = RW_HALF,
    .norm = RW_NORM_RMS,
    .act = RW_ACT_SILU,
    .gated = true,
    .head_norm = true },
  { .name = "phi3",
    .text = "Phi-3, Phi-3.5 (dense), Phi-4: fused matrices, LongRoPE",
    .cite = "Abdin et al., arXiv 2404.14219",
    .layout = RW_HALF,
    .norm = RW_NORM_RMS,
    .act = RW_ACT_SILU,
    .gated = true,
    .fused_qkv = true,
    .fused_gate_up = true },
  { .name = "gemma3",
    .text = "Gemma 3 (text): two ropes, sliding windows, norms before and after",
    .cite = "Gemma Team, arXiv 2503.19786",
    .layout = RW_HALF,
    .norm = RW_NORM_RMS,
    .act = RW_ACT_GELU_TANH,
    .gated = true,
    .head_norm = true,
    .post_norm = true,
    .scaled_embed = true },
  { .name = "gptneox",
    .text = "GPT-NeoX, Pythia: LayerNorm, biases, a part of the head rotates",
    .cite = "Black et al., arXiv 2204.06745",
    .layout = RW_HALF,
    .norm = RW_NORM_LAYER,
    .act = RW_ACT_GELU,
    .fused_qkv = true,
    .qkv_bias = true,
    .parallel = true },
  { .name = NULL },
};

/* GPT-NeoX with use_parallel_residual false: the feed-forward reads the attention's sum.  */
static const rw_arch gptneox_serial
    = { .name = "gptneox",
        .text = "GPT-NeoX with attention and feed-forward one after the other",
        .cite = "Black et al., arXiv 2204.06745",
        .layout = RW_HALF,
        .norm = RW_NORM_LAYER,
        .act = RW_ACT_GELU,
        .fused_qkv = true,
        .qkv_bias = true };

const rw_arch *
rw_arch_at (size_t i)
{
  return i + 1 < sizeof archs / sizeof *archs ? &archs[i] : NULL;
}

const rw_arch *
rw_arch_serial (const rw_arch *arch)
{
  return arch->parallel ? &gptneox_serial : arch;
}
