# Where layers share a rope, a sliding layer's window was lost: the model's own window is each layer's.
cat >x.json <<'J'
{ "model": {"head_dim": 8, "rope_theta": 100, "original_length": 20, "sliding_window": 7, "no_rope_layers": [1, 1, 0],
            "layers": ["sliding_attention", "full_attention", "full_attention"]},
  "source": "gauss", "axes": {"layer": [0, 1, 2], "schedule": ["default", {"rope_type": "linear", "factor": 2}]},
  "positions": [19], "distances": [6, 7], "metrics": ["attention"] }
J
$rw run x.json -o x.h5 --quiet || exit 1
for layer in 0 1 2; do
  $rw show x.h5 field=mass layer=$layer --csv >out || { cat out; exit 1; }
  nan=$(grep -ci nan out)
  case $layer in 0) want=2 ;; *) want=0 ;; esac
  [ "$nan" = $want ] || { echo "layer $layer: $nan distances without attention, expected $want"; cat out; exit 1; }
done
$rw show x.h5 field=inv_freq --csv | grep -q 0.5 || { echo "the schedule of the axis does not reach the layers"; exit 1; }
