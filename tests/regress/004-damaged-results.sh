# A damaged finished file could make HDF5 loop for ever: every damage is exit 0 or 3, in time, in words.
cat >x.json <<'J'
{ "name": "x", "model": {"head_dim": 8, "rope_theta": 1e4, "original_length": 64},
  "axes": { "schedule": ["default", {"rope_type": "linear"}], "schedule.factor": [2, 4] }, "metrics": ["coverage"] }
J
$rw run x.json -o x.h5 --quiet || exit 1
size=$(wc -c <x.h5) at=100
while [ $at -lt "$size" ]; do
  cp x.h5 y.h5
  printf '\377\377\377\377\377\377\377\377' | dd of=y.h5 bs=1 seek=$at conv=notrunc 2>/dev/null
  timeout 30 $rw show y.h5 schedule=linear --csv >out 2>err
  code=$?
  [ $code = 0 ] || { [ $code = 3 ] && [ -s err ]; } || { echo "damage at $at: exit $code"; cat err; exit 1; }
  at=$((at + 331))
done
head -c 3000 x.h5 >y.h5
timeout 30 $rw show y.h5 2>err
[ $? = 3 ] || exit 1
