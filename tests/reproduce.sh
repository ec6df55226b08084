#!/bin/sh
# reproduce: a shelf of its own: rows and verdicts of every kind, exit codes, what is kept and what is
# measured anew, stops and resumes, --json, and the reports, with texts that mean harm.
unset ROPEWALK_PLUGIN_PATH
export OMP_NUM_THREADS=2
build=$(cd "${top_builddir:-.}" && pwd)
rw=$build/ropewalk
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
trap 'exit 99' HUP INT TERM
cd "$work" || exit 99
n=0 bad=0
result () { # result STATUS NAME
  n=$((n + 1))
  if [ "$1" = 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; bad=1; sed 's/^/# /' err out 2>/dev/null | head -n 40; fi
}
skip () { n=$((n + 1)); echo "ok $n - $1 # SKIP $2"; }
is () { # is NAME EXPECTED COMMAND...: its exit code
  name=$1 want=$2; shift 2
  "$@" >out 2>err; got=$?
  [ "$got" = "$want" ]; result $? "$name: exit $want (got $got)"
}
says () { grep -qF -- "$1" err; result $? "stderr says: $1"; }
row () { grep -qE -- "$1" out; result $? "a row: $1"; }

# ---- a shelf: 10000^(-2/8) = 0.1 is the second frequency of a head of 8 ----
mkdir -p data/experiments/01-verdicts data/experiments/02-none data/experiments/03-optional data/experiments/not-one
cp -r "${top_srcdir:-.}/configs" data/ 2>/dev/null
export ROPEWALK_DATADIR=$work/data
shelf=data/experiments
cat >$shelf/01-verdicts/config.json <<'JSON'
{ "name": "verdicts", "model": {"head_dim": 8, "rope_theta": 10000, "original_length": 64},
  "axes": {"schedule": ["default", "linear"], "schedule.factor": [2, 4]}, "metrics": ["coverage"],
  "figures": [{"name": "frequency", "field": "inv_freq", "x": "pair", "lines": "schedule", "at": {"factor": 2},
               "title": "<script>alert('figure')</script> \" onerror=\"alert(2)\u0007\u001b[31m \u00e4"}] }
JSON
sed 's/10000/10/; s/verdicts/other/' $shelf/01-verdicts/config.json >$shelf/01-verdicts/other.json
cat >$shelf/01-verdicts/expected.json <<'JSON'
{ "title": "</h2><script>alert('title')</script> & | *bold* `code` [a](http://example.org/a)", "paper": "N. <i>Obody</i>, arXiv 0000.00000",
  "claims": [
   {"name": "it holds | <b>bold</b>", "place": "eq. 1", "published": 0.1, "within": {"absolute": 1e-12, "why": "10000^(-1/4), exactly"},
    "value": {"field": "inv_freq", "at": {"schedule": "default", "factor": 2, "pair": 1}}, "verdict": "match"},
   {"name": "it is a slip", "place": "Table 2", "published": 0.3, "within": {"absolute": 0.05, "why": "one digit"},
    "value": {"field": "inv_freq", "at": {"schedule": "default", "factor": 2, "pair": 1}}, "verdict": "slip",
    "slip": {"why": "10000^(-1/4) is a tenth", "equals": 0.1, "within": {"absolute": 1e-12, "why": "exactly"},
             "value": {"field": "inv_freq", "at": {"schedule": "default", "factor": 2, "pair": 1}}},
    "readings": [{"says": "three times as fast", "value": {"field": "inv_freq", "times": 3, "at": {"schedule": "default", "factor": 2, "pair": 1}}}]},
   {"name": "a large number", "place": "section 3", "published": 1234570, "within": {"absolute": 5, "why": "six digits"},
    "value": {"field": "inv_freq", "times": 12345678.9, "at": {"schedule": "default", "factor": 2, "pair": 1}}, "verdict": "match"},
   {"name": "it differs", "place": "section 3", "published": "at least 2", "at_least": 2,
    "value": {"field": "inv_freq", "at": {"schedule": "default", "factor": 2, "pair": 0}}, "verdict": "differs"},
   {"name": "of another config", "place": "Table 3", "published": 0.5, "within": {"absolute": 1e-12, "why": "exactly"},
    "value": {"config": "other.json", "field": "inv_freq", "at": {"schedule": "linear", "factor": 2, "pair": 0}}, "verdict": "match"} ] }
JSON
printf '{"name": "none", "model": {"head_dim": 8, "rope_theta": 10000, "original_length": 64}, "metrics": ["coverage"]}\n' \
  >$shelf/02-none/config.json
cp $shelf/02-none/config.json $shelf/03-optional/
printf '{"name": "lacks", "model": "no-model-of-this-name", "metrics": ["coverage"]}\n' >$shelf/03-optional/lacks.json
cat >$shelf/03-optional/expected.json <<'JSON'
{ "title": "A model that is not here", "paper": "none", "optional": ["lacks.json"],
  "claims": [ {"name": "needs it", "place": "Table 1", "published": 1, "within": {"absolute": 0.5, "why": "one digit"},
    "value": {"config": "lacks.json", "field": "inv_freq", "at": {"pair": 0}}, "verdict": "match"} ] }
JSON

# ---- rows and verdicts ----
is 'the whole shelf' 0 "$rw" reproduce -o results
row '^01-verdicts +it holds .* 0\.1 +0\.1 +match$'
row '^01-verdicts +it is a slip .* 0\.3 +0\.1 +paper slip$'
row '^01-verdicts +a large number .* 1234570 +1234570 +match$'
row '^01-verdicts +it differs .* at least 2 +1 +differs$'
row '^01-verdicts +of another config .* 0\.5 +0\.5 +match$'
row '^03-optional +needs it .* not run: lacks.json was not run$'
[ "$(tail -n 1 out)" = '6 claims: 3 match, 1 paper slip, 1 differs, 1 not run; 0 worse than expected' ]
result $? 'the last line counts them'
says 'to measure: closed form: 4 sweeps, ~'
says '03-optional/lacks.json: not run: its model is not shipped; scripts/fetch-smollm2 fetches it'
for f in 01-verdicts/config 01-verdicts/other 02-none/config 03-optional/config; do
  [ -s results/$f.h5 ]; result $? "$f.h5 is there"
done
cp out rows

# ---- what was measured is kept ----
before=$(ls -i results/*/*.h5)
is 'once more' 0 "$rw" reproduce -o results
says 'nothing to measure'
[ "$(ls -i results/*/*.h5)" = "$before" ] && cmp -s out rows; result $? 'the same files and the same rows'
is 'in silence' 0 "$rw" reproduce 01 -o results --quiet
[ ! -s err ] && [ "$(wc -l <out)" = 7 ]; result $? 'rows of one experiment, nothing on stderr'
sed 's/10000/160000/' $shelf/01-verdicts/config.json >t && mv t $shelf/01-verdicts/config.json
is 'another config' 1 "$rw" reproduce 01-verdicts -o results
says '01-verdicts/config.json'
grep -q 'other.json$' err; [ $? = 1 ]; result $? 'the sweep that did not change is not run again'
row 'it holds .* 0\.1 +0\.05 +differs \(expected: match\)$'
row 'it is a slip .* 0\.3 +0\.05 +differs \(expected: paper slip\)$'
[ "$(tail -n 1 out)" = '5 claims: 1 match, 0 paper slip, 4 differs, 0 not run; 3 worse than expected' ]
result $? 'three are worse than expected'
sed 's/160000/10000/' $shelf/01-verdicts/config.json >t && mv t $shelf/01-verdicts/config.json
printf 'damaged' >results/01-verdicts/config.h5
is 'the old config again, over a damaged file' 0 "$rw" reproduce 01-verdicts -o results
row 'it holds .* match$'
is 'a path as a name' 0 "$rw" reproduce ./$shelf/01-verdicts -o results -j 1
says 'nothing to measure'
is 'the model part' 0 "$rw" reproduce -o elsewhere --part model
[ -z "$(ls elsewhere/*/*.h5 2>/dev/null)" ]; result $? 'is none of these'
row 'it holds .* not run'

sed 's/"name": "frequency"/"name": "again"/' $shelf/01-verdicts/config.json >t && mv t $shelf/01-verdicts/config.json
"$rw" show results/01-verdicts/config.h5 field=seconds --csv >then 2>err
is 'a figure by another name' 0 "$rw" reproduce 01-verdicts -o results
"$rw" show results/01-verdicts/config.h5 >out 2>err && grep -q ' again  *inv_freq' out; result $? 'is in the file'
"$rw" show results/01-verdicts/config.h5 field=seconds --csv >now 2>err && cmp -s then now; result $? 'and no point was measured again'
sed 's/"name": "again"/"name": "frequency"/' $shelf/01-verdicts/config.json >t && mv t $shelf/01-verdicts/config.json

# ---- refused ----
is 'an unknown experiment' 2 "$rw" reproduce 01-verdict5
says "did you mean '01-verdicts'"
is 'an ambiguous beginning' 2 "$rw" reproduce 0
is 'a folder without a config' 3 "$rw" reproduce ./data/experiments/not-one
is 'an unknown part' 2 "$rw" reproduce --part some
is '-j none' 2 "$rw" reproduce -j none
is 'a folder of results that is a file' 3 "$rw" reproduce 02 -o rows
mkdir -p broken && printf '{"name": "x", "metrics": ["coverage"], "modle": 1}\n' >broken/config.json
is 'a config that is wrong' 2 "$rw" reproduce ./broken -o results
says modle
printf '{"title": "x"}\n' >broken/expected.json
is 'claims that are wrong' 2 "$rw" reproduce ./broken -o results
says 'broken/expected.json'
cp $shelf/02-none/config.json broken/
cat >broken/expected.json <<'JSON'
{ "title": "A field that no metric has", "paper": "none", "claims": [ {"name": "x", "place": "y", "published": "above 0", "above": 0,
  "value": {"field": "no_field"}, "verdict": "match"} ] }
JSON
is 'a claim on a field that is not there' 2 "$rw" reproduce ./broken -o results
says no_field
[ ! -e results/broken ]; result $? 'and nothing is written'

# ---- points that fail: a base so small that a frequency is no number ----
mkdir fails && cat >fails/config.json <<'JSON'
{"name": "f", "model": {"head_dim": 128, "rope_theta": 10000, "original_length": 64}, "axes": {"schedule": ["linear"],
 "schedule.factor": [1, 2], "schedule.rope_theta": [10000, 1e-315]}, "metrics": ["coverage"]}
JSON
is 'some points failed' 1 "$rw" reproduce ./fails -o results
says '2 of 4 points failed'

# ---- files that a config reads and that are not here ----
mkdir reads && cat >reads/config.json <<'JSON'
{"name": "r", "model": "pocket", "metrics": [{"name": "nll", "text": "no-such-folder"}]}
JSON
cp -r "${top_srcdir:-.}/models" data/ 2>/dev/null
is 'a text that is not here' 0 "$rw" reproduce ./reads 02 -o results
says 'reads/config.json: not run: '
grep -q 'no-such-folder' err; result $? 'and why'

# ---- stopped and resumed ----
mkdir slow && cat >slow/config.json <<'JSON'
{"name": "slow", "model": {"head_dim": 128, "rope_theta": 10000, "original_length": 4096}, "axes": {"schedule": ["default", "linear"],
 "schedule.factor": [1, 2, 4, 8], "length": [1048576, 2097152, 3145728, 4194304]}, "distances": [0, 1, 17], "metrics": ["similarity"]}
JSON
"$rw" reproduce ./slow -o r -j 1 >out 2>err &
pid=$!
tries=0
while [ ! -e r/slow/config.h5.part ] && [ $tries -lt 500 ]; do sleep 0.02; tries=$((tries + 1)); done
kill -TERM $pid
wait $pid
[ $? = 130 ]; result $? 'stopped: exit 130'
says 'go on with: ropewalk reproduce ./slow -o r -j 1'
[ -e r/slow/config.h5.part ] && [ ! -e r/slow/config.h5 ] && [ ! -e r/REPORT.md ]; result $? 'the part file is kept, no report is written'
"$rw" reproduce ./slow -o r >out 2>err &
pid=$!
sleep 0.3
kill -KILL $pid 2>/dev/null
wait $pid 2>/dev/null
is 'the command that was named, after a death' 0 "$rw" reproduce ./slow -o r -j 2
"$rw" run slow/config.json -o straight.h5 --quiet >out 2>err
"$rw" show straight.h5 field=similarity_min --csv >straight.csv 2>err
"$rw" show r/slow/config.h5 field=similarity_min --csv >resumed.csv 2>err
[ -s straight.csv ] && cmp -s straight.csv resumed.csv; result $? 'ends in the numbers of a run'

# ---- what is told to programs and readers ----
"$rw" reproduce -o results >out 2>err
"$rw" reproduce 01 03 -o results --json >json 2>err; result $? '--json'
if python3 -c '' 2>/dev/null; then
  PYTHONIOENCODING=utf-8 python3 - >out 2>err <<'PY'
import base64, html.parser, json, re, sys
d = json.load(open("json"))
a, b = d["experiments"]
assert [e["name"] for e in d["experiments"]] == ["01-verdicts", "03-optional"]
assert [c["verdict"] for c in a["claims"]] == ["match", "paper slip", "match", "differs", "match"], a["claims"]
c = a["claims"][1]
assert c["published"] == "0.3" and c["expected"] == "paper slip" and not c["worse"] and c["tolerance"] == 0.05 and c["why"] == "one digit"
assert abs(c["measured"] - 0.1) < 1e-15 and abs(c["slip"]["measured"] - 0.1) < 1e-15
assert abs(c["readings"][0]["measured"] - 0.3) < 1e-15 and c["readings"][0]["says"] == "three times as fast"
assert a["claims"][3]["relation"] == "at_least" and a["claims"][3]["number"] == 2
s = a["sweeps"][0]
assert s["cached"] and s["points"] == 4 and s["failed"] == 0 and len(s["config_sha256"]) == 64 and s["seconds"] > 0
assert b["claims"][0]["measured"] is None and b["claims"][0]["verdict"] == "not run" and "not_run" in b["sweeps"][1]
assert " core" in d["machine"]
assert d["verdicts"] == {"match": 3, "paper slip": 1, "differs": 1, "not run": 1} and d["worse"] == 0

text = open("results/REPORT.md", encoding="utf-8").read()
page = open("results/report.html", encoding="utf-8").read()
void = {"meta", "img"}
class Reader(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.seen, self.words, self.pictures, self.ids, self.links = [], set(), [], [], set(), []
    def handle_startendtag(self, tag, attrs):
        assert tag in void, tag
        self.see(tag, dict(attrs))
    def handle_starttag(self, tag, attrs):
        assert tag not in void, tag
        self.open.append(tag)
        self.see(tag, dict(attrs))
    def see(self, tag, attrs):
        self.seen.add(tag)
        if "id" in attrs:
            assert attrs["id"] not in self.ids
            self.ids.add(attrs["id"])
        assert not [k for k in attrs if k.startswith("on")], attrs
        for key in ("src", "href", "srcset", "poster", "data"):
            if key in attrs:
                assert attrs[key].startswith(("data:image/svg+xml;base64,", "#")), attrs[key]
        if tag == "img":
            assert attrs["alt"].startswith("<script>alert('figure')</script> \" onerror=\"alert(2)  [31m \u00e4"), attrs["alt"]
            self.pictures.append(base64.b64decode(attrs["src"].split(",")[1], validate=True))
        if tag == "a":
            self.links.append(attrs["href"][1:])
    def handle_endtag(self, tag):
        assert self.open.pop() == tag, tag
    def handle_data(self, data):
        self.words.append(data)
r = Reader()
r.feed(page)
r.close()
assert not r.open
assert not r.seen & {"script", "link", "iframe", "object", "b", "i"}, r.seen
assert not re.search("[\x00-\x09\x0b-\x1f\x7f]", page + text)
assert "@import" not in page and "url(" not in page
assert set(r.links) <= r.ids and {"01-verdicts", "02-none", "03-optional"} <= set(r.links)
told = " ".join(r.words)
for e in (a, b):
    for c in e["claims"]:
        assert c["name"] in told and c["place"] in told and c["published"] in told and c["verdict"] in told
for word in (a["title"], a["paper"], c["why"], "three times as fast: 0.3", "10000^(-1/4) is a tenth", d["build_id"], d["version"], d["machine"]):
    assert word in told, word
for s in a["sweeps"] + b["sweeps"][:1]:
    assert s["config_sha256"] in told and s["config_sha256"] in text
plain = re.sub(r"\\(.)", r"\1", text)
for entity, c in (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")):
    plain = plain.replace(entity, c)
for word in [c["name"] for e in (a, b) for c in e["claims"]] + [a["title"], "three times as fast: 0.3", d["build_id"]]:
    assert word in plain, word
assert not re.search(r"<(?!a id=\"[0-9a-z-]+\"></a>|/a>|code>|/code>)", text), "a tag in Markdown"
for line in text.splitlines():
    if line.startswith("| it holds"):
        assert len(re.findall(r"(?<!\\)\|", line)) == 7, line
print(len(r.pictures))
for p in r.pictures:
    assert b"<svg" in p
PY
  result $? 'JSON, REPORT.md and report.html tell the same; texts are only texts; nothing is loaded'
else
  skip 'what is told' 'python3 is missing'
fi
grep -q '^## 03-optional' results/REPORT.md && grep -q 'fetch-smollm2' results/REPORT.md; result $? 'what is not run is told with what gets it'
is 'one experiment, where nothing else was run' 0 "$rw" reproduce 02 -o alone
grep -q '^    ropewalk reproduce 01-verdicts -o alone$' alone/REPORT.md; result $? 'the report has the others with the command that runs them'
[ -z "$(find . -name '*.part*')" ]; result $? 'no temporary file is left'
PATH=/nonexistent "$rw" reproduce 01 -o bare >out 2>err; result $? 'without gnuplot'
says 'apt-get install gnuplot-nox'
[ -s bare/report.html ] && ! grep -q '<img' bare/report.html; result $? 'the report comes without pictures'
if command -v gnuplot >/dev/null; then
  "$rw" reproduce 01 -o results >out 2>err
  [ -s results/01-verdicts/frequency.svg ] && head -c 5 results/01-verdicts/frequency.pdf | grep -q '%PDF-'; result $? 'figures, SVG and PDF'
  [ -s results/01-verdicts/other-frequency.svg ]; result $? 'two sweeps may name a figure alike'
  [ "$(grep -c '<img' results/report.html)" = 2 ]; result $? 'both stand in the page'
  grep -q '](01-verdicts/other-frequency.svg)' results/REPORT.md; result $? 'and in REPORT.md'
  stamp=$(ls -i results/01-verdicts/*.svg)
  "$rw" reproduce 01 -o results >out 2>err
  [ "$(ls -i results/01-verdicts/*.svg)" = "$stamp" ]; result $? 'what is drawn is not drawn again'
else
  skip 'figures' 'gnuplot is not installed'
fi
echo "1..$n"
exit $bad
