"""oracle_models: small random models of every architecture, in transformers (float64, eager attention) and, written as
GGUF by the conventions of llama.cpp's conversion, in ropewalk: the same loss at every position, to 1e-4 nat."""
import os
import subprocess
import sys
import tempfile

from tap import end, ok

build = os.environ.get("top_builddir", ".")
program = os.path.join(build, "tests", "losses")
try:
    import gguf
    import numpy as np
    import torch
    import transformers as tf
except ImportError as missing:
    print(f"1..0 # SKIP {missing.name} is missing")
    sys.exit(0)

VOCAB, TOKENS = 96, 90
COMMON = dict(vocab_size=VOCAB, hidden_size=48, intermediate_size=80, num_hidden_layers=3, num_attention_heads=6,
              max_position_embeddings=256, attention_dropout=0.0, attn_implementation="eager")
KV = dict(num_key_value_heads=2)
LLAMA3 = dict(rope_type="llama3", rope_theta=300.0, factor=4.0, low_freq_factor=1.0, high_freq_factor=4.0,
              original_max_position_embeddings=64)
LONG = dict(rope_type="longrope", rope_theta=500.0, short_factor=[1 + 0.11 * i for i in range(4)],
            long_factor=[1.5 + 0.7 * i for i in range(4)], original_max_position_embeddings=64)


def plain(theta):
    return dict(rope_type="default", rope_theta=theta)


# name, architecture, config class, model class, what differs
CASES = [
    ("llama, grouped heads", "llama", "LlamaConfig", "LlamaForCausalLM", dict(KV, rope_parameters=plain(500.0))),
    ("llama, tied, llama3 frequencies", "llama", "LlamaConfig", "LlamaForCausalLM",
     dict(KV, tie_word_embeddings=True, rope_parameters=LLAMA3)),
    ("qwen2: biases", "qwen2", "Qwen2Config", "Qwen2ForCausalLM", dict(KV, rope_parameters=plain(700.0))),
    ("qwen3: head norms, head_dim of its own", "qwen3", "Qwen3Config", "Qwen3ForCausalLM",
     dict(KV, head_dim=12, tie_word_embeddings=True, rope_parameters=plain(700.0))),
    ("phi3: fused", "phi3", "Phi3Config", "Phi3ForCausalLM",
     dict(KV, pad_token_id=0, original_max_position_embeddings=256, rope_parameters=plain(900.0))),
    ("phi3: longrope", "phi3", "Phi3Config", "Phi3ForCausalLM",
     dict(KV, pad_token_id=0, original_max_position_embeddings=64, rope_parameters=LONG)),
    ("gemma3: two ropes, sliding windows", "gemma3", "Gemma3TextConfig", "Gemma3ForCausalLM",
     dict(KV, num_hidden_layers=7, head_dim=10, sliding_window=16, query_pre_attn_scalar=10,
          hidden_activation="gelu_pytorch_tanh", tie_word_embeddings=True,
          rope_parameters=dict(full_attention=plain(1e6), sliding_attention=plain(10000.0)))),
    ("gptneox: a part of the head rotates", "gptneox", "GPTNeoXConfig", "GPTNeoXForCausalLM",
     dict(rotary_pct=0.5, use_parallel_residual=True, hidden_act="gelu",
          rope_parameters=dict(plain(10000.0), partial_rotary_factor=0.5))),
    ("gptneox: one after the other", "gptneox", "GPTNeoXConfig", "GPTNeoXForCausalLM",
     dict(rotary_pct=0.5, use_parallel_residual=False, hidden_act="gelu",
          rope_parameters=dict(plain(10000.0), partial_rotary_factor=0.5))),
]


def random_model(config_class, model_class, more):
    """Weights large enough that every part of the network shows in the loss."""
    config = getattr(tf, config_class)(**{**COMMON, **more})
    torch.manual_seed(2385)
    model = getattr(tf, model_class)(config).double().eval()
    with torch.no_grad():
        for name, p in model.named_parameters():
            if p.dim() > 1:
                p.normal_(0, 0.25)
            elif name.endswith("bias"):
                p.normal_(0, 0.3)
            else:
                p.add_(torch.randn_like(p) * 0.2)
            p.copy_(p.float().double())
    return config, model


def interleaved(w, heads):
    """Llama's q and k in GGUF: channels (i, i + d/2) become (2i, 2i + 1)."""
    return w.reshape(heads, 2, w.shape[0] // heads // 2, *w.shape[1:]).swapaxes(1, 2).reshape(w.shape)


def converted(arch, config, name, w):
    """One tensor by llama.cpp's conversion."""
    if arch == "llama" and name.endswith("q_proj.weight"):
        return interleaved(w, config.num_attention_heads)
    if arch == "llama" and name.endswith("k_proj.weight"):
        return interleaved(w, config.num_key_value_heads)
    if arch == "gemma3" and name.endswith("norm.weight"):
        return w + 1
    if arch == "gptneox" and "query_key_value" in name:
        heads = config.num_attention_heads
        return w.reshape(heads, 3, config.hidden_size // heads, *w.shape[1:]).swapaxes(0, 1).reshape(w.shape)
    return w


def write_shape(out, arch, config):
    heads = config.num_attention_heads
    dim = getattr(config, "head_dim", None) or config.hidden_size // heads
    out.add_context_length(config.max_position_embeddings)
    out.add_embedding_length(config.hidden_size)
    out.add_block_count(config.num_hidden_layers)
    out.add_feed_forward_length(config.intermediate_size)
    out.add_head_count(heads)
    out.add_head_count_kv(getattr(config, "num_key_value_heads", heads))
    out.add_key_length(dim)
    out.add_value_length(dim)
    out.add_vocab_size(VOCAB)
    if arch == "gptneox":
        out.add_layer_norm_eps(config.layer_norm_eps)
        out.add_parallel_residual(config.use_parallel_residual)
        out.add_rope_dimension_count(dim // 2)
    else:
        out.add_layer_norm_rms_eps(config.rms_norm_eps)
        out.add_rope_dimension_count(dim)
    if arch == "gemma3":
        out.add_sliding_window(config.sliding_window)


def write_rope(out, arch, config):
    p = config.rope_parameters
    if arch == "gemma3":
        out.add_rope_freq_base(p["full_attention"]["rope_theta"])
        return
    out.add_rope_freq_base(p["rope_theta"])
    if p["rope_type"] == "llama3":
        inv, _ = tf.modeling_rope_utils.ROPE_INIT_FUNCTIONS["llama3"](config, "cpu")
        dim = config.hidden_size // config.num_attention_heads
        base = 1 / p["rope_theta"] ** (np.arange(0, dim, 2) / dim)
        out.add_tensor("rope_freqs.weight", (base / inv.double().numpy()).astype(np.float32))
    if p["rope_type"] == "longrope":
        out.add_rope_scaling_orig_ctx_len(p["original_max_position_embeddings"])
        scale = config.max_position_embeddings / p["original_max_position_embeddings"]
        out.add_rope_scaling_attn_factors(float(np.sqrt(1 + np.log(scale) / np.log(p["original_max_position_embeddings"]))))
        out.add_tensor("rope_factors_long.weight", np.array(p["long_factor"], np.float32))
        out.add_tensor("rope_factors_short.weight", np.array(p["short_factor"], np.float32))


def write(path, arch, config, model):
    out = gguf.GGUFWriter(path, arch)
    kind = next(a for a, n in gguf.MODEL_ARCH_NAMES.items() if n == arch)
    names = gguf.get_tensor_name_map(kind, config.num_hidden_layers)
    write_shape(out, arch, config)
    write_rope(out, arch, config)
    for name, w in model.state_dict().items():
        if name == "lm_head.weight" and config.tie_word_embeddings or name.endswith(("inv_freq", "masked_bias", ".attention.bias")):
            continue
        to = names.get_name(name, try_suffixes=(".weight", ".bias"))
        out.add_tensor(to, np.ascontiguousarray(converted(arch, config, name, w.float().numpy())))
    out.write_header_to_file()
    out.write_kv_data_to_file()
    out.write_tensors_to_file()
    out.close()


def theirs(model, ids):
    with torch.no_grad():
        logits = model(torch.tensor(ids[None, :-1]), use_cache=False).logits[0].double()
    return -torch.log_softmax(logits, -1)[torch.arange(len(ids) - 1), torch.tensor(ids[1:])].numpy()


def ours(path, ids, length):
    done = subprocess.run([program, path, str(length)], input=" ".join(map(str, ids)), capture_output=True, text=True)
    return np.array(done.stdout.split(), float), done.stderr.strip()


def compare(case, folder):
    name, arch, config_class, model_class, more = case
    config, model = random_model(config_class, model_class, more)
    path = os.path.join(folder, "m.gguf")
    write(path, arch, config, model)
    ids = np.random.default_rng(7).integers(0, VOCAB, TOKENS + 1)
    want = theirs(model, ids)
    got, words = ours(path, ids, TOKENS)
    worst = np.abs(got - want).max() if got.shape == want.shape else np.inf
    ok(worst < 1e-4 and want.std() > 0.5, f"{name}: {worst:.1e} nat, losses spread by {want.std():.1f} {words}")


with tempfile.TemporaryDirectory() as folder:
    for case in CASES:
        compare(case, folder)
end()
