#!/bin/sh
# diff: the door `diff`: what it shows, its exit codes, and the known discrepancies of the stacks.
build=$(cd "${top_builddir:-.}" && pwd)
t=$(mktemp -d) && trap 'rm -rf "$t"' EXIT
cd "$t" || exit 99
n=0 bad=0
rw=$build/ropewalk

result () { # result STATUS NAME
  n=$((n + 1))
  if [ "$1" = 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; sed 's/^/# /' err | head -n 3; bad=1; fi
}
# says NAME CODE PATTERN ARGUMENT...: that exit code, and stdout without white space has the pattern.
says () {
  name=$1 code=$2 pattern=$3; shift 3
  "$rw" diff "$@" >out 2>err </dev/null
  [ $? = "$code" ] && tr -d '\n\t ' <out | grep -qE -- "$pattern"
  result $? "$name"
}
refuses () { # refuses NAME CODE PATTERN ARGUMENT...: that exit code, stderr has the pattern, stdout is empty
  name=$1 code=$2 pattern=$3; shift 3
  "$rw" diff "$@" >out 2>err </dev/null
  [ $? = "$code" ] && grep -qE -- "$pattern" err && [ ! -s out ]
  result $? "$name"
}
nested='{"hidden_size": 512, "num_attention_heads": 8, "num_hidden_layers": 2, "max_position_embeddings": 131072,
 "layer_types": ["full_attention", "sliding_attention"], "sliding_window": 128,
 "rope_parameters": {"full_attention": {"rope_type": "yarn", "rope_theta": 150000.0, "factor": 32.0, "truncate": false,
   "original_max_position_embeddings": 4096}, "sliding_attention": {"rope_type": "default", "rope_theta": 10000.0}}}'
printf '%s' "$nested" >nested.json

# ---- exit codes ----
says "stacks that agree are exit 0" 0 '^\{"model":"llama-2-7b","reference":"exact","agree":true,"length":null,"length_from":"beforethefirsttoken","positions":\[1,4095,32768,131071\],"stacks":\[\{"stack":"exact","refused":null,"agrees":true' llama-2-7b --stack exact,hf --json
says "stacks that differ are exit 1" 1 '"agree":false' ./nested.json --stack exact,hf --json
refuses "one stack is a usage error" 2 'two stacks are needed' llama-2-7b --stack hf
refuses "no stack is one too" 2 '--stack A,B is missing' llama-2-7b
refuses "an unknown stack is named" 2 "unknown stack 'hff'.*did you mean 'hf'" llama-2-7b --stack exact,hff
refuses "an empty name too" 2 "unknown stack ''" llama-2-7b --stack exact,
refuses "a missing file is exit 3" 3 'No such file' ./nowhere.json --stack exact,hf
refuses "what the first stack refuses is exit 2" 2 "hf: .*transformers has no rope type 'mrrope'" llama-2-7b --stack hf,exact --rope '{"rope_type": "mrrope", "factor": 4}'
says "what another refuses is a finding" 1 '"stack":"hf","refused":"--rope.rope_type:transformershasnoropetype' llama-2-7b --stack exact,hf --json --rope '{"rope_type": "mrrope", "factor": 4}'
printf 'GGUF\003\000\000\000' >m.gguf
refuses "a cut GGUF file is told with its place" 2 'm.gguf: byte 8' m.gguf --stack exact,exact
"$rw" diff - --stack exact,hf --json <nested.json >out 2>err; [ $? = 1 ] && grep -q '"model":.*"stdin"' out
result $? "a config on stdin is read once for all stacks"

# ---- what is shown ----
says "a rope has all its numbers" 1 '"layers":\[\{"layer_type":"full_attention","rope_type":"yarn","head_dim":64,"rotary_dim":64,"layout":"half","rope_theta":150000,"original_length":4096,"factor":32,"inv_freq":\[1,.*"attention_factor":1.346573590279[0-9]*,"softmax_factor":1,"ramp":\[8.0927[0-9]*,17.3980[0-9]*\],"switch":"none","difference":\{"agrees":true,"frequency":0,"pair":0' ./nested.json --stack exact,hf --json
says "truncate in a nested block is lost in transformers: row 1, up to 76 % at pair 17" 1 '"ramp":\[8,18\],"switch":"none","difference":\{"agrees":false,"frequency":0.76[0-9]*,"pair":17,' ./nested.json --stack exact,hf --json
says "its keys are told" 1 '"keys_ignored":\["rope_parameters.full_attention.truncate"\],"warnings":\["rope_parameters.full_attention.truncate:' ./nested.json --stack exact,hf --json
says "the text tells it to people" 1 'layertypefull_attention.*hfyarn1.3465735918to18none.*hf76.3%atpair17.*hfdiffersfromexactbecausefull_attention:frequenciesdifferbyupto76.3%,atpair17' ./nested.json --stack exact,hf
says "and where a type agrees" 1 'layertypesliding_attention.*hfthesame10000' ./nested.json --stack exact,hf
says "--length is the length of all tables" 0 'at9999tokensstack' llama-2-7b --stack exact,hf --length 9999
wide=0
for s in exact,hf hf,exact; do
  "$rw" diff ./nested.json --stack $s >out 2>err
  grep -v '^    ' out | awk 'length > 100 { exit 1 }' || wide=1
done
[ $wide = 0 ]
result $? "no line is wider than 100 columns, but what is to be pasted"

refuses "GGUF files are for two stacks" 2 "m.gguf: the stack 'hf' reads no GGUF files, only exact and llama.cpp do" m.gguf --stack exact,hf
says "what a stack is told is tested" 1 '"override":\{"refused":null,"patch":\{.*"line":"--rope-scalingyarn.*"tested":true,"agrees":true,"left":\[\]' qwen3-8b --stack hf,llama.cpp --json --rope '{"rope_type": "yarn", "factor": 4, "attention_factor": 1.25, "original_max_position_embeddings": 32768}'
says "and the text has the line to paste" 1 'tellit--rope-scalingyarn.*resulttested:readagainwithit,llama.cppagreeswithhf' qwen3-8b --stack hf,llama.cpp --rope '{"rope_type": "yarn", "factor": 4, "attention_factor": 1.25, "original_max_position_embeddings": 32768}'
all=$("$rw" list stacks | sed -n 's/^\([a-z][^ ]*\) .*/\1/p' | paste -s -d, -)
says "every stack at once" 0 "agreeswithexact|agreewithexact" llama-2-7b --stack "$all"

# ---- the stack as an axis ----
cat >sweep.json <<'J'
{"model": "gpt-oss-20b", "metrics": ["disturbance"], "axes": {"stack": ["hf", "llama.cpp"],
 "schedule": [{"rope_type": "yarn", "factor": 4, "attention_factor": 1.25, "truncate": false}, {"rope_type": "mrrope", "factor": 4}]}}
J
"$rw" run sweep.json -o sweep.h5 >out 2>err
[ $? = 1 ] && grep -q "warning: schedule: the stack 'hf' refuses it: .*its points will fail" err && grep -q '1 of 4 points failed; the first is point 1 (hf mrrope)' err
result $? "a sweep goes on past what a stack refuses, and says so"
"$rw" show sweep.h5 field=attention_factor >out 2>err
[ "$(awk 'NR > 1 { print $3 }' out | paste -s -d' ' -)" = "1.25 nan 1.138629 1" ]
result $? "every point has what its stack computes"
"$rw" show sweep.h5 field=disturbance_mean 2>err | awk '$1 == "hf" && $2 == "yarn" { a = $3 } $1 == "llama.cpp" && $2 == "yarn" { b = $3 } END { exit !(a > 0 && b > 0 && a != b) }'
result $? "and the metrics see it"

# ---- memory ----
wrong=0 hit=0
for k in 1 2 3 4 5 6 8 10 13 17 21 27 34 44 55 71 89 116 144 188; do
  RW_FAIL_ALLOC=$k "$rw" diff ./nested.json --stack exact,hf --json >out 2>err
  case $? in 1) ;; 3) hit=1; grep -q 'out of memory' err || wrong=1 ;; *) wrong=1; echo "# allocation $k" ;; esac
done
[ $wrong = 0 ] && [ $hit = 1 ]
result $? "a failed allocation is exit 3 and says so, wherever it falls"
echo "1..$n"
exit $bad
