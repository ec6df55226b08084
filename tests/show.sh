#!/bin/sh
# show and merge: the doors over result files, on the file that store_file writes.
n=0 bad=0
b=${top_builddir:-.} t=$(mktemp -d) && trap 'rm -rf "$t"' EXIT
f=$t/a.h5
rope () { "$b/ropewalk" "$@" >"$t/out" 2>"$t/err"; code=$?; }
result () { # result STATUS NAME
  n=$((n + 1))
  if [ "$1" = 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; sed 's/^/# /' "$t/out" "$t/err" | head -n 8; bad=1; fi
}
out () { grep -qF -- "$1" "$t/out"; result $? "$2"; }
err () { grep -qF -- "$1" "$t/err"; result $? "$2"; }
json () { # json PROGRAM NAME: a Python program over the output, as d
  if command -v python3 >/dev/null 2>&1; then
    python3 -c "import json, math, sys; d = json.load(open(sys.argv[1])); $1" "$t/out" 2>"$t/err"; result $? "$2"
  else n=$((n + 1)); echo "ok $n - $2 # SKIP python3 is missing"; fi
}
exits () { [ "$code" = "$1" ]; result $? "$2: exit $1"; }

"$b/tests/store_file" "$f"; result $? "a result file"
rope show "$f"; exits 0 "summary"
out "24, of them 22 done, 1 failed, 1 to do" "points are counted"
out "1, 2.385, 4, 8" "axes with their values"
out "shift_error                  [dtype, distance]" "fields with their dimensions"
out "config_sha256" "provenance"
rope show "$f" --json
json 'assert d["points"]["done"] == 22 and d["axes"][1]["values"][1] == 2.385 and d["attributes"]["seed"] == 0xfedcba9876543210' \
  "the summary as JSON"

rope show "$f" schedule=def factor=4 --csv; exits 0 "a selection"
[ "$(sed -n 1p "$t/out")" = "length,status,seconds,attention_factor,softmax_factor,similarity_min,tokens" ]
result $? "columns are the axes left and the fields without own dimensions"
[ "$(wc -l <"$t/out")" = 3 ]; result $? "rows are the cells left"
[ "$(sed -n 3p "$t/out")" = "32768,2,0.25,nan,nan,nan,nan" ]; result $? "a failed point has no values"
rope show "$f" remark=four schedule=default length=4096 --json; exits 0 "a linked coordinate selects"
# field 3 (similarity) of point 4: 3 + 0.1 j + sin (2.385 * 4), see store_help.h
rope show "$f" schedule=default factor=4 length=4096 field=similarity --json
json 'assert [r["distance"] for r in d] == [0, 1, 2, 7, 19, 300]
assert all(abs(r["similarity"] - (3 + 0.1 * j + math.sin(2.385 * 4))) < 1e-14 for j, r in enumerate(d))' \
  "a field over its own dimension"
rope show "$f" schedule=yarn factor=1 pair=3; out "inv_freq" "an own dimension that is held makes a column"
rope show "$f" schedule=default; out "half ½" "labels beyond ASCII"
rope show "$f" factor=9; exits 2 "a value that is not there"
err "1, 2.385, 4, 8" "lists the values"
rope show "$f" factr=1; exits 2 "an unknown key"
err "did you mean 'factor'" "is guessed"
rope show "$f" factor=1 remark=four; exits 2 "keys that contradict each other"
rope show "$f" --csv --json; exits 2 "two forms at once"
rope show; exits 2 "no file"
rope show "$t/none.h5"; exits 3 "a file that is not there"
rope show "$0"; exits 3 "a file that is no result"
if [ -e /dev/full ]; then
  "$b/ropewalk" show "$f" >/dev/full 2>"$t/err"; code=$?; exits 3 "a full disk behind stdout"
fi

rope merge "$t/m.h5" "$f"; exits 1 "a merge with a point missing"
out "$t/m.h5" "prints the path"
err "1 are in no part and 1 failed" "and counts"
rope merge "$t/m.h5" "$f"; exits 3 "a merge does not overwrite"
err "--force" "unless it is told to"
rope merge --force --json "$t/m.h5" "$f" "$f"; out '"complete":	false' "the same shard twice agrees with itself"
rope merge "$t/m.h5"; exits 2 "nothing to merge"
echo "1..$n"
exit $bad
