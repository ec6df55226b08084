# A damaged HDF5 file of q and k could make HDF5 loop or crash: every damage ends in time, in words where not well.
cat >x.json <<'J'
{ "name": "x", "model": {"head_dim": 80, "rope_theta": 1e4, "original_length": 80}, "distances": {"range": [1, 40, 1]},
  "axes": { "length": {"range": [40, 79, 1]} }, "metrics": ["similarity"] }
J
cat >y.json <<'J'
{ "model": {"head_dim": 40, "rope_theta": 1e4, "original_length": 40}, "metrics": ["attention"],
  "source": {"name": "file", "path": "y.h5", "q": "similarity", "k": "inv_freq"} }
J
$rw run x.json -o x.h5 --quiet || exit 1
cp x.h5 y.h5
$rw run y.json -o z.h5 --quiet || exit 1
size=$(wc -c <x.h5) at=0
while [ $at -lt "$size" ]; do
  cp x.h5 y.h5
  printf '\377\377\377\377\377\377\377\377' | dd of=y.h5 bs=1 seek=$at conv=notrunc 2>/dev/null
  timeout 30 $rw run y.json -o z.h5 --force --quiet >out 2>err
  code=$?
  [ $code = 0 ] || { [ $code -le 3 ] && [ -s err ]; } || { echo "damage at $at: exit $code"; cat err; exit 1; }
  at=$((at + 787))
done
