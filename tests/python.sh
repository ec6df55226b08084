#!/bin/sh
# python: runs a Python test with $PYTHON, or skips it where there is none.
py=${PYTHON-python3}
command -v "$py" >/dev/null || { echo "1..0 # SKIP $py is missing"; exit 0; }
exec "$py" -B "$@"
