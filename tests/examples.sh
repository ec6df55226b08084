#!/bin/sh
# examples: every line "$ ropewalk ..." of the README, the manual pages and doc/*.md is run as printed,
# in order, in a folder that looks like the source tree; an example that stops being true breaks the build.
src=$(cd "${top_srcdir:-.}" && pwd) build=$(cd "${top_builddir:-.}" && pwd)
t=$(mktemp -d) && trap 'rm -rf "$t"' EXIT
n=0 bad=0
PATH=$build:$PATH
export PATH
for page in "$src"/README.md "$src"/doc/*.md "$src"/doc/*.1; do
  [ -f "$page" ] || continue
  name=$(basename "$page")
  mkdir -p "$t/$name" && cd "$t/$name" || exit 99
  for f in experiments configs examples results; do ln -s "$src/$f" "$f"; done
  # Man pages write a backslash before a dash and \(dq for a quote.
  sed 's/\\-/-/g; s/\\(dq/"/g; s/\\(aq/'"'"'/g' "$page" | grep '^ *\$ ropewalk' | sed 's/^ *\$ //' >commands
  while IFS= read -r line; do
    n=$((n + 1))
    case $line in
      *'ropewalk plot'*)
        if ! command -v gnuplot >/dev/null 2>&1; then echo "ok $n - $name: $line # SKIP gnuplot is missing"; continue; fi ;;
    esac
    want=$(echo "$line" | sed -n 's/.*# exit \([0-9]*\)$/\1/p') # a line says so where it is not 0
    sh -c "$line" >out 2>err </dev/null
    if [ $? = "${want:-0}" ]; then
      echo "ok $n - $name: $(echo "$line" | tr '#' ' ')"
    else
      echo "not ok $n - $name: $(echo "$line" | tr '#' ' ')"
      sed 's/^/# /' err | head -n 5
      bad=1
    fi
  done <commands
done
echo "1..$n"
exit $bad
