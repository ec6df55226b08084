#!/bin/sh
# plot: figures of a result file, as SVG, PDF and PNG; hostile labels stay labels.
rw=${top_builddir:-.}/ropewalk
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 99
n=0 bad=0
result () {
  n=$((n + 1))
  if [ "$1" = 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; bad=1; sed 's/^/# /' err 2>/dev/null; fi
}
cat >c.json <<'JSON'
{"name": "plots", "model": {"head_dim": 128, "rope_theta": 10000, "original_length": 4096},
 "axes": {"schedule": ["default", {"rope_type": "linear", "label": "'; system('touch hostile1'); `touch hostile2` $(touch hostile3) \"\\\n@x %d {/Bold b}_a^c"},
                       {"rope_type": "yarn", "label": "|touch hostile4"}],
          "schedule.factor": [2, 8], "length": [4096, 32768]},
 "metrics": ["similarity", "coverage"],
 "figures": [{"field": "similarity", "x": "distance", "lines": "schedule", "at": {"factor": 8, "length": 32768}, "title": "`touch hostile5`' . system('touch hostile6') . '"},
             {"field": "coverage", "x": "pair", "lines": "schedule"},
             {"field": "critical_pair", "x": "schedule", "lines": "factor", "at": {"length": 4096}},
             {"name": "table", "field": "inv_freq", "x": "pair", "lines": "factor", "at": {"schedule": "yarn-is-not-a-label", "length": 4096}}]}
JSON
sed 's/"schedule": "yarn-is-not-a-label"/"schedule": "default"/' c.json >ok.json
"$rw" run ok.json -o r.h5 >out 2>err; result $? 'a file with four figures'
"$rw" plot nosuch.h5 >out 2>err; [ $? = 3 ]; result $? 'no file: exit 3'
"$rw" plot >out 2>err; [ $? = 2 ]; result $? 'no argument: exit 2'
"$rw" plot r.h5 tabel >out 2>err; [ $? = 2 ] && grep -q "did you mean 'table'" err; result $? 'an unknown figure: exit 2, and which there are'
"$rw" plot r.h5 --format gif >out 2>err; [ $? = 2 ]; result $? 'an unknown format: exit 2'
PATH=/nonexistent "$rw" plot r.h5 -o without >out 2>err
[ $? = 3 ] && grep -q 'apt-get install gnuplot-nox' err; result $? 'without gnuplot: exit 3, and what to install'
[ -z "$(ls without 2>/dev/null)" ]; result $? 'and no empty picture'
sed 's/"figures".*/"figures": [{"name": "map", "field": "similarity_min", "x": "length", "at": {"schedule": "default"}}]}/; /{"field": "coverage"/d; /{"field": "critical/d; /{"name": "table"/d; s/"schedule.factor": \[2, 8\]/"schedule.factor": {"range": [1, 12, 1]}/' ok.json >map.json
"$rw" run map.json -o map.h5 --quiet >out 2>err; result $? 'a file with a field over two axes'
if ! command -v gnuplot >/dev/null; then
  echo "ok $((n + 1)) - pictures # SKIP gnuplot is not installed"
  echo "1..$((n + 1))"
  exit $bad
fi
"$rw" plot r.h5 -o figures >out 2>err; result $? 'SVG'
[ "$(wc -l <out)" = 4 ]; result $? 'four paths on stdout'
for f in $(cat out); do
  head -c 300 "$f" | grep -q '<svg' && tail -c 20 "$f" | grep -q '</svg>'; result $? "$f is a whole SVG"
done
"$rw" plot map.h5 -o figures >out 2>err && grep -q '<svg' figures/map.svg; result $? 'is drawn as a map of colours'
[ "$(grep -c '<polygon\|<path' figures/map.svg)" -ge 24 ]; result $? 'with a box for each of its 24 values'
grep -q 'hostile5' figures/similarity.svg; result $? 'the title is drawn as it stands'
"$rw" plot r.h5 coverage table -o figures --format pdf >out 2>err; result $? 'PDF'
[ "$(cat out)" = "$(printf 'figures/coverage.pdf\nfigures/table.pdf')" ]; result $? 'of the named figures only'
head -c 5 figures/table.pdf | grep -q '%PDF-'; result $? 'is a PDF'
"$rw" plot r.h5 table -o "./'; touch hostile7 '|touch hostile8" --format png --json >out 2>err; result $? 'PNG, into a folder with a hostile name'
head -c 4 "./'; touch hostile7 '|touch hostile8/table.png" | grep -q 'PNG'; result $? 'is a PNG'
grep -q 'table.png' out; result $? '--json lists it'
[ -z "$(find . -name 'hostile*' -not -path '*/table*')" ]; result $? 'no label, title or path ran anything'
[ -z "$(find . -name '*.tmp*')" ]; result $? 'no temporary file is left'
: >file
"$rw" plot r.h5 -o file >out 2>err; [ $? = 3 ]; result $? 'a file where the folder should be: exit 3'
echo "1..$n"
exit $bad
