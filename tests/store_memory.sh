#!/bin/sh
# store_memory: every allocation of writing, showing and merging fails once: an error that says so
# or the right result, nothing half-written, no crash.
n=0 bad=0
b=${top_builddir:-.} t=$(mktemp -d) && trap 'rm -rf "$t"' EXIT
f=$t/a.h5
unset ROPEWALK_PLUGIN_PATH
result () { # result STATUS NAME
  n=$((n + 1))
  if [ "$1" = 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; bad=1; fi
}
# walk NAME EXIT COMMAND...: until twenty allocations on end can fail without effect, because they
# lie behind the last one; EXIT is the command's code for an error
walk () {
  name=$1 code=$2; shift 2
  i=0 calm=0 told=0 wrong=0
  while [ $calm -lt 20 ] && [ $i -lt 500 ]; do
    i=$((i + 1))
    RW_FAIL_ALLOC=$i "$@" >"$t/out" 2>"$t/err"; got=$?
    if [ $got = 0 ]; then calm=$((calm + 1)); continue; fi
    calm=0
    if [ $got = "$code" ] && grep -q "memory" "$t/err"; then told=$((told + 1))
    else wrong=$((wrong + 1)); echo "# allocation $i: exit $got"; sed 's/^/# /' "$t/err" | head -n 5; fi
    ls "$t"/*.tmp >/dev/null 2>&1 && { wrong=$((wrong + 1)); echo "# allocation $i: a temporary file is left"; }
  done
  [ $wrong = 0 ] && [ $told -ge 5 ] && [ $i -lt 500 ]; result $? "$name: $told failures told"
}
walk "writing" 1 "$b/tests/store_file" "$f"
walk "show" 3 "$b/ropewalk" show "$f"
walk "show a table" 3 "$b/ropewalk" show "$f" schedule=yarn factor=4 field=similarity
"$b/tests/store_file" "$t/b.h5"
walk "merge" 3 sh -c '"$@"; e=$?; [ $e = 1 ] && e=0; exit $e' merge "$b/ropewalk" merge --force "$t/m.h5" "$f" "$t/b.h5"
"$b/ropewalk" show "$t/m.h5" >"$t/out" && grep -q "22 done" "$t/out"; result $? "the merged file is whole"
echo "1..$n"
exit $bad
