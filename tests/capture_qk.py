"""capture_qk: what scripts/capture_qk.py writes, rotated by ropewalk, attends as the model itself does."""
import contextlib
import importlib.util
import io
import json
import os
import subprocess
import sys
import tempfile

from tap import end, ok

build, src = os.environ.get("top_builddir", "."), os.environ.get("top_srcdir", ".")
os.environ["TRANSFORMERS_VERBOSITY"] = "error"
try:
    import numpy as np
    import torch
    import transformers
    from safetensors import safe_open
    from tokenizers import Tokenizer, models, pre_tokenizers
    transformers.AttentionInterface
except (ImportError, AttributeError) as missing:
    print(f"1..0 # SKIP {getattr(missing, 'name', None) or 'AttentionInterface'} is missing")
    sys.exit(0)

spec = importlib.util.spec_from_file_location("capture_qk", os.path.join(src, "scripts", "capture_qk.py"))
transformers.utils.logging.disable_progress_bar()
script = importlib.util.module_from_spec(spec)
spec.loader.exec_module(script)

TOKENS, LAYERS, HEADS = 24, [0, 2], 4
SIZE = dict(vocab_size=50, hidden_size=64, intermediate_size=48, num_hidden_layers=3, num_attention_heads=HEADS,
            max_position_embeddings=64, pad_token_id=0, bos_token_id=1, eos_token_id=2)
YARN = {"rope_type": "yarn", "rope_theta": 10000.0, "factor": 4.0, "original_max_position_embeddings": 16}
FAMILIES = {  # config, channels of a head, those that rotate, layout
    "llama": (dict(num_key_value_heads=2, rope_parameters=YARN), 16, 16, "half"),
    "qwen3": (dict(num_key_value_heads=2, head_dim=24), 24, 24, "half"),          # norms before the rotation
    "phi3": (dict(num_key_value_heads=1, partial_rotary_factor=0.5), 16, 8, "half"),
    "cohere": (dict(num_key_value_heads=4), 16, 16, "interleaved"),
}


def make(folder, family, more):
    """A small random model, and a tokenizer of numbers."""
    torch.manual_seed(7)
    config = transformers.AutoConfig.for_model(family, **SIZE, **more)
    model = transformers.AutoModelForCausalLM.from_config(config).eval()
    for p in model.parameters():  # sharper attention than small random weights give
        p.data *= 3 if p.ndim > 1 else 1
    model.save_pretrained(folder)
    words = Tokenizer(models.WordLevel({str(i): i for i in range(50)}, unk_token="0"))
    words.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    transformers.PreTrainedTokenizerFast(tokenizer_object=words).save_pretrained(folder)


def capture(*arguments):
    sys.argv = ["capture_qk.py", *arguments]
    with contextlib.redirect_stdout(io.StringIO()) as said:
        script.main()
    return said.getvalue()


def probabilities(folder, ids):
    """The model's own attention: (layer, head, query, key)."""
    model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype="float32", attn_implementation="eager").eval()
    with torch.no_grad():
        found = model(input_ids=torch.tensor([ids]), output_attentions=True).attentions
    return np.stack([x[0].double().numpy() for x in found])


def entropies(folder, name, heads):
    """ropewalk's, of every position: (layer, head, position)."""
    config = {"name": "a", "model": ".", "length": TOKENS, "axes": {"layer": LAYERS, "head": heads}, "positions": "all",
              "source": {"name": "file", "path": name, "q": "layers.{layer}.q", "k": "layers.{layer}.k", "v": "layers.{layer}.v"},
              "metrics": [{"name": "attention", "bound": False}]}
    path = os.path.join(folder, "config-a.json")
    with open(path, "w", encoding="utf-8") as f:
        json.dump(config, f)
    result = os.path.join(folder, "a.h5")
    subprocess.run([os.path.join(build, "ropewalk"), "run", path, "--quiet", "--force", "-o", result], check=True,
                   stdout=subprocess.DEVNULL)
    rows = subprocess.run([os.path.join(build, "ropewalk"), "show", result, "field=entropy", "--csv"], check=True,
                          capture_output=True, text=True).stdout.splitlines()
    column = rows[0].split(",").index("entropy")
    found = [float(r.split(",")[column]) for r in rows[1:]]
    return np.array(found).reshape(len(LAYERS), len(heads), -1)[:, :, :TOKENS]


ids = [(7 * i * i + 3) % 47 + 3 for i in range(TOKENS)]
text = " ".join(map(str, ids))
with tempfile.TemporaryDirectory() as top:
    for family, (more, head_dim, rotary_dim, layout) in FAMILIES.items():
        folder = os.path.join(top, family)
        make(folder, family, more)
        out = os.path.join(folder, "capture.safetensors")
        said = capture("--model", folder, "--text", text, "--layers", "0,2", "--dtype", "float32", "--out", out)
        ok(said.strip() == out, f"{family}: captured")
        with safe_open(out, "np") as f:
            about, names = f.metadata(), sorted(f.keys())
            kv = more["num_key_value_heads"]
            ok(names == [f"layers.{n}.{w}" for n in LAYERS for w in "kqv"]
               and f.get_slice("layers.2.q").get_shape() == [HEADS, TOKENS, head_dim]
               and f.get_slice("layers.2.k").get_shape() == [kv, TOKENS, head_dim], f"{family}: grouped heads as they are")
        ok((about["layout"], about["rotary_dim"], about["head_dim"]) == (layout, str(rotary_dim), str(head_dim))
           and about["model_type"] == family and about["activations"] == "frozen"
           and "rope_theta" in json.loads(about["rope_parameters"]), f"{family}: the file says what it is")
        p = probabilities(folder, ids)[LAYERS]
        want = -np.sum(p * np.log(np.where(p > 0, p, 1)), -1)
        got = entropies(folder, "capture.safetensors", list(range(HEADS)))
        # 1e-4 nat: the model computes in float32, from hidden states that float32 rounded
        ok(want.min() < 0.9 * np.log(TOKENS) and np.abs(got - want).max() < 1e-4,
           f"{family}: rotated by ropewalk, q and k attend as in the model")

    folder = os.path.join(top, "llama")
    some = os.path.join(folder, "some.safetensors")
    capture("--model", folder, "--text", text, "--layers", "0,2", "--heads", "1,3", "--dtype", "float32", "--out", some)
    p = probabilities(folder, ids)[LAYERS][:, [1, 3]]
    want = -np.sum(p * np.log(np.where(p > 0, p, 1)), -1)
    ok(np.abs(entropies(folder, "some.safetensors", [1, 3]) - want).max() < 1e-4, "chosen heads keep their numbers and their keys")
    capture("--model", folder, "--text", text, "--layers", "0", "--length", "9", "--dtype", "bfloat16", "--out", some)
    with safe_open(some, "pt") as f:
        ok(f.get_tensor("layers.0.q").dtype == torch.bfloat16 and f.get_tensor("layers.0.q").shape[1] == 9, "bfloat16, nine tokens")
    for arguments, says in ((["--length", "99"], "the text has 24 tokens"), (["--layers", "7"], "in layers [7]")):
        try:
            capture("--model", folder, "--text", text, "--layers", "0", "--out", some, *arguments)
            ok(False, says)
        except SystemExit as refusal:
            ok(says in str(refusal), f"refused: {says}")

end()
