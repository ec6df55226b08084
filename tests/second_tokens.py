"""second_tokens: token ids, against the `tokenizers` and `sentencepiece` packages.

Byte-pair vocabularies are trained with the pre-tokenizers that the models publish in their tokenizer.json, on texts
that are made here (and on the corpus, where there is one), written as GGUF files, and every text must get the same
ids and decode to itself; so must a SentencePiece model with byte fallback.  With a GGUF file of SmolLM2-135M in
ROPEWALK_SMOLLM2 its own vocabulary is compared too."""
import ctypes
import glob
import os
import random
import subprocess
import sys
import tempfile

from tap import end, ok, skip

top, build = (os.environ.get(name, ".") for name in ("top_srcdir", "top_builddir"))
library = os.environ.get("ROPEWALK_LIBRARY") or os.path.join(build, ".libs", "libropewalk.so")
try:
    import gguf
    import tokenizers
    from tokenizers import Regex, Tokenizer, models, pre_tokenizers, trainers
except ImportError as missing:
    print(f"1..0 # SKIP {missing.name} is missing")
    sys.exit(0)
# A library built with sanitizers stops a program that was not.
load = subprocess.run([sys.executable, "-c", "import ctypes, sys; ctypes.CDLL (sys.argv[1])", library],
                      capture_output=True)
if load.returncode:
    print("1..0 # SKIP no shared library that Python loads")
    sys.exit(0)


class Error(ctypes.Structure):
    _fields_ = [("status", ctypes.c_int), ("text", ctypes.c_char * 1024), ("hint", ctypes.c_char * 512)]


class Ids(ctypes.Structure):
    _fields_ = [("id", ctypes.POINTER(ctypes.c_int32)), ("n", ctypes.c_size_t), ("room", ctypes.c_size_t)]


class Text(ctypes.Structure):
    _fields_ = [("s", ctypes.POINTER(ctypes.c_char)), ("n", ctypes.c_size_t), ("room", ctypes.c_size_t),
                ("failed", ctypes.c_bool)]


class Ours:
    """A tokenizer of the library."""
    c = ctypes.CDLL(library)

    def __init__(self, path):
        self.file, self.t, self.err = ctypes.c_void_p(), ctypes.c_void_p(), Error()
        self.check(self.c.rw_gguf_open(path.encode(), ctypes.byref(self.file), ctypes.byref(self.err)))
        self.check(self.c.rw_tokenizer_new(self.file, ctypes.byref(self.t), ctypes.byref(self.err)))

    def check(self, status):
        if status:
            raise ValueError(self.err.text.decode())

    def encode(self, data):
        ids = Ids()
        self.check(self.c.rw_tokenizer_encode(self.t, data, ctypes.c_size_t(len(data)), False, ctypes.byref(ids),
                                              ctypes.byref(self.err)))
        out = ids.id[:ids.n]
        self.c.rw_ids_free(ctypes.byref(ids))
        return out

    def decode(self, ids):
        text = Text()
        self.check(self.c.rw_tokenizer_decode(self.t, (ctypes.c_int32 * len(ids))(*ids), ctypes.c_size_t(len(ids)),
                                              True, ctypes.byref(text), ctypes.byref(self.err)))
        out = ctypes.string_at(text.s, text.n) if text.n else b""
        self.c.rw_text_free(ctypes.byref(text))
        return out


# The pre-tokenizers as the models' tokenizer.json have them (Meta-Llama-3-8B, Qwen2-7B, SmolLM2-135M, gpt2).
LLAMA3 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
          r"|\s*[\r\n]+|\s+(?!\S)|\s+")
plain = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
bytes_only = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)


def split(pattern):
    return pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(pattern), "isolated"), bytes_only])


published = {
    "gpt-2": plain,
    "llama-bpe": split(LLAMA3),
    "qwen2": split(LLAMA3.replace("{1,3}", "")),
    "smollm": pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), plain]),
}

spaces = "".join(chr(c) for c in (9, 10, 11, 12, 13, 32, 0x85, 0xA0, 0x1680, 0x180E, *range(0x2000, 0x200E), 0x2028,
                                  0x2029, 0x202F, 0x205F, 0x2060, 0x3000, 0xFEFF))
nasty = [
    "", " ", "  ", "\n", " \n", "\n ", "a  b   c    ", "\t\ttab\tend\t", "x \n\n  y\r\n\r\n\tz \r", "\r\r\n \n",
    "I'm you're HE'S we'Ve they'LL 'Twas 'd 's 't 'ſ I'ſ DON'T o'clock ''s '", "1 22 333 4444 55555 1,234.5e-6 ½²Ⅷ٣४௧",
    "naïve café — Ǆungla ſtraße ﬁne İstanbul ıı", "日本語のテキスト、そして。中文文本！한국어", "שלום עולם مرحبا بالعالم नमस्ते",
    "e\u0301 \u0301 a\u0300\u0301b \u200d\u200b", "😀👩‍👩‍👧‍👦🏳️‍🌈 🇩🇪x", "\x00\x01\x7f a\x00b", "<|endoftext|> <s> <0x0A> <unk>",
    "++C==>>[]{}()!!??...\n\n#include <x>\n    return;  // ok\n", "Ġ Ċ ▂ \u2580", "a" * 3000, " " * 3000, "\n" * 3000,
    "ab" * 1500, "7" * 3000, "é" * 1500, "\U0010ffff\U000e0001\ue000\ufffd\uffff", *(f"a{s}b {s} {s}{s}c" for s in spaces),
]


def some_text(rng):
    """Words, digits, marks and characters of everywhere, joined in every way."""
    words = ["the", "The", "quick", "brown", "fox's", "don't", "WE'LL", "2385", "3.14", "e.g.", "--", "...", "naïve", "Straße",
             "мир", "世界", "日本", "नमस्ते", "عالم", "😀", "é", "\u0301", "_x", "x_y", "(a)", "[1]", "#", "ﬃ", "Ⅷ", "²"]
    joins = [" ", " ", " ", " ", "", "  ", "\n", "\n\n", "\r\n", "\t", " \n ", "\u00a0", "\u3000", ", ", ". ", "'"]
    return "".join(rng.choice(words) + rng.choice(joins) for _ in range(rng.randrange(1, 60)))


def characters(rng):
    """Any of the first three planes' letters, marks and the rest that every Unicode version since 10 agrees on."""
    ranges = [(0, 0x24F), (0x370, 0x3FF), (0x400, 0x4FF), (0x5D0, 0x5EA), (0x905, 0x939), (0x2010, 0x2027), (0x2200, 0x22FF),
              (0x3041, 0x3096), (0x4E00, 0x9FA5), (0xAC00, 0xD7A3), (0x1F600, 0x1F64F)]
    return "".join(chr(rng.randint(*rng.choice(ranges))) for _ in range(rng.randrange(1, 40)))


rng = random.Random(2385)
made = [some_text(rng) for _ in range(600)] + [characters(rng) for _ in range(300)]
share = None if os.environ.get("ROPEWALK_WHOLE_CORPUS") else 40000  # bytes of each book: the packages are slow
corpus = {os.path.basename(p): open(p, "rb").read()[:share].decode(errors="ignore").encode()
          for p in sorted(glob.glob(os.path.join(top, "../shared/corpus/*.txt"))
                          or glob.glob(os.path.join(top, "doc/*.md")) + [os.path.join(top, "COPYING")])}
folder = tempfile.TemporaryDirectory()
path = os.path.join(folder.name, "tokenizer.gguf")


def write(model, tokens, **more):
    """A GGUF file of a tokenizer alone."""
    w = gguf.GGUFWriter(path, "llama")
    w.add_tokenizer_model(model)
    w.add_token_list(tokens)
    for key, value in more.items():
        getattr(w, "add_" + key)(value)
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()
    return path


def compare(name, ours, theirs, back=True, lacks=()):
    """theirs (text) is the list of ids; `lacks`: bytes that have no token: they leave them out, we do not."""
    def differs(text):
        data = text.encode()
        missing = [i for i, byte in enumerate(data) if byte in lacks]
        try:
            ids = ours.encode(data)
        except ValueError as refused:
            return None if missing and f"byte {missing[0]}:" in str(refused) else f"refused: {refused}"
        if missing:
            return "not refused"
        if ids != theirs(text):
            return "ids"
        return "decode" if back and ours.decode(ids) != data else None
    for kind, texts in (("odd texts", nasty), ("900 made texts", made)):
        wrong = [(t, differs(t)) for t in texts]
        wrong = [(t, why) for t, why in wrong if why]
        ok(not wrong, f"{name}: {kind} have their ids and decode to themselves")
        for t, why in wrong[:5]:
            print(f"# {why}: {t[:60]!r}: {theirs(t)[:24]}")
    for file, data in corpus.items():
        ids = ours.encode(data)
        same = ids == theirs(data.decode())
        ok(same and (not back or ours.decode(ids) == data), f"{name}: {file}: {len(ids)} ids")


def train_on():
    return [t for t in made] + [c.decode()[:20000] for c in corpus.values()]


def byte_pairs(name, pre, vocab_size, whole):
    t = Tokenizer(models.BPE(ignore_merges=whole))
    t.pre_tokenizer = pre
    t.train_from_iterator(train_on(), trainers.BpeTrainer(
        vocab_size=vocab_size, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False))
    return t


def merges_of(t):
    import json
    merges = json.loads(t.to_str())["model"]["merges"]
    return [m if isinstance(m, str) else " ".join(m) for m in merges]


for pre, pattern in published.items():
    whole = pre == "llama-bpe"
    t = byte_pairs(pre, pattern, 3000, whole)
    vocab = sorted(t.get_vocab(), key=t.get_vocab().get)
    ours = Ours(write("gpt2", vocab, tokenizer_pre=pre, token_merges=merges_of(t)))
    compare(pre, ours, lambda text: t.encode(text).ids)
    if whole:
        # Whole pieces count only where merges do not lead to them: take every second merge's right to be used.
        kept = merges_of(t)[:800]
        lame = Tokenizer(models.BPE(t.get_vocab(), [tuple(m.split(" ")) for m in kept], ignore_merges=True))
        lame.pre_tokenizer = pattern
        ours = Ours(write("gpt2", vocab, tokenizer_pre=pre, token_merges=kept))
        compare(pre + ", few merges", ours, lambda text: lame.encode(text).ids)

ours = Ours(write("gpt2", sorted(pre_tokenizers.ByteLevel.alphabet()), tokenizer_pre="gpt-2"))
alphabet = Tokenizer(models.BPE({c: i for i, c in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}, []))
alphabet.pre_tokenizer = plain
compare("bytes alone", ours, lambda text: alphabet.encode(text).ids)

try:
    import sentencepiece
except ImportError:
    sentencepiece = None
    skip("SentencePiece", "sentencepiece is missing")


def pieces(prefix, fallback, user=()):
    """A small model on the same texts, as the converters of llama.cpp write it."""
    model = os.path.join(folder.name, "spm")
    source = model + ".txt"
    with open(source, "w", newline="") as f:
        f.write("\n".join(t.replace("\n", " ") for t in made + [c.decode()[:20000] for c in corpus.values()]))
    sentencepiece.SentencePieceTrainer.train(
        input=source, model_prefix=model, vocab_size=1400, model_type="bpe", byte_fallback=fallback,
        character_coverage=0.99, normalization_rule_name="identity", add_dummy_prefix=prefix, remove_extra_whitespaces=False,
        user_defined_symbols=list(user), minloglevel=2, max_sentence_length=1 << 22, allow_whitespace_only_pieces=True)
    p = sentencepiece.SentencePieceProcessor(model_file=model + ".model")
    types = [2 if p.IsUnknown(i) else 3 if p.IsControl(i) else 6 if p.IsByte(i) else 4 if p.IdToPiece(i) in user else 1
             for i in range(len(p))]
    return p, Ours(write("llama", [p.IdToPiece(i) for i in range(len(p))], token_scores=[p.GetScore(i) for i in range(len(p))],
                         token_types=types, bos_token_id=1, eos_token_id=2, unk_token_id=0, add_space_prefix=prefix))


for prefix, fallback, user in ((True, True, ()), (False, True, ("\n\n", "<table>")), (True, False, ())):
    if sentencepiece:
        p, ours = pieces(prefix, fallback, user)
        name = f"SentencePiece, prefix {prefix}, byte fallback {fallback}, {len(user)} user-defined"
        compare(name, ours, lambda text: p.encode(text), back=fallback)

# GPT-2's character of each byte: those that can be seen stand for themselves, the others follow from 256 on.
seen = [*range(33, 127), *range(161, 173), *range(174, 256)]
alphabet_of = {b: chr(b) if b in seen else chr(256 + [x for x in range(256) if x not in seen].index(b)) for b in range(256)}
smollm2 = os.environ.get("ROPEWALK_SMOLLM2")
if smollm2 and os.path.exists(smollm2):
    fields = gguf.GGUFReader(smollm2).fields
    vocab, merges = (fields["tokenizer.ggml." + key].contents() for key in ("tokens", "merges"))
    t = Tokenizer(models.BPE({s: i for i, s in enumerate(vocab)}, [tuple(m.split(" ")) for m in merges]))
    t.pre_tokenizer = published["smollm"]
    lacks = [b for b in range(256) if alphabet_of[b] not in t.get_vocab()]
    compare("SmolLM2-135M", Ours(smollm2), lambda text: t.encode(text).ids, lacks=lacks)
else:
    skip("SmolLM2-135M", "ROPEWALK_SMOLLM2 names no file")
end()
