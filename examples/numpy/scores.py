"""scores: a preset's frequencies, their cos and sin, and the mean score by distance of your own q and
k, as numpy arrays from libropewalk.

    python3 scores.py /usr/local/lib/libropewalk.so llama-2-7b
"""
import ctypes as C
import sys
import numpy as np

size, real, ptr = C.c_size_t, C.c_double, C.c_void_p


def struct(**fields):  # a struct of the C headers, which say what each member is
    return type("struct", (C.Structure,), {"_fields_": list(fields.items())})


Geometry = struct(head_dim=C.c_int64, rotary_dim=C.c_int64, rope_theta=real, original_length=real, max_length=real,
                  layout=C.c_int, logit_scale=real, layers=C.c_int64, heads=C.c_int64, kv_heads=C.c_int64,
                  sliding_window=C.c_int64)
Rope = struct(layer_type=C.c_char * 48, geometry=Geometry, schedule=ptr)  # the first of a model
Model = struct(name=C.c_char_p, sha256=C.c_char_p, stack=C.c_char_p, family=C.c_char * 48, weights=C.c_char_p, n_ropes=size,
               rope=C.POINTER(Rope), n_layers=size, rope_of_layer=ptr, window_of_layer=ptr)
Freqs = struct(n=size, room=size, inv_freq=C.POINTER(real), attention_factor=real, softmax_factor=real,
               ramp=real * 2, rule=ptr, query_scale=ptr, bias=ptr, head=size)
Positions = struct(n=size, start=real, step=real, at=ptr)
Trig = struct(type=C.c_int, n=size, pairs=size, row=C.c_ssize_t, cos=ptr, sin=ptr)
Rows = struct(data=ptr, type=C.c_int, n=size, dim=size, stride=C.c_ssize_t)
QK = struct(q=Rows, k=Rows, v=Rows, sink=real, owned=ptr * 3)
Ask = struct(qk=ptr, layout=C.c_int, pairs=size, scale=ptr, n_sink=size, n_distances=size, distance=ptr,
             keep=C.c_int, block=size, threads=C.c_int)
Table = struct(inv_freq=ptr, amplitude=real, rest=real, effective=ptr, threads=C.c_int, scratch=ptr)
Error = struct(status=C.c_int, text=C.c_char * 1024, hint=C.c_char * 512)
FLOAT32, FLOAT64, EXACT = 0, 3, 0


class Ropewalk:
    def __init__(self, library):
        self.lib, self.err = C.CDLL(library), Error()
        self.lib.rw_arena_new.restype = ptr
        self.scratch = ptr(self.lib.rw_arena_new())

    def call(self, name, *args):
        if getattr(self.lib, name)(*args, C.byref(self.err)):
            raise ValueError(self.err.text.decode())

    def frequencies(self, preset, length=0):
        """Geometry and table of a preset, or of a Hugging Face config.json."""
        stack, model, f = ptr(), Model(), Freqs()
        self.call("rw_stack_find", b"exact", C.byref(stack))
        self.call("rw_stack_model", stack, preset.encode(), None, C.byref(model))
        rope = model.rope[0]
        self.call("rw_schedule_fill", ptr(rope.schedule), C.byref(rope.geometry), real(length), C.byref(f))
        shape = Geometry.from_buffer_copy(rope.geometry)
        self.lib.rw_model_free(C.byref(model))
        return shape, f, np.ctypeslib.as_array(f.inv_freq, (f.n,))

    def cos_sin(self, f, n):
        """cos and sin of positions 0 .. n - 1, times the attention factor: (n, pairs) float32."""
        cos, sin = np.empty((2, n, f.n), np.float32)
        at, t = Positions(n, 0, 1, None), Trig(FLOAT32, n, f.n, f.n, cos.ctypes.data, sin.ctypes.data)
        self.call("rw_trig_fill", C.byref(f), C.byref(at), EXACT, 1, self.scratch, C.byref(t))
        return cos, sin

    def score_mean(self, shape, f, q, k):
        """Mean of the scores of queries m with keys m - d, for every distance d of float32 (n, head_dim)."""
        n, dim = q.shape
        rows = [Rows(x.ctypes.data, FLOAT32, n, dim, dim) for x in (q, k)]
        qk, kept, mean = QK(*rows), ptr(), np.empty(n)
        ask = Ask(C.addressof(qk), shape.layout, f.n, None, 0, 0, None, FLOAT64, 0, 1)
        rest = (shape.logit_scale or dim ** -0.5) * f.softmax_factor
        table = Table(C.cast(f.inv_freq, ptr), rest * f.attention_factor ** 2, rest, None, 1, self.scratch)
        self.call("rw_correlation_new", C.byref(ask), C.byref(kept))
        self.call("rw_correlation_mean", kept, C.byref(table), mean.ctypes.data_as(ptr), None)
        self.lib.rw_correlation_free(kept)
        return mean


if __name__ == "__main__":
    rw = Ropewalk(sys.argv[1])
    shape, f, inv_freq = rw.frequencies(sys.argv[2])
    q, k = np.random.default_rng(1).standard_normal((2, 4096, shape.head_dim), np.float32) + np.float32(0.5)
    print("slowest pair turns once in", 2 * np.pi / inv_freq[-1], "tokens")
    for d, s in list(enumerate(rw.score_mean(shape, f, q, k)))[:2048:256]:
        print(f"{d:6d} {s:9.5f}")
