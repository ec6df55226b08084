#!/bin/sh
# rotate_example: examples/rotate built as a stranger builds it (the compiler and pkg-config alone) and run: scores that
# depend on the distance, and on nothing else.
src=${top_srcdir:-.} build=$(cd "${top_builddir:-.}" && pwd)
t=$(mktemp -d) && trap 'rm -rf "$t"' EXIT
n=0 bad=0
result () { n=$((n + 1)); if [ "$1" = 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; bad=1; fi; }
flags=$(PKG_CONFIG_PATH=$build pkg-config --cflags ropewalk-uninstalled)
# A library built with sanitizers needs them in the program as well.
san=
grep -q __asan_init "$build/.libs/libropewalk.so" && san=-fsanitize=address,undefined
# shellcheck disable=SC2086
${CC:-cc} -Wall -Wextra -Werror $san $flags -o "$t/rotate" "$src/examples/rotate/rotate.c" -L"$build/.libs" -lropewalk -lm
result $? "the example builds against ropewalk-uninstalled.pc"
LD_LIBRARY_PATH=$build/.libs "$t/rotate" >"$t/out"
result $? "and runs"
awk '{ d = $5; s = $NF; if (d in at && at[d] != s) exit 1; at[d] = s; n++ } END { exit n < 12 }' "$t/out"
result $? "one distance, one score, wherever it is"
[ "$(awk '{ print $NF }' "$t/out" | sort -u | wc -l)" = 4 ]; result $? "another distance, another score"
echo "1..$n"
exit $bad
