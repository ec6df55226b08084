"""second_nll: losses of a trained model through `ropewalk run`, beside an independent float64 forward
pass in numpy (llama2xs-nll-512.json, kept beside the project): seven variants, every position of a
window of 512 tokens of a model trained on 256; and what `extrapolation` makes of that model, whose file
says 128.
"""
import json
import math
import os
import subprocess
import sys
import tempfile

top = os.environ.get("top_srcdir", ".")
sys.path.insert(0, os.path.join(top, "tests"))
from tap import end, ok  # noqa: E402

try:
    import h5py
    import numpy as np
except ImportError as missing:
    print(f"1..0 # SKIP {missing.name} is missing")
    sys.exit(0)
shared = os.path.abspath(os.path.join(top, "..", "shared", "models"))
ropewalk = os.path.abspath(os.path.join(os.environ.get("top_builddir", "."), "ropewalk"))
model = os.path.join(shared, "llama2xs.gguf")
if not os.path.exists(model):
    print(f"1..0 # SKIP {model} is not there")
    sys.exit(0)
WITHIN = 1e-4  # nats: float32 activations of five layers; single losses of 10 nats are off by up to 4e-4
LENGTH = 512
reference = json.load(open(os.path.join(shared, "llama2xs-nll-512.json")))
ids = reference["token_ids"]
trained = {"original_max_position_embeddings": 256}
schedules = {"none": {"rope_type": "default"},
             "pi": {"rope_type": "linear", "factor": 2},
             "ntk": {"rope_type": "ntk", "factor": 2},
             "ntk_by_parts_paper": {"rope_type": "yarn", "factor": 2, "ramp": "rotations", "attention_factor": 1,
                                    **trained},
             "yarn_paper": {"rope_type": "yarn", "factor": 2, "ramp": "rotations", **trained},
             "yarn_code": {"rope_type": "yarn", "factor": 2, "ramp": "index", **trained}}


def run(folder, name, schedules, metrics):
    """The result file of one sweep over schedules at 512 tokens."""
    config = {"name": name, "seed": 1, "model": model, "length": LENGTH, "metrics": metrics,
              "axes": {"schedule": [{**s, "label": label} for label, s in schedules.items()]}}
    path = os.path.join(folder, name + ".json")
    json.dump(config, open(path, "w"))
    out = os.path.join(folder, name + ".h5")
    done = subprocess.run([ropewalk, "run", path, "-o", out, "--quiet"], capture_output=True, text=True)
    ok(done.returncode == 0, f"{name} runs {done.stderr.strip()}")
    return h5py.File(out) if done.returncode == 0 else None


def by_position(file, labels, want):
    for k, label in enumerate(labels):
        off = np.sqrt(np.mean((file["nll"][k] - np.array(want[k])) ** 2))
        mean, ppl = file["nll_mean"][k], file["perplexity"][k]
        ok(off < WITHIN, f"{label}: losses by position are the reference's, within 1e-4 nat in the mean square ({off:.1e})")
        ok(abs(mean - np.mean(want[k])) < WITHIN and abs(ppl - math.exp(mean)) < 1e-12 * ppl,
           f"{label}: so are mean and perplexity")


with tempfile.TemporaryDirectory() as folder:
    json.dump(ids[: 40 * LENGTH + 1], open(os.path.join(folder, "ids.json"), "w"))
    one = {"name": "nll", "tokens": "ids.json", "max_windows": 1}
    file = run(folder, "variants", schedules, [one])
    if file:
        by_position(file, schedules, [reference["window0"][label] for label in schedules])
        ok(file["tokens"][0] == LENGTH, "512 places are scored")
    file = run(folder, "control", {"none": schedules["none"]}, [{**one, "keep": 256}])
    if file:
        by_position(file, ["the last 256 keys"], [reference["window0"]["window_L_control"]])
    picked = {label: schedules[label] for label in ("none", "pi")}
    file = run(folder, "reach", picked,
               [{"name": "extrapolation", "tokens": "ids.json", "targets": 16, "max_windows": 8, "steps": 1}])
    if file:
        knee, effective, cost = (file[name][:] for name in ("trained_knee", "effective_length", "short_cost"))
        ok((knee == 256).all(), f"the loss of the unscaled model rises beyond 256, as trained ({knee})")
        ok(effective[0] == 256, f"which is as far as it reads ({effective})")
        # 8 windows of 128 tokens beside 195: their mean is off by less than a tenth of a nat
        want = {label: np.mean(np.array(reference["per_position_mean"][label][:128])
                               - np.array(reference["per_position_mean"]["none"][:128])) for label in picked}
        ok(cost[0] == 0 and abs(cost[1] - want["pi"]) < 0.2,
           f"short_cost is that of the reference, on other windows of the same text ({cost}, {want})")
end()
