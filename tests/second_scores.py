"""second_scores: a second implementation of the metrics over q and k, written from their definitions
alone, against a sweep end to end: q, k, v in a file, config in, result file out.

Random heads, layouts, partial rotation, schedules, position rules, query scales and parameters (fixed
seed).  Every score is made one by one in double from phi (m, n) and tau (m), and every field summed from
those; nothing of the C code is used but the stored frequency table, which second.py checks."""
import json
import math
import os
import random
import subprocess
import sys
import tempfile

try:
    import h5py
    import numpy as np
except ImportError as missing:
    print(f"1..0 # SKIP {missing.name} is missing")
    sys.exit(0)

build, NAN = os.environ.get("top_builddir", "."), math.nan
rng = random.Random(int(os.environ.get("SECOND_SEED", "3")))


def effective(r, m, n, length):
    """R (m, n), the distance that takes the place of m - n."""
    D, kind, w = m - n, (r or {"name": "start"})["name"], (r or {}).get("window")
    if kind == "self_extend":
        shift = w / r["group"] if r["shift"] == "exact" else w // r["group"]
        return np.where(D < w, D, m // r["group"] - n // r["group"] + w - shift)
    if kind == "dual_chunk":
        C, c = r["chunk_size"], r["chunk_size"] - r["local_size"]
        other = np.where(m // c == n // c + 1, np.minimum(m % c + c, C), np.minimum(2 * c - 1, C)) - n % c
        return np.where(m // c == n // c, D, other)
    if kind == "jet_long":
        G = max(1, -(-length // w))
        return np.where(D <= r["local"], D, m // G - n // G)
    return {"start": lambda: D, "rerope": lambda: np.minimum(D, w), "string": lambda: np.where(D < r["shift"], D, D - r["shift"] + w),
            "leaky_rerope": lambda: np.where(D < w, D, w + (D - w) / r["factor"]),
            "map": lambda: np.interp(D, r["distances"], r["effective"])}[kind]()


def query_scale(t, m, trained, turns):
    L, beta, kind = (t or {}).get("original_length", trained), (t or {}).get("beta", 0.1), (t or {"name": "none"})["name"]
    if kind == "none" or kind == "llama4" and turns and t["layers"] == "nope":
        return np.ones(len(m))
    return {"log_n": lambda: np.maximum(1, np.log(m + 1) / np.log(L)), "ssmax": lambda: t["s"] * np.log(m + 1) + t["bias"],
            "llama4": lambda: 1 + beta * np.log(1 + (m + 1) // L), "ministral3": lambda: 1 + beta * np.log(1 + m // L)}[kind]()


def pairs_of(x, K, layout):
    return x[:, :K] + 1j * x[:, K:2 * K] if layout == "half" else x[:, 0:2 * K:2] + 1j * x[:, 1:2 * K:2]


def trained(K, model):
    h, d, i = model["head_dim"], model["rotary_dim"], np.arange(K)
    return np.where(i < d // 2, model["rope_theta"] ** (-2.0 * i / (d if 2 * K == d else h)), 0)


class Scores:
    """One point's scores S, and of each pair its term, its slope by ln g and its ceiling, all over [m, n]."""

    def __init__(self, q, k, g, a, scale, model, rule, tau):
        N, K, self.rule, self.N = len(q), len(g), rule, len(q)
        m, n = np.arange(N)[:, None], np.arange(N)[None, :]
        self.D, self.kind, self.q, self.k = m - n, (rule or {}).get("name"), pairs_of(q, K, model["layout"]), pairs_of(k, K, model["layout"])
        self.R = effective(rule, m, np.minimum(n, m), N)
        early = np.arange(N) < (rule["n_hat"] if self.kind == "start" else 0)
        amplitude = np.where(early, 1, a)[:, None] * np.where(early, 1, a)
        front = (query_scale(tau, np.arange(N), model["original_length"], g.any()) * scale)[:, None]
        self.terms, self.slopes, self.ceilings = np.zeros((3, K, N, N))
        for i in range(K):
            at = np.arange(N) * np.where(early, trained(K, model)[i], g[i])
            phi = at[:, None] - at if self.kind == "start" else self.R * g[i]
            z = front * amplitude * self.q[:, i, None] * self.k[:, i].conj() * np.exp(1j * phi)
            self.terms[i], self.slopes[i], self.ceilings[i] = z.real, -z.imag * self.R * g[i], np.abs(z)
        self.turned = self.terms.sum(axis=0)
        self.S = self.turned + front * (q[:, 2 * K:] @ k[:, 2 * K:].T)
        self.size = np.abs(front * np.linalg.norm(q, axis=1)[:, None] * np.linalg.norm(k, axis=1)).max() * max(1, a * a)


def bins(axis, length, binned):
    """What each entry of an axis stands for."""
    ends = np.append(axis[1:], axis[-1] + 1) if binned else axis + 1
    return [range(x, min(end, length)) for x, end in zip(axis, ends)]


def mean(x):
    x = np.asarray(x)[~np.isnan(x)]
    return x.mean() if len(x) else NAN


def spread_of_blocks(x, before=0, up=0, bessel=True):
    """The standard error of a mean over 20 blocks: block b of n places begins at floor (b n / 20), or that rounded up."""
    edges = (np.arange(21) * (before + len(x)) + 19 * up) // 20 - before
    blocks = [x[max(a, 0):z] for a, z in zip(edges, edges[1:]) if z > max(a, 0)]
    B, square = len(blocks), sum((len(b) / len(x) * (b.mean() - x.mean())) ** 2 for b in blocks)
    return math.sqrt(square * (B / (B - 1) if bessel else 1)) if B > 1 else NAN


def score_profile(s, p, distance):
    direct, N, size = s.kind in ("start", "self_extend", "dual_chunk", "jet_long"), s.N, s.size
    out, at = {}, lambda x, d, sinks=0: np.diagonal(x, -d)[sinks:]

    def product(x, y):
        return mean((x - mean(x)) * y)

    for name, sinks in {"": 0, "_without_sinks": p["exclude_sink"]}.items():
        if sinks or not name:
            means = [mean([mean(at(s.S, d, sinks)) for d in r]) for r in bins(distance, N, p["bin"])]
            out["score_mean" + name] = means, 0, size * (1e-6 if direct or p["keep"] == "float32" else 1e-11)  # float32: scores, or sums
            out["score_variance" + name] = [product(at(s.S, d, sinks), at(s.S, d, sinks)) for d in p["moments"]], 0, 1e-6 * size ** 2
    for name, what in (("score_min", np.min), ("score_max", np.max)):  # float32 scores
        out[name] = [what(np.concatenate([at(s.S, d) for d in r])) if r else NAN for r in bins(distance, N, p["bin"])], 0, 1e-6 * size
    there = [not direct and d < N for d in p["moments"]]
    out["score_mean_error"] = [spread_of_blocks(at(s.S, d), d, bessel=False) if ok else NAN for d, ok in zip(p["moments"], there)], 0, 1e-6 * size
    far = 1 + np.abs(s.R).max()  # slopes grow with the distance
    for name, slopes in (("freq", s.slopes), ("factor", [2 * s.turned])):
        for field, tol, of in (("mean", 1e-6 * size * far, lambda x, y: mean(y)), ("variance", 1e-6 * size ** 2 * far, lambda x, y: 2 * product(x, y))):
            value = [[of(at(s.S, d), at(x, d)) if ok else NAN for x in slopes] for d, ok in zip(p["moments"], there)]
            out[f"score_{field}_by_{name}"] = value if name == "freq" else [x[0] for x in value], 0, tol
    return out


def softmax(S, seen, sink):
    top = np.maximum(np.where(seen, S, -math.inf).max(axis=1), sink)[:, None]
    e = np.where(seen, np.exp(np.minimum(S - top, 0)), 0)
    Z = e.sum(axis=1, keepdims=True) + np.exp(sink - top)
    return e / Z, (np.log(Z) + top)[:, 0]


def jensen(S, e, W, n_sink, sink, half):
    sinks = 0 if e[-1] >= W else min(n_sink, e[0] + 1)
    cut = [S[e, e - d] for d in range(min(e[0], W - 1) - sinks + 1)] + [S[e, n] for n in range(sinks)]
    return np.logaddexp.reduce([c.mean() + half * c.var() for c in cut] + [sink])


def attention(s, p, sink, distance, position):
    N, W, tol = s.N, p["window"] or s.N, 3e-6  # float32 scores and exponentials
    P, lnZ = softmax(s.S, (s.D >= 0) & (s.D < W), sink)
    entropy = -(P * np.log(np.where(P > 0, P, 1))).sum(axis=1)
    rows = {"entropy": entropy, "effective_tokens": np.exp(entropy), "participation": 1 / (P ** 2).sum(axis=1), "max_weight": P.max(axis=1),
            "sink_mass": P[:, :p["n_sink"]].sum(axis=1), "mean_distance": (P * s.D).sum(axis=1) / P.sum(axis=1), "log_partition": lnZ}
    entries = [np.array(r, int) for r in bins(position, N, p["queries"] != "position")]
    out = {name: ([mean(x[e]) for e in entries], tol, tol) for name, x in rows.items()}
    for name, half in (("bound", 0), ("estimate", 0.5)):
        out["log_partition_" + name] = [jensen(s.S, e, W, p["n_sink"], sink, half) if len(e) else NAN for e in entries], tol, tol
    if p["queries"] == "sample":
        out["entropy_error"] = [spread_of_blocks(entropy[e]) for e in entries], 0, tol
    used = np.concatenate(entries)
    V, mass = np.minimum(used + 1, W), []
    for r in bins(distance, N, p["bin"]):
        seen = [(used[V > d], V[V > d], d) for d in r]
        got, even = [np.concatenate([f(*x) for x in seen] or [[]]) for f in (lambda m, v, d: P[m, m - d], lambda m, v, d: 1 / v)]
        mass.append(NAN if not len(got) else got.sum() / even.sum() if p["bin"] else (got / even).mean())
    return {**out, "mass": (mass, tol, tol)}


def pair_usage(s, v, p, sink, layout):
    N, W = s.N, p["window"] or s.N
    out = {"pair_norm_" + x: (np.abs(y).mean(axis=0), 1e-6, 0) for x, y in (("q", s.q), ("k", s.k), ("v", pairs_of(v, len(s.terms), layout)))}
    out["pair_alignment"] = (s.q * s.k.conj()).real.mean(axis=0), 0, 1e-6 * np.abs(s.q * s.k).mean()
    for name, first in (("", 0), ("_without_first", 1)):
        P, _ = softmax(s.S[first:, first:], ((s.D >= 0) & (s.D < W))[first:, first:], sink) if N > first else (np.zeros((0, 0)), 0)
        c, top = [(P * x[:, first:, first:]).sum(axis=2) for x in (s.terms, s.ceilings)]
        tol = 1e-6 * top.max(initial=1e-30)
        out["pair_contribution" + name], out["pair_ceiling" + name] = [([mean(y) for y in x], 0, tol) for x in (c, top)]
        if not first:
            out["pair_contribution_error"] = [spread_of_blocks(x, up=1) for x in c], 0, tol
    return out


def similarity(s, p, distance, g, model):
    w, m = (s.q * s.k.conj()).real.mean(axis=0), np.arange(s.N + 1)[:, None]
    early = m < (s.rule["n_hat"] if s.kind == "start" else 0)
    B = (w * np.cos(effective(s.rule, m, 0 * m, s.N) * np.where(early, trained(len(g), model), g))).sum(axis=1)
    below = np.flatnonzero(B < 0)
    return {"similarity": ([mean(B[r]) for r in bins(distance, s.N + 1, p["bin"])], 0, 1e-6 * np.abs(w).sum()),
            "similarity_min": (B.min(), 0, 1e-6 * np.abs(w).sum()), "similarity_negative_count": (len(below), 0, 0),
            "similarity_first_negative": (below[0] if len(below) else NAN, 0, 0)}


WORST = {}  # field: largest error over its tolerance


def compare(name, got, want, rel, absolute, where):
    want = np.asarray(want, float)
    want = np.pad(want, [(0, x - y) for x, y in zip(got.shape, want.shape)], constant_values=NAN) if want.ndim else want
    error = np.abs(got - want) / np.maximum(absolute + rel * np.abs(want), 1e-300)
    error = np.where(np.isnan(got) & np.isnan(want), 0, np.where(np.isnan(error), math.inf, error)).max(initial=0)
    if error > max(1, WORST.get(name, 0)):
        print(f"# {name} in {where}: {error:.2g}")
    WORST[name] = max(WORST.get(name, 0), error)


def tensors(folder, heads, kv, tokens, h):
    """Two layers of q, k and v, in NPY files or with learned sinks in HDF5, and the source that reads them."""
    gen = np.random.default_rng(rng.randrange(1 << 30))
    push = gen.normal(size=h) * rng.choice([0, 0.5])
    x = {key: gen.normal(size=(2, n, tokens, h)) + (key != "v") * push for key, n in (("q", heads), ("k", kv), ("v", kv))}
    x["k"][:, :, 0] += 2 * push
    x = {key: y.astype(rng.choice([np.float16, np.float32])) for key, y in x.items()}
    if rng.random() < 0.5:
        for key, y in x.items():
            np.save(os.path.join(folder, key + ".npy"), np.asfortranarray(y) if rng.random() < 0.3 else y)
        return {"name": "file", "path": folder, **{key: key + ".npy" for key in x}}, x, np.full((2, heads), -math.inf)
    sinks = gen.normal(size=(2, heads)).astype(np.float32)
    with h5py.File(os.path.join(folder, "qkv.h5"), "w") as f:
        for layer in (0, 1):
            f[f"{layer}/sinks"] = sinks[layer]
            for key, y in x.items():
                f[f"{layer}/{key}"] = y[layer].swapaxes(0, 1)
    return {"name": "file", "path": os.path.join(folder, "qkv.h5"), "axes": "token,head,channel", "sinks": "{layer}/sinks",
            **{key: "{layer}/" + key for key in x}}, x, sinks


def rules_and_scales(L):
    w, c, rise = rng.randrange(1, L), rng.randrange(4, L), sorted(rng.sample(range(1, 2 * L), 4))
    scales = [{"name": "log_n"}, {"name": "ssmax", "s": rng.choice([0.43, -0.3]), "bias": 0.5}, {"name": "ministral3", "beta": 0.3, "original_length": 7},
              {"name": "llama4", "original_length": rng.randrange(1, L), "layers": rng.choice(["nope", "all"])}]
    return [{"name": "rerope", "window": w}, {"name": "leaky_rerope", "window": w, "factor": round(rng.uniform(1, 9), 3)},
            {"name": "self_extend", "window": w, "group": rng.randrange(1, 9), "shift": rng.choice(["exact", "floor"])},
            {"name": "string", "shift": rng.randrange(1, L), "window": rng.randrange(L)}, {"name": "jet_long", "window": c, "local": rng.randrange(L)},
            {"name": "dual_chunk", "chunk_size": c, "local_size": rng.randrange(c)}, {"name": "start", "n_hat": rng.randrange(L)},
            {"name": "map", "distances": [0] + rise, "effective": [round(rng.uniform(0, L), 3) for _ in range(5)]}], scales


def sweep(folder, longest):
    h, kv, L = rng.choice([2, 6, 8, 16, 32]), rng.choice([1, 2]), rng.randrange(8, 40)
    d, heads, layer = rng.choice([h, 2 * rng.randrange(1, h // 2 + 1)]), kv * rng.choice([1, 3]), rng.randrange(2)
    model = {"head_dim": h, "rotary_dim": d, "rope_theta": round(10 ** rng.uniform(1, 5), 2), "original_length": L,
             "layout": rng.choice(["half", "interleaved"]), "layers": ["full_attention"] * 2, "query_pre_attn_scalar": rng.choice([h, 2 * h])}
    schedules = rng.sample([{"rope_type": "default"}, {"rope_type": "linear", "factor": 4}, {"rope_type": "yarn", "factor": 8, "attention_factor": 1.25},
                            {"rope_type": "llama3", "factor": 8}, {"rope_type": "none"}, {"rope_type": "proportional", "partial_rotary_factor": d / h},
                            {"rope_type": "table", "factors": [2] * (d // 2), "attention_factor": 0.8, "softmax_factor": 1.3}], 2)
    source, x, sinks = tensors(folder, heads, kv, longest + rng.randrange(3), h)
    rules, scales = rules_and_scales(L)
    windows, binned = [rng.choice([0, rng.randrange(1, longest)]) for _ in "ab"], [rng.random() < 0.5 for _ in "abc"]
    p = {"score_profile": {"bin": binned[0], "moments": sorted(rng.sample(range(longest), 6)), "spread": "exact", "gradients": True,
                           "exclude_sink": rng.choice([0, 1, 4]), "keep": rng.choice(["float32", "float64"])},
         "attention": {"queries": rng.choice(["position", "all", "sample"]), "samples": 1024, "bin": binned[1], "n_sink": rng.choice([0, 1, 7]),
                       "window": windows[0]},
         "pair_usage": {"queries": 1024, "window": windows[1]}, "similarity": {"weights": "model", "bin": binned[2]}}
    axes = {"layer": [layer], "head": [rng.randrange(heads)], "length": [rng.choice([1, 2, 5]), longest],
            "schedule": schedules, "rule": [None, *rng.sample(rules, 2)], "query_scale": [None, rng.choice(scales)]}
    config, result = [os.path.join(folder, n) for n in ("config.json", "sweep.h5")]
    with open(config, "w", encoding="ascii") as out:
        json.dump({"model": model, "source": source, "axes": axes, "metrics": [{"name": k, **v} for k, v in p.items()],
                   "distances": rng.choice(["all", {"geom": [1, longest, 12]}]), "positions": rng.choice(["all", {"geom": [1, longest, 9]}])}, out)
    subprocess.run([os.path.join(build, "ropewalk"), "run", "--quiet", "--force", config, "-o", result], check=True, stdout=subprocess.DEVNULL)
    with h5py.File(result) as f:
        distance, position = f["distance"][...].astype(int), f["position"][...].astype(int)
        for at in np.ndindex(*f["status"].shape):
            _, head, N, block, rule, tau = (values[k] for values, k in zip(axes.values(), at))
            g = f["inv_freq"][at][~np.isnan(f["inv_freq"][at])]
            q, k, v = (y[layer, head * y.shape[1] // heads, :N].astype(float) for y in x.values())
            scale = model["query_pre_attn_scalar"] ** -0.5 * f["softmax_factor"][at]
            s = Scores(q, k, g, f["attention_factor"][at], scale, model, rule, tau)
            fields = {**score_profile(s, p["score_profile"], distance), **attention(s, p["attention"], sinks[layer, head], distance, position),
                      **pair_usage(s, v, p["pair_usage"], sinks[layer, head], model["layout"]), **similarity(s, p["similarity"], distance, g, model)}
            for name, (want, rel, absolute) in {"status": (1, 0, 0), **fields}.items():
                compare(name, f[name][at], want, rel, absolute, (N, block, rule, tau, model, p))


with tempfile.TemporaryDirectory() as folder:
    for longest in (6, 25, 31, 45):
        sweep(folder, longest)
print(f"1..{len(WORST)}")
failed = 0
for number, (name, worst) in enumerate(WORST.items(), 1):
    failed += worst > 1
    print(f"{'ok' if worst <= 1 else 'not ok'} {number} - {name}: {worst:.2g} of the tolerance")
sys.exit(1 if failed else 0)
