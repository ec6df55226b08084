"""second_model: q, k and v of the source `model` against a second forward pass, in numpy: a sweep end to end,
from a GGUF file and a text to the mean scores and norms in the result file.

Weights are read with the gguf package.  Models are a random one, written here, and, where they are beside the
source tree, trained ones.  Everything is computed in double, a layer at a time, from the definitions alone."""
import json
import os
import subprocess
import sys
import tempfile

import tap

try:
    import gguf
    import h5py
    import numpy as np
except ImportError as missing:
    print(f"1..0 # SKIP {missing.name} is missing")
    sys.exit(0)

top, build = os.environ.get("top_srcdir", "."), os.environ.get("top_builddir", ".")
shared = os.path.join(top, "../shared/models/llama2xs.gguf")
DISTANCES = [0, 1, 2, 7, 30]
FACTOR = 3


class Model:
    """A llama: pairs (2i, 2i + 1), RMS norms, SiLU."""

    def __init__(self, path):
        reader = gguf.GGUFReader(path)
        value = lambda key: reader.fields["llama." + key].contents()
        self.w = {t.name: gguf.dequantize(t.data, t.tensor_type).astype(float) for t in reader.tensors}
        self.layers, self.heads, self.eps = (value(k) for k in ("block_count", "attention.head_count", "attention.layer_norm_rms_epsilon"))
        self.kv = value("attention.head_count_kv")
        self.dim = self.w["blk.0.attn_q.weight"].shape[0] // self.heads
        base = reader.fields.get("llama.rope.freq_base")
        self.g = float(base.contents() if base else 10000) ** (-np.arange(0, self.dim, 2) / self.dim)

    def norm(self, x, name):
        return x / np.sqrt((x * x).mean(axis=-1, keepdims=True) + self.eps) * self.w[name]

    def turn(self, x, g):
        """x is (head, token, channel)."""
        z = (x[..., 0::2] + 1j * x[..., 1::2]) * np.exp(1j * np.arange(x.shape[1])[:, None] * g)
        return np.stack([z.real, z.imag], axis=-1).reshape(x.shape)

    def run(self, ids, g):
        """q, k and v of every layer, (head, token, channel), under the table g."""
        x, out, n = self.w["token_embd.weight"][ids], [], len(ids)
        for layer in range(self.layers):
            name = lambda tail: f"blk.{layer}.{tail}.weight"
            h = self.norm(x, name("attn_norm"))
            q, k, v = (np.moveaxis((h @ self.w[name(t)].T).reshape(n, -1, self.dim), 1, 0) for t in ("attn_q", "attn_k", "attn_v"))
            out.append((q, k, v))
            shared_by = self.heads // self.kv
            s = self.turn(q, g) @ np.moveaxis(np.repeat(self.turn(k, g), shared_by, axis=0), 1, 2) / np.sqrt(self.dim)
            s = np.where(np.tri(n, dtype=bool), s, -np.inf)
            p = np.exp(s - s.max(axis=-1, keepdims=True))
            a = p / p.sum(axis=-1, keepdims=True) @ np.repeat(v, shared_by, axis=0)
            x = x + np.moveaxis(a, 0, 1).reshape(n, -1) @ self.w[name("attn_output")].T
            h = self.norm(x, name("ffn_norm"))
            gate = h @ self.w[name("ffn_gate")].T
            x = x + (gate / (1 + np.exp(-gate)) * (h @ self.w[name("ffn_up")].T)) @ self.w[name("ffn_down")].T
        return out


def wanted(model, q, k, v, g):
    """The metrics' own definitions: mean score by distance; mean length of every pair."""
    s = model.turn(q[None], g)[0] @ model.turn(k[None], g)[0].T / np.sqrt(model.dim)
    pair = lambda x: np.abs(x[:, 0::2] + 1j * x[:, 1::2]).mean(axis=0)
    size = np.linalg.norm(q, axis=1).max() * np.linalg.norm(k, axis=1).max() / np.sqrt(model.dim)
    return {"score_mean": (np.array([np.diagonal(s, -d).mean() for d in DISTANCES]), size), "pair_norm_q": (pair(q), pair(q).max()),
            "pair_norm_k": (pair(k), pair(k).max()), "pair_norm_v": (pair(v), pair(v).max())}


def compare(path, ids, name, folder):
    """Every layer and head, frozen and self, under the model's own table and a third of it."""
    model, n = Model(path), len(ids)
    layers, heads = [0, model.layers - 1], [0, model.heads - 1]
    config, result, tokens = (os.path.join(folder, x) for x in ("config.json", "sweep.h5", "ids.npy"))
    np.save(tokens, np.array(ids, dtype=np.int16))
    axes = {"source.activations": ["frozen", "self"], "layer": layers, "head": heads,
            "schedule": ["default", {"rope_type": "linear", "factor": FACTOR}]}
    with open(config, "w", encoding="ascii") as out:
        json.dump({"model": path, "length": n, "source": {"name": "model", "tokens": tokens}, "axes": axes, "distances": DISTANCES,
                   "metrics": ["score_profile", "pair_usage"]}, out)
    subprocess.run([os.path.join(build, "ropewalk"), "run", "--quiet", "--force", config, "-o", result], check=True, stdout=subprocess.DEVNULL)
    tables = [model.g, model.g / FACTOR]
    runs, worst = [model.run(ids, g) for g in tables], {}
    with h5py.File(result) as f:
        for at in np.ndindex(*f["status"].shape):
            own, layer, head, schedule = at
            q, k, v = runs[schedule if own else 0][layers[layer]]
            h = heads[head]
            kv = h // (model.heads // model.kv)
            for field, (want, size) in wanted(model, q[h], k[kv], v[kv], tables[schedule]).items():
                got = f[field][at]
                got = got[np.isin(f["distance"][...], DISTANCES)] if field == "score_mean" else got
                worst[field] = max(worst.get(field, 0), float(np.abs(got - want).max() / size))
    for field, x in worst.items():
        tap.ok(x < 2e-6, f"{name}: {field} of every layer and head: {x:.1e}")  # float32 through all layers


def write_random(path):
    rng, dim, heads, kv, hidden, vocab = np.random.default_rng(2385), 48, 6, 3, 80, 97
    w = gguf.GGUFWriter(path, "llama")
    w.add_block_count(3)
    w.add_embedding_length(dim)
    w.add_feed_forward_length(hidden)
    w.add_head_count(heads)
    w.add_head_count_kv(kv)
    w.add_context_length(64)
    w.add_rope_dimension_count(dim // heads)
    w.add_rope_freq_base(500.0)
    w.add_layer_norm_rms_eps(1e-5)
    add = lambda name, *shape: w.add_tensor(name + ".weight", (rng.normal(size=shape) * (1.2 / shape[-1] ** 0.5 if len(shape) > 1 else 0.1)
                                                               + (len(shape) == 1)).astype(np.float32))
    add("token_embd", vocab, dim)
    add("output_norm", dim)
    for b in range(3):
        for tail, *shape in (("attn_norm", dim), ("attn_q", dim, dim), ("attn_k", dim // heads * kv, dim), ("attn_v", dim // heads * kv, dim),
                             ("attn_output", dim, dim), ("ffn_norm", dim), ("ffn_gate", hidden, dim), ("ffn_up", hidden, dim),
                             ("ffn_down", dim, hidden)):
            add(f"blk.{b}.{tail}", *shape)
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()
    return rng.integers(0, vocab, 50).tolist()


with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "random.gguf")
    compare(path, write_random(path), "a random llama", folder)
    if os.path.exists(shared):
        with open(shared.replace(".gguf", "-nll-512.json"), encoding="utf-8") as f:
            compare(shared, json.load(f)["token_ids"][:300], "llama2xs", folder)
    else:
        tap.skip("llama2xs", "the trained model is not beside the source tree")
    pocket = os.path.join(top, "models/pocket.gguf")
    if os.path.exists(pocket):
        compare(pocket, list(b"It was the best of times, it was the worst of times, it was the age of wisdom"), "pocket", folder)
    else:
        tap.skip("pocket", "the trained model is not there")
tap.end()
