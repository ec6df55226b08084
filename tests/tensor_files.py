"""tensors: files written by NumPy, safetensors and h5py attend as NumPy computes; ten gigabytes need no memory."""
import hashlib
import json
import os
import subprocess
import sys
import tempfile

from tap import end, ok, skip

build = os.environ.get("top_builddir", ".")
try:
    import h5py
    import numpy as np
except ImportError as missing:
    print(f"1..0 # SKIP {missing.name} is missing")
    sys.exit(0)
try:
    import safetensors.numpy as st
except ImportError:
    st = None

HEADS, KV, TOKENS, DIM = 4, 2, 37, 16


def run(folder, source, length, heads, result="out.h5", positions="all"):
    """Runs attention over the source without rotation; (the result's path, peak memory in bytes)."""
    config = {"model": {"head_dim": DIM, "rope_theta": 1e4, "original_length": 64}, "schedule": "none", "length": length,
              "axes": {"head": heads}, "positions": positions, "source": {"name": "file", **source},
              "metrics": [{"name": "attention", "bound": False}]}
    with open(os.path.join(folder, "c.json"), "w", encoding="utf-8") as f:
        json.dump(config, f)
    out = os.path.join(folder, result)
    child = subprocess.Popen([os.path.join(build, "ropewalk"), "run", os.path.join(folder, "c.json"), "--quiet", "--force", "-o", out],
                             stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise RuntimeError(f"exit {child.returncode}")
    return out, usage.ru_maxrss * 1024


def attends(folder, source, want):
    """Entropies as wanted?  1e-5 nat is the metric's own promise."""
    try:
        out, _ = run(folder, source, TOKENS, list(range(HEADS)))
    except RuntimeError as e:
        print(f"# {e}")
        return False
    with h5py.File(out) as f:
        got = f["entropy"][:, :TOKENS]
    return got.shape == want.shape and np.abs(got - want).max() < 1e-5


def entropies(q, k):
    q, k = q.astype("f8"), np.repeat(k.astype("f8"), HEADS // KV, 0)
    x = q @ k.transpose(0, 2, 1) / np.sqrt(DIM)
    x = np.where(np.tri(TOKENS, dtype=bool), x, -np.inf)
    p = np.exp(x - x.max(-1, keepdims=True))
    p /= p.sum(-1, keepdims=True)
    return -np.sum(p * np.log(np.where(p > 0, p, 1)), -1)


rng = np.random.default_rng(2385)
full = {"q": 2 * rng.normal(size=(HEADS, TOKENS, DIM)), "k": 2 * rng.normal(size=(KV, TOKENS, DIM))}


def arrays(dtype):
    return {name: x.astype(dtype) for name, x in full.items()}


def sampled(path, piece=1 << 20, pieces=64):
    """doc/config.md's digest of a large file."""
    size = os.path.getsize(path)
    digest = hashlib.sha256(size.to_bytes(8, "little"))
    with open(path, "rb") as f:
        for i in range(pieces):
            f.seek(i * (size - piece) // (pieces - 1))
            digest.update(f.read(piece))
    return digest.hexdigest()


def files_of(path):
    with h5py.File(path) as f:
        return json.loads(f.attrs["config_normal"])["files"]


with tempfile.TemporaryDirectory(dir=build) as folder:
    at = lambda name: os.path.join(folder, name)
    npy = {"path": ".", "q": "q.npy", "k": "k.npy"}
    for dtype in ("<f2", "<f4", "<f8"):
        x = arrays(dtype)
        want = entropies(**x)
        for version, order in (((1, 0), "C"), ((2, 0), "F"), ((3, 0), "C")):
            for name in x:
                with open(at(name + ".npy"), "wb") as f:
                    np.lib.format.write_array(f, np.asarray(x[name], order=order), version=version)
            ok(attends(folder, npy, want), f"NumPy {dtype}, order {order}, version {version[0]}")
        turned = {name: np.ascontiguousarray(v.transpose(1, 0, 2)) for name, v in x.items()}
        for name in turned:
            np.save(at(name + ".npy"), turned[name])
        ok(attends(folder, {**npy, "axes": "token,head,channel"}, want), f"NumPy {dtype}, [token, head, channel]")
        name = f"safetensors {dtype}"
        if st:
            st.save_file({"a/" + n: v for n, v in x.items()}, at("x.safetensors"), metadata={"layout": "half"})
            ok(attends(folder, {"path": "x.safetensors", "q": "a/q", "k": "a/k"}, want), name)
        else:
            skip(name, "safetensors is missing")
        for words, how in (("contiguous", {}), ("chunked", {"chunks": (1, 5, 16)}), ("checked", {"fletcher32": True}),
                           ("compressed", {"compression": "gzip", "shuffle": True})):
            for more in ({}, {"libver": ("v110", "v110"), "userblock_size": 1024}):
                with h5py.File(at("x.h5"), "w", **more) as f:
                    for n, v in x.items():
                        f.create_dataset("deep/" + n, data=v, **how)
                    f.attrs["layout"], f.attrs["rotary_dim"] = "half", DIM
                ok(attends(folder, {"path": "x.h5", "q": "deep/q", "k": "/deep/k"}, want),
                   f"h5py {dtype}, {words}{', as HDF5 1.10 and behind a user block' if more else ''}")
    with open(at("x.h5"), "rb") as f:
        whole = hashlib.sha256(f.read()).hexdigest()
    ok(files_of(at("out.h5")) == [{"bytes": os.path.getsize(at("x.h5")), "sha256": whole}], "the result keeps the file's SHA-256")

    tokens = 10 * 2**30 // (4 * DIM)
    header = json.dumps({"q": {"dtype": "F32", "shape": [1, tokens, DIM], "data_offsets": [0, 4 * tokens * DIM]}}).encode()
    try:
        with open(at("q.safetensors"), "wb") as f:
            f.write(len(header).to_bytes(8, "little") + header)
            f.truncate(8 + len(header) + 4 * tokens * DIM)
        with open(at("q.npy"), "wb") as f:
            np.lib.format.write_array_header_1_0(f, {"descr": "<f4", "fortran_order": False, "shape": (1, tokens, DIM)})
            f.truncate(f.tell() + 4 * tokens * DIM)
    except OSError as e:
        skip("ten gigabytes", e)
    else:
        for path, source in (("q.safetensors", {"path": "q.safetensors", "q": "q", "k": "q"}),
                             ("q.npy", {"path": ".", "q": "q.npy", "k": "q.npy"})):
            out, peak = run(folder, source, 1000, [0])
            with h5py.File(out) as f:
                good = np.abs(f["entropy"][0, :1000] - np.log(np.arange(1, 1001))).max() < 1e-5
            ok(good and peak < 2**30, f"{path} of ten gigabytes: {peak / 2**20:.0f} MiB at most")
        ok(files_of(out) == [{"bytes": os.path.getsize(at("q.npy")), "sha256": sampled(at("q.npy"))}], "its digest is of samples, as documented")

end()
