#!/bin/sh
# pocket: what models/README.md says of the shipped model: beyond its trained length plain RoPE fails by more
# than a nat, YaRN rescues most of it; and it finds passkeys and copies within that length.
build=$(cd "${top_builddir:-.}" && pwd)
rw=$build/ropewalk
t=$(mktemp -d) && trap 'rm -rf "$t"' EXIT
cd "$t" || exit 99
unset ROPEWALK_PLUGIN_PATH
n=0 bad=0
result () { n=$((n + 1)); if [ "$1" = 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; bad=1; fi; }
size=$(wc -c <"$ROPEWALK_DATADIR/models/pocket.gguf")
[ "$size" -le 4194304 ]; result $? "it has $size bytes: at most 4 MB"
cat >loss.json <<'END'
{ "model": "pocket", "length": 8192, "positions": [0, 256, 512, 6144, 8192],
  "axes": {"schedule": ["default", {"rope_type": "yarn", "factor": 16}]},
  "metrics": [{"name": "nll", "text": "COPYING", "windows": "disjoint", "max_windows": 2}] }
END
"$rw" run loss.json -o loss.h5 --quiet >/dev/null; result $? "it reads 8,192 bytes of a text that is shipped"
loss () { "$rw" show loss.h5 field=nll_binned schedule="$1" --csv | sed -n "s/^$2,//p"; }
within=$(loss default 256) beyond=$(loss default 6144) yarn=$(loss yarn 6144)
echo "# nats a byte: within $within, plain beyond $beyond, YaRN beyond $yarn"
# English prose, even a licence's, is far below the entropy of bytes (5.5) and of letters (2.9).
awk "BEGIN { exit !($within < 2.2) }"; result $? "it predicts English"
awk "BEGIN { exit !($beyond - $within > 1) }"; result $? "plain RoPE fails beyond the trained length by more than a nat"
awk "BEGIN { exit !($beyond - $yarn > ($beyond - $within) / 2) }"; result $? "YaRN rescues more than half of it"
cat >key.json <<'END'
{ "model": "pocket", "length": 480, "metrics": [{"name": "passkey", "depths": 3, "trials": 4}] }
END
"$rw" run key.json -o key.h5 --quiet >/dev/null; result $? "it is asked for passkeys"
"$rw" show key.h5 field=passkey_accuracy --csv | sed 's/^/# /'
# Of four at each depth one may be missed: the last bits of a product depend on the processor.
"$rw" show key.h5 field=passkey_accuracy --csv | awk -F, 'NR > 1 { n++; bad += !($2 >= 0.75) } END { exit !(n == 3 && !bad) }'
result $? "it finds them at every depth within the trained length"
cat >copy.json <<'END'
{ "model": "pocket", "length": 512, "distances": [64, 128, 256],
  "metrics": [{"name": "copy", "text": "COPYING", "trials": 24}] }
END
"$rw" run copy.json -o copy.h5 --quiet >/dev/null; result $? "a segment of a text comes again"
"$rw" show copy.h5 field=copy_gain --csv | sed 's/^/# /'
# A model that does not copy saves nothing; the first letters, before the place is found, cost as before.
"$rw" show copy.h5 field=copy_gain --csv | awk -F, 'NR > 1 { n++; bad += !($2 > 0.25) } END { exit !(n == 3 && !bad) }'
result $? "the second time costs a quarter of a nat a byte less and more, at every distance"
echo "1..$n"
exit $bad
