"""reproduce_keep: what another build has measured is measured again, unless --keep is asked for."""
import json
import os
import subprocess
import sys
import tempfile

from tap import end, ok

build = os.path.abspath(os.environ.get("top_builddir", "."))
try:
    import h5py
except ImportError as missing:
    print(f"1..0 # SKIP {missing.name} is missing")
    sys.exit(0)

CONFIG = {"name": "one", "model": {"head_dim": 8, "rope_theta": 10000, "original_length": 64}, "metrics": ["wavelength"]}
EXPECTED = {"title": "one", "paper": "none", "claims": [
    {"name": "the second frequency", "place": "theta_1 = b^(-2/d)", "published": 0.1,
     "within": {"relative": 1e-12, "why": "rounding"}, "value": {"field": "inv_freq", "at": {"pair": 1}}, "verdict": "match"}]}
OTHER = "0123456789abcdef"


def reproduce(*options):
    done = subprocess.run([os.path.join(build, "ropewalk"), "reproduce", "./01-one", "-o", "out", "--json", *options],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    sweeps = [s for e in json.loads(done.stdout)["experiments"] if e["name"] == "01-one" for s in e["sweeps"]]
    return done.returncode, sweeps[0]


def of_other_build():
    with h5py.File("out/01-one/config.h5", "r+") as f:
        f.attrs["build_id"] = OTHER


with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    os.mkdir("01-one")
    for name, content in (("config", CONFIG), ("expected", EXPECTED)):
        with open(f"01-one/{name}.json", "w", encoding="utf-8") as f:
            json.dump(content, f)
    code, sweep = reproduce()
    own = sweep["build_id"]
    ok(code == 0 and not sweep["cached"] and own != OTHER, "the first time it is measured")
    of_other_build()
    code, sweep = reproduce("--keep")
    ok(code == 0 and sweep["cached"] and sweep["build_id"] == OTHER, "--keep takes what another build measured, and says whose it is")
    code, sweep = reproduce()
    ok(code == 0 and not sweep["cached"] and sweep["build_id"] == own, "without it, it is measured again")
    of_other_build()
    CONFIG["model"]["rope_theta"] = 160000
    with open("01-one/config.json", "w", encoding="utf-8") as f:
        json.dump(CONFIG, f)
    code, sweep = reproduce("--keep")
    ok(code == 1 and not sweep["cached"] and sweep["build_id"] == own, "another config is measured whatever is asked for")
end()
