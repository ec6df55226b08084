#!/bin/sh
# regress: what once went wrong at the doors, a script a fault: tests/regress/NNN-title.sh.  Each one
# runs in an empty folder with $rw, the program, and passes where it exits 0; what it prints explains.
src=$(cd "${top_srcdir:-.}" && pwd) build=$(cd "${top_builddir:-.}" && pwd)
rw=$build/ropewalk
unset ROPEWALK_PLUGIN_PATH
export rw src
t=$(mktemp -d) && trap 'rm -rf "$t"' EXIT
n=0 bad=0
for script in "$src"/tests/regress/*.sh; do
  n=$((n + 1)) name=$(basename "$script" .sh)
  mkdir "$t/$name" && cd "$t/$name" || exit 99
  if sh "$script" >said 2>&1; then
    echo "ok $n - $name"
  else
    echo "not ok $n - $name"
    sed 's/^/# /' said
    bad=1
  fi
done
echo "1..$n"
exit $bad
