#!/bin/sh
# lint: the verb's exit codes and outputs, bad input, and the table of doc/lint.md against the
# program's.
top=${top_srcdir:-.}
rw=$(cd "${top_builddir:-.}" && pwd)/ropewalk
ROPEWALK_DATADIR=$(cd "$top" && pwd) && export ROPEWALK_DATADIR
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT
n=0 bad=0
ok () { # ok STATUS NAME
  n=$((n + 1))
  if [ "$1" = 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; bad=1; fi
}
exits () { # exits CODE NAME ARGUMENT...: from stdin if the argument is -
  want=$1 name=$2; shift 2
  "$rw" lint "$@" >"$tmp/out" 2>"$tmp/err"
  got=$?
  [ "$got" = "$want" ]; ok $? "$name exits $want"
  [ "$got" = "$want" ] || { echo "# got $got"; head -3 "$tmp/err" | sed 's/^/# /'; }
}

# The table.
"$rw" lint --rules >"$tmp/rules"
grep '^|' "$top/doc/lint.md" >"$tmp/doc"
cmp -s "$tmp/rules" "$tmp/doc"; ok $? "doc/lint.md has the rules of the program"
"$rw" lint --rules --json >"$tmp/json"
[ "$(grep -c '"id"' "$tmp/json")" = "$(grep -c '^| `' "$tmp/rules")" ]
ok $? "--rules --json has as many"

# Exit codes.
exits 0 "a plain model" llama-2-7b
grep -q '0 errors' "$tmp/out"; ok $? "and says so"
exits 1 "betas that llama.cpp loses" kimi-k2-instruct
grep -q 'yarn-beta-fast 1 --yarn-beta-slow 1' "$tmp/out"; ok $? "and gives the flags"
exits 0 "the same for another stack" kimi-k2-instruct --stack hf
exits 1 "the same as JSON" kimi-k2-instruct --json
grep -q '"id": "betas-lost"' "$tmp/out"; ok $? "with the rule's id"
exits 1 "what is not shown still counts" kimi-k2-instruct --severity error
grep -q '^info' "$tmp/out"; [ $? = 1 ]; ok $? "--severity hides the rest"
exits 2 "no model" --json
exits 2 "an unknown stack" llama-2-7b --stack vlm
exits 2 "an unknown severity" llama-2-7b --severity bad
exits 2 "a length that is none" llama-2-7b --length 1.5
exits 2 "a block that is no JSON" llama-2-7b --rope '{'
exits 2 "a block that is a list" llama-2-7b --rope '[1]'
exits 3 "no such file" "$tmp/nowhere/config.json"

# Numbers that others have published.
says () { # says NAME PATTERN ARGUMENT...
  name=$1 pattern=$2; shift 2
  "$rw" lint "$@" 2>/dev/null | grep -qE -- "$pattern"; ok $? "$name"
}
l=32768
says "gpt-oss: 9 of 32 frequencies, 76 percent (vllm#28244)" '9 of 32 frequencies change, by up to 1\.76' gpt-oss-20b --stack llama.cpp
says "DeepSeek-V3's factor on the scores" 'multiplied by 1\.87385 ' deepseek-v3
says "DeepSeek-V2's" 'multiplied by 1\.58963 ' deepseek-v2-lite
says "Qwen3 in transformers 4.50: 1.25 for 4, 3.2 times (transformers#38224)" '= 1\.25 instead of 4: .* 3\.2 times' \
  qwen3-8b --stack hf-4.50 --rope "{\"rope_type\": \"yarn\", \"factor\": 4, \"original_max_position_embeddings\": $l}"
says "R1-0528-Qwen3-8B's attn_factor, stack by stack (DeepSeek-R1#684)" \
  'effective: hf 1\.13863, .* vllm 1, vllm-pre-56446 1, llama\.cpp 1\.13863' qwen3-8b --rope \
  "{\"rope_type\": \"yarn\", \"factor\": 4, \"attn_factor\": 0.8782488562869419, \"original_max_position_embeddings\": $l}"
says "its fix is 1" '"attention_factor": 1,' qwen3-8b --rope \
  "{\"rope_type\": \"yarn\", \"factor\": 4, \"attn_factor\": 0.8782488562869419, \"original_max_position_embeddings\": $l}"

# Bad input: one clear error, or findings; never more.
head='"head_dim": 64, "max_position_embeddings": 4096'
try () { # try CODE NAME JSON
  printf '%s' "$3" >"$tmp/bad.json"
  exits "$1" "$2" "$tmp/bad.json"
  [ "$(wc -l <"$tmp/err")" -le 2 ]; ok $? "$2: one error and one hint"
}
try 2 "an empty object" '{}'
try 2 "an empty file" ''
try 2 "garbage" 'rope_scaling: yarn'
try 2 "a list" '[]'
try 2 "a text for a number" '{"head_dim": "64", "max_position_embeddings": 4096}'
try 1 "a list for a block" "{$head, \"rope_scaling\": [1, 2]}"
try 1 "a text for a block" "{$head, \"rope_scaling\": \"yarn\"}"
try 1 "a number for a type" "{$head, \"rope_scaling\": {\"rope_type\": 4}}"
try 1 "texts for numbers" "{$head, \"rope_scaling\": {\"rope_type\": \"yarn\", \"factor\": \"4\", \"beta_fast\": \"32\", \"attention_factor\": [], \"mscale\": {}, \"original_max_position_embeddings\": \"2048\"}}"
try 1 "lists for everything" "{$head, \"rope_scaling\": {\"rope_type\": \"llama3\", \"factor\": [], \"low_freq_factor\": [], \"high_freq_factor\": [], \"original_max_position_embeddings\": []}}"
try 1 "objects for lists" "{$head, \"rope_scaling\": {\"rope_type\": \"longrope\", \"short_factor\": {}, \"long_factor\": {\"a\": 1}, \"original_max_position_embeddings\": 1024}}"
try 1 "layer types that are numbers" "{$head, \"num_hidden_layers\": 2, \"layer_types\": [1, 2]}"
try 0 "null for a block" "{$head, \"rope_scaling\": null}"
try 2 "numbers beyond reason" "{$head, \"rope_theta\": 1e-300, \"rope_scaling\": {\"rope_type\": \"yarn\", \"factor\": 1e300, \"original_max_position_embeddings\": 1e308}}"
deep=$(i=0; while [ $i -lt 1000 ]; do printf '{"a":'; i=$((i + 1)); done)
try 2 "a thousand levels" "$deep"
awk 'BEGIN { printf "{\"head_dim\": 64, \"max_position_embeddings\": 4096, \"rope_scaling\": {\"rope_type\": \"longrope\", \"original_max_position_embeddings\": 1024, \"short_factor\": [1"
  for (i = 0; i < 200000; i++) printf ",1"
  printf "], \"long_factor\": [1]}}" }' >"$tmp/long.json"
exits 1 "a list of 200001 factors" "$tmp/long.json"
grep -q 'longrope-list-length' "$tmp/out"; ok $? "which is too long"
awk 'BEGIN { printf "{\"head_dim\": 64, \"max_position_embeddings\": 4096, \"rope_scaling\": {\"rope_type\": \"yarn\", \"factor\": 4, \"original_max_position_embeddings\": 1024"
  for (i = 0; i < 3000; i++) printf ", \"key_%d\": 1", i
  printf "}}" }' >"$tmp/many.json"
exits 0 "3000 keys that nobody knows" "$tmp/many.json" --stack hf

echo "1..$n"
exit $bad
