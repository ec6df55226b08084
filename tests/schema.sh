#!/bin/sh
# schema: the committed schema is what the program prints; every config in the tree fits it, and
# what the reader refuses by form does not.
src=${top_srcdir:-.} build=${top_builddir:-.}
rw=$build/ropewalk schema=$src/configs/schema/ropewalk.schema.json
t=$(mktemp -d) && trap 'rm -rf "$t"' EXIT
unset ROPEWALK_PLUGIN_PATH
n=0 bad=0
result () { n=$((n + 1)); if [ "$1" = 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; bad=1; fi; }
"$rw" schema >"$t/schema.json"; result $? "the schema is printed"
cmp -s "$t/schema.json" "$schema"; result $? "configs/schema/ropewalk.schema.json is what is printed"
cmp -s "$t/schema.json" "$schema" || echo "# make update-schema writes it anew"
for f in "$src"/experiments/*/[!e]*.json "$src"/configs/examples/*.json "$src"/examples/*/config.json; do
  [ -f "$f" ] || continue
  case $f in */plugin/*) continue ;; esac # needs its plug-in
  "$rw" check "$f" --quiet >/dev/null 2>"$t/err"; read=$?
  # An experiment's texts and its larger model are for the user to fetch (its README says how).
  if [ $read != 0 ] && grep -q -e 'experiments/[^ ]*: No such file or directory$' -e "'smollm2-[^ ]*' is no preset" "$t/err"; then
    n=$((n + 1)); echo "ok $n - ${f#"$src"/} is read # SKIP its texts or its model are not here"
    continue
  fi
  result $read "${f#"$src"/} is read"
  sed 's/^/# /' "$t/err"
done
if python3 -c 'import jsonschema' 2>/dev/null; then
  python3 - "$t/schema.json" "$src" >"$t/out" <<'END'
import glob, json, sys, jsonschema
schema = json.load(open(sys.argv[1]))
jsonschema.Draft202012Validator.check_schema(schema)
print("yes the schema is a schema")
v = jsonschema.Draft202012Validator(schema)
for f in sorted(glob.glob(sys.argv[2] + "/experiments/*/[!e]*.json") + glob.glob(sys.argv[2] + "/configs/examples/*.json")):
    print("yes" if v.is_valid(json.load(open(f))) else "no", f[len(sys.argv[2]) + 1:], "fits")
M = {"model": {"head_dim": 128, "rope_theta": 10000, "original_length": 4096}}
good = [M, {"axes": {"model": ["llama-2-7b"]}}, {"axes": {"model,length": [["llama-2-7b", 3]]}},
        {**M, "schedule": {"type": "su", "short_factor": [1, 2], "long_factor": [1, 2]}},
        {**M, "schedule": {"full_attention": {"rope_type": "yarn", "factor": 3}, "sliding_attention": "default"}},
        {**M, "schedule": {"rope_type": "linear", "factor": 2, "beta_fast": 32}},
        {**M, "schedule": {"rope_type": "resonance", "base_schedule": {"rope_type": "yarn", "factor": 4}}},
        {**M, "axes": {"rule": [None, {"name": "start", "n_hat": 3}], "schedule.alpha": {"log2": [1, 3]}}}]
broken = [{}, [], {**M, "metric": []}, {**M, "length": 0}, {**M, "seed": -1}, {**M, "schedule": "yarnn"},
          {**M, "schedule": {"factor": 3}}, {**M, "schedule": {"rope_type": "yarn", "beta_fst": 3}},
          {**M, "schedule": {"rope_type": "linear", "factor": -1}},
          {**M, "schedule": {"full_attention": {"rope_type": "yarn", "factor": "3"}}},
          {**M, "axes": {"schedule.facto": [1]}}, {**M, "axes": {"length": []}},
          {**M, "axes": {"length": {"log3": [1, 2]}}}, {**M, "axes": {"disturbance.direction": ["sideways"]}},
          {**M, "metrics": ["disturbence"]}, {**M, "metrics": [{"name": "disturbance", "bins": -3}]},
          {**M, "rule": {"name": "start", "n": 3}}, {**M, "figures": [{"x": "pair"}]},
          {**M, "name": "a/b"}, {"axes": {"length": [3]}}]
for c in good:
    print("yes" if v.is_valid(c) else "no", "fits:", json.dumps(c))
for c in broken:
    print("no" if v.is_valid(c) else "yes", "does not fit:", json.dumps(c))
END
  result $? "the validator runs"
  while IFS= read -r line; do
    case $line in "yes "*) result 0 "${line#* }" ;; *) result 1 "${line#* }" ;; esac
  done <"$t/out"
else
  n=$((n + 1)); echo "ok $n - a validator agrees # SKIP python3-jsonschema is missing"
fi
echo "1..$n"
exit $bad
