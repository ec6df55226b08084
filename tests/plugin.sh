#!/bin/sh
# plugin: examples/plugin built as a stranger builds it (the compiler and pkg-config alone), loaded, listed,
# and used in a sweep beside the built-in schedules; a plug-in of another ABI is refused.
src=${top_srcdir:-.} build=${top_builddir:-.}
rw=$build/ropewalk
t=$(mktemp -d) && trap 'rm -rf "$t"' EXIT
n=0 bad=0
result () { n=$((n + 1)); if [ "$1" = 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; bad=1; fi; }
flags=$(PKG_CONFIG_PATH=$build pkg-config --cflags ropewalk-uninstalled)
# shellcheck disable=SC2086
${CC:-cc} -shared -fPIC -Wall -Wextra -Werror $flags -o "$t/halving.so" "$src/examples/plugin/halving.c"
result $? "the example builds against ropewalk-uninstalled.pc"
"$rw" list schedules --plugin "$t/halving.so" | grep -q '^halving'
result $? "list shows it"
ROPEWALK_PLUGIN_PATH=$t "$rw" list schedules | grep -q '^halving'
result $? "ROPEWALK_PLUGIN_PATH finds it"
( cd "$t" && "$rw" run "$src/examples/plugin/config.json" --plugin halving.so -o "$t/out.h5" --quiet ) >"$t/path"
result $? "a sweep uses it"
[ "$(cat "$t/path")" = "$t/out.h5" ]; result $? "and prints the file"
"$rw" show "$t/out.h5" schedule=halving factor=4 --csv >"$t/show"
result $? "the file knows the schedule by its label"
sed 's/rw_plugin_abi = RW_ABI/rw_plugin_abi = 999/' "$src/examples/plugin/halving.c" >"$t/other.c"
# shellcheck disable=SC2086
${CC:-cc} -shared -fPIC $flags -o "$t/other.so" "$t/other.c"
"$rw" list schedules --plugin "$t/other.so" >/dev/null 2>"$t/err"; [ $? = 2 ]
result $? "another ABI number is exit 2"
grep -q 'ABI 999' "$t/err"; result $? "and named"
"$rw" list schedules --plugin "$t/none.so" >/dev/null 2>"$t/err"; [ $? = 3 ]
result $? "a missing file is exit 3"
"$rw" run "$src/examples/plugin/config.json" -o "$t/not.h5" >/dev/null 2>"$t/err"; [ $? = 2 ]
result $? "without the plug-in the config is exit 2"
grep -q "unknown schedule 'halving'" "$t/err"; result $? "and says why"
[ ! -e "$t/not.h5" ] && [ ! -e "$t/not.h5.part" ]; result $? "and leaves nothing"
echo "1..$n"
exit $bad
