# An empty label passed; what was typed, or nothing, was offered as what was meant; 2^64 was a shard.
model='"model": {"head_dim": 8, "rope_theta": 1e4, "original_length": 64}'
for label in '' '  '; do
  printf '{%s, "schedule": {"rope_type": "linear", "factor": 2, "label": "%s"}}' "$model" "$label" >x.json
  $rw check x.json 2>err
  [ $? = 2 ] && grep -q 'schedule.label: is empty' err || { cat err; exit 1; }
done
$rw table llama-2-7b --layer-type x 2>err
[ $? = 2 ] && ! grep -q 'did you mean' err || { cat err; exit 1; }
$rw list stacks formats 2>err
[ $? = 2 ] && ! grep -q 'did you mean' err || { cat err; exit 1; }
printf '{"name": "x", %s}' "$model" >y.json
$rw run y.json --shard 1/18446744073709551617 2>err
[ $? = 2 ] || { cat err; exit 1; }
