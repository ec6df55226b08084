"""page: the report's page in a real browser without a network: every figure is decoded, nothing is loaded, nothing is wider
than a phone, text is readable by day and by night; screenshots stay in the build folder."""
import html
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

from tap import end, ok

here = os.path.abspath(os.environ.get("top_builddir", "."))
chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
for what, there in (("chromium", chromium), ("gnuplot", shutil.which("gnuplot"))):
    if not there:
        print(f"1..0 # SKIP {what} is not installed")
        sys.exit(0)

CONFIG = """{ "name": "page", "model": {"head_dim": 64, "rope_theta": 10000, "original_length": 4096},
  "axes": {"schedule": ["default", "linear", "yarn"], "schedule.factor": [2, 4]}, "metrics": ["coverage"],
  "figures": [{"name": "frequency", "field": "inv_freq", "x": "pair", "lines": "schedule", "at": {"factor": 4},
               "title": "<img src=x onerror=document.title='harm'> frequency"},
              {"name": "coverage", "field": "coverage", "x": "pair", "lines": "schedule", "at": {"factor": 4}}] }"""
CLAIMS = {"title": "<script>document.title='harm'</script>", "paper": "none", "claims": [
    {"name": f"claim {i} with words enough to fill the line of a phone", "place": "Table 1", "published": p,
     "within": {"absolute": 1e-9, "why": "a reason of some length, as they are in the papers that we read"},
     "value": {"field": "inv_freq", "at": {"schedule": "default", "factor": 2, "pair": 0}}, "verdict": v}
    for i, (p, v) in enumerate(((1, "match"), (2, "differs"), (3, "match")))]}
# Relative luminance and contrast of WCAG 2.1; every text against the page.
SCRIPT = """
const out = {};
function luminance(c) {
  const v = c.match(/[0-9.]+/g).slice(0, 3).map(x => { x /= 255; return x <= 0.03928 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4; });
  return 0.2126 * v[0] + 0.7152 * v[1] + 0.0722 * v[2];
}
function look(frame) {
  const d = frame.contentDocument, w = frame.contentWindow, images = [...d.images];
  const paper = luminance(w.getComputedStyle(d.body).backgroundColor);
  const contrast = [...d.querySelectorAll("p,td,th,a,h2,figcaption,li")].map(e => {
    const ink = luminance(w.getComputedStyle(e).color);
    return (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
  });
  return {images: images.length, decoded: images.filter(i => i.complete && i.naturalWidth > 0).length,
          wide: images.filter(i => i.getBoundingClientRect().width > frame.clientWidth).length,
          scroll: d.documentElement.scrollWidth, width: frame.clientWidth, contrast: Math.min(...contrast), dark: paper < 0.5,
          scripts: d.scripts.length, title: d.title, foot: d.querySelectorAll("h2").length,
          loaded: w.performance.getEntriesByType("resource").map(r => r.name.slice(0, 20)).filter(n => !n.startsWith("data:"))};
}
addEventListener("load", () => setTimeout(() => {
  for (const f of document.querySelectorAll("iframe")) out[f.id] = look(f);
  document.getElementById("out").textContent = JSON.stringify(out);
}, 200));
"""


def browse(*arguments):
    return subprocess.run([chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
                           "--host-resolver-rules=MAP * ~NOTFOUND", "--virtual-time-budget=5000", f"--user-data-dir={work}/profile",
                           *arguments], cwd=work, capture_output=True, timeout=120, text=True)


def looked(*arguments):
    dom = browse("--dump-dom", *arguments, f"file://{work}/frames.html").stdout
    found = re.search(r'<pre id="out">(.*?)</pre>', dom, re.S)
    return json.loads(html.unescape(found.group(1))) if found and found.group(1) else {}


with tempfile.TemporaryDirectory() as work:
    os.mkdir(f"{work}/page")
    with open(f"{work}/page/config.json", "w") as f:
        f.write(CONFIG)
    with open(f"{work}/page/expected.json", "w") as f:
        json.dump(CLAIMS, f)
    run = subprocess.run([f"{here}/ropewalk", "reproduce", "./page", "-o", "out", "--quiet"], cwd=work, capture_output=True, text=True)
    ok(run.returncode == 1, "an experiment with a claim that is worse than expected")
    with open(f"{work}/out/report.html", encoding="utf-8") as f:
        page = f.read()
    with open(f"{work}/frames.html", "w", encoding="utf-8") as f:
        f.write("<!DOCTYPE html><meta charset=utf-8><body style='margin:0'>" + "".join(
            f'<iframe id={name} width={width} height=3000 style="border:0" srcdoc="{html.escape(page)}"></iframe>'
            for name, width in (("phone", 390), ("desktop", 1280))) + f'<pre id="out"></pre><script>{SCRIPT}</script>')
    day, night = looked(), looked("--blink-settings=preferredColorScheme=0")
    for name in ("phone", "desktop"):
        d = day.get(name)
        if not d:
            ok(False, f"{name}: the browser says nothing")
            continue
        ok(d["images"] == 2 and d["decoded"] == 2, f"{name}: both figures are decoded ({d['decoded']} of {d['images']})")
        ok(d["scroll"] <= d["width"] and d["wide"] == 0, f"{name}: nothing is wider than {d['width']} ({d['scroll']})")
        ok(d["loaded"] == [] and d["scripts"] == 0, f"{name}: nothing is loaded and nothing runs")
        ok("harm" not in d["title"], f"{name}: what means harm is text")
        ok(not d["dark"] and d["contrast"] >= 4.5, f"{name}: contrast {d['contrast']:.2f}, at least 4.5 (WCAG 2.1, 1.4.3)")
    n = night.get("desktop", {})
    ok(n.get("dark", False) and n.get("contrast", 0) >= 4.5, f"by night: contrast {n.get('contrast', 0):.2f}, at least 4.5")
    for name, width in (("phone", 500), ("desktop", 1280)):  # a window cannot be narrower than 500
        picture = f"{here}/report-{name}.png"
        if os.path.exists(picture):
            os.unlink(picture)
        browse(f"--window-size={width},2400", f"--screenshot={picture}", f"file://{work}/out/report.html")
        size = os.path.getsize(picture) if os.path.exists(picture) else 0
        ok(size > 20000, f"report-{name}.png shows something ({size} bytes)")  # a blank page of this size is 10 kB
    browse(f"--print-to-pdf={work}/page.pdf", f"file://{work}/out/report.html")
    with open(f"{work}/page.pdf", "rb") as f:
        ok(f.read(5) == b"%PDF-", "it prints")
end()
