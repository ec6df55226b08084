# An output that is a folder was found out after the sweep; one that is a pipe hung --resume; an empty
# name left a part file behind.
printf '{"name": "x", "model": {"head_dim": 8, "rope_theta": 1e4, "original_length": 64}}' >x.json
mkdir folder.h5 below.h5.part && mkfifo pipe.h5 pipe2.h5.part || exit 99
for output in folder.h5 below.h5 pipe.h5 pipe2.h5; do
  for how in '' --force --resume; do
    timeout 20 $rw run x.json -o $output $how >out 2>err
    [ $? = 3 ] && grep -q ', not a file$' err && [ ! -s out ] || { echo "$output $how"; cat err; exit 1; }
  done
done
$rw run x.json -o '' 2>err
[ $? = 2 ] || exit 1
timeout 20 $rw show pipe.h5 2>err
[ $? = 3 ] && grep -q ', not a file$' err || exit 1
for left in .part* *.tmp folder.h5.* pipe.h5.*; do
  [ ! -e "$left" ] || { echo "$left is left"; exit 1; }
done
