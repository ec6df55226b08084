#!/bin/sh
# run: the sweep's door: exit codes, what is refused, interruption, death at any moment, resuming.
unset ROPEWALK_PLUGIN_PATH
export OMP_NUM_THREADS=2
rw=${top_builddir:-.}/ropewalk
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
trap 'exit 99' HUP INT TERM
cd "$work" || exit 99
n=0 bad=0
result () { # result STATUS NAME
  n=$((n + 1))
  if [ "$1" = 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; bad=1; sed 's/^/# /' err out 2>/dev/null; fi
}
is () { # is NAME EXPECTED COMMAND...: its exit code
  name=$1 want=$2; shift 2
  "$@" >out 2>err; got=$?
  [ "$got" = "$want" ]; result $? "$name: exit $want (got $got)"
}
says () { grep -qF -- "$1" err; result $? "stderr says: $1"; }
clean () { # clean NAME FILE: neither the file nor anything beginning with its name is there
  set -- "$1" "$2" "$2"*
  [ ! -e "$3" ]; result $? "$1: nothing is left behind"
}
# Digest of every dataset but seconds.
if python3 -c 'import h5py' 2>/dev/null; then
  digest () {
    python3 - "$1" <<'PY'
import hashlib, sys, h5py
h = hashlib.sha256()
with h5py.File(sys.argv[1]) as f:
    for name in sorted(f):
        if isinstance(f[name], h5py.Dataset) and name != "seconds":
            v = f[name][()]
            h.update(name.encode() + (v.tobytes() if v.dtype != object else repr(v.tolist()).encode()))
print(h.hexdigest())
PY
  }
elif command -v h5dump >/dev/null; then
  digest () { h5dump -d /status -d /inv_freq -d /coverage -d /critical_pair -d /attention_factor "$1" | tail -n +2 | cksum; }
else
  digest () { cksum <"$1"; } # finished files of one build differ in dates only: the tests below fail loudly
fi
same () { [ -s "$1" ] && [ "$(digest "$1")" = "$(digest "$2")" ]; result $? "$3"; }

model='"model": {"head_dim": 128, "rope_theta": 10000, "original_length": 4096}'
sweep () { # sweep LENGTHS: that many times eight points
  printf '{"name": "sweep", %s, "axes": {"schedule": ["linear", "ntk", "dynamic", "yarn"],
"schedule.factor": [2.385, 8], "length": {"range": [4096, %d, 4096]}}, "metrics": ["coverage"]}\n' "$model" $(($1 * 4096))
}
sweep 4 >small.json
sweep 2500 >large.json

# ---- done ----
is 'a sweep' 0 "$rw" run small.json -o small.h5
[ "$(cat out)" = small.h5 ]; result $? 'stdout is the path'
[ ! -s err ]; result $? 'and stderr is silent'
is 'the summary' 0 "$rw" run small.json -o summary.h5 --json -j 1
for key in '"file":' '"points":.*32' '"done":.*32' '"failed":.*0' '"kept":.*0' '"seconds":' '"sha256":'; do
  grep -q -- "$key" out; result $? "--json has $key"
done
same small.h5 summary.h5 'one thread and two give the same bits'
is 'the default output' 0 "$rw" run small.json
[ "$(cat out)" = sweep.h5 ] && [ -s sweep.h5 ]; result $? 'is NAME.h5 here'
sed 's/"name"/"output": "other.h5", "name"/' small.json >output.json
is "the config's output" 0 "$rw" run output.json
[ "$(cat out)" = other.h5 ] && [ -s other.h5 ]; result $? 'is obeyed'
"$rw" run - -o stdin.h5 <small.json >out 2>err; result $? 'a config from stdin'
is 'an override' 0 "$rw" run small.json -o less.h5 --axis 'length=4096,8192' --json
grep -q '"points":.*16' out; result $? '--axis replaces an axis'

is 'the example of a hundred thousand points' 0 "$rw" check "${top_srcdir:-.}/configs/examples/hundred-thousand.json" --json
grep -q '"points":.*100000' out; result $? 'has as many'

# ---- every want of memory is said, and what is left can be resumed ----
wrong=0
for k in 1 7 19 37 61 89 127 151 173 197 211 229; do
  rm -f starved.h5*
  RW_FAIL_ALLOC=$k "$rw" run small.json -o starved.h5 >out 2>err
  got=$?
  { [ $got = 0 ] || { [ $got = 3 ] && grep -q 'out of memory' err; }; } || { wrong=1; echo "# allocation $k: exit $got"; }
  "$rw" run small.json -o starved.h5 --resume >out 2>err && [ "$(digest starved.h5)" = "$(digest small.h5)" ] || wrong=1
done
result $wrong 'a failed allocation is exit 3 or harmless, and a resume makes it good'

# ---- refused ----
is 'no config' 2 "$rw" run
is 'a config that is not there' 3 "$rw" run nosuch.json -o x.h5
printf '{"name": "x", "metrics": ["coverage"], "modle": "llama-2-7b"}\n' >wrong.json
is 'a wrong config' 2 "$rw" run wrong.json -o x.h5
says modle
clean 'a wrong config' x.h5
is 'an unknown option' 2 "$rw" run small.json -o x.h5 --nosuch
for shard in 4/4 -1/4 1 a/b 1/4x /; do
  is "--shard $shard" 2 "$rw" run small.json -o x.h5 --shard "$shard"
done
is '-j 0' 2 "$rw" run small.json -o x.h5 -j 0
is '--resume with --force' 2 "$rw" run small.json -o x.h5 --resume --force
clean 'wrong usage' x.h5
is 'an output that is there' 3 "$rw" run small.json -o small.h5
says --force
same small.h5 summary.h5 'and it is untouched'
is 'the same with --force' 0 "$rw" run small.json -o small.h5 --force
is 'a folder that is not there' 3 "$rw" run small.json -o nosuch/x.h5
is 'a folder as output' 3 "$rw" run small.json -o .
if [ "$(id -u)" != 0 ]; then
  mkdir locked && chmod 555 locked
  is 'a folder that may not be written' 3 "$rw" run small.json -o locked/x.h5
fi
( ulimit -f 100; exec "$rw" run large.json -o full.h5 >out 2>err )
[ $? = 3 ]; result $? 'a full disk: exit 3'
clean 'a full disk' full.h5

# ---- some points fail: a base so small that a frequency is no number ----
printf '{"name": "f", %s, "axes": {"schedule": ["linear"], "schedule.factor": [1, 2],
"schedule.rope_theta": [10000, 1e-315]}, "metrics": ["coverage"]}\n' "$model" >failing.json
is 'some points failed' 1 "$rw" run failing.json -o failing.h5 --quiet
says '2 of 4 points failed'
says 'not finite'
[ "$(cat out)" = failing.h5 ] && [ -s failing.h5 ]; result $? 'the file is finished all the same'
is 'and tried again' 1 "$rw" run failing.json -o failing.h5 --quiet --resume --json
grep -q '"kept":.*2' out && grep -q '"failed":.*2' out; result $? 'only what failed'

# ---- resuming ----
is '--resume where nothing is' 0 "$rw" run small.json -o fresh.h5 --resume
same small.h5 fresh.h5 'starts fresh'
is '--resume on a finished file' 0 "$rw" run small.json -o fresh.h5 --resume --json
grep -q '"done":.*0' out && grep -q '"kept":.*32' out; result $? 'does nothing'
is '--resume on a file of another config' 3 "$rw" run output.json -o fresh.h5 --axis 'length=4096' --resume
same small.h5 fresh.h5 'leaves it alone'
is 'a shard' 0 "$rw" run small.json -o shard.h5 --shard 1/3 --json
grep -q '"done":.*8' out; result $? 'has its groups only'
is 'the shard again' 0 "$rw" run small.json -o shard.h5 --shard 1/3 --resume --json
grep -q '"done":.*0' out && grep -q '"kept":.*8' out; result $? 'is done'
is 'the rest' 0 "$rw" run small.json -o shard.h5 --resume --json
grep -q '"done":.*24' out && grep -q '"kept":.*8' out; result $? 'is made up'
same small.h5 shard.h5 'into the same bits'

# ---- killed at any moment ----
"$rw" run large.json -o whole.h5 >out 2>err; result $? 'a longer sweep'
for pause in 0.02 0.05 0.11 0.17 0.23 0.31 0.41; do
  "$rw" run large.json -o killed.h5 --resume >out 2>err &
  pid=$!
  sleep $pause
  kill -KILL $pid 2>/dev/null
  wait $pid 2>/dev/null
done
is 'resumed after seven deaths' 0 "$rw" run large.json -o killed.h5 --resume
same whole.h5 killed.h5 'the bits of an uninterrupted run'
[ ! -e killed.h5.part ]; result $? 'and no part file'

# ---- interrupted: a sweep slow enough to be caught in its middle ----
printf '{"name": "slow", %s, "axes": {"schedule": ["default", "linear"], "schedule.factor": [1, 2, 4, 8],
"length": [1048576, 2097152, 3145728, 4194304]}, "distances": [0, 1, 17], "metrics": ["similarity"]}\n' "$model" >slow.json
for signal in INT TERM; do
  rm -f slow.h5*
  "$rw" run slow.json -o slow.h5 --set seed=2385 -j 1 >out 2>err &
  pid=$!
  tries=0
  while [ ! -e slow.h5.part ] && [ $tries -lt 500 ]; do sleep 0.02; tries=$((tries + 1)); done
  kill -$signal $pid
  wait $pid
  [ $? = 130 ]; result $? "SIG$signal: exit 130"
  says 'ropewalk run slow.json -o slow.h5 --set seed=2385 -j 1 --resume'
  [ -e slow.h5.part ] && [ ! -e slow.h5 ]; result $? 'the part file is kept'
done
is 'another seed' 3 "$rw" run slow.json -o slow.h5 --set seed=3 --resume
[ -e slow.h5.part ]; result $? 'keeps the part file too'
is 'without --resume' 3 "$rw" run slow.json -o slow.h5 --set seed=2385
says --resume
cp slow.h5.part good.part
printf 'XXXXXXXXXXXXXXXX' | dd of=slow.h5.part conv=notrunc 2>/dev/null
is 'a damaged part file' 3 "$rw" run slow.json -o slow.h5 --set seed=2385 --resume
says --force
head -c 3000 good.part >slow.h5.part
is 'half a part file' 3 "$rw" run slow.json -o slow.h5 --set seed=2385 --resume
: >slow.h5.part
is 'an empty part file' 3 "$rw" run slow.json -o slow.h5 --set seed=2385 --resume
mv good.part slow.h5.part
is 'the command that was named' 0 "$rw" run slow.json -o slow.h5 --set seed=2385 -j 2 --resume
echo "1..$n"
exit $bad
