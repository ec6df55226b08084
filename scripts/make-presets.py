#!/usr/bin/env python3
"""Makes configs/models/ from a folder of collected config files.

usage: make-presets.py FOLDER [configs/models]

Each FOLDER/NAME.json becomes the preset NAME: the keys as found, `_source` and `_pair_layout` kept as
notes, the collector's other notes dropped.  Also writes configs/models/models.am, the list that travels
with the sources, and tests/golden/models.tsv from the collector's `_check`: the head and rotary
dimensions and the layout that the reader must find.  A multi-head latent attention rotates a head of
its own, so its head_dim is qk_rope_head_dim, not hidden_size / num_attention_heads.
"""
import json
import pathlib
import re
import sys

DROPPED = ("_check", "_unverified", "_notes")
LAYOUTS = {"half": "half", "interleaved": "interleaved"}


def one_line(match):
    return "[" + ", ".join(part.strip() for part in match[1].split(",")) + "]"


def expected(name, config):
    text = config.get("text_config", config)
    check = config.get("_check", {})
    head, rotary = check.get("head_dim"), check.get("rotary_dim")
    if text.get("qk_rope_head_dim"):
        head = text["qk_rope_head_dim"]
    layout = config.get("_pair_layout")
    layout = layout["layout"] if isinstance(layout, dict) else ""
    layout = LAYOUTS.get(layout.split(" ")[0], "-")
    rope = "sliding_attention" if text.get("global_head_dim") else "-"
    return [name, rope, str(head or "-"), str(rotary or "-"), layout]


def main():
    source = pathlib.Path(sys.argv[1])
    top = pathlib.Path(__file__).resolve().parent.parent
    target = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else top / "configs/models"
    rows, names = [], []
    for path in sorted(source.glob("*.json")):
        config = json.loads(path.read_text())
        rows.append(expected(path.stem, config))
        for key in DROPPED:
            config.pop(key, None)
        text = json.dumps(config, indent=2, ensure_ascii=False)
        text = re.sub(r"\[\s+([^][{}]*?)\s+\]", one_line, text)  # lists on one line
        (target / path.name).write_text(text + "\n")
        names.append(path.name)
    listed = " \\\n\t".join(f"configs/models/{name}" for name in names)
    (target / "models.am").write_text(
        "# Made by scripts/make-presets.py: the presets that are installed.\n"
        f"model_presets = \\\n\t{listed}\n")
    table = top / "tests/golden/models.tsv"
    table.write_text("# Made by scripts/make-presets.py: preset, layer type, head_dim, rotary_dim, "
                     "layout; - where no source says it\n"
                     + "".join("\t".join(row) + "\n" for row in rows))
    print(f"{len(names)} presets")


if __name__ == "__main__":
    main()
