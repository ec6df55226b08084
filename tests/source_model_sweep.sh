#!/bin/sh
# source_model: a sweep over a network through the doors: what check says of weights and texts, what the file
# keeps of them, and that nothing that is read is overwritten.
build=$(cd "${top_builddir:-.}" && pwd)
rw=$build/ropewalk
t=$(mktemp -d) && trap 'rm -rf "$t"' EXIT
cd "$t" || exit 99
unset ROPEWALK_PLUGIN_PATH
n=0 bad=0
result () { n=$((n + 1)); if [ "$1" = 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; bad=1; fi; }
is () { [ "$1" = "$2" ]; result $? "$3"; [ "$1" = "$2" ] || echo "# got '$1', expected '$2'"; }
"$build/tests/tiny_file" net.gguf || exit 99
mkdir book && printf 'Call me Ishmael.' >book/1.txt && printf ' Some years ago' >book/2.txt
cat >c.json <<'END'
{ "model": "net.gguf", "length": 24, "source": {"name": "model", "text": "book"}, "metrics": ["score_profile"],
  "axes": {"layer": [0, 2], "source.activations": ["frozen", "self"], "schedule": ["default", "none"]} }
END
"$rw" check c.json >out 2>err; is $? 0 "a good config is exit 0"
grep -q '^weights *net.gguf: llama, 3 layers, 4 heads of 8, 0.0315 million parameters, 126 kB$' out
result $? "check says how large the model is"
grep -q '^corpus *book: 31 tokens in 2 documents (net.gguf)$' out; result $? "and its text"
grep -q '^points *8 in 4 groups (.* but not q and k)$' out; result $? "a source that sees the schedule is said to"
grep -q '^cost *[0-9]' out; result $? "and what the run will cost"
"$rw" check c.json --json >out 2>err
if command -v python3 >/dev/null 2>&1; then
  is "$(python3 -c '
import json
d = json.load(open("out"))
w, c = d["weights"][0], d["corpora"][0]
print(w["architecture"], w["layers"], w["parameters"], w["bytes"], c["path"], c["documents"], c["tokens"])')" \
    "llama 3 31488 125952 book 2 31" "--json has them as numbers"
else
  n=$((n + 1)); echo "ok $n - --json has them as numbers # SKIP python3 is missing"
fi
"$rw" run c.json -q -o one.h5 -j 1 >out 2>err; is $? 0 "it runs"
"$rw" run c.json -q -o two.h5 -j 3 >out 2>err; result $? "with more threads"
for f in one two; do
  "$rw" show $f.h5 field=score_mean --csv >$f.csv 2>err
done
cmp -s one.csv two.csv && [ -s one.csv ]; result $? "to the same numbers"
"$rw" show one.h5 >out 2>err
grep -q '^ *weights *net.gguf [0-9a-f]\{64\}$' out; result $? "the file says whose weights were run"
grep -q '^ *libraries .*gemm [A-Za-z]' out; result $? "and by whose products"
for f in net.gguf book/2.txt; do
  cp $f before
  "$rw" run c.json --force -o $f >out 2>err; is $? 3 "results do not replace $f"
  cmp -s $f before; result $? "which is as it was"
done
grep -q 'book/2.txt: the config reads this file' err; result $? "the error says why"
cd book && "$rw" check ../c.json >out 2>err; result $? "texts are looked up beside the config"
cd .. && rm -r book
"$rw" check c.json >out 2>err; is $? 3 "a text that is missing is exit 3"
grep -q '^ropewalk check: c.json: .*source.text: book: No such file' err; result $? "the error says where it is asked for"
mkdir data && mkdir data/book && printf 'Call me Ishmael. Some years ago' >data/book/0.txt
ROPEWALK_DATADIR=$t/data "$rw" check c.json >out 2>err; result $? "it may lie in the folder of what comes with ropewalk"
"$rw" check c.json --set model=llama-2-7b >out 2>err; is $? 2 "a model without weights is exit 2"
grep -q '^hint: .*"model": "pocket"' err; result $? "and the hint names one that has them"
echo "1..$n"
exit $bad
