#!/usr/bin/env python3
"""Writes q, k and v of a transformers model for a text, as they are before rotation, to safetensors.

    capture_qk.py --model meta-llama/Llama-3.1-8B --file book.txt --layers 0,16,31 --length 32768 \\
                  --dtype bfloat16 --device cuda --out capture.safetensors

ropewalk reads them with {"name": "file", "path": "capture.safetensors", "q": "layers.{layer}.q", "k": "layers.{layer}.k",
"v": "layers.{layer}.v"}.  Before a chosen layer attends, its attention runs twice more on the same input, up to the
scores: once with every angle 0, which gives q, k and v without rotation whatever the model does with them (norms, partial
or interleaved rotation), and once with every angle 90 degrees, which shows the channels that rotate and how they pair.
Works for models that hand position_embeddings to their attention (transformers 4.48 and newer); of latent attention (MLA)
only the channels that rotate are kept.
"""
import argparse
import json
import sys

import torch
import transformers
from safetensors.torch import save_file


class Taken(Exception):
    """Ends an extra run with what attention was given."""


def take(module, q, k, v, attention_mask, **rest):
    raise Taken((q, k, v, rest))


def turned(embeddings, cos, sin):
    """The same embeddings with one angle everywhere."""
    if torch.is_tensor(embeddings):  # cos + i sin
        return torch.full_like(embeddings, complex(cos, sin))
    return torch.full_like(embeddings[0], cos), torch.full_like(embeddings[1], sin)


def attend(module, args, kwargs, cos, sin):
    config, usual = module.config, module.config._attn_implementation
    config._attn_implementation = "ropewalk"
    try:
        module.forward(*args, **{**kwargs, "position_embeddings": turned(kwargs["position_embeddings"], cos, sin)})
    except Taken as taken:
        return taken.args[0]
    finally:
        config._attn_implementation = usual
    sys.exit(f"capture_qk: {type(module).__name__} does not use transformers' attention interface")


def pairing(still, quarter):
    """Which channels rotate, and their layout: after 90 degrees the first of a pair holds minus the second."""
    still, quarter = still.float(), quarter.float()
    slack = still.abs().max() / 100  # rounding, where the model norms after it rotates
    moved = ((still - quarter).abs() > slack).flatten(0, -2).any(0).nonzero().flatten()
    first, n = moved[0], len(moved)
    for layout, partner in (("half", first + n // 2), ("interleaved", first + 1)):
        if n % 2 == 0 and (quarter[..., first] + still[..., partner]).abs().max() < slack:
            return moved, layout
    sys.exit("capture_qk: the channels rotate in pairs that are neither half nor interleaved, or a norm follows them")


def capture(model, ids, layers, heads):
    tensors, about = {}, {}

    def look(module, args, kwargs):
        layer = getattr(module, "layer_idx", None)
        if "Attention" not in type(module).__name__ or layer not in layers or f"layers.{layer}.q" in tensors:
            return
        if kwargs.get("position_embeddings") is None:
            return
        q, k, v, rest = attend(module, args, kwargs, 1, 0)
        moved, layout = pairing(q, attend(module, args, kwargs, 0, 1)[0])
        kept = slice(None) if moved[0] == 0 else moved  # MLA: the others come first
        about.update(layout=layout, rotary_dim=len(moved), head_dim=q[..., kept].shape[-1], scaling=rest.get("scaling"))
        found = {"q": q[0][..., kept], "k": k[0][..., kept], "v": v[0]}
        if rest.get("s_aux") is not None:
            found["sinks"] = rest["s_aux"].flatten()
        if heads:  # every query head chosen, and beside it the key head that it shares
            group = found["q"].shape[0] // found["k"].shape[0]
            found = {name: x[[h // group if name in "kv" else h for h in heads]] for name, x in found.items()}
        tensors.update({f"layers.{layer}.{name}": x.contiguous().cpu() for name, x in found.items()})

    for module in model.modules():
        module.register_forward_pre_hook(look, with_kwargs=True)
    with torch.no_grad():
        model(input_ids=ids, use_cache=False)
    missing = [layer for layer in layers if f"layers.{layer}.q" not in tensors]
    if missing:
        sys.exit(f"capture_qk: no attention with position_embeddings was met in layers {missing}")
    return tensors, about


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    numbers = lambda text: [int(x) for x in text.split(",")]
    p.add_argument("--model", required=True, help="a name of the hub, or a folder")
    text = p.add_mutually_exclusive_group(required=True)
    text.add_argument("--text")
    text.add_argument("--file", help="UTF-8 text")
    p.add_argument("--layers", type=numbers, required=True, help="0,16,31")
    p.add_argument("--heads", type=numbers, help="query heads; all of them if left out")
    p.add_argument("--length", type=int, help="tokens; as many as the text has if left out")
    p.add_argument("--dtype", default="auto", help="auto, float32, bfloat16, float16")
    p.add_argument("--device", default="cpu", help="cpu, cuda, or auto (several devices; needs accelerate)")
    p.add_argument("--out", required=True)
    a = p.parse_args()
    transformers.AttentionInterface.register("ropewalk", take)
    body = a.text if a.text is not None else open(a.file, encoding="utf-8").read()
    ids = transformers.AutoTokenizer.from_pretrained(a.model)(body, return_tensors="pt").input_ids[:, :a.length]
    if a.length and ids.shape[1] < a.length:
        sys.exit(f"capture_qk: the text has {ids.shape[1]} tokens; --length asks for {a.length}")
    spread = {"device_map": "auto"} if a.device == "auto" else {}
    model = transformers.AutoModelForCausalLM.from_pretrained(a.model, dtype=a.dtype, **spread).eval()
    model = model if spread else model.to(a.device)
    config = model.config.get_text_config()
    tensors, about = capture(model, ids.to(model.device), a.layers, a.heads)
    rope = getattr(config, "rope_parameters", None) or getattr(config, "rope_scaling", None)
    about.update(model=a.model, model_type=config.model_type, tokens=ids.shape[1], activations="frozen", rope_parameters=rope,
                 rope_theta=getattr(config, "rope_theta", None) or (rope or {}).get("rope_theta"),
                 max_position_embeddings=getattr(config, "max_position_embeddings", None), layers=str(a.layers)[1:-1],
                 heads=str(a.heads)[1:-1] if a.heads else None, transformers=transformers.__version__)
    metadata = {key: x if isinstance(x, str) else json.dumps(x) for key, x in about.items() if x is not None}
    save_file(tensors, a.out, metadata=metadata)
    print(a.out)


if __name__ == "__main__":
    main()
