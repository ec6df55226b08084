#!/bin/sh
# bench: every benchmark runs at its smallest size and says what it did; no time decides anything.
rw=${top_builddir:-.}/ropewalk
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
n=0 bad=0
result () {
  n=$((n + 1))
  if [ "$1" = 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; bad=1; fi
}
export TMPDIR="$work"
"$rw" bench --quick --json >"$work/out"; result $? 'all run'
for name in 'FMA 64' scale schedule 'similarity fast' 'similarity plain' base_bound table 'table list' 'table hf' 'table naive' 'rotate half' 'rotate interleaved' source attention 'pair usage' attend 'attend one' 'product tile' prefill 'profile sums' 'profile mean' 'profile by force' moments 'moments gradient' 'direct all' 'direct distances' disk store sweep; do
  grep -q "\"name\":.*\"$name\"" "$work/out"; result $? "there is a row $name"
done
if command -v python3 >/dev/null; then
  python3 -c 'import json, sys; rows = json.load(open(sys.argv[1])); sys.exit(not all(r["seconds"] > 0 and r["rate"] > 0 and r["unit"] and r["size"] for r in rows))' "$work/out"
  result $? 'it is JSON; every row has a time, a rate, a unit and a size'
fi
"$rw" bench schedule --quick | grep -q 'tables/s'; result $? 'a table for people'
"$rw" bench similrity --quick 2>"$work/err"; [ $? = 2 ] && grep -q "did you mean 'similarity'" "$work/err"
result $? 'an unknown name is a usage error'
[ -z "$(ls "$work" | grep -v '^out$' | grep -v '^err$')" ]; result $? 'no temporary file is left'
echo "1..$n"
exit $bad
