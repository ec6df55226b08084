# A sweep over several sources was walked with a step of 0, without end.
cat >sources.json <<'J'
{ "name": "two-sources", "model": "llama-2-7b", "length": 64,
  "source": {"name": "gauss"}, "axes": {"source.correlation": [0.2, 0.8]},
  "metrics": [{"name": "score_profile", "variance": false}] }
J
timeout 60 "$rw" check sources.json && timeout 60 "$rw" run sources.json --quiet
