#!/usr/bin/env python3
"""Time prefill beside llama.cpp: the same files, the same threads, in turns.

    scripts/bench_peer.py [--threads 1] [--length 512] [--ropewalk ./ropewalk] MODEL.gguf...

Needs llama-cpp-python (its build for this machine's own instructions). Each round runs llama.cpp and then
`ropewalk bench model` on one file, so that both see the same hour of the machine; a number is the best round's.
llama.cpp gets batches of 512 tokens, as is its default, and logits of the last token only, as ropewalk.
"""
import argparse
import json
import os
import subprocess
import time

import llama_cpp as L


class Peer:
    """One file opened by llama.cpp."""

    def __init__(self, path, length, threads):
        p = L.llama_model_default_params()
        self.model = L.llama_model_load_from_file(path.encode(), p)
        c = L.llama_context_default_params()
        c.n_ctx, c.n_batch, c.n_ubatch = max(length, 512), max(length, 512), 512
        c.n_threads = c.n_threads_batch = threads
        self.context = L.llama_init_from_model(self.model, c)
        self.batch = L.llama_batch_init(length, 0, 1)
        vocabulary = L.llama_vocab_n_tokens(L.llama_model_get_vocab(self.model))
        self.batch.n_tokens = length
        for i in range(length):
            self.batch.token[i] = i * 7919 % vocabulary
            self.batch.pos[i] = i
            self.batch.n_seq_id[i] = 1
            self.batch.seq_id[i][0] = 0
            self.batch.logits[i] = i == length - 1

    def seconds(self):
        L.llama_memory_clear(L.llama_get_memory(self.context), True)
        begun = time.perf_counter()
        if L.llama_decode(self.context, self.batch):
            raise SystemExit("llama.cpp refused the batch")
        L.llama_synchronize(self.context)
        return time.perf_counter() - begun

    def close(self):
        L.llama_batch_free(self.batch)
        L.llama_free(self.context)
        L.llama_model_free(self.model)


def ours(options, path):
    """Tokens a second by name of the row, at the length asked for."""
    env = os.environ | {"ROPEWALK_BENCH_MODEL": path, "ROPEWALK_BENCH_LENGTH": str(options.length),
                        "OMP_NUM_THREADS": str(options.threads)}
    out = subprocess.run([options.ropewalk, "bench", "model", "--json"], env=env, check=True, capture_output=True, text=True).stdout
    size = f"{options.length} tokens, {options.threads} thread"
    return {r["name"]: r["rate"] for r in json.loads(out) if r["name"].startswith("prefill") and size in r["size"]}


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("files", nargs="+", metavar="MODEL.gguf")
    p.add_argument("--threads", type=int, default=1)
    p.add_argument("--length", type=int, default=512)
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--ropewalk", default="./ropewalk")
    options = p.parse_args()
    ignore = L.llama_log_callback(lambda *_: None)
    L.llama_log_set(ignore, None)
    print(f"tokens a second, {options.length} tokens, {options.threads} thread(s), best of {options.rounds}")
    for path in options.files:
        peer, best, mine = Peer(path, options.length, options.threads), 0, {}
        peer.seconds()
        for _ in range(options.rounds):
            best = max(best, options.length / peer.seconds())
            for name, rate in ours(options, path).items():
                mine[name] = max(mine.get(name, 0), rate)
        peer.close()
        told = ", ".join(f"{name} {rate:.0f} ({rate / best:.2f}x)" for name, rate in mine.items())
        print(f"{os.path.basename(path)}: llama.cpp {best:.0f}; ropewalk {told}", flush=True)


if __name__ == "__main__":
    main()
