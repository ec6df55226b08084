"""oracle: ropewalk's reading of Hugging Face configs and its tables, judged by transformers itself.

For each preset, for seeded random rope blocks and for what `export` writes: the config object of the
model's own class, its rotary embedding, and that one's frequencies and attention scaling.
"""
import importlib
import json
import math
import os
import random
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

NEEDED = (5, 23)  # older ones read nested blocks and longrope's switch otherwise
try:
    import torch
    import transformers
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING
except ImportError as missing:
    print(f"1..0 # SKIP {missing.name} is missing")
    sys.exit(0)
if tuple(map(int, transformers.__version__.split(".")[:2])) < NEEDED:
    print(f"1..0 # SKIP transformers {transformers.__version__} is older than {NEEDED[0]}.{NEEDED[1]}")
    sys.exit(0)
transformers.logging.set_verbosity_error()
torch.set_num_threads(1)

ropewalk = os.path.join(os.environ.get("top_builddir", "."), "ropewalk")
presets = os.path.join(os.environ.get("top_srcdir", "."), "configs", "models")
EXACT = 1e-6  # their float32 against the definitions in double
STACK = 3e-7  # float32 in their order: torch's pow is not libm's
count = failed = 0


def ok(faults, name):
    global count, failed
    count += 1
    failed += bool(faults)
    print(f"{'not ok' if faults else 'ok'} {count} - {name}", flush=True)
    for fault in faults[:5]:
        print(f"# {fault}")


# ---- both sides ----

def ours(verb, *arguments, config=None):
    """The JSON of a verb; `config` goes to stdin as the model "-"."""
    made = subprocess.run([ropewalk, verb, *arguments, "--quiet"], capture_output=True, text=True,
                          input=None if config is None else json.dumps(config))
    return json.loads(made.stdout) if made.returncode == 0 else {"error": made.stderr.strip()}


def table(model, stack, length=None):
    """{layer type: table} of a preset's name or a config."""
    config, name = (None, model) if isinstance(model, str) else (model, "-")
    arithmetic = "stack" if stack == "hf" else "exact"
    at = [] if length is None else ["--length", str(length)]
    made = ours("table", name, "--json", "--stack", stack, "--arithmetic", arithmetic, *at, config=config)
    return made.get("layers", {"": made})


def read(model_type, config):
    """The language model's config object, as from_pretrained makes it."""
    mine = json.loads(json.dumps({k: v for k, v in config.items() if not k.startswith("_")}))
    return CONFIG_MAPPING[model_type].from_dict(mine).get_text_config()


def embedding(config):
    """The rotary embedding of the config's model; None where it has no class for it."""
    home = type(config).__module__.replace(".configuration_", ".modeling_")
    home = home.replace("internlm3", "llama")  # registered with Llama's classes
    module = importlib.import_module(home)
    names = [n for n in vars(module) if n.endswith("RotaryEmbedding") and "Vision" not in n]
    return getattr(module, names[0])(config) if len(names) == 1 else None


def sines(config):
    """GPT-J keeps sines and cosines, no frequencies: the angle at position 1 is one."""
    from transformers.models.gptj.modeling_gptj import create_sinusoidal_positions
    sin, cos = create_sinusoidal_positions(2, config.rotary_dim)[1].double().chunk(2)
    return {"": (torch.atan2(sin, cos).tolist(), 1.0)}


def theirs(config, length=None):
    """{layer type: (frequencies, scaling)}; "" for the only one."""
    if config.model_type == "gptj":
        return sines(config)
    made = embedding(config)
    types = [n[:-len("_inv_freq")] for n, _ in made.named_buffers() if n.endswith("_inv_freq")]
    types = [t for t in types if t != "original" and not t.endswith("_original")] or [""]
    for t in types if length else []:
        made(torch.zeros(1), torch.tensor([[length - 1]]), *([t] if t else []))
    name = {t: t and t + "_" for t in types}
    return {t: (getattr(made, name[t] + "inv_freq").double().tolist(), float(getattr(made, name[t] + "attention_scaling")))
            for t in types}


# ---- comparing ----

def noise(block):
    """What rounding in float32 may do to a frequency of theirs beside its pow, in units of 2^-24."""
    kind, factor = block.get("rope_type", block.get("type")), abs(block.get("factor") or 64)
    if kind == "dynamic":
        return 8 * factor  # the bracket s n/M - (s - 1) is a difference
    if kind == "yarn":
        return 4 * factor  # f/s (1 - w) + f w: an error of w near 0 grows by s
    if kind == "llama3":  # the same, and w = (L/wavelength - l) / (h - l) is a difference
        low, high = block["low_freq_factor"], block["high_freq_factor"]
        return 4 * factor * max(1, high / (high - low)) if high > low else 0
    return 0


def compare(got, want, tolerance):
    """What is wrong with a table of ours."""
    frequencies, scaling = want
    if "error" in got:
        return [got["error"]]
    if len(got["inv_freq"]) != len(frequencies) or got["rotary_dim"] != 2 * len(frequencies):
        return [f"{len(got['inv_freq'])} pairs, rotary_dim {got['rotary_dim']}; {len(frequencies)} pairs wanted"]
    far = [(abs(a - b) / (abs(b) or 1), i) for i, (a, b) in enumerate(zip(got["inv_freq"], frequencies))]
    worst, i = max(far)
    faults = []
    if not worst <= tolerance:
        faults += [f"pair {i} is {worst:.2g} off: {got['inv_freq'][i]!r}, {frequencies[i]!r} wanted"]
    if not abs(got["attention_factor"] - scaling) <= 1e-14 * scaling:  # a Python float there too
        faults += [f"attention_factor {got['attention_factor']!r}, {scaling!r} wanted"]
    return faults


LAYERS = {"compressed_sparse_attention": "compress", "heavily_compressed_attention": "compress"}


def compare_all(got, want, tolerance, where):
    faults = []
    for t, table_of_type in got.items():
        key = t if t in want else LAYERS.get(t, "main" if "main" in want else "" if "" in want else None)
        if key is None:
            faults += [f"{where} {t}: transformers has {', '.join(want)} only"]
            continue
        faults += [f"{where} {t}: {f}" for f in compare(table_of_type, want[key], tolerance)]
    return faults


# ---- random blocks ----

def some(rng, block, key, *values):
    """Puts one of the values under the key, or leaves the key out."""
    if rng.random() < 0.6:
        block[key] = rng.choice(values)


def make_block(kind, rng, longest, pairs):
    block = {"rope_type": kind}
    factor = rng.choice([2, 4, 8, 40, 1.0, 0.5, 2.385, rng.uniform(1, 50)])
    if kind in ("linear", "dynamic", "llama3", "yarn"):
        block["factor"] = factor
    if kind in ("yarn", "llama3", "longrope"):
        some(rng, block, "original_max_position_embeddings", longest, longest // 4, 4096, rng.randint(100, 99999))
    if kind == "yarn":
        block["factor"] = rng.choice([factor, factor, factor, None])
        # also too few tokens for a rotation, and a range turned round: the ramp degenerates
        some(rng, block, "original_max_position_embeddings", 5, 150)
        some(rng, block, "beta_fast", 32, 32.0, 64, 0, None, 0.5, rng.uniform(1, 90))
        some(rng, block, "beta_slow", 1, 1.0, 2, 0, None, 32, rng.uniform(0.1, 9))
        some(rng, block, "mscale", 1, 0.707, 0, None, rng.uniform(0.1, 2))
        some(rng, block, "mscale_all_dim", 1.0, 0.707, 0, None, rng.uniform(0.1, 2))
        some(rng, block, "truncate", False, True)
        if rng.random() < 0.3:
            block["attention_factor"] = rng.choice([1, 1.19, None, rng.uniform(0.5, 2)])
    if kind == "llama3":
        low = rng.choice([1, 1.0, 2, 0.5, rng.uniform(0.1, 9)])
        block |= {"low_freq_factor": low, "high_freq_factor": rng.choice([low + 3, low + 0.7, low * 7.1, low / 3, low])}
    if kind == "longrope":
        for key in ("short_factor", "long_factor"):
            block[key] = [rng.choice([1, rng.uniform(1, 40)]) for _ in range(pairs)]
        some(rng, block, "factor", factor, factor, None)
        some(rng, block, "attention_factor", 1, 1.19, None, rng.uniform(0.5, 2))
    if kind == "proportional":
        some(rng, block, "factor", factor)
        some(rng, block, "partial_rotary_factor", 0.25, 0.5, 0.3, 1.0)
    return block


def make_config(kind, rng):
    """A small model with one block in one of the spellings: its model_type and config."""
    heads, head_dim = rng.choice([(8, 64), (4, 128), (32, 80), (2, 256)])
    longest = rng.choice([2048, 4096, 32768, 131072, rng.randint(300, 300000)])
    theta = rng.choice([10000, 10000.0, 500000.0, 1000000, rng.uniform(2, 1e8)])
    share = rng.choice([None, None, 0.25, 0.5, 0.75]) if kind != "proportional" else None
    block = make_block(kind, rng, longest, int(head_dim * (share or 1)) // 2)
    # Phi's class rotates a share of the head, Llama's the whole
    config = {"model_type": "phi" if share else "llama", "hidden_size": heads * head_dim, "num_hidden_layers": 2,
              "num_attention_heads": heads, "max_position_embeddings": longest}
    if rng.random() < 0.2:
        config["original_max_position_embeddings"] = rng.choice([longest // 2, 4096])
    if not share and rng.random() < 0.5:
        config["head_dim"] = head_dim
    if rng.random() < 0.5:
        config |= {"rope_parameters": block, **({"partial_rotary_factor": share} if share else {})}
        block["rope_theta"] = theta
    else:
        config |= {"rope_scaling": block, "rope_theta": theta}
        if share:
            block["partial_rotary_factor"] = share
        if rng.random() < 0.5:
            block["type"] = block.pop("rope_type")
    return config


def lengths(config):
    """Of a forward pass, where the table depends on it: around the switch, and before any token."""
    block = config.get("rope_parameters") or config["rope_scaling"]
    kind = block.get("rope_type", block.get("type"))
    if kind == "dynamic":
        longest = config["max_position_embeddings"]
        return [None, longest // 2, longest, longest + 1, longest * 3 + 7, longest * 16]
    if kind == "longrope":
        trained = read(config["model_type"], config).rope_parameters["original_max_position_embeddings"]
        return [None, trained - 1, trained, trained + 1, trained * 8]
    return [None]


def judge(config, length):
    """Faults of both tables of a config; where transformers stops, `hf` must refuse."""
    block = config.get("rope_parameters") or config["rope_scaling"]
    try:
        want = theirs(read(config["model_type"], config), length)
    except (ArithmeticError, KeyError, TypeError, ValueError, RuntimeError) as stop:
        return [] if "error" in table(config, "hf", length).get("", {}) else [f"transformers stops: {stop!r}"]
    # a grown base is the result of a pow of its own
    stack = 2 * STACK if block.get("rope_type", block.get("type")) == "dynamic" else STACK
    faults = compare_all(table(config, "hf", length), want, stack, "hf")
    # turned round, both bounds hold: transformers divides, the definition (Meta's code) keeps
    if block.get("high_freq_factor", 1) >= block.get("low_freq_factor", 0):
        faults += compare_all(table(config, "exact", length), want, EXACT + noise(block) * 2.0**-24, "exact")
    return faults


def judge_blocks(kind, n):
    rng = random.Random(f"oracle {kind}")
    configs = [make_config(kind, rng) for _ in range(n)]
    cases = [(c, length) for c in configs for length in lengths(c)]
    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(lambda case: judge(*case), cases))
    faults = [f"{fault}; length {length}, {json.dumps(case)[:600]}"
              for (case, length), found in zip(cases, results) for fault in found]
    ok(faults, f"{kind}: {len(configs)} random blocks, {len(cases)} tables")


REFUSED = [  # what transformers stops at
    {"rope_type": "linear"},
    {"rope_type": "yarn"},
    {"rope_type": "ntk", "factor": 4},
    {"rope_type": "llama3", "factor": 8, "low_freq_factor": 1},
    {"rope_type": "longrope", "long_factor": [1] * 32},
    {"type": "su", "short_factor": [1] * 32, "long_factor": [2] * 32, "original_max_position_embeddings": 512},
    {"rope_type": None, "factor": 4},
]


def judge_refusals():
    base = {"model_type": "llama", "hidden_size": 128, "num_attention_heads": 2, "max_position_embeddings": 2048}
    for block in REFUSED:
        config = base | {"rope_scaling": block}
        try:
            theirs(read("llama", config))
            faults = ["transformers takes it"]
        except (KeyError, TypeError):
            faults = [] if "error" in table(config, "hf").get("", {}) else ["hf takes it"]
        ok(faults, f"hf refuses what transformers stops at: {json.dumps(block)[:60]}")


# ---- presets ----

FLAT = "a flat config from before its text_config: transformers would take the class's defaults for the text"
OTHERS = {  # presets judged by another class or block than their own, and why
    "glm-4.1v-9b": ({"model_type": "glm4v_text"}, FLAT),
    "ministral-3-3b-2512": ({"model_type": "mistral3"}, "its source gives the text part's model_type for the whole"),
}
STOPS = {  # what transformers means to read and stops at: judged under its newer name
    "phi-3-mini-128k": "`su` with the length at the top level, a KeyError; judged as longrope",
}


def heads(config, layer_type):
    """head_dim of a layer type: of the part that rotates, where MLA splits the head."""
    if getattr(config, "qk_rope_head_dim", None):
        return config.qk_rope_head_dim
    if config.is_heterogeneous:
        config = config.per_layer_config[layer_type]
    return getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads


def judge_preset(name, config):
    """Faults of a preset's tables, and what was judged; None where transformers does not know the model."""
    change, why = OTHERS.get(name, ({}, ""))
    config = config | change
    if config.get("model_type") not in CONFIG_MAPPING:
        return None, "transformers does not know " + str(config.get("model_type"))
    if name in STOPS:
        try:
            read(config["model_type"], config)
            return ["transformers reads it now: drop the exception"], STOPS[name]
        except KeyError:
            config, why = config | {"rope_scaling": config["rope_scaling"] | {"type": "longrope"}}, STOPS[name]
    made = read(config["model_type"], config)
    got = {stack: table(name, stack) for stack in ("exact", "hf")}
    if made.model_type == "nemotron_h":
        told = all("applies no rope" in " ".join(t.get("warnings", ())) for t in got["hf"].values())
        return [] if told and not embedding(made) else ["rope"], "a class without rope"
    want = theirs(made)
    faults = [f"{t}: head_dim {x['head_dim']}, {heads(made, t)} wanted" for t, x in got["hf"].items()
              if "error" not in x and x["head_dim"] != heads(made, t)]
    faults += compare_all(got["exact"], want, EXACT, "exact") + compare_all(got["hf"], want, STACK, "hf")
    if set(want) - set(got["hf"]) and "main" not in want:
        faults += [f"transformers has {', '.join(want)}, we have {', '.join(got['hf'])}"]
    return faults, why or ", ".join(filter(None, want)) or "one rope"


def judge_presets():
    known = unknown = 0
    for file in sorted(os.listdir(presets)):
        name, ending = os.path.splitext(file)
        if ending != ".json":
            continue
        with open(os.path.join(presets, file), encoding="utf-8") as f:
            faults, what = judge_preset(name, json.load(f))
        unknown += faults is None
        known += faults is not None
        if faults is not None:
            ok(faults, f"{name}: {what}")
    ok([] if known > 100 else ["too few"], f"{known} presets judged; {unknown} are of models that transformers lacks")


# ---- exports ----

def judge_export(config, model_type, *arguments, name="-"):
    """What `export` writes for a model, read back by transformers, against our table of the model."""
    written = ours("export", name, "--to", "hf", *arguments, config=None if name != "-" else config)
    if "error" in written:
        return [written["error"]]
    block = written["rope_parameters"]
    want = theirs(read(model_type, written))
    got = table(name if name != "-" else config, "exact")
    return compare_all(got, want, EXACT + noise(block) * 2.0**-24, "exported")


def judge_exports():
    rng = random.Random("oracle export")
    for kind in ("default", "linear", "dynamic", "yarn", "llama3", "longrope", "proportional"):
        configs = [make_config(kind, rng) for _ in range(5)]
        for c in configs:  # the least that transformers takes
            block = c.get("rope_parameters") or c["rope_scaling"]
            if block.get("high_freq_factor", 1) < block.get("low_freq_factor", 0):
                block["high_freq_factor"] = block["low_freq_factor"] + 3
        faults = [f"{f}; {json.dumps(c)[:500]}" for c in configs for f in judge_export(c, c["model_type"])]
        ok(faults, f"{kind}: {len(configs)} random models exported and read by transformers")
    for name in ("llama-3.1-8b", "phi-3.5-mini", "gpt-oss-20b", "glm-4.5", "gemma-3-27b", "olmo-3-7b", "qwen2.5-7b",
                 "minimax-m2", "gemma-4-e2b", "yarn-mistral-7b-128k"):
        with open(os.path.join(presets, name + ".json"), encoding="utf-8") as f:
            config = json.load(f)
        part = config.get("text_config", config)
        ok(judge_export(config, part.get("model_type", config["model_type"]), name=name),
           f"{name} exported and read by transformers")


judge_presets()
for kind, n in {"default": 10, "linear": 20, "dynamic": 20, "yarn": 90, "llama3": 30, "longrope": 20,
                "proportional": 20}.items():
    judge_blocks(kind, n)
judge_refusals()
judge_exports()
print(f"1..{count}")
sys.exit(1 if failed else 0)
