"""gguf_models: files written by gguf-py, of each architecture and each kind of scaling, give the frequencies that the
formulas of the papers give; nothing of the C code is used."""
import json
import math
import os
import subprocess
import sys
import tempfile

from tap import end, ok

build = os.environ.get("top_builddir", ".")
try:
    import numpy as np
    import gguf
except ImportError as missing:
    print(f"1..0 # SKIP {missing.name} is missing")
    sys.exit(0)

DIM, HEADS, KV, LAYERS = 256, 4, 2, 8
kept = tempfile.TemporaryDirectory()
folder = kept.name


def write(arch, head_dim=64, rotary=None, context=4096, more=None, tensors=None):
    """A file with shape and embedding only: a MODEL needs no weights."""
    path = os.path.join(folder, f"{arch}-{len(os.listdir(folder))}.gguf")
    w = gguf.GGUFWriter(path, arch)
    w.add_block_count(LAYERS)
    w.add_embedding_length(DIM)
    w.add_feed_forward_length(2 * DIM)
    w.add_head_count(HEADS)
    w.add_head_count_kv(KV)
    w.add_key_length(head_dim)
    w.add_value_length(head_dim)
    w.add_context_length(context)
    w.add_layer_norm_eps(1e-5) if arch == "gptneox" else w.add_layer_norm_rms_eps(1e-6)
    w.add_rope_dimension_count(rotary or head_dim)
    if more:
        more(w)
    w.add_tensor("token_embd.weight", np.zeros((5, DIM), np.float16))
    for name, values in (tensors or {}).items():
        w.add_tensor(name, np.asarray(values, np.float32))
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()
    return path


def table(path, *options, rc=0):
    done = subprocess.run([os.path.join(build, "ropewalk"), "table", path, "--format", "json", *options],
                          capture_output=True, text=True)
    if done.returncode != rc:
        print("#", done.stderr.strip().replace("\n", "\n# "))
        return {"exit": done.returncode}
    return json.loads(done.stdout) if rc == 0 else {"error": done.stderr}


def plain(base, d):
    return base ** (-np.arange(0, d, 2) / d)


def check(name, t, freq, attention=1.0, **fields):
    good = "inv_freq" in t and np.allclose(t["inv_freq"], freq, rtol=1e-12, atol=0)
    ok(good, f"{name}: frequencies")
    ok(abs(t.get("attention_factor", 0) - attention) < 1e-6, f"{name}: magnitude")  # of a float32 in the file
    for key, want in fields.items():
        ok(t.get(key) == want, f"{name}: {key} is {want}")


def yarn(base, d, s, length, fast=32.0, slow=1.0):
    f = plain(base, d)
    at = [d * math.log(length / (r * 2 * math.pi)) / (2 * math.log(base)) for r in (fast, slow)]
    lo, hi = max(math.floor(at[0]), 0), min(math.ceil(at[1]), d - 1)
    ramp = np.clip((np.arange(d // 2) - lo) / max(hi - lo, 0.001), 0, 1)
    return f / s * ramp + f * (1 - ramp)


# ---- architectures ----

check("llama", table(write("llama")), plain(1e4, 64), layout="interleaved", rope_type="default", original_length=4096,
      rotary_dim=64, head_dim=64)
for arch in ("qwen2", "qwen3", "phi3"):
    check(arch, table(write(arch, more=lambda w: w.add_rope_freq_base(1e6))), plain(1e6, 64), layout="half",
          rope_theta=1e6)
check("gptneox", table(write("gptneox", rotary=16)), plain(1e4, 16), layout="half", rotary_dim=16, head_dim=64)


def gemma(w):
    w.add_rope_freq_base(1e6)
    w.add_rope_scaling_type(gguf.RopeScalingType.LINEAR)
    w.add_rope_scaling_factor(8)
    w.add_sliding_window(512)


path = write("gemma3", head_dim=128, more=gemma)
both = table(path)["layers"]
check("gemma3, full", both["full_attention"], plain(1e6, 128) / 8, rope_type="linear", factor=8)
check("gemma3, sliding", both["sliding_attention"], plain(1e4, 128), rope_type="default")
check("gemma3 under --rope", table(path, "--rope", '{"rope_type": "linear", "factor": 2}', "--layer-type",
                                   "full_attention"), plain(1e6, 128) / 2)
check("gemma3, its base for sliding layers", table(write(
    "gemma3", more=lambda w: (gemma(w), w.add_float32("gemma3.rope.freq_base_swa", 5e4))), "--layer-type", "sliding_attention"),
    plain(5e4, 64))
check("gemma3 without windows", table(write("gemma3")), plain(1e4, 64))

# ---- scalings ----


def scaled(kind, factor, **keys):
    """rope.scaling.* by their names in the file: gguf-py's methods for some are new."""
    def more(w):
        if kind:
            w.add_rope_scaling_type(kind)
        w.add_rope_scaling_factor(factor)
        for key, value in keys.items():
            add = {bool: w.add_bool, int: w.add_uint32, float: w.add_float32}[type(value)]
            add(f"{w.arch}.rope.scaling.{key}", value)
    return more


T = gguf.RopeScalingType
check("linear", table(write("llama", more=scaled(T.LINEAR, 4))), plain(1e4, 64) / 4, rope_type="linear", factor=4)
check("a factor without a type", table(write("llama", more=scaled(None, 4))), plain(1e4, 64) / 4, rope_type="linear")
t = table(write("llama", more=scaled(T.NONE, 4)))
check("none", t, plain(1e4, 64), rope_type="default", keys_ignored=["llama.rope.scaling.factor"])
t = table(write("qwen2", context=32768, more=scaled(T.YARN, 4, original_context_length=8192, finetuned=True)))
check("yarn", t, yarn(1e4, 64, 4, 8192), 0.1 * math.log(4) + 1, rope_type="yarn", original_length=8192,
      keys_ignored=["qwen2.rope.scaling.finetuned"])
ok("qwen2.rope.scaling.factor" in t["keys_used"] and "qwen2.rope.scaling.type" in t["keys_used"],
   "yarn: its keys are told as used")
t = table(write("qwen2", more=scaled(T.YARN, 8, original_context_length=1024, yarn_beta_fast=16.0,
                                     yarn_beta_slow=2.0, attn_factor=0.75)))
check("yarn with its keys", t, yarn(1e4, 64, 8, 1024, 16, 2), 0.75 * (0.1 * math.log(8) + 1))
t = table(write("llama", more=scaled(T.LINEAR, 2, attn_factor=1.25)))
check("linear with a magnitude", t, plain(1e4, 64) / 2, 1.25)

divisors = np.linspace(1, 3.5, 32).astype(np.float32)
t = table(write("llama", tensors={"rope_freqs.weight": divisors}))
check("rope_freqs", t, plain(1e4, 64) / divisors.astype(float), rope_type="table")
ok("rope_freqs.weight" in t["keys_used"], "rope_freqs: told as used")
t = table(write("llama", more=scaled(T.LINEAR, 2), tensors={"rope_freqs.weight": divisors}))
check("rope_freqs and a factor", t, plain(1e4, 64) / divisors.astype(float) / 2)

t = table(write("llama", more=scaled(T.YARN, 2), tensors={"rope_freqs.weight": divisors}))
check("rope_freqs under yarn: both divide", t, yarn(1e4, 64, 2, 4096) / divisors.astype(float), 0.1 * math.log(2) + 1,
      rope_type="table")

# Llama 3.1, as its converter writes it: head_dim 128, base 500000, factor 8, 8192 tokens.
wavelength = 2 * math.pi / plain(5e5, 128)
smooth = np.clip((8192 / wavelength - 1) / 3, 0, 1)
t = table(write("llama", head_dim=128, context=131072, more=lambda w: w.add_rope_freq_base(5e5),
                tensors={"rope_freqs.weight": 1 / ((1 - smooth) / 8 + smooth)}))
check("llama3", t, plain(5e5, 128) * ((1 - smooth) / 8 + smooth), rope_type="llama3", original_length=8192, factor=8)

short, long = np.linspace(1, 2, 24).astype(np.float32), np.linspace(1, 30, 24).astype(np.float32)
factors = {"rope_factors_short.weight": short, "rope_factors_long.weight": long}
path = write("phi3", rotary=48, context=131072, more=lambda w: w.add_rope_scaling_orig_ctx_len(4096), tensors=factors)
magnitude = math.sqrt(1 + math.log(32) / math.log(4096))
check("longrope, short", table(path, "--length", "4096"), plain(1e4, 48) / short.astype(float), magnitude,
      rope_type="longrope", rotary_dim=48, original_length=4096)
check("longrope, long", table(path, "--length", "4097"), plain(1e4, 48) / long.astype(float), magnitude)
path = write("phi3", rotary=48, context=131072, more=lambda w: (w.add_rope_scaling_orig_ctx_len(4096),
                                                               w.add_rope_scaling_attn_factors(1.125)), tensors=factors)
check("longrope with its magnitude", table(path, "--length", "8192"), plain(1e4, 48) / long.astype(float), 1.125)

# ---- as a preset, in a sweep ----

data = os.path.join(folder, "data")
os.makedirs(os.path.join(data, "models"))
os.makedirs(os.path.join(data, "configs", "models"))
os.rename(write("llama", more=scaled(T.LINEAR, 4)), os.path.join(data, "models", "tiny.gguf"))


def ropewalk(*words):
    return subprocess.run([os.path.join(build, "ropewalk"), *words], capture_output=True, text=True,
                          env={**os.environ, "ROPEWALK_DATADIR": data})


ok(json.loads(ropewalk("table", "tiny", "--format", "json").stdout)["factor"] == 4, "a file in models/ is a preset")
models = json.loads(ropewalk("list", "models", "--json").stdout)["models"]
ok([m["name"] for m in models] == ["tiny"] and models[0]["rope_type"] == "linear", "and is listed")
config = os.path.join(folder, "sweep.json")
with open(config, "w", encoding="utf-8") as f:
    json.dump({"model": "data/models/tiny.gguf", "axes": {"schedule": ["default", "none"]}, "metrics": ["similarity"]}, f)
done = ropewalk("check", config, "--json")
ok(done.returncode == 0 and json.loads(done.stdout)["points"] == 2, "a sweep takes it by its path beside the config")
ok(ropewalk("table", "tiny", "--stack", "hf").returncode == 2, "transformers reads no GGUF files here")

# ---- as llama.cpp's run-time reads them: formulas of its source, written here once more ----


def run_time(path, *options, rc=0):
    return table(path, "--stack", "llama.cpp", *options, rc=rc)


def stepped(base, d, s, length, fast=32.0, slow=1.0):
    """rope_yarn_ramp: the width of the ramp is at least 0.001, so that a backward range is a step at its low end."""
    f = plain(base, d)
    lo, hi = (d * math.log(length / (r * 2 * math.pi)) / (2 * math.log(base)) for r in (fast, slow))
    lo, hi = max(0, math.floor(lo)), min(d - 1, math.ceil(hi))
    kept = 1 - np.clip((np.arange(d // 2) - lo) / max(0.001, hi - lo), 0, 1)
    return f / s * (1 - kept) + f * kept


yarn_keys = scaled(T.YARN, 8, original_context_length=1024, yarn_beta_fast=16.0, yarn_beta_slow=2.0, attn_factor=0.75,
                   yarn_attn_factor=3.0, yarn_log_multiplier=0.5)
t = run_time(write("qwen2", more=yarn_keys))
check("run-time: betas and the log multiplier of the file are not read", t, stepped(1e4, 64, 8, 1024),
      0.75 * (0.1 * math.log(8) + 1))
for key in ("yarn_beta_fast", "yarn_beta_slow", "yarn_attn_factor", "yarn_log_multiplier"):
    ok(f"qwen2.rope.scaling.{key}" in t["keys_ignored"], f"run-time: {key} is told as ignored")
    ok(any(key in w for w in t["warnings"]), f"run-time: and why {key} is")
t = run_time(write("qwen2", more=scaled(T.YARN, 4, original_context_length=100, yarn_beta_fast=1.0)))
check("run-time: short of one rotation", t, stepped(1e4, 64, 4, 100), 0.1 * math.log(4) + 1)
t = run_time(write("qwen2", more=scaled(T.YARN, 4, original_context_length=3)))
check("run-time: a backward range is a step", t, stepped(1e4, 64, 4, 3), 0.1 * math.log(4) + 1, rope_type="table")
ok(any("hard step" in w for w in t["warnings"]), "run-time: a step is told")
t = run_time(write("llama", more=scaled(T.YARN, 2, attn_factor=0.5), tensors={"rope_freqs.weight": divisors}))
check("run-time: yarn over rope_freqs compounds", t, stepped(1e4, 64, 2, 4096) / divisors.astype(float),
      0.5 * (0.1 * math.log(2) + 1))
t = run_time(write("llama", more=scaled(T.LINEAR, 2, attn_factor=1.25)))
check("run-time: linear with a magnitude", t, plain(1e4, 64) / 2, 1.25)
check("run-time: none", run_time(write("llama", more=scaled(T.NONE, 4))), plain(1e4, 64))
both = run_time(write("gemma3", head_dim=128, more=gemma))["layers"]
check("run-time: gemma3, full", both["full_attention"], plain(1e6, 128) / 8)
check("run-time: gemma3, sliding", both["sliding_attention"], plain(1e4, 128), rope_type="default")
both = run_time(write("gemma3", more=lambda w: (gemma(w), w.add_float32("gemma3.rope.freq_base_swa", 5e4))))["layers"]
check("run-time: gemma3, another base", both["sliding_attention"], plain(5e4, 64))
path = write("phi3", rotary=48, context=131072, more=lambda w: (w.add_rope_scaling_orig_ctx_len(4096),
                                                               w.add_rope_scaling_attn_factors(1.125)), tensors=factors)
check("run-time: longrope, by the context", run_time(path), plain(1e4, 48) / long.astype(float), 1.125)
check("run-time: longrope, a short context", run_time(path, "--length", "4096"), plain(1e4, 48) / short.astype(float), 1.125)
path = write("phi3", rotary=48, context=131072, more=lambda w: w.add_rope_scaling_orig_ctx_len(4000), tensors=factors)
check("run-time: longrope without a magnitude, its context in steps of 256", run_time(path, "--length", "3900"),
      plain(1e4, 48) / long.astype(float))
check("run-time: and below the step", run_time(path, "--length", "3840"), plain(1e4, 48) / short.astype(float))

# ---- what is refused ----

for name, why, file in (
        ("an unknown type", "expected none, linear, yarn or longrope",
         write("llama", more=lambda w: w.add_string("llama.rope.scaling.type", "su"))),
        ("longrope without tensors", "longrope needs the tensors", write("phi3", more=scaled(T.LONGROPE, 1))),
        ("too few divisors", "expected 32 divisors, one a pair",
         write("llama", tensors={"rope_freqs.weight": divisors[:5]})),
        ("a divisor of 0", "value 3 is 0; expected divisors above 0",
         write("llama", tensors={"rope_freqs.weight": divisors * (np.arange(32) != 3)})),
        ("half a yarn", "yarn_ext_factor: only 1 is read",
         write("llama", more=scaled(T.YARN, 2, yarn_ext_factor=0.5))),
        ("another architecture", "general.architecture: 'mamba' is not read; known: llama, qwen2", write("mamba"))):
    ok(why in table(file, rc=2).get("error", ""), f"{name} is refused")
for name, why, file in (
        ("a tensor its loader does not ask for", "wrong number of tensors",
         write("qwen2", tensors={"rope_freqs.weight": divisors})),
        ("longrope's lists in a file of another type", "wrong number of tensors",
         write("llama", tensors={"rope_factors_long.weight": divisors, "rope_factors_short.weight": divisors})),
        ("a huge factor", "rope.scaling.factor", write("llama", more=scaled(T.LINEAR, 1e9)))):
    ok(why in run_time(file, rc=2).get("error", ""), f"run-time: {name} is refused")
kept.cleanup()
end()
