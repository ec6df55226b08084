"""quants: random blocks of every tensor type have the values that gguf-py gives, bit for bit, in every kernel."""
import ctypes as C
import os
import subprocess
import sys

from tap import end, ok

build = os.environ.get("top_builddir", ".")
library = os.path.join(build, ".libs", "libropewalk.so")
try:
    import numpy as np
    from gguf import GGML_QUANT_SIZES, GGMLQuantizationType as Type
    from gguf.quants import dequantize, quantize
except ImportError as missing:
    print(f"1..0 # SKIP {missing.name} is missing")
    sys.exit(0)
# A library built with sanitizers stops a program that was not.
if subprocess.run([sys.executable, "-c", "import ctypes, sys; ctypes.CDLL (sys.argv[1])", library],
                  capture_output=True).returncode:
    print("1..0 # SKIP no shared library that Python loads")
    sys.exit(0)

rw = C.CDLL(library)
reader = C.CFUNCTYPE(None, C.c_void_p, C.c_size_t, C.c_void_p)
rw.rw_quant_reader_of.restype = reader
rw.rw_quant_find.restype = C.c_bool
random = np.random.default_rng(2385)
HALVES = {"Q4_0": [0], "Q4_1": [0, 2], "Q5_0": [0], "Q5_1": [0, 2], "Q8_0": [0], "Q4_K": [0, 2], "Q5_K": [0, 2],
          "Q6_K": [208]}


def blocks(name, n):
    """n random blocks whose scales are finite."""
    raw = random.integers(0, 256, (n, GGML_QUANT_SIZES[Type[name]][1]), dtype=np.uint8)
    for at in HALVES[name]:
        scale = random.integers(0, 0x7c00, n, dtype=np.uint16) | (random.integers(0, 2, n, dtype=np.uint16) << 15)
        raw[:, at:at + 2] = scale.astype("<u2").view(np.uint8).reshape(n, 2)
    return raw


def values(name, raw):
    """What the readers of all instruction sets make of the bytes."""
    block, size = GGML_QUANT_SIZES[Type[name]]
    number = C.c_int()
    if not rw.rw_quant_find(Type[name].value, C.byref(number)):
        raise ValueError(name)
    raw, n = np.ascontiguousarray(raw), raw.size // size * block
    out = np.empty((rw.rw_simd_get() + 1, n), np.float32)
    for simd, row in enumerate(out):
        rw.rw_quant_reader_of(number, simd)(raw.ctypes.data, n, row.ctypes.data)
    return out


def same(got, want):
    return all(np.array_equal(row.view(np.uint32), want.ravel().view(np.uint32)) for row in got)


for name in HALVES:
    raw = blocks(name, 300)
    with np.errstate(all="ignore"):
        want = dequantize(raw.reshape(1, -1), Type[name])
    ok(same(values(name, raw), want), f"{name}: random bytes")
    try:
        packed = quantize(random.normal(size=(8, 512)).astype(np.float32), Type[name])
    except NotImplementedError:
        continue
    ok(same(values(name, packed), dequantize(packed, Type[name])), f"{name}: what gguf-py packs")
x = random.normal(size=(4, 96)).astype(np.float32)
for name in ("F32", "F16", "BF16"):
    packed = quantize(x, Type[name])
    ok(same(values(name, packed.view(np.uint8)), dequantize(packed, Type[name])), f"{name}: what gguf-py packs")
ok(same(values("F64", (x.astype(np.float64) / 3).view(np.uint8)), (x.astype(np.float64) / 3).astype(np.float32)),
   "F64: rounded once")
end()
