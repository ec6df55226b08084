"""tap: the harness of the Python tests, like tap.h: numbered lines, the plan at the end."""
import sys

count = failed = 0


def ok(yes, name):
    global count, failed
    count += 1
    failed += not yes
    print(f"{'ok' if yes else 'not ok'} {count} - {name}", flush=True)


def skip(name, why):
    global count
    count += 1
    print(f"ok {count} - {name} # SKIP {why}", flush=True)


def end():
    print(f"1..{count}")
    sys.exit(1 if failed else 0)
