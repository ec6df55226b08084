"""notebook: the code of doc/notebook.md, run as it stands, draws what is in the file."""
import os
import re
import subprocess
import sys
import tempfile

from tap import end, ok

build = os.path.abspath(os.environ.get("top_builddir", "."))
source = os.path.abspath(os.environ.get("top_srcdir", "."))
try:
    import h5netcdf  # noqa: F401  (the engine that the page names)
    import h5py
    import matplotlib
    import numpy as np
    import xarray  # noqa: F401
except ImportError as missing:
    print(f"1..0 # SKIP {missing.name} is missing")
    sys.exit(0)
matplotlib.use("Agg")

with open(os.path.join(source, "doc", "notebook.md"), encoding="utf-8") as page:
    text = page.read()
command = re.search(r"^\$ ropewalk (.*)$", text, re.M).group(1).split()
code = re.search(r"```python\n(.*?)```", text, re.S).group(1)
ok(len(code.strip().splitlines()) == 10, "ten lines, as the page says")

with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    os.symlink(os.path.join(source, "experiments"), "experiments")
    environment = dict(os.environ, ROPEWALK_DATADIR=source)
    done = subprocess.run([os.path.join(build, "ropewalk"), *command, "--quiet"], env=environment,
                          stdout=subprocess.PIPE, check=False)
    ok(done.returncode == 0, "the command runs")
    names = {}
    exec(compile(code, "doc/notebook.md", "exec"), names)
    with open("similarity.pdf", "rb") as picture:
        ok(picture.read(5) == b"%PDF-", "the code leaves a PDF")
    with h5py.File("methods-at-a-glance.h5") as f:
        schedule, model = (list(f[n].asstr()[...]) for n in ("schedule", "model"))
        factor, length = (list(f[n][...]) for n in ("factor", "length"))
        lines = names["ax"].lines
        for line, label in zip(lines, ("default", "linear", "yarn")):
            wanted = f["similarity"][model.index("llama-2-7b"), schedule.index(label), factor.index(8),
                                     length.index(32768)]
            ok(np.array_equal(line.get_ydata(), wanted, equal_nan=True) and np.isfinite(wanted).sum() > 50,
               f"{label}: the curve is the file's")
            ok(np.array_equal(line.get_xdata(), f["distance"][...]), f"{label}: over its distances")
        ok(len(lines) == 4 and lines[3].get_xdata()[0] == 4096, "the dashed line stands at the trained length")
end()
