#!/bin/sh
# export: every target of the door, read back; what cannot be said; what must not be written.
build=$(cd "${top_builddir:-.}" && pwd)
src=$(cd "${top_srcdir:-.}" && pwd)
t=$(mktemp -d) && trap 'rm -rf "$t"' EXIT
cd "$t" || exit 99
n=0 bad=0
rw=$build/ropewalk
pocket=$src/models/pocket.gguf

result () { # result STATUS NAME
  n=$((n + 1))
  if [ "$1" = 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; sed 's/^/# /' err | head -n 3; bad=1; fi
}
gives () { # gives NAME PATTERN ARGUMENT...: exit 0, and stdout has the pattern
  name=$1 pattern=$2; shift 2
  "$rw" export "$@" >out 2>err </dev/null && tr -d '\n' <out | grep -qE -- "$pattern"
  result $? "$name"
}
warns () { # warns NAME PATTERN ARGUMENT...: exit 0, and stderr has the pattern
  name=$1 pattern=$2; shift 2
  "$rw" export "$@" >out 2>err </dev/null && grep -qE -- "$pattern" err
  result $? "$name"
}
refuses () { # refuses NAME CODE PATTERN ARGUMENT...: that exit code, stderr has the pattern, stdout is empty
  name=$1 code=$2 pattern=$3; shift 3
  "$rw" export "$@" >out 2>err </dev/null
  [ $? = "$code" ] && grep -qE -- "$pattern" err && [ ! -s out ]
  result $? "$name"
}
numbers () { # numbers FILE: the parts of a table that must agree
  grep -E '"(inv_freq|attention_factor|softmax_factor|layout|rotary_dim)":' "$1"
}
yarn='{"rope_type": "yarn", "factor": 4, "original_max_position_embeddings": 32768}'

# ---- text ----
gives "floats have a point" '"factor": 4\.0,' qwen2.5-7b --to hf --length 131072 --rope "$yarn"
gives "--json tells all" '"agrees": true' qwen2.5-7b --to hf --json --length 131072 --rope "$yarn"
gives "llama.cpp: flags" '^-c 131072 --rope-scaling yarn --rope-freq-base 1000000 --rope-scale 4 --yarn-orig-ctx 32768$' \
  qwen2.5-7b --to llama.cpp --length 131072 --rope "$yarn"
refuses "llama.cpp: what needs a tensor" 2 'tensor of divisors' llama-2-7b --to llama.cpp --rope '{"rope_type": "mrrope", "factor": 4}'
warns "what is fixed at one length is said" 'fixed at the one for 16384 tokens' llama-2-7b --to llama.cpp --length 16384 --rope '{"rope_type": "dynamic", "factor": 2}'
"$rw" export - --to hf --quiet >out 2>err <"$src/configs/models/qwen3-8b.json" && grep -q '"rope_theta": 1000000' out
result $? "a config from stdin"
refuses "an unknown target" 2 "no such target; known: hf, .*did you mean 'vllm'" qwen3-8b --to vlm
for to in hf llama.cpp safetensors; do
  refuses "a table that is not finite: $to" 2 'finite' qwen3-8b --to $to -o x --rope '{"rope_type": "linear", "factor": 1e-320}'
done
refuses "a table that is not finite: gguf" 2 'finite' "$pocket" --to gguf -o x --rope '{"rope_type": "linear", "factor": 1e-320}'
refuses "a damaged block" 2 'expected' qwen3-8b --to hf --rope '{"rope_type": "yarn", "factor": "4"}'

# ---- safetensors ----
gives "safetensors: the path" '^t.safetensors$' gemma-3-27b --to safetensors -o t.safetensors --quiet
grep -aq '"full_attention.attention_factor":"1"' t.safetensors && grep -aq '"sliding_attention.inv_freq":{"data_offsets":\[512,1024\],"dtype":"F64","shape":\[64\]}' t.safetensors
result $? "safetensors: a vector a layer type, the geometry as texts"
refuses "safetensors: an existing file" 3 't.safetensors: exists' gemma-3-27b --to safetensors -o t.safetensors
refuses "safetensors: no path" 2 '-o PATH' gemma-3-27b --to safetensors
gives "safetensors: float32" '^s.safetensors$' qwen3-8b --to safetensors --dtype float32 -o s.safetensors
[ "$(wc -c <s.safetensors)" -lt 1024 ] && grep -aq '"dtype":"F32"' s.safetensors
result $? "safetensors: half the size"

# ---- gguf ----
for r in '{"rope_type": "yarn", "factor": 4}' '{"rope_type": "linear", "factor": 3}' '{"rope_type": "mrrope", "factor": 4}' \
  '{"rope_type": "llama3", "factor": 4, "low_freq_factor": 1, "high_freq_factor": 4}' '{"rope_type": "ntk", "factor": 4}' \
  '{"rope_type": "yarn", "factor": 4, "attention_factor": 1.05}' '{"rope_type": "default", "rope_theta": 500000}'; do
  "$rw" export "$pocket" --to gguf --force --quiet --length 2048 --rope "$r" -o p.gguf >out 2>err &&
  "$rw" table p.gguf --stack llama.cpp --json --quiet --length 2048 >a.json 2>>err &&
  "$rw" table "$pocket" --json --quiet --length 2048 --rope "$r" >b.json 2>>err &&
  numbers a.json | sed 's/[][,]/\n/g' | awk '{printf "%.5g\n", $NF}' >a && numbers b.json | sed 's/[][,]/\n/g' | awk '{printf "%.5g\n", $NF}' >b &&
  [ -s a ] && cmp -s a b
  result $? "gguf: llama.cpp reads what was asked for: $r"
done
tail -c 1000000 "$pocket" >w && tail -c 1000000 p.gguf >v && cmp -s w v
result $? "gguf: the weights are the same bytes"
"$rw" export p.gguf --to gguf --force --quiet -o p.gguf >out 2>err && [ "$("$rw" table p.gguf --json --quiet | grep -c '"rope_theta": 500000')" = 1 ]
result $? "gguf: a file replaced by its own copy"
refuses "gguf: an existing file" 3 'p.gguf: exists' "$pocket" --to gguf -o p.gguf
refuses "gguf: a preset without weights" 2 'no GGUF file' qwen3-8b --to gguf -o q.gguf
refuses "gguf: a folder that is not there" 3 'No such file' "$pocket" --to gguf -o nowhere/q.gguf
head -c 100000 "$pocket" >cut.gguf
refuses "gguf: a file that was cut" 2 'cut or damaged' cut.gguf --to gguf -o q.gguf
(ulimit -f 1000; "$rw" export "$pocket" --to gguf -o q.gguf >out 2>err)
[ $? = 3 ] && grep -q 'ulimit -f' err && [ -z "$(ls | grep '^q.gguf')" ]
result $? "gguf: a limit on file sizes leaves nothing"
if mkdir disk && mount -t tmpfs -o size=1m none disk 2>/dev/null; then
  "$rw" export "$pocket" --to gguf -o disk/q.gguf >out 2>err
  [ $? = 3 ] && grep -q 'free space' err && [ -z "$(ls disk)" ]
  result $? "gguf: a full disk leaves nothing"
  umount disk
fi
"$rw" export "$pocket" --to hf --quiet --rope '{"rope_type": "yarn", "factor": 4}' >config.json 2>err &&
  "$rw" table ./config.json --json --quiet >a.json 2>>err && "$rw" table "$pocket" --json --quiet --rope '{"rope_type": "yarn", "factor": 4}' >b.json 2>>err
numbers a.json >a; numbers b.json >b
[ -s a ] && cmp -s a b
result $? "a GGUF file as a config.json"

# ---- out of memory ----
wrong=0 hit=0
for k in 1 2 3 5 8 13 21 34 55 89 144 233; do
  RW_FAIL_ALLOC=$k "$rw" export "$pocket" --to gguf --force --quiet --rope '{"rope_type": "mrrope", "factor": 4}' -o m.gguf >out 2>err
  case $? in 0) rm -f m.gguf ;; 3) hit=1; [ ! -e m.gguf ] || wrong=1; grep -q 'out of memory' err || wrong=1 ;; *) wrong=1; echo "# allocation $k" ;; esac
done
[ $wrong = 0 ] && [ $hit = 1 ] && [ -z "$(ls | grep part)" ]
result $? "out of memory leaves nothing"
echo "1..$n"
exit $bad
