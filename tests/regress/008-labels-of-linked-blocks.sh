# Linked axes of blocks told equal labels apart by numbers where the other axis was read later.
cat >linked.json <<'J'
{ "name": "linked", "model": "llama-2-7b", "length": 64,
  "axes": { "schedule,rule": [["default", null], ["default", "rerope"], [{"rope_type": "yarn", "factor": 4}, null],
                              ["default", {"name": "rerope", "window": 100}]] } }
J
"$rw" check linked.json >linked.txt || exit 1
grep -q 'default rule=none, default rule=rerope, yarn, default rule=rerope window=100$' linked.txt || exit 1
grep -q 'none schedule=default, rerope, none schedule=yarn, rerope window=100$' linked.txt
