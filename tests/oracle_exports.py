"""oracle_exports: what `export` writes, judged by those it is written for: transformers builds its rotary embedding
from the patched config, gguf-py opens the file, llama.cpp (llama-cpp-python) runs it.

Each part asks for its own package and is skipped without it."""
import json
import os
import subprocess
import sys
import tempfile

from tap import end, ok, skip

ropewalk = os.path.abspath(os.path.join(os.environ.get("top_builddir", "."), "ropewalk"))
source = os.path.abspath(os.environ.get("top_srcdir", "."))
presets = os.path.join(source, "configs", "models")
pocket = os.path.join(source, "models", "pocket.gguf")
kept = tempfile.TemporaryDirectory()
folder = kept.name

STACK = 3e-7  # float32 in transformers' order: torch's pow is not libm's
EXACT = 1e-6  # their float32 against the definitions in double
YARN = {"rope_type": "yarn", "factor": 4, "original_max_position_embeddings": 8192}
SCHEDULES = [
    YARN,
    {"rope_type": "yarn", "factor": 8, "original_max_position_embeddings": 4096, "attention_factor": 1.0625,
     "truncate": False},
    {"rope_type": "yarn", "factor": 6, "original_max_position_embeddings": 4096, "ramp": "rotations"},
    {"rope_type": "linear", "factor": 3},
    {"rope_type": "ntk", "factor": 7.25},
    {"rope_type": "mrrope", "factor": 4},
    {"rope_type": "power", "power": 1.5, "factor": 6},
]
MODELS = ["llama-3.1-8b", "qwen2.5-7b", "qwen3-8b", "phi-4-mini", "gpt-oss-20b", "gemma-3-27b", "olmo-3-7b",
          "glm-4.5"]


def run(*arguments, config=None):
    """The JSON of a verb; `config` goes to stdin as the model "-"."""
    made = subprocess.run([ropewalk, *arguments, "--quiet", "--json"], capture_output=True, text=True,
                          input=None if config is None else json.dumps(config))
    return json.loads(made.stdout) if made.returncode == 0 else {"error": made.stderr.strip()}


def tables(*arguments, config=None):
    """{layer type: table}; "" for the only one."""
    made = run("table", *arguments, config=config)
    return made.get("layers", {"": made})


def merge(target, patch):
    """RFC 7386, section 2."""
    if not isinstance(patch, dict):
        return patch
    out = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            out.pop(key, None)
        else:
            out[key] = merge(out.get(key), value)
    return out


# ---- transformers ----

def far(got, want, factor, tolerance):
    """What is wrong with a table of ours beside theirs."""
    if "error" in got:
        return [got["error"]]
    if len(got["inv_freq"]) != len(want):
        return [f"{len(got['inv_freq'])} pairs, {len(want)} wanted"]
    worst, i = max((abs(a - b) / (abs(b) or 1), i) for i, (a, b) in enumerate(zip(got["inv_freq"], want)))
    faults = [] if worst <= tolerance else [f"pair {i} is {worst:.2g} off"]
    if abs(got["attention_factor"] - factor) > 1e-12 * factor:
        faults += [f"attention_factor {got['attention_factor']}, {factor} wanted"]
    return faults


def judge(theirs, read, name, rope):
    """An export of a preset with a schedule: transformers' table of the patched config, and both of ours."""
    with open(os.path.join(presets, name + ".json"), encoding="utf-8") as f:
        config = json.load(f)
    said = run("export", name, "--to", "hf", "--rope", json.dumps(rope))
    if "error" in said:
        return [said["error"]]
    patched = merge(config, said["patch"])
    want = theirs(read(patched["model_type"], patched))
    wanted = tables(name, "--rope", json.dumps(rope))
    again = tables("-", "--stack", "hf", "--arithmetic", "stack", config=patched)
    # f/s (1 - w) + f w: an error of w near 0 grows by s
    noise = 4 * rope["factor"] * 2.0**-24 if rope["rope_type"] == "yarn" else 0
    faults = []
    for t, (frequencies, factor) in want.items():
        key = t if t in wanted else ""
        faults += [f"{t} asked for: {x}" for x in far(wanted[key], frequencies, factor, EXACT + noise)]
        faults += [f"{t} read back: {x}" for x in far(again[key], frequencies, factor, STACK)]
    return faults


def transformers_part():
    try:
        import importlib
        import torch
        import transformers
        from transformers.models.auto.configuration_auto import CONFIG_MAPPING
    except ImportError as missing:
        return skip("transformers builds what we export", f"{missing.name} is missing")
    if tuple(map(int, transformers.__version__.split(".")[:2])) < (5, 23):
        return skip("transformers builds what we export", f"transformers {transformers.__version__} is older than 5.23")
    transformers.logging.set_verbosity_error()
    torch.set_num_threads(1)

    def read(model_type, config):
        mine = {k: v for k, v in config.items() if not k.startswith("_")}
        return CONFIG_MAPPING[model_type].from_dict(json.loads(json.dumps(mine))).get_text_config()

    def theirs(config):
        home = type(config).__module__.replace(".configuration_", ".modeling_")
        module = importlib.import_module(home)
        names = [n for n in vars(module) if n.endswith("RotaryEmbedding") and "Vision" not in n]
        made = getattr(module, names[0])(config)
        types = [n[:-len("_inv_freq")] for n, _ in made.named_buffers() if n.endswith("_inv_freq")]
        types = [t for t in types if t != "original" and not t.endswith("_original")] or [""]
        name = {t: t and t + "_" for t in types}
        return {t: (getattr(made, name[t] + "inv_freq").double().tolist(),
                    float(getattr(made, name[t] + "attention_scaling"))) for t in types}

    for name in MODELS:
        faults = [f"{f}; {json.dumps(r)}" for r in SCHEDULES for f in judge(theirs, read, name, r)]
        ok(not faults, f"{name} with {len(SCHEDULES)} schedules: transformers builds them from the patched config")
        for fault in faults[:5]:
            print(f"# {fault}")
    return None


# ---- gguf-py ----

def export_gguf(rope, length):
    path = os.path.join(folder, f"{len(os.listdir(folder))}.gguf")
    made = run("export", pocket, "--to", "gguf", "--length", str(length), "--rope", json.dumps(rope), "-o", path)
    if "error" in made:
        raise SystemExit(made["error"])
    return path


def gguf_part():
    try:
        import gguf
    except ImportError as missing:
        return skip("gguf-py opens what we export", f"{missing.name} is missing")

    def value(reader, tail):
        field = reader.fields.get(f"llama.{tail}")
        return None if field is None else field.contents()

    old = gguf.GGUFReader(pocket)
    weights = {t.name: bytes(t.data) for t in old.tensors}
    made = gguf.GGUFReader(export_gguf({"rope_type": "yarn", "factor": 4}, 2048))
    want = {"rope.scaling.type": "yarn", "rope.scaling.factor": 4, "rope.scaling.original_context_length": 512,
            "context_length": 2048}
    ok(all(value(made, k) == v for k, v in want.items()), "gguf-py finds the keys of yarn")
    ok({t.name: bytes(t.data) for t in made.tensors} == weights, "and the same bytes of every tensor")
    same = [k for k in old.fields if not k.startswith(("GGUF.", "llama.rope", "llama.context"))]
    ok(all(made.fields[k].contents() == old.fields[k].contents() for k in same)
       and [k for k in made.fields if k in same] == same, f"{len(same)} other keys are the same, in their order")
    rope = {"rope_type": "mrrope", "factor": 4}
    made = gguf.GGUFReader(export_gguf(rope, 2048))
    tensor = {t.name: t for t in made.tensors}
    inv = tables(pocket, "--rope", json.dumps(rope))[""]["inv_freq"]
    got = tensor["rope_freqs.weight"].data.tolist()
    d = 2 * len(inv)
    ok(len(got) == len(inv) and all(abs(10000 ** (-2 * i / d) / x / g - 1) < 1e-6
                                    for i, (x, g) in enumerate(zip(got, inv))),
       "gguf-py finds rope_freqs, divisors of the plain frequencies")
    ok({n: bytes(t.data) for n, t in tensor.items() if n != "rope_freqs.weight"} == weights, "beside the same weights")
    return None


# ---- llama.cpp ----

# Both multiply in float32 by weights of 16 bits, in another order, and llama.cpp rounds activations to the type of
# the weights: measured 5e-5 nats on the mean; another schedule moves it by far more (asserted below).
LOSS = 1e-3
WINDOW = 1024  # twice what the model was trained on


def our_loss(ids, rope):
    """Mean nll of the first window, by ropewalk."""
    config = {"name": "loss", "model": pocket, "schedule": rope, "length": WINDOW,
              "metrics": [{"name": "nll", "tokens": "ids.json", "windows": "disjoint", "max_windows": 1,
                           "bos": "none"}]}
    for name, value in (("ids.json", ids), ("loss.json", config)):
        with open(os.path.join(folder, name), "w", encoding="utf-8") as f:
            json.dump(value, f)
    subprocess.run([ropewalk, "run", "loss.json", "-o", "loss.h5", "--force", "--quiet"], check=True, cwd=folder,
                   capture_output=True)
    shown = subprocess.run([ropewalk, "show", "loss.h5", "--csv"], check=True, cwd=folder, capture_output=True, text=True)
    names, values = shown.stdout.splitlines()[:2]
    return float(dict(zip(names.split(","), values.split(",")))["nll_mean"])


def llama_part():
    try:
        import llama_cpp
        import numpy as np
    except ImportError as missing:
        return skip("llama.cpp runs what we export", f"{missing.name} is missing")

    def loss(path, ids):
        kinds = {"type_k": 0, "type_v": 0}  # float32 keys and values
        model = llama_cpp.Llama(path, n_ctx=2 * WINDOW, n_batch=WINDOW, logits_all=True, verbose=False, n_threads=1, **kinds)
        model.eval(ids[:WINDOW])
        x = np.array(model.scores[:WINDOW], dtype=np.float64)
        top = x.max(1)
        return float((np.log(np.exp(x - top[:, None]).sum(1)) + top - x[np.arange(WINDOW), ids[1:WINDOW + 1]]).mean())

    with open(os.path.join(source, "README.md"), "rb") as f:
        ids = list(f.read()[:WINDOW + 1])  # the pocket model reads bytes
    plain = our_loss(ids, {"rope_type": "default"})
    for rope in ({"rope_type": "yarn", "factor": 4}, {"rope_type": "yarn", "factor": 4, "attention_factor": 1.5},
                 {"rope_type": "mrrope", "factor": 4}, {"rope_type": "dynamic", "factor": 4}):
        ours = our_loss(ids, rope)
        theirs = loss(export_gguf(rope, WINDOW if rope["rope_type"] == "dynamic" else 2 * WINDOW), ids)
        ok(abs(ours - theirs) < LOSS, f"{json.dumps(rope)}: llama.cpp's loss {theirs:.5f}, ours {ours:.5f}")
        ok(abs(ours - plain) > 10 * LOSS, f"and without it ours would be {plain:.5f}")
    return None


transformers_part()
gguf_part()
llama_part()
end()
