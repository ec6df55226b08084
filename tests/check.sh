#!/bin/sh
# check: ropewalk check and list: what they print, for people and programs, and their exit codes.
src=$(cd "${top_srcdir:-.}" && pwd) build=$(cd "${top_builddir:-.}" && pwd)
rw=$build/ropewalk
t=$(mktemp -d) && trap 'rm -rf "$t"' EXIT
cd "$t" || exit 99
unset ROPEWALK_PLUGIN_PATH
n=0 bad=0
result () { n=$((n + 1)); if [ "$1" = 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; bad=1; fi; }
is () { [ "$1" = "$2" ]; result $? "$3"; [ "$1" = "$2" ] || echo "# got '$1', expected '$2'"; }
example=$src/configs/examples/linked-axes.json
cp "$example" c.json
"$rw" check c.json >out 2>err; is $? 0 "a good config is exit 0"
grep -q '^points *9 in 3 groups' out; result $? "points and groups are counted"
grep -q 'schedule\* (3): linear, ntk, YaRN' out; result $? "axes are printed with their labels"
grep -q 'length (3): 8192, 16384, 32768 tokens' out; result $? "and their values"
is "$(ls)" "$(printf 'c.json\nerr\nout')" "nothing else is written"
"$rw" check c.json --axis schedule=linear --json >out 2>err; result $? "an override is taken"
if command -v python3 >/dev/null 2>&1; then
  is "$(python3 -c '
import json
d = json.load(open("out"))
print(d["points"], d["groups"], d["axes"][1]["values"], d["dims"]["pair"], d["fields"][0]["dims"], len(d["config_sha256"]))')" \
    "3 3 [2, 4, 8] 64 ['pair'] 64" "--json is one object"
else
  n=$((n + 1)); echo "ok $n - --json is one object # SKIP python3 is missing"
fi
"$rw" check - <c.json >out 2>err; result $? "a config is read from stdin"
echo '{"model": "llama-2-7b", "length": [1]}' >bad.json
"$rw" check bad.json >out 2>err; is $? 2 "a bad config is exit 2"
[ ! -s out ]; result $? "and prints nothing"
is "$(sed 1q err)" "ropewalk check: bad.json: length: expected an integer from 1, got a list" "the error names file and path"
grep -q '^hint: ' err; result $? "and ends with a hint"
"$rw" check none.json >out 2>err; is $? 3 "a missing file is exit 3"
"$rw" check >out 2>err; is $? 2 "no config is exit 2"
"$rw" check c.json --bogus >out 2>err; is $? 2 "an unknown option is exit 2"
"$rw" check c.json --seed x >out 2>err; is $? 2 "a bad seed is exit 2"
echo '{"model": "llama-2-7b", "schedule": {"rope_type": "linear", "factor": 0.5}}' >odd.json
"$rw" check odd.json >out 2>err; result $? "an unusual value is no error"
grep -q '^warning: .*0.5 is unusual' err; result $? "but a warning"
"$rw" check odd.json --quiet >out 2>err; [ ! -s err ]; result $? "which --quiet leaves out"
"$rw" list >all 2>err; is $? 0 "list lists everything"
for kind in schedules metrics sources rules models stacks formats; do
  "$rw" list $kind >out 2>err; result $? "list $kind"
  "$rw" list $kind --json >out 2>err; result $? "list $kind --json"
  grep -q "\"$kind\":" out; result $? "is an object with that key"
  grep -q "^$kind" all; result $? "and stands in the whole list"
done
"$rw" list schedules | grep -q '^yarn '; result $? "a module's name begins its line"
"$rw" list schedules | grep -q '^  beta_fast .*default 32'; result $? "a parameter shows its default"
"$rw" list models | grep -q '^llama-2-7b  *128/128  *theta 10000  *length 4096'; result $? "a model shows its geometry"
"$rw" list schedule >out 2>err; is $? 2 "an unknown kind is exit 2"
grep -q "did you mean 'schedules'" err; result $? "with what was meant"
echo "1..$n"
exit $bad
