# A mapped file that was cut short while a run read it ended the run by a bus error, without a word.
cat >busy.json <<'J'
{ "name": "busy", "model": "llama-2-7b", "length": 16384, "source": "gauss",
  "metrics": [{"name": "score_profile", "spread": "exact"}] }
J
"$rw" run -q busy.json 2>busy.txt &
pid=$!
for wait in 1 2 3 4 5 6 7 8 9 10; do
  [ -f busy.h5.part ] && break
  sleep 0.2
done
kill -BUS "$pid"
code=0
wait "$pid" || code=$?
[ "$code" = 3 ] && grep -q 'cut short' busy.txt
