"""second: a second implementation of the schedules and closed-form metrics, written from their
definitions alone, against a sweep end to end: config in, result file out.

All twenty schedules with random parameters (fixed seed), three lengths each, random shapes and
metric parameters.  Schedules are evaluated in long double, angles from integers and a pi of 200
bits, sums by numpy; nothing of the C code is used."""
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

build = os.environ.get("top_builddir", ".")
F = np.longdouble
TABLE = 1e-14 if np.finfo(F).eps < 1e-18 else 1e-12  # where long double is double, it errs itself
PI = F("3.14159265358979323846264338327950288")


# ---- schedules ----

class Shape:
    def __init__(self, head, d, base, length, longest):
        self.head, self.d, self.b, self.L, self.M = head, d, F(base), F(length), F(longest)


def plain(d, b):
    return b ** (-np.arange(0, d, 2, dtype=F) / d)


def ntk(d, b, s):
    return plain(d, b * s ** (F(d) / (d - 2)))


def magnitude(s, c=F(1)):
    return F(1) if s <= 1 else c * np.log(s) / 10 + 1


def bounds(x, fast, slow, truncate=True):
    lo, hi = (x.d * np.log(x.L / (2 * PI * r)) / (2 * np.log(x.b)) for r in (fast, slow))
    if truncate:
        lo, hi = np.floor(lo), np.ceil(hi)
    return max(lo, F(0)), min(hi, F(x.d - 1))


def ramp(x, fast, slow, truncate=True):
    lo, hi = bounds(x, fast, slow, truncate)
    return np.clip((np.arange(x.d // 2, dtype=F) - lo) / (hi - lo if hi != lo else F("0.001")), 0, 1)


def yarn(x, q, f, s):
    fast, slow = q.get("beta_fast", F(32)), q.get("beta_slow", F(1))
    if q.get("ramp") == "rotations":
        kept = np.clip((x.L * f / (2 * PI) - slow) / (fast - slow), 0, 1)
    else:
        kept = 1 - ramp(x, fast, slow, q.get("truncate", True))
    kept = kept * q.get("extrapolation_factor", F(1))
    return f / s * (1 - kept) + f * kept


def by_parts(x, q, f, n):
    s = q.get("factor")
    if q.get("dynamic"):
        x.L, s = x.M, max(n, x.M) / x.M
    m = (1 - ramp(x, q.get("beta_0", F(1.25)), q.get("beta_1", F(0.75)))) * q.get("ntk_factor", F(1))
    h = f / s * (1 - m) + ntk(x.d, x.b, s) * m
    m = (1 - ramp(x, q.get("gamma_0", F(16)), q.get("gamma_1", F(2)))) * q.get("extrapolation_factor", F(1))
    return h * (1 - m) + f * m


def llama3(x, q, f, s):
    wave, low, high = 2 * PI / f, q.get("low_freq_factor", F(1)), q.get("high_freq_factor", F(4))
    t = (x.L / wave - low) / (high - low)
    return np.where(wave < x.L / high, f, np.where(wave > x.L / low, f / s, (1 - t) * f / s + t * f))


def longrope(x, q, f, n):
    s, kind = q.get("factor", x.M / x.L), q.get("magnitude", "su")
    a = F(1) if s <= 1 or kind == "none" else magnitude(s) if kind == "yarn" else np.sqrt(1 + np.log(s) / np.log(x.L))
    return f / np.array(q["long_factor" if n > x.L else "short_factor"], F), a


def mrrope(x, q, f, s):
    lo, hi = bounds(x, q.get("beta_fast", F(32)), q.get("beta_slow", F(1)))
    m, t = hi - lo, np.clip(np.arange(x.d // 2, dtype=F) - lo, 0, hi - lo)
    return f * s ** (-t / m if q.get("variant") == "uni" else -t * (t + 1) / (m * (m + 1)))


def faded(q, w):
    c = min(int(q.get("clip", 20)), len(w))
    taper = np.zeros(c, F)
    if q.get("taper") != "hard":
        # (1 + cos x) / 2, from 0 at x = pi
        taper = np.sin(PI / 2 * np.arange(c - 1, -1, -1, dtype=F) / (c - 1)) ** 2 if c > 1 else np.ones(c, F)
    return np.concatenate([w[:len(w) - c], w[len(w) - c:] * taper])


def schedule(block, shape, n):
    """The table, a and sigma."""
    x = Shape(shape.head, shape.d, block.get("rope_theta", shape.b), shape.L, shape.M)
    q = {k: F(v) if isinstance(v, (int, float)) and not isinstance(v, bool) else v for k, v in block.items()}
    kind, f, s, n, one = q["rope_type"], plain(x.d, x.b), q.get("factor", F(1)), F(n), F(1)
    K, i = x.d // 2, np.arange(x.d // 2, dtype=F)
    if kind in ("resonance", "cope"):
        w, a, sigma = schedule(block["base_schedule"], shape, n)
        if kind == "cope":
            return faded(q, w), a, sigma
        return np.array([2 * PI / np.rint(2 * PI / v) if v else v for v in w]), a, sigma
    if kind == "yarn":
        a, both = magnitude(s), "mscale" in q and "mscale_all_dim" in q
        a = magnitude(s, q["mscale"]) / magnitude(s, q["mscale_all_dim"]) if both else a
        sigma = magnitude(s, q["mscale_all_dim"]) ** 2 if q.get("softmax_mscale") and "mscale_all_dim" in q else one
        return yarn(x, q, f, s), q.get("attention_factor", a), sigma
    if kind == "dynamic_yarn":
        s = max(n, x.M if q.get("finetuned") else x.L) / x.L
        return yarn(x, q, f, s), magnitude(s), one
    if kind == "longrope":
        return *longrope(x, q, f, n), one
    if kind == "mrrope":
        return mrrope(x, q, f, s), magnitude(s), one
    if kind == "table":
        g = np.array(q["inv_freq"], F) if "inv_freq" in q else f / np.array(q["factors"], F)
        return g, q.get("attention_factor", one), q.get("softmax_factor", one)
    cut = 2 * PI / q.get("truncate", one)
    return {
        "default": lambda: f,
        "linear": lambda: f / s,
        "ntk": lambda: ntk(x.d, x.b, s),
        "dynamic": lambda: ntk(x.d, x.b, s * max(n, x.M) / x.M - (s - 1)),
        "ntk_by_parts": lambda: by_parts(x, q, f, n),
        "llama3": lambda: llama3(x, q, f, s),
        "proportional": lambda: np.concatenate([plain(x.head, x.b)[:K] / s, np.zeros(x.head // 2 - K, F)]),
        "ntk_fixed": lambda: plain(x.d, x.b * s) / s ** (F(2) / x.d),
        "ntk_mixed": lambda: f * np.exp(-np.log(s) * ((i + 1) / K) ** q.get("mixed_b", F(0.75))),
        "power": lambda: f / s * (1 - i / K) ** q["power"],
        "truncated": lambda: np.where(f / s >= cut, f / s, np.where(f / s >= cut / 8, cut / 16, 0)),
        "clip": lambda: np.where(f >= 2 * PI / x.L, f, 0),
        "none": lambda: 0 * f,
    }[kind](), one, one


# ---- angles ----

def machin(bits):
    """pi 2^bits by Machin's formula."""
    def arctan(k):
        term = total = (1 << bits + 20) // k
        j, sign = 3, -1
        while term:
            term //= k * k
            total += sign * (term // j)
            j, sign = j + 2, -sign
        return total
    return (4 * (4 * arctan(5) - arctan(239))) >> 20


TWICE_PI = 2 * machin(200)


def phases(g, m):
    """m g in 2^-64 turns."""
    over, under = float(g).as_integer_ratio()
    step = ((over << 265) // (under * TWICE_PI) + 1) >> 1
    return np.asarray(m, np.uint64) * np.uint64(step % (1 << 64))


def angles(g, m):
    return phases(g, m).view(np.int64) * (2 * math.pi / 2.0 ** 64)


# ---- metrics, from the stored table g ----

def trained(shape, n):
    if n == shape.d // 2:
        return plain(shape.d, shape.b)
    return np.concatenate([plain(shape.head, shape.b)[:shape.d // 2], np.zeros(n - shape.d // 2, F)])


def over_distances(values, distance, length, binned):
    """values (length + 1,) on the distance axis, or their means over its bins."""
    out = np.full(len(distance), np.nan)
    for k, x in enumerate(distance.astype(int)):
        if x <= length:
            end = int(distance[k + 1]) if binned and k + 1 < len(distance) else x + 1
            out[k] = values[x:min(end, length + 1)].mean()
    return out


def similarity(g, length, distance, binned):
    b = sum(np.cos(angles(w, np.arange(length + 1))) for w in g)
    below = np.flatnonzero(b < 0)
    return {"similarity": over_distances(b, distance, length, binned), "similarity_min": b.min(),
            "similarity_negative_count": len(below), "similarity_first_negative": below[0] if len(below) else np.nan}


def decay(g, shape, length, distance, binned, h):
    s = np.cumsum([np.exp(1j * angles(w, np.arange(length + 1))) for w in g], axis=0)
    return {"decay_bound": over_distances(np.abs(s).mean(axis=0), distance, length, binned),
            "interpolation_bound": h * (g ** 2).sum() / 8,
            "interpolation_error": h * (1 - np.cos(g.astype(F) / 2)).sum(),
            "interpolation_bound_printed": shape.d * h / (32 * np.log(shape.b))}


def coverage(g, shape, length):
    f, turn = trained(shape, len(g)), 2 * PI
    seen, asked = np.minimum(turn, f * (shape.L - 1)), np.minimum(turn, g * F(length - 1))
    return {"coverage": np.where(asked == 0, 1, np.minimum(1, seen / np.where(asked == 0, 1, asked))),
            "rotations_trained": f * shape.L / turn, "critical_pair": (f * shape.L >= turn).sum()}


def novelty(g, shape, length, distance):
    t, out = np.arange(int(shape.L)), np.full((2, len(distance)), np.nan)
    for k, x in enumerate(distance):
        if x <= length:
            nu = sum(4 * np.sin((angles(w, [x]) - angles(v, t)) / 2) ** 2
                     for w, v in zip(g, trained(shape, len(g)).astype(float))) / len(g)
            # the smallest of those that tie within rounding
            out[:, k] = np.sqrt(nu.min()), np.flatnonzero(nu < nu.min() + 1e-13)[0]
    return {"novelty": out[0], "novelty_lookalike": out[1]}


def angle_gap(g, shape, length, which):
    out = []
    for w, v in zip(g, g if which == "own" else trained(shape, len(g)).astype(float)):
        away = np.abs(angles(w, np.arange(length))[:, None] - angles(v, np.arange(int(shape.L)))[None, :])
        out.append(np.minimum(away, 2 * math.pi - away).min(axis=1).max())
    return {"angle_gap": np.array(out)}


def circle(a, b):
    """Circular Wasserstein-1 distance of two samples in turns."""
    at, a, b = np.sort(np.concatenate([a, b])), np.sort(a), np.sort(b)
    excess = np.searchsorted(a, at, "right") / len(a) - np.searchsorted(b, at, "right") / len(b)
    gap, order = np.diff(np.append(at, at[0] + 1)), np.argsort(excess)
    middle = excess[order][np.searchsorted(np.cumsum(gap[order]), 0.5)]
    return (gap * np.abs(excess - middle)).sum()


def shares(w, n, bins, eps, angle):
    m = np.arange(n)
    if angle == "float32":
        turn = np.float32(2 * np.pi)
        u = np.fmod(m.astype(np.float32) * np.float32(w), turn).astype(float) / float(turn)
        part = u * bins
    else:
        guard = int(n * w * 4 * 2.0 ** -52 / (2 * math.pi) * 2.0 ** 64)  # four ulps: on a border is above
        u = phases(w, m) / 2.0 ** 64
        part = (phases(w, m) + np.uint64(guard)).astype(F) / F(2) ** 64 * bins
    return np.bincount(np.minimum(part.astype(int), bins - 1), minlength=bins) / n + eps, np.where(u < 1, u, 0)


def disturbance(g, shape, length, bins, epsilon, direction, angle):
    kl, w1 = [], []
    for w, v in zip(g, trained(shape, len(g)).astype(float)):
        (p, x), (q, y) = (shares(v, int(shape.L), bins, epsilon, angle), shares(w, length, bins, epsilon, angle))
        h = (p + q) / 2
        kl.append({"forward": q * np.log(q / p), "reversed": p * np.log(p / q),
                   "js": (p * np.log(p / h) + q * np.log(q / h)) / 2}[direction].sum())
        w1.append(2 * np.pi * circle(x, y))
    return {"disturbance": np.array(kl), "disturbance_mean": np.mean(kl), "disturbance_w1": np.mean(w1)}


# ---- the sweep ----

rng = random.Random(2385)
NAMES = ["default", "linear", "ntk", "dynamic", "ntk_by_parts", "yarn", "dynamic_yarn", "llama3", "longrope", "proportional",
         "ntk_fixed", "ntk_mixed", "mrrope", "power", "truncated", "resonance", "clip", "cope", "none", "table"]
REQUIRED = {"linear", "ntk", "dynamic", "ntk_by_parts", "yarn", "llama3", "ntk_fixed", "ntk_mixed", "mrrope"}
SOMETIMES = {  # parameter: how it is drawn
    "ntk_by_parts": {"ntk_factor": (0, 1), "extrapolation_factor": (0, 1), "beta_0": (1, 3), "gamma_0": (8, 40), "dynamic": True},
    "yarn": {"beta_fast": (16, 64), "beta_slow": (0.5, 4), "truncate": False, "extrapolation_factor": (0.5, 1), "mscale": (0.5, 1.2),
             "mscale_all_dim": (0.5, 1.2), "softmax_mscale": True, "ramp": "rotations"},
    "dynamic_yarn": {"beta_fast": (16, 64), "beta_slow": (0.5, 4), "truncate": False, "finetuned": True},
    "llama3": {"low_freq_factor": (0.7, 2), "high_freq_factor": (3, 9)},
    "longrope": {"factor": (2, 40), "magnitude": "yarn"},
    "proportional": {"factor": (1, 8)}, "ntk_mixed": {"mixed_b": (0.2, 1.5)},
    "mrrope": {"variant": "uni", "beta_fast": (16, 64), "beta_slow": (0.5, 2)},
    "power": {"factor": (1, 8)}, "truncated": {"factor": (1, 8)}, "cope": {"taper": "hard"},
    "table": {"attention_factor": (0.8, 1.3), "softmax_factor": (0.8, 1.3)}}


def draw(kind, shape):
    block, K = {"rope_type": kind}, shape.d // 2
    if kind in REQUIRED:
        block["factor"] = round(2 ** rng.uniform(0.2, 6), 4)
    for key, how in SOMETIMES.get(kind, {}).items():
        if rng.random() < 0.5:
            block[key] = round(rng.uniform(*how), 5) if isinstance(how, tuple) else how
    if kind in ("resonance", "cope"):
        block["base_schedule"] = draw(rng.choice(["default", "ntk", "yarn", "clip"]), shape)
    if kind == "longrope":
        block.update(short_factor=[round(rng.uniform(1, 2), 4) for _ in range(K)],
                     long_factor=sorted(round(rng.uniform(1, 40), 4) for _ in range(K)))
    if kind == "table":
        block[rng.choice(["inv_freq", "factors"])] = [round(rng.uniform(0.001, 1), 5) for _ in range(K)]
    block.update({"power": {"power": round(rng.uniform(0.05, 2), 4)}, "truncated": {"truncate": rng.randrange(100, 9000)},
                  "cope": {"clip": rng.randrange(2, K + 5)}}.get(kind, {}))
    if rng.random() < 0.2 and kind not in ("resonance", "cope"):
        block["rope_theta"] = round(10 ** rng.uniform(3, 7), 2)
    return block


WORST = {}  # field: largest error over its tolerance


def compare(name, got, want, rel, absolute=0.0):
    got, want = np.atleast_1d(np.asarray(got, float)), np.atleast_1d(np.asarray(want, float))
    want = np.concatenate([want, np.full(len(got) - len(want), np.nan)])
    there = ~np.isnan(want)
    if (np.isnan(got) == there).any():
        WORST[name] = math.inf
    error = np.abs(got - want)[there] / np.maximum(absolute + rel * np.abs(want[there]), 1e-300)
    WORST[name] = max(WORST.get(name, 0), error.max(initial=0))


def compare_point(f, at, block, shape, n, options):
    def field(name):
        return f[name][at]
    table, a, sigma = schedule(block, shape, n)
    compare("inv_freq", field("inv_freq"), table, TABLE)
    compare("attention_factor", field("attention_factor"), a, 1e-15)
    compare("softmax_factor", field("softmax_factor"), sigma, 1e-15)
    g, distance, far = field("inv_freq")[:len(table)], f["distance"][...], len(table) / 64
    with np.errstate(divide="ignore", invalid="ignore"):
        compare("wavelength", field("wavelength"), np.where(g > 0, 2 * np.pi / g, np.nan), 1e-15)
        compare("stretch", field("stretch"), np.where(g > 0, trained(shape, len(g)) / g, np.nan), TABLE)
        i, rotates = np.arange(len(g)), (g > 0) & (np.arange(len(g)) > 0) & (trained(shape, len(g)) > 0)
        power = (shape.d if len(g) == shape.d // 2 else shape.head) / (-2 * F(1) * i)
        # a power of up to -d/2: what rounding its exponent costs grows with the logarithm of the base
        compare("effective_base", field("effective_base"), np.where(rotates, np.exp2(np.log2(g.astype(F)) * power), np.nan), 1e-12)
    for name, want in coverage(g, shape, n).items():
        compare(name, field(name), want, TABLE)
    for name, want in similarity(g, n, distance, options["similarity"]["bin"]).items():
        compare(name, field(name), want, 0, 0 if "tive" in name else 1e-12 * max(1, far))
    for name, want in decay(g, shape, n, distance, options["decay"]["bin"], options["decay"]["h_max"]).items():
        compare(name, field(name), want, 1e-13)
    for name, want in novelty(g, shape, n, distance).items():
        # squared: a root takes 1e-15 to 3e-8 where a distance was seen
        compare(name, field(name) ** 2, want ** 2, 1e-12, 1e-14)
    for name, want in angle_gap(g, shape, n, options["coverage"]["angles"]).items():
        compare(name, field(name), want, 0, 3e-13)  # a trained frequency's last bit, at up to 700 tokens
    for name, want in disturbance(g, shape, n, **options["disturbance"]).items():
        compare(name, field(name), want, 1e-10, 1e-13)  # up to 360 logarithms of 1e8, which cancel


def sweep(folder, kinds):
    head, part = rng.choice([(32, 32), (48, 24), (64, 16), (40, 40)])
    length = rng.randrange(300, 700)
    model = {"head_dim": head, "rotary_dim": part, "rope_theta": round(10 ** rng.uniform(2.5, 6), 2), "original_length": length,
             "max_position_embeddings": length * rng.randrange(1, 4)}
    shape = Shape(head, part, model["rope_theta"], length, model["max_position_embeddings"])
    blocks = [draw(kind, shape) for kind in kinds]
    lengths = [3, rng.randrange(100, length), rng.randrange(length + 1, 3 * length)]
    options = {"wavelength": {}, "coverage": {"novelty": True, "angle_gap": True, "angles": rng.choice(["trained", "own"])},
               "similarity": {"bin": rng.random() < 0.5},
               "decay": {"bin": rng.random() < 0.5, "h_max": 2.385},
               "disturbance": {"bins": rng.choice([360, 90, 37]), "epsilon": 1e-8, "direction": rng.choice(["forward", "reversed", "js"]),
                               "angle": rng.choice(["float32", "float64"])}}
    config = {"model": model, "axes": {"schedule": [{**b, "label": b["rope_type"]} for b in blocks], "length": lengths},
              "distances": {"geom": [1, lengths[-1], 25]}, "metrics": [{"name": k, **v} for k, v in options.items()]}
    names = [os.path.join(folder, n) for n in ("config.json", "sweep.h5")]
    with open(names[0], "w", encoding="ascii") as out:
        json.dump(config, out)
    subprocess.run([os.path.join(build, "ropewalk"), "run", "--quiet", "--force", names[0], "-o", names[1]], check=True,
                   stdout=subprocess.DEVNULL)
    with h5py.File(names[1]) as f:
        if not (f["status"][...] == 1).all():
            WORST["status"] = math.inf
        for at in np.ndindex(len(blocks), len(lengths)):
            compare_point(f, at, blocks[at[0]], shape, lengths[at[1]], options)
    return len(blocks) * len(lengths)


with tempfile.TemporaryDirectory() as folder:
    points = sum(sweep(folder, NAMES[k:k + 5]) for k in range(0, len(NAMES), 5))
print(f"1..{len(WORST)}")
print(f"# {points} points")
failed = 0
for number, (name, worst) in enumerate(WORST.items(), 1):
    failed += worst > 1
    print(f"{'ok' if worst <= 1 else 'not ok'} {number} - {name}: {worst:.2g} of the tolerance")
sys.exit(1 if failed else 0)
