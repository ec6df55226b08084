#!/bin/sh
# table: the doors `table` and `export`: formats, numbers, exit codes, files.
build=$(cd "${top_builddir:-.}" && pwd)
t=$(mktemp -d) && trap 'rm -rf "$t"' EXIT
cd "$t" || exit 99
n=0 bad=0
rw=$build/ropewalk

result () { # result STATUS NAME
  n=$((n + 1))
  if [ "$1" = 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; sed 's/^/# /' err | head -n 3; bad=1; fi
}
gives () { # gives NAME PATTERN ARGUMENT...: exit 0, and stdout has the pattern
  name=$1 pattern=$2; shift 2
  "$rw" "$@" >out 2>err </dev/null && tr -d '\n\t ' <out | grep -qE -- "$pattern"
  result $? "$name"
}
refuses () { # refuses NAME CODE PATTERN ARGUMENT...: that exit code, stderr has the pattern, stdout is empty
  name=$1 code=$2 pattern=$3; shift 3
  "$rw" "$@" >out 2>err </dev/null
  [ $? = "$code" ] && grep -qE -- "$pattern" err && [ ! -s out ]
  result $? "$name"
}
yarn='{"rope_type": "yarn", "factor": 8}'

# ---- json: the keys that others rely on ----
keys='"model":"llama-2-7b","stack":"exact","rope_type":"default","head_dim":128,"rotary_dim":128,"layout":"half","rope_theta":10000,"original_length":4096,"factor":null,"length":null,"inv_freq":\[1,'
gives "json has every key, in order" "^\{$keys" table llama-2-7b --format json
gives "json ends with the notes" '"attention_factor":1,"softmax_factor":1,"keys_used":\[.*\],"keys_ignored":\[\],"warnings":\[\]\}$' table llama-2-7b --format json
gives "--json is --format json" "^\{$keys" table llama-2-7b --json
gives "several layer types stand under layers" '^\{"layers":\{"full_attention":\{"model":"gemma-3-27b".*"sliding_attention":\{"model"' table gemma-3-27b --json
gives "--layer-type picks one" '^\{"model":"gemma-3-27b".*"rope_theta":10000,' table gemma-3-27b --json --layer-type sliding_attention
gives "a planned stack has the table of max_position_embeddings" '"stack":"vllm".*"length":131072,' table phi-3.5-mini --json --quiet --stack vllm
gives "an unplanned one that before the first token" '"stack":"hf".*"length":null,' table phi-3.5-mini --json --quiet --stack hf
for s in vllm llama.cpp; do
  "$rw" table phi-3.5-mini --json --quiet --stack $s >a 2>err && "$rw" table phi-3.5-mini --json --quiet --stack $s --length 131072 >b 2>>err && cmp -s a b
  result $? "which is that of --length 131072: $s"
done
gives "length is told" '"length":9999,' table llama-2-7b --json --length 9999
gives "a flat --rope replaces full_attention" '"full_attention":\{[^}]*"rope_type":"yarn".*"sliding_attention":\{[^}]*"rope_type":"default"' table gemma-3-27b --json --rope "$yarn" --quiet
gives "a nested --rope replaces what it names" '"full_attention":\{[^}]*"rope_type":"linear".*"sliding_attention":\{[^}]*"rope_type":"yarn"' table gemma-3-27b --json --rope "{\"sliding_attention\": $yarn}" --quiet
gives "keys that no stack reads are ignored" '"keys_ignored":\["--rope.attn_factor"\],"warnings":\["--rope.attn_factor:' table llama-2-7b --json --quiet --rope '{"rope_type": "yarn", "factor": 8, "attn_factor": 1}'
gives "DeepSeek's companion of the softmax" '"attention_factor":1,"softmax_factor":1.873[0-9]*,' table deepseek-v3 --json
gives "own arithmetic is float32" '"inv_freq":\[1,0.865964353084564[0-9]*,' table llama-2-7b --json --arithmetic stack
printf '%s' "$yarn" >rope.json
gives "--rope takes @file" '"rope_type":"yarn"' table llama-2-7b --json --rope @rope.json
mkdir model && cat >model/config.json <<'J'
{"hidden_size": 4096, "num_attention_heads": 32, "max_position_embeddings": 8192, "rope_theta": 500000.0}
J
gives "a folder with a config.json" '"model":"model",.*"rope_theta":500000' table model --json
gives "a config.json itself" '"rope_theta":500000' table model/config.json --json
"$rw" table - --json <model/config.json >out 2>err && grep -q '500000' out
result $? "a config on stdin"

# ---- the other formats hold the same numbers ----
"$rw" table qwen3-8b --format csv >q.csv 2>err && [ "$(wc -l <q.csv)" = 65 ] && head -n 1 q.csv | grep -q '^pair,inv_freq,wavelength,stretch$'
result $? "csv is a header and a row a pair"
"$rw" table qwen3-8b --format npy -o q.npy >out 2>err && [ ! -s out ] && [ "$(wc -c <q.npy)" = $((128 + 64 * 8)) ]
result $? "npy goes to a file"
for f in q.csv q.npy; do
  "$rw" table qwen3-8b --json --rope "{\"rope_type\": \"table\", \"file\": \"$f\"}" 2>err | tr -d '\n\t ' | sed 's/.*"inv_freq":\(\[[^]]*\]\).*/\1/' >"$f.list"
  "$rw" table qwen3-8b --json 2>err | tr -d '\n\t ' | sed 's/.*"inv_freq":\(\[[^]]*\]\).*/\1/' >want.list
  [ -s want.list ] && cmp -s want.list "$f.list"
  result $? "$f reads back as a table schedule, bit for bit"
done
"$rw" table qwen3-8b --format c >q.c 2>err && printf 'int main (void) { return !(rope_inv_freq[0] == 1 && sizeof rope_inv_freq == 64 * 8); }\n' >>q.c
if command -v cc >/dev/null 2>&1; then cc -o q q.c 2>err && ./q; result $? "C compiles and has 64 doubles"; else n=$((n + 1)); echo "ok $n - C compiles # SKIP no cc"; fi
gives "text shows theta, L and the factors" 'rope_type.*yarnhead_dim.*original_length4096factor8.*attention_factor1.2079' table llama-2-7b --rope "$yarn"
gives "text shows the ramp" 'ramppair20topair46' table llama-2-7b --rope "$yarn"

# ---- what is refused ----
refuses "an unknown preset is exit 2 and names near ones" 2 "did you mean 'llama-3-8b'" table llama-3-9b
refuses "a missing path is exit 3" 3 'No such file' table ./nowhere/config.json
refuses "a name of the Hub is told that nothing is fetched" 3 'hint: .*nothing is fetched' table meta-llama/Llama-3.1-8B
"$rw" help table >help.txt 2>err && "$rw" table --help >option.txt && cmp help.txt option.txt; result $? "help table is table --help"
mkdir empty
refuses "a folder without config.json is exit 3" 3 'holds no config.json' table empty
printf 'GGUF\003\000\000\000' >m.gguf
refuses "a cut GGUF file is told with its place" 2 'm.gguf: byte 8: the header: 8 bytes expected, 0 are left' table m.gguf
refuses "only exact reads GGUF files" 2 "the stack 'hf' reads no GGUF files" table m.gguf --stack hf
printf '{"hidden_size": 4096,\n "hidden_size": 1}' >twice.json
refuses "a repeated key is told with its place" 2 'twice.json:2:2: the key "hidden_size" stands here twice' table ./twice.json
refuses "broken --rope is exit 2" 2 '--rope:1:2' table llama-2-7b --rope '{rope}'
refuses "an unknown rope type lists the known" 2 "unknown schedule 'yran'; known:.*did you mean 'yarn'" table llama-2-7b --rope '{"rope_type": "yran"}'
refuses "a missing factor is told" 2 "--rope.factor: 'yarn' needs it" table llama-2-7b --rope '{"rope_type": "yarn"}'
refuses "and what may have been meant to be it" 2 "'yarn' needs it; is 'facter' meant to be it" table llama-2-7b --rope '{"rope_type": "yarn", "facter": 4}'
refuses "hf refuses what transformers does not have" 2 "transformers has no rope type 'mrrope'" table llama-2-7b --stack hf --rope '{"rope_type": "mrrope", "factor": 4}'
refuses "an unknown stack" 2 "unknown stack 'hff'.*did you mean 'hf'" table llama-2-7b --stack hff
refuses "an unknown layer type" 2 "known: full_attention, sliding_attention" table gemma-3-27b --layer-type slide
refuses "npy of several layer types" 2 'holds one table' table gemma-3-27b --format npy
refuses "a length that is none" 2 "whole number of tokens" table llama-2-7b --length 1e99
refuses "an unknown format" 2 "text, json, csv, npy or c" table llama-2-7b --format xml
refuses "no model" 2 'MODEL is missing' table
refuses "an unknown option is exit 2" 2 'unrecognized option' table --bogus llama-2-7b
refuses "a folder that is not there" 3 'No such file' table llama-2-7b -o nowhere/x.json

# ---- export ----
gives "export writes rope_parameters" '"rope_parameters":\{"rope_type":"llama3","rope_theta":500000,"factor":8.0,"low_freq_factor":1.0,"high_freq_factor":4.0,"original_max_position_embeddings":8192\}' export llama-3.1-8b --to hf
gives "export to a file prints its path" '^q.json$' export qwen3-8b --to hf --length 131072 --rope "$yarn" -o q.json
refuses "an existing file is exit 3" 3 'q.json: exists' export qwen3-8b --to hf -o q.json
gives "--force replaces it" '^q.json$' export qwen3-8b --to hf -o q.json --force
refuses "a target that there is not" 2 "known: hf" export qwen3-8b --to onnx
gives "what the format has no type for is a table" '"rope_type":"longrope","rope_theta":10000,"short_factor":\[1,1' export llama-2-7b --to hf --rope '{"rope_type": "mrrope", "factor": 4}'
for m in llama-3.1-8b phi-3.5-mini gpt-oss-20b glm-4-9b-chat olmo-3-7b gemma-4-e2b gemma-3-27b smollm3-3b; do
  "$rw" export $m --to hf --quiet >back.json 2>err
  for l in 0 40000; do
    "$rw" table $m --quiet --json --length $l 2>>err | grep -E '"(inv_freq|attention_factor|softmax_factor|layout|rotary_dim)":' >a
    "$rw" table ./back.json --quiet --json --length $l 2>>err | grep -E '"(inv_freq|attention_factor|softmax_factor|layout|rotary_dim)":' >b
    [ -s a ] && cmp -s a b; result $? "$m exported reads back the same at length $l"
  done
done
wrong=0 hit=0
for k in 1 2 3 4 5 6 8 10 13 17 21 27 34 44 55 71 89 116 144; do
  RW_FAIL_ALLOC=$k "$rw" table gemma-3-27b --json --rope "$yarn" >out 2>err
  case $? in 0) ;; 3) hit=1; grep -q 'out of memory' err || wrong=1 ;; *) wrong=1; echo "# allocation $k" ;; esac
done
[ $wrong = 0 ] && [ $hit = 1 ]
result $? "a failed allocation is exit 3 and says so, wherever it falls"
[ -z "$(find . -name '*.part.*')" ]
result $? "no temporary files are left"
echo "1..$n"
exit $bad
