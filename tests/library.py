"""library: examples/numpy/scores.py, which calls the library from Python, says what numpy works out by itself.

Half and interleaved layouts, partial rotary, and YaRN's attention factor; scores by rotating every query and key
in double and averaging, nothing of the C code used."""
import importlib.util
import math
import os
import subprocess
import sys

from tap import end, ok

top, build = (os.environ.get(name, ".") for name in ("top_srcdir", "top_builddir"))
library = os.path.join(build, ".libs", "libropewalk.so")
sys.dont_write_bytecode = True
try:
    import numpy as np
except ImportError as missing:
    print(f"1..0 # SKIP {missing.name} is missing")
    sys.exit(0)
# A library built with sanitizers stops a program that was not.
load = subprocess.run([sys.executable, "-c", "import ctypes, sys; ctypes.CDLL (sys.argv[1])", library],
                      capture_output=True)
if load.returncode:
    print("1..0 # SKIP no shared library that Python loads")
    sys.exit(0)

spec = importlib.util.spec_from_file_location("scores", os.path.join(top, "examples", "numpy", "scores.py"))
scores = importlib.util.module_from_spec(spec)
spec.loader.exec_module(scores)


def turned(x, shape, f, inv_freq):
    """x rotated to its positions, in double."""
    x, d = x.astype(np.float64), 2 * len(inv_freq)
    angle = np.arange(len(x))[:, None] * inv_freq
    re, im = (x[:, 0:d:2], x[:, 1:d:2]) if shape.layout else (x[:, :d // 2], x[:, d // 2:d])
    z = (re + 1j * im) * np.exp(1j * angle) * f.attention_factor
    return np.concatenate([z.real, z.imag, x[:, d:]], axis=1)


def naive_mean(q, k, shape, f, inv_freq):
    s = turned(q, shape, f, inv_freq) @ turned(k, shape, f, inv_freq).T * f.softmax_factor
    s *= shape.logit_scale or shape.head_dim ** -0.5
    return np.array([np.mean(np.diagonal(s, -d)) for d in range(len(q))])


rw = scores.Ropewalk(library)
random = np.random.default_rng(2385)
presets = {"llama-2-7b": (1e4, 128, 1), "gpt-j-6b": (1e4, 64, 1), "pythia-70m": (1e4, 16, 1),
           "gpt-oss-20b": (None, 64, 0.1 * math.log(32) + 1)}
for name, (base, d, factor) in presets.items():
    shape, f, inv_freq = rw.frequencies(name)
    if base:
        want = base ** (-np.arange(0, d, 2) / d)
        ok(np.allclose(inv_freq, want, rtol=1e-15, atol=0), f"{name}: the trained frequencies")
    ok(len(inv_freq) == d // 2 and abs(f.attention_factor - factor) < 1e-15, f"{name}: pairs and factor")
    cos, sin = rw.cos_sin(f, 3000)
    angle = np.arange(3000)[:, None] * inv_freq.astype(np.longdouble)
    # float32's half unit in the last place of up to 1.35
    off = max(np.abs(cos - factor * np.cos(angle)).max(), np.abs(sin - factor * np.sin(angle)).max())
    ok(off < 2.0 ** -24 * 1.01, f"{name}: cos and sin ({float(off):.1e})")
    q, k = random.standard_normal((2, 333, shape.head_dim), np.float32) + np.float32(0.385)
    got, want = rw.score_mean(shape, f, q, k), naive_mean(q, k, shape, f, inv_freq)
    # The transforms' own error, 1e-10 of the score (score/correlation.h).
    ok(np.abs(got - want).max() < 1e-10 * np.abs(want).max(), f"{name}: mean score at all {len(q)} distances")
try:
    rw.frequencies("no-such-model")
    ok(False, "an unknown preset is an error")
except ValueError as e:
    ok("no-such-model" in str(e), "an unknown preset is an error that names it")
shown = subprocess.run([sys.executable, spec.origin, library, "llama-2-7b"], capture_output=True, text=True)
ok(shown.returncode == 0 and len(shown.stdout.splitlines()) == 9, "the example runs: " + shown.stderr[-200:])
end()
