#!/usr/bin/env python3
"""Train models/pocket.gguf, the small byte-level model that ropewalk ships.

    scripts/train_pocket.py BOOKS_FOLDER -o pocket.gguf      # PyTorch >= 2.9 and gguf; hours on two cores

A Llama-architecture model (4 layers, 3 heads of 64, interleaved pairs, base 10000, trained length 512)
over bytes, fed with public-domain books and with synthetic recall: segments that come again, key-value
pairs that are asked for later, and the passkey task in its published wording (Mohtashami & Jaggi,
arXiv:2305.16300), so that retrieval and the use of context can be measured. Recall is four windows of five
at first, most of it short repeats, and one in four later (EARLY, LATER below).
The last eighth of every book is held out (scripts/hold_out.py). Hidden matrices are trained with Muon, the rest with AdamW;
the learning rate is constant, then falls linearly over the last 27 %. A run that is killed goes on
from its checkpoint: call it again with the same arguments.
"""
import argparse
import math
import os
import random
import struct
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F

import hold_out

DIM, HEADS, HEAD_DIM, HIDDEN, LAYERS = 192, 3, 64, 512, 4
LENGTH, BASE, EPS = 512, 10000.0, 1e-5
BOS, VOCAB = 256, 257
BATCH = 16
PEAK_RATE, WARM_UP, DECAY = 3e-3, 60, 0.27
EARLY_STEPS = 600


class Block(torch.nn.Module):
    def __init__(self):
        super().__init__()
        linear = lambda n, m: torch.nn.Linear(n, m, bias=False)
        self.qkv = linear(DIM, 3 * HEADS * HEAD_DIM)
        self.out = linear(HEADS * HEAD_DIM, DIM)
        self.gate_up = linear(DIM, 2 * HIDDEN)
        self.down = linear(HIDDEN, DIM)
        self.norm_1 = torch.nn.RMSNorm(DIM, EPS)
        self.norm_2 = torch.nn.RMSNorm(DIM, EPS)
        for m in (self.out, self.down):
            m.weight.data /= (2 * LAYERS) ** 0.5

    def forward(self, x, cos, sin):
        b, n, _ = x.shape
        q, k, v = self.qkv(self.norm_1(x)).view(b, n, 3, HEADS, HEAD_DIM).unbind(2)

        def turn(t):
            even, odd = t.view(b, n, HEADS, HEAD_DIM // 2, 2).unbind(-1)
            return torch.stack((even * cos - odd * sin, even * sin + odd * cos), -1).flatten(-2)

        heads = [t.transpose(1, 2) for t in (turn(q), turn(k), v)]
        a = F.scaled_dot_product_attention(*heads, is_causal=True)
        x = x + self.out(a.transpose(1, 2).reshape(b, n, -1))
        gate, up = self.gate_up(self.norm_2(x)).chunk(2, -1)
        return x + self.down(F.silu(gate) * up)


class Pocket(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = torch.nn.Embedding(VOCAB, DIM)
        self.embed.weight.data.normal_(0, 0.3)
        self.blocks = torch.nn.ModuleList([Block() for _ in range(LAYERS)])
        self.norm = torch.nn.RMSNorm(DIM, EPS)
        self.head = torch.nn.Linear(DIM, VOCAB, bias=False)

    def forward(self, ids, length=LENGTH):
        pairs = torch.arange(0, HEAD_DIM, 2, dtype=torch.float64) / HEAD_DIM
        angle = torch.arange(ids.shape[1], dtype=torch.float64)[:, None] * BASE ** -pairs
        cos, sin = angle.cos().float()[:, None], angle.sin().float()[:, None]
        x = self.embed(ids)
        for block in self.blocks:
            x = block(x, cos, sin)
        return self.head(self.norm(x)).float()


# --- the data -------------------------------------------------------------------------------------

NAMES = "apple anchor barrel candle cedar copper daisy ember falcon garden harbor iron jacket kettle lantern " \
        "marble needle orchard pepper quartz river saddle timber umber velvet willow yarrow zephyr".split()
INTRO = ("There is an important info hidden inside a lot of irrelevant text. Find it and memorize them. "
         "I will quiz you about the important information there.")
ALPHABETS = (b"abcdefghijklmnopqrstuvwxyz", b"0123456789", b"abcdefghijklmnopqrstuvwxyz0123456789 ,.", bytes(range(32, 127)))
FILLER = "The grass is green. The sky is blue. The sun is yellow. Here we go. There and back again."


def piece(books, rng, n):
    book = rng.choices(books, [len(b) for b in books])[0]
    at = rng.randrange(len(book) - n)
    return book[at:at + n]


def repeated(books, rng, room):
    """A segment over and over: after its first round everything can be copied."""
    n = int(2 ** rng.uniform(1.6, 6.3))
    segment = piece(books, rng, n) if rng.random() < 0.3 else bytes(rng.choices(rng.choice(ALPHABETS), k=n))
    return (segment + b"\n") * (room // n + 1)


def copied(books, rng, room):
    """A segment of prose or of random letters, something else, and the segment again."""
    n = int(2 ** rng.uniform(3, math.log2(room / 2)))
    segment = piece(books, rng, n) if rng.random() < 0.6 else bytes(rng.choices(rng.choice(ALPHABETS), k=n))
    between = piece(books, rng, rng.randint(0, max(0, room - 2 * n - 3)))
    return segment + b"\n" + between + b"\n" + segment + b"\n"


def pairs(books, rng, room):
    """Names with numbers, prose, then some of the names asked for."""
    names = rng.sample(NAMES, rng.randint(2, max(2, min(8, room // 50))))
    values = {n: str(rng.randint(1, 99999)) for n in names}
    told = "".join(f"{n} is {values[n]}. " for n in names)
    asked = "".join(f"{n} is {values[n]}. " for n in rng.sample(names, rng.randint(1, len(names))))
    rest = room - len(told) - len(asked) - 3
    return told.encode() + b"\n" + piece(books, rng, rng.randint(0, max(0, rest))) + b"\n" + asked.encode() + b"\n"


def passkey(books, rng, room):
    """The published wording; filler sentences cut at random so that every length up to the trained one occurs."""
    key = str(rng.randint(1, 50000))
    line = f"The pass key is {key}. Remember it. {key} is the pass key."
    ask = "What is the pass key? The pass key is"
    intro = INTRO + "\n" if room > 300 and rng.random() < 0.7 else ""
    filler = (FILLER + " ") * 5
    rest = max(0, room - len(intro) - len(line) - len(ask) - len(key) - 5)
    before = rng.randint(0, rest)
    after = rng.randint(0, rest - before)
    text = intro + filler[:before] + "\n" + line + "\n" + filler[:after] + "\n" + ask + " " + key + ".\n"
    return text.encode()


# The head that looks for what followed the last time forms on short repeats alone, and quickly; without
# them first, twenty million tokens of the later mixture do not form it.
EARLY = 0.8, (repeated, repeated, repeated, repeated, repeated, copied, pairs, passkey)
LATER = 0.25, (repeated, copied, pairs, passkey)


def window(books, rng, share, kinds):
    """LENGTH + 1 tokens, prose or one kind of recall until the window is full; half of them begin with the document token."""
    text = b""
    if rng.random() < share:
        kind = rng.choice(kinds)
        while len(text) <= LENGTH:
            text += kind(books, rng, LENGTH if kind is repeated else int(2 ** rng.uniform(7, math.log2(LENGTH))))
    else:
        text = piece(books, rng, LENGTH + 1)
    ids = ([BOS] if rng.random() < 0.5 else []) + list(text)
    return ids[: LENGTH + 1]


def batch(books, step, seed):
    rng = random.Random(seed * 1000003 + step)
    return torch.tensor([window(books, rng, *(EARLY if step < EARLY_STEPS else LATER)) for _ in range(BATCH)])


def probe(model):
    """Nats a letter in the third round of 8 and of 40 random letters: 3.3 without recall, near 0 with it."""
    rng, losses = random.Random(3), []
    for n in 8, 40:
        texts = [(bytes(rng.choices(ALPHABETS[0], k=n)) + b"\n") * 3 for _ in range(32)]
        ids = torch.tensor([list(t) for t in texts])
        with torch.no_grad():
            losses.append(F.cross_entropy(model(ids[:, :-1])[:, 2 * n + 1:].flatten(0, 1), ids[:, 2 * n + 2:].flatten()).item())
    return losses


# --- the training ---------------------------------------------------------------------------------

def rate(step, steps):
    warm = min(1.0, (step + 1) / WARM_UP)
    return warm * min(1.0, (steps - step) / (DECAY * steps))


def train(options):
    torch.manual_seed(options.seed)
    torch.set_num_threads(options.threads)
    books = [hold_out.split(book)[0] for _, book in hold_out.books(options.books)]
    model = Pocket()
    hidden = [p for p in model.blocks.parameters() if p.ndim == 2]
    other = [p for p in model.parameters() if not any(p is h for h in hidden)]
    optimizers = [torch.optim.Muon(hidden, PEAK_RATE, weight_decay=0.05, adjust_lr_fn="match_rms_adamw"),
                  torch.optim.AdamW(other, PEAK_RATE, betas=(0.9, 0.95), weight_decay=0.0)]
    step, saved = 0, options.output + ".checkpoint"
    if os.path.exists(saved):
        state = torch.load(saved)
        step = state["step"]
        model.load_state_dict(state["model"])
        for o, s in zip(optimizers, state["optimizers"]):
            o.load_state_dict(s)
    fast = torch.compile(model) if options.compile else model
    begun, first = time.time(), step
    while step < options.steps:
        for o in optimizers:
            for g in o.param_groups:
                g["lr"] = PEAK_RATE * rate(step, options.steps)
        ids = batch(books, step, options.seed)
        with torch.autocast("cpu", torch.bfloat16):
            loss = F.cross_entropy(fast(ids[:, :-1]).flatten(0, 1), ids[:, 1:].flatten())
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for o in optimizers:
            o.step()
            o.zero_grad()
        step += 1
        if step % 50 == 0 or step == options.steps:
            pace = (step - first) / (time.time() - begun)
            short, long = probe(model)
            print(f"[{step}/{options.steps}] loss {loss.item():.3f} nat a byte, recall {short:.2f} {long:.2f}, {pace * BATCH * LENGTH:.0f} tokens/s, "
                  f"eta {(options.steps - step) / pace / 60:.0f} min", file=sys.stderr, flush=True)
        if step % 100 == 0 or step == options.steps:
            torch.save({"step": step, "model": model.state_dict(), "optimizers": [o.state_dict() for o in optimizers]}, saved + "~")
            os.replace(saved + "~", saved)
    return model


# --- the file -------------------------------------------------------------------------------------

def byte_names():
    """GPT-2's printable stand-in for every byte."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    spare = iter(range(256, 512))
    return [chr(b if b in plain else next(spare)) for b in range(256)]


def writer(path):
    """gguf's writer refuses an empty array, and a vocabulary of bytes has no merges."""
    import gguf

    class Writer(gguf.GGUFWriter):
        def _pack_val(self, val, vtype, add_vtype, sub_type=None):
            if vtype == gguf.GGUFValueType.ARRAY and not val:
                return struct.pack("<IIQ", vtype, gguf.GGUFValueType.STRING, 0)
            return super()._pack_val(val, vtype, add_vtype, sub_type)

    return gguf, Writer(path, "llama")


def write(model, path):
    gguf, w = writer(path)
    w.add_name("ropewalk pocket")
    w.add_license("GPL-3.0-or-later")
    w.add_context_length(LENGTH)
    w.add_embedding_length(DIM)
    w.add_block_count(LAYERS)
    w.add_feed_forward_length(HIDDEN)
    w.add_head_count(HEADS)
    w.add_head_count_kv(HEADS)
    w.add_key_length(HEAD_DIM)
    w.add_value_length(HEAD_DIM)
    w.add_rope_dimension_count(HEAD_DIM)
    w.add_rope_freq_base(BASE)
    w.add_layer_norm_rms_eps(EPS)
    w.add_vocab_size(VOCAB)
    w.add_file_type(gguf.LlamaFileType.MOSTLY_F16)
    w.add_tokenizer_model("gpt2")
    w.add_tokenizer_pre("gpt-2")
    w.add_token_list(byte_names() + ["<|endoftext|>"])
    w.add_token_types([gguf.TokenType.NORMAL] * 256 + [gguf.TokenType.CONTROL])
    w.add_key_value("tokenizer.ggml.merges", [], gguf.GGUFValueType.ARRAY, gguf.GGUFValueType.STRING)
    w.add_bos_token_id(BOS)
    w.add_eos_token_id(BOS)
    w.add_add_bos_token(False)

    def put(name, tensor):
        w.add_tensor(name, tensor.detach().numpy().astype(np.float16 if tensor.ndim == 2 else np.float32))

    put("token_embd.weight", model.embed.weight)
    for i, b in enumerate(model.blocks):
        q, k, v = b.qkv.weight.chunk(3)
        gate, up = b.gate_up.weight.chunk(2)
        for name, tensor in (("attn_norm", b.norm_1.weight), ("attn_q", q), ("attn_k", k), ("attn_v", v), ("attn_output", b.out.weight),
                             ("ffn_norm", b.norm_2.weight), ("ffn_gate", gate), ("ffn_up", up), ("ffn_down", b.down.weight)):
            put(f"blk.{i}.{name}.weight", tensor)
    put("output_norm.weight", model.norm.weight)
    put("output.weight", model.head.weight)
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("books", help="folder of .txt files")
    p.add_argument("-o", "--output", default="pocket.gguf")
    p.add_argument("--steps", type=int, default=3000, help="of 16 windows each (default 3000)")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--threads", type=int, default=os.cpu_count())
    p.add_argument("--compile", action="store_true", help="torch.compile: a quarter faster, needs a C++ compiler")
    options = p.parse_args()
    write(train(options), options.output)
    print(options.output)


if __name__ == "__main__":
    main()
