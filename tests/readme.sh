#!/bin/sh
# readme: every number that the README tells of our own measuring stands in results/, and so do its pictures.
cd "${top_srcdir:-.}" || exit 99
n=0 bad=0
result () { n=$((n + 1)); if [ "$1" = 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; bad=1; fi; }
rows=$(sed -n '/^<!-- rows of results\/REPORT.md -->$/,/^<!-- end -->$/p' README.md | grep '^|' | grep -v '^| \(claim\|---\)')
[ "$(echo "$rows" | grep -c .)" -ge 5 ]; result $? "the README tells some rows of the report"
wrong=$(echo "$rows" | grep -vxFf results/REPORT.md)
[ -n "$wrong" ] && echo "$wrong" | sed 's/^/# /'
[ -z "$wrong" ]; result $? "each of them as it stands there"
for f in $(grep -oE '\(results/[^)]*\)' README.md | tr -d '()' | sort -u); do
  [ -s "$f" ]; result $? "$f is there"
done
echo "1..$n"
exit $bad
